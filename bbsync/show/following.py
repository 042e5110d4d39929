"""What follows a rename: the entities below that stay, and changes that say nothing but the new name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from bbsync.graph import Entity, Relationship
from bbsync.plan import Action, Change, Kept, Plan
from bbsync.show.explain import Difference, differences
from bbsync.show.words import counted, times

#: What stays for one of these reasons stays where it was, below what moved.
STAYS_BELOW = ("outside_window", "earlier")


def renamed(plan: Plan) -> Mapping[str, Change[Entity]]:
    """The renames of the plan, by key."""
    moves = (change for change in plan.entities if change.action is Action.MOVE)
    return {change.element.key: change for change in moves if change.was != change.label}


def is_echo(change: Change[Entity], moves: Mapping[str, Change[Entity]]) -> bool:
    """Whether a change says nothing but that something above it was renamed."""
    above = moves.get(change.element.key.partition("/")[0])
    if above is None or above is change or change.before is None or change.after is None:
        return False
    return all(only_renamed(one, above) for one in differences(change.before, change.after))


def only_renamed(difference: Difference, move: Change[Entity] | Change[Relationship]) -> bool:
    """Whether the property differs by the new name in place of the old one alone."""
    before, after = difference.before, difference.after
    if not isinstance(before, str) or not isinstance(after, str):
        return False
    short = (move.was.rpartition("/")[2], move.label.rpartition("/")[2])
    return any(was and before.replace(was, now) == after for was, now in ((move.was, move.label), short))


def by_place(plan: Plan) -> Mapping[str, list[Change[Entity]]]:
    """The changes of what lies below something, by the key of that: keys begin with it."""
    found: dict[str, list[Change[Entity]]] = {}
    for change in plan.entities:
        place, below, _ = change.element.key.partition("/")
        if below:
            found.setdefault(place, []).append(change)
    return found


def followers(
    move: Change[Entity], below: Sequence[Change[Entity]], kept: Iterable[Kept], moves: Mapping[str, Change[Entity]]
) -> str:
    """How many entities below stay with what moved, and that none of them goes, if so."""
    staying = [one for one in below if one.action in (Action.UPDATE, Action.MOVE)]
    counts = Counter(one.element.type for one in staying)
    counts.update(_kept_below(move, kept))
    if not counts:
        return ""
    listed = ", ".join(counted(count, kind) for kind, count in sorted(counts.items()))
    verb = "follows" if counts.total() == 1 else "follow"
    none_goes = "" if any(one.action is Action.DELETE for one in below) else "; none is deleted"
    return f"{listed} {verb}{none_goes}{_echoes(staying, moves)}"


def _kept_below(move: Change[Entity], listed: Iterable[Kept]) -> Mapping[str, int]:
    counts: Counter[str] = Counter()
    for kept in listed:
        if kept.why in STAYS_BELOW:
            counts[kept.type] += sum(count for where, count in kept.where if where == move.label)
    return +counts


def _echoes(staying: Sequence[Change[Entity]], moves: Mapping[str, Change[Entity]]) -> str:
    count = sum(is_echo(one, moves) for one in staying)
    return f"; {times(count, 'takes', 'take')} on the new name" if count else ""
