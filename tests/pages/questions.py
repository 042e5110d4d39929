"""The page of the questions that come with bbsync, from their files."""

from __future__ import annotations

import tomllib

from bbsync.questions import PACK, Question, questions_in
from bbsync.show.alerts import alert_words
from tests.pages.markup import GENERATED, code, table

_INTRODUCTION = """\
`bbsync alerts apply` keeps these questions in JupiterOne, and an alert rule for each that has an alert. Which of them,
how bad each alert is, and how often JupiterOne looks, is set in `[alerts]` of `bbsync.toml`. Every file of the folder
that `pack` names is a question of your own, written like those in `bbsync/questions/pack`; one that is called like
one of these stands instead of it.

What bbsync made carries its marker: a question the tag `bbsync:SCOPE/NAME`, and a rule the label `bbsync` with the
value `SCOPE/NAME`. Whatever has none of ours is never written and never deleted. A question about a kind that is
switched off is left out: every repository would seem to be without it.
"""

_RUN_BY = "<!-- run by: tests/questions/test_question_pack.py -->"


def questions_page() -> str:
    """The whole page."""
    questions = questions_in(PACK)
    rows = ([f"[{one.name}](#{one.name})", one.title, one.alert.level if one.alert else ""] for one in questions)
    overview = table(["question", "title", "alert"], rows)
    return "\n".join(["# Questions\n", GENERATED, _INTRODUCTION, overview, *map(_section, questions)])


def _section(question: Question) -> str:
    alert = f"Alert: {alert_words(question.alert)}." if question.alert else "No alert."
    tags = ", ".join(map(code, question.tags))
    block = f"{_RUN_BY}\n```j1ql\n{_query(question)}\n```\n"
    return f"## {question.name}\n\n{question.purpose}\n\n{alert} Tags: {tags}.\n\n{block}"


def _query(question: Question) -> str:
    """The query as it is written in its file, line by line."""
    written = tomllib.loads(PACK.joinpath(f"{question.name}.toml").read_text("utf-8"))["query"]
    return str(written).strip()
