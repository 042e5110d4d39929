"""The sections of what is changed, moved, added and tied, each by type."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from functools import partial

from attrs import evolve, frozen

from bbsync.graph import Entity
from bbsync.plan import Action, Change, E, Plan
from bbsync.show.page.listed import PEN, Allowance, Listed, called
from bbsync.show.page.properties import Property, properties_of
from bbsync.show.rows import SYMBOLS, AnyChange, Told
from bbsync.show.sections import is_implied
from bbsync.show.words import counted, noun

#: What each action is called in the names of classes of the page.
MARKS = {Action.CREATE: "add", Action.UPDATE: "change", Action.MOVE: "move", Action.DELETE: "delete"}

_TITLES = {Action.UPDATE: "Change", Action.MOVE: "Move", Action.CREATE: "Add"}


@frozen
class Row:
    """One change: what it is, what it was called before, why, what follows it, and what differs."""

    mark: str
    symbol: str
    name: str
    was: str = ""
    note: str = ""
    follow: str = ""
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
    told = Told.of(plan, PEN)
    for action, title in _TITLES.items():
        changes = [change for change in plan.entities if change.action is action]
        if changes:
            yield Section(MARKS[action], title, len(changes), tuple(_groups(changes, counted, partial(_row, told))))
    ties = _ties(plan)
    if ties.count:
        yield ties


def _ties(plan: Plan) -> Section:
    """Relationships between entities that stay; those that come and go with an end are counted."""
    created = {change.element.key for change in plan.entities if change.action is Action.CREATE}
    shown = [change for change in plan.relationships if not is_implied(change, created)]
    implied = len(plan.relationships) - len(shown)
    note = f"{implied} of them come and go with an entity at one end, and are not listed." if implied else ""
    groups = tuple(_groups(shown, lambda count, kind: f"{count} {kind}", _base))
    return Section("ties", "Relationships", len(plan.relationships), groups, note)


def _groups(
    changes: Iterable[Change[E]], title: Callable[[int, str], str], row: Callable[[Change[E]], Row]
) -> Iterator[Group]:
    by_type: dict[str, list[Change[E]]] = defaultdict(list)
    for change in changes:
        by_type[change.element.type].append(change)
    for kind, alike in by_type.items():
        some = Allowance().first(kind, alike)
        yield Group(title(len(alike), kind), noun(kind), Listed(tuple(map(row, some.shown)), some.hidden))


def _row(told: Told, change: Change[Entity]) -> Row:
    """An entity's row, with what the rest of the plan says about it."""
    return evolve(_base(change), note=called(told.note(change)), follow=called(told.followers(change)))


def _base(change: AnyChange) -> Row:
    return Row(
        MARKS[change.action],
        SYMBOLS[change.action],
        called(change.label),
        called(change.was) if change.action is Action.MOVE and change.was != change.label else "",
        properties=properties_of(change),
    )
