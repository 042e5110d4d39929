"""What should be in JupiterOne: for every chosen question the question itself and, where it has an alert, a rule."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from bbsync.alerts import marker
from bbsync.alerts.choice import Choice
from bbsync.alerts.item import Item
from bbsync.questions import Alert, Question

#: What the one query of a question is called; conditions of rules refer to it.
QUERY = "query0"


def wanted_items(choices: Iterable[Choice], place: str, email: Sequence[str] = ()) -> tuple[Item, ...]:
    """Questions first, then rules. `place` is the part of the graph whose owner keeps them."""
    asked = [choice.question for choice in choices if not choice.left_out]
    questions = [_question(question, place) for question in asked]
    return (*questions, *(rule for question in asked for rule in _rules(question, place, email)))


def _question(question: Question, place: str) -> Item:
    document = {
        "title": question.title,
        "description": question.purpose,
        "tags": ["bitbucket", *question.tags, marker.tag(place, question.name)],
        "queries": [_query(question) | {"resultsAre": "BAD" if question.alert else "INFORMATIVE"}],
    }
    return Item("question", question.name, question.title, document)


def _rules(question: Question, place: str, email: Sequence[str]) -> Iterator[Item]:
    if question.alert is None:
        return
    document = {
        "name": question.title,
        "description": question.purpose,
        "specVersion": 1,
        "pollingInterval": question.alert.interval,
        "question": {"queries": [_query(question) | {"includeDeleted": False}]},
        "operations": [_operation(question, question.alert, email)],
        "outputs": ["alertLevel"],
        "templates": {},
        "tags": [],
        "labels": [{"labelName": marker.LABEL, "labelValue": marker.label(place, question.name)}],
    }
    yield Item("rule", question.name, question.title, document)


def _query(question: Question) -> dict[str, Any]:
    return {"name": QUERY, "query": question.query, "version": "v1"}


def _operation(question: Question, alert: Alert, email: Sequence[str]) -> dict[str, Any]:
    actions: list[dict[str, Any]] = [
        {"type": "SET_PROPERTY", "targetProperty": "alertLevel", "targetValue": alert.level},
        {"type": "CREATE_ALERT"},
    ]
    if email:
        body = f"{question.purpose} {{{{queries.{QUERY}.total}}}} found."
        actions.append(
            {
                "type": "SEND_EMAIL",
                "recipients": sorted(email),
                "subject": f"{alert.level}: {question.title}",
                "body": body,
            }
        )
    condition = ["AND", [f"queries.{QUERY}.total", ">", alert.above]]
    return {"when": {"type": "FILTER", "condition": condition}, "actions": actions}
