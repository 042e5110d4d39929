"""How far a plan is carried out already, and whether JupiterOne moved since it was made."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum

from bbsync.alerts.item import Item
from bbsync.alerts.plan import Change, Holding


class Standing(Enum):
    """What is known of a change when it is to be carried out."""

    PENDING = "to be done"
    DONE = "done already"
    STALE = "what it is about moved"


def standing(change: Change, holding: Holding) -> Standing:
    """Current is as before: do it. Current is as after: done. Anything else is stale."""
    before, after = change.before, change.after
    current = [item for item in holding.items if _is_about(change, item)]
    if (not current) if after is None else (len(current) == 1 and current[0].says(after)):
        return Standing.DONE
    if before is None:
        is_free = change.item.sort != "rule" or change.item.title not in holding.taken
        return Standing.PENDING if is_free and not current else Standing.STALE
    return Standing.PENDING if current and current[0].says(before) else Standing.STALE


def _is_about(change: Change, item: Item) -> bool:
    return item.identity == change.item.identity if change.before is None else item.id == change.before.id


def stale(changes: Sequence[Change], holding: Holding) -> list[Change]:
    """The changes that cannot be carried out any more as they were planned."""
    return [change for change in changes if standing(change, holding) is Standing.STALE]
