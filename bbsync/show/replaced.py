"""What is replaced: one thing goes, and another of the same type and name comes, under another key."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from bbsync.graph import Entity
from bbsync.kinds import KINDS
from bbsync.plan import Action, Change, Plan, Reason

Name = tuple[str, str]


def replaced(plan: Plan) -> Mapping[str, Change[Entity]]:
    """What comes instead, by the key of what goes. Only types with a name that no two share can be replaced."""
    coming = _by_name(change for change in plan.entities if change.action is Action.CREATE)
    going = _by_name(
        change for change in plan.entities if change.action is Action.DELETE and change.reason is Reason.ABSENT
    )
    return {
        goes[0].element.key: coming[name][0]
        for name, goes in going.items()
        if len(goes) == 1 and len(coming.get(name, ())) == 1
    }


def _by_name(changes: Iterable[Change[Entity]]) -> Mapping[Name, list[Change[Entity]]]:
    found: dict[Name, list[Change[Entity]]] = {}
    for change in changes:
        kind = KINDS.by_type.get(change.element.type)
        if kind and kind.moved_by:
            found.setdefault((change.element.type, change.label), []).append(change)
    return found
