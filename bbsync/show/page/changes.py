"""The sections of what is changed, moved, added and tied, each by type."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence

from attrs import frozen

from bbsync.plan import Action, Plan
from bbsync.show.page.listed import Allowance, Listed, called
from bbsync.show.page.properties import Property, properties_of
from bbsync.show.sections import SYMBOLS, AnyChange, grounds, is_implied
from bbsync.show.words import counted, noun

#: What each action is called in the names of classes of the page.
MARKS = {Action.CREATE: "add", Action.UPDATE: "change", Action.MOVE: "move", Action.DELETE: "delete"}

_TITLES = {Action.UPDATE: "Change", Action.MOVE: "Move", Action.CREATE: "Add"}


@frozen
class Row:
    """One change: what it is, what it was called before, why, and what differs."""

    mark: str
    symbol: str
    name: str
    was: str = ""
    note: str = ""
    properties: tuple[Property, ...] = ()


@frozen
class Group:
    """Changes of one type."""

    title: str
    type: str
    rows: Listed[Row]


@frozen
class Section:
    """What is done in one way, and how much of it there is."""

    id: str
    title: str
    count: int
    groups: tuple[Group, ...]
    note: str = ""


def sections(plan: Plan) -> Iterator[Section]:
    """Changes, moves, additions and relationships, where there are any."""
    for action, title in _TITLES.items():
        changes = [change for change in plan.entities if change.action is action]
        if changes:
            yield Section(MARKS[action], title, len(changes), _groups(changes, counted))
    ties = _ties(plan)
    if ties.count:
        yield ties


def _ties(plan: Plan) -> Section:
    """Relationships between entities that stay; those that come and go with an end are counted."""
    created = {change.element.key for change in plan.entities if change.action is Action.CREATE}
    shown = [change for change in plan.relationships if not is_implied(change, created)]
    implied = len(plan.relationships) - len(shown)
    note = f"{implied} more come and go with an entity at one of their ends." if implied else ""
    return Section("ties", "Relationships", len(plan.relationships), _groups(shown, _counted_ties), note)


def _counted_ties(count: int, tie_type: str) -> str:
    return f"{count} {tie_type}"


def _groups(changes: Iterable[AnyChange], title: Callable[[int, str], str]) -> tuple[Group, ...]:
    by_type: dict[str, list[AnyChange]] = defaultdict(list)
    for change in changes:
        by_type[change.element.type].append(change)
    return tuple(Group(title(len(alike), kind), noun(kind), _rows(alike)) for kind, alike in by_type.items())


def _rows(changes: Sequence[AnyChange]) -> Listed[Row]:
    some = Allowance().first("", changes)
    return Listed(tuple(map(_row, some.shown)), some.hidden)


def _row(change: AnyChange) -> Row:
    return Row(
        MARKS[change.action],
        SYMBOLS[change.action],
        called(change.label),
        called(change.was) if change.action is Action.MOVE and change.was != change.label else "",
        grounds(change),
        properties_of(change),
    )
