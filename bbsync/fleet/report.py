"""One report of a fleet: what became of each configuration, and all of it together."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from bbsync.errors import ExitCode, strongest
from bbsync.fleet.member import Ended
from bbsync.show.marks import marked
from bbsync.show.safe import safe

#: What each exit code means of one configuration.
_WORDS = {
    ExitCode.OK: "done",
    ExitCode.CHANGES: "changes",
    ExitCode.INCOMPLETE: "incomplete",
    ExitCode.BLOCKED: "blocked",
    ExitCode.STALE: "stale",
    ExitCode.LOCKED: "locked",
    ExitCode.UNFINISHED: "unfinished",
    ExitCode.ERROR: "failed",
}


def worst(ended: Sequence[Ended], *, detailed: bool) -> ExitCode:
    """The exit code of all: the first in the order of precedence. Changes count where they are asked for."""
    codes = [one.code for one in ended]
    return strongest(*(code for code in codes if detailed or code is not ExitCode.CHANGES))


def as_text(ended: Sequence[Ended]) -> str:
    """A line for each, what went wrong below it, and the totals."""
    width = max((len(one.name) for one in ended), default=0)
    lines = [line for one in ended for line in _lines(one, width)]
    return "\n".join([*lines, "", _totals(ended), ""])


def _lines(one: Ended, width: int) -> Iterator[str]:
    counts = f"{one.add} to add, {one.change} to change, {one.destroy} to destroy" if one.plan_id else ""
    yield safe(f"{one.name:{width}}  {_word(one):10}  {one.plan_id:8}  {counts}").rstrip()
    if one.code not in (ExitCode.OK, ExitCode.CHANGES) and one.said:
        yield safe(f"{'':{width}}  {one.said}")


def as_markdown(ended: Sequence[Ended]) -> str:
    """The same as a table."""
    rows = [
        f"| {marked(one.name)} | {_word(one)} | {one.plan_id} | {one.add} | {one.change} | {one.destroy} |"
        for one in ended
    ]
    head = ["| configuration | outcome | plan | add | change | destroy |", "| --- | --- | --- | --: | --: | --: |"]
    wrong = [f"- {marked(one.name)}: {marked(one.said)}" for one in ended if _is_wrong(one)]
    return "\n".join([f"**{_totals(ended)}**", "", *head, *rows, *(["", *wrong] if wrong else []), ""])


def as_json(ended: Sequence[Ended], code: ExitCode) -> bytes:
    """The same for programs."""
    members = [
        {
            "name": one.name,
            "outcome": _word(one),
            "exit_code": int(one.code),
            "said": one.said,
            "plan": one.plan_id,
            "add": one.add,
            "change": one.change,
            "destroy": one.destroy,
            "calls": one.calls,
        }
        for one in ended
    ]
    document = {"format": "bbsync-fleet/1", "exit_code": int(code), "configurations": members}
    return json.dumps(document, indent=2, ensure_ascii=False).encode() + b"\n"


def _totals(ended: Sequence[Ended]) -> str:
    wrong = sum(_is_wrong(one) for one in ended)
    add, change, destroy = (sum(counts) for counts in zip(*((e.add, e.change, e.destroy) for e in ended), strict=True))
    return (
        f"Fleet: {len(ended)} configurations, {wrong} not as they should be."
        f" {add} to add, {change} to change, {destroy} to destroy."
    )


def _is_wrong(one: Ended) -> bool:
    return one.code not in (ExitCode.OK, ExitCode.CHANGES)


def _word(one: Ended) -> str:
    return _WORDS.get(one.code, "failed")
