"""A plan for questions and alert rules, and the list of them, as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from attrs import asdict

from bbsync.alerts.choice import Choice
from bbsync.alerts.plan import Action, AlertPlan, Change


def plan_document(plan: AlertPlan) -> bytes:
    """The plan: what is done, to what, why, and what is there before and after."""
    document = {
        "account": plan.account,
        "place": plan.place,
        "created_at": plan.created_at,
        "summary": {action.name.lower(): len(plan.of(action)) for action in Action} | _left(plan),
        "changes": [_change(change) for change in plan.changes],
        "withheld": [
            {"sort": one.item.sort, "name": one.item.name, "title": one.item.title, "reason": one.reason}
            for one in plan.withheld
        ],
    }
    return _written(document)


def questions_document(choices: Iterable[Choice]) -> bytes:
    """The questions, each with its alert, or null, and with why it is left out, or an empty text."""
    return _written([asdict(choice.question) | {"left_out": choice.left_out} for choice in choices])


def _left(plan: AlertPlan) -> dict[str, int]:
    return {"unchanged": plan.unchanged, "withheld": len(plan.withheld), "others": plan.others}


def _change(change: Change) -> dict[str, Any]:
    item = change.item
    return {
        "action": change.action.name.lower(),
        "sort": item.sort,
        "name": item.name,
        "title": item.title,
        "reason": change.reason,
        "before": change.before.document if change.before else None,
        "after": change.after.document if change.after else None,
    }


def _written(document: object) -> bytes:
    return f"{json.dumps(document, indent=2, ensure_ascii=False)}\n".encode()
