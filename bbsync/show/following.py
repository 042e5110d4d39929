"""What follows a rename: the entities below that stay, and changes that say nothing but the new name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from bbsync.graph import Entity
from bbsync.plan import Action, Change, Plan
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


def only_renamed(difference: Difference, move: Change[Entity]) -> bool:
    """Whether the property differs by the new name in place of the old one alone."""
    before, after = difference.before, difference.after
    if not isinstance(before, str) or not isinstance(after, str):
        return False
    short = (move.was.rpartition("/")[2], move.label.rpartition("/")[2])
    return any(was and before.replace(was, now) == after for was, now in ((move.was, move.label), short))


def followers(move: Change[Entity], plan: Plan, moves: Mapping[str, Change[Entity]]) -> str:
    """How many entities below stay with what moved, and that none of them goes, if so."""
    below = [one for one in plan.entities if one is not move and one.element.key.startswith(f"{move.element.key}/")]
    staying = [one for one in below if one.action in (Action.UPDATE, Action.MOVE)]
    counts = Counter(one.element.type for one in staying)
    counts.update(_kept_below(move, plan))
    if not counts:
        return ""
    listed = ", ".join(counted(count, kind) for kind, count in sorted(counts.items()))
    verb = "follows" if counts.total() == 1 else "follow"
    none_goes = "" if any(one.action is Action.DELETE for one in below) else "; none is deleted"
    return f"{listed} {verb}{none_goes}{_echoes(staying, moves)}"


def _kept_below(move: Change[Entity], plan: Plan) -> Mapping[str, int]:
    counts: Counter[str] = Counter()
    for kept in plan.kept:
        if kept.why in STAYS_BELOW:
            counts[kept.type] += sum(count for where, count in kept.where if where == move.label)
    return +counts


def _echoes(staying: Sequence[Change[Entity]], moves: Mapping[str, Change[Entity]]) -> str:
    count = sum(is_echo(one, moves) for one in staying)
    return f"; {times(count, 'takes', 'take')} on the new name" if count else ""


def without_echoes(changes: Iterable[Change[Entity]], plan: Plan) -> list[Change[Entity]]:
    """The changes that say something of their own."""
    moves = renamed(plan)
    return [change for change in changes if not is_echo(change, moves)]
