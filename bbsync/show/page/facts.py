"""The facts around the changes: what the plan was made from, how much was read, what stays, what the guards say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from attrs import frozen

from bbsync.kinds import KINDS
from bbsync.plan import Kept, Plan
from bbsync.show.page.listed import LISTED, PEN, Listed, called
from bbsync.show.sections import why_kept
from bbsync.show.summary import coverage, left_out, readings
from bbsync.show.values import written
from bbsync.show.words import counted, moment, plural


@frozen
class Tile:
    """One of the large numbers at the top."""

    mark: str
    symbol: str
    count: int
    word: str


@frozen
class KeptRow:
    """What of one type stays for one reason, and where."""

    what: str
    why: str
    where: Listed[tuple[str, int]]


def tiles(plan: Plan) -> tuple[Tile, ...]:
    """The totals of entities."""
    totals = plan.entity_totals
    return (
        Tile("add", "+", totals.add, "to add"),
        Tile("change", "~", totals.change, "to change"),
        Tile("move", ">", totals.move, "to move"),
        Tile("delete", "-", totals.destroy, "to delete"),
        Tile("withheld", "!", totals.withheld, "withheld"),
        Tile("kept", "=", totals.kept, "kept"),
    )


def made_from(plan: Plan) -> Iterator[tuple[str, str]]:
    """What the plan was made from and for."""
    origin = plan.origin
    if origin.workspaces:
        yield "Workspaces" if len(origin.workspaces) > 1 else "Workspace", ", ".join(map(called, origin.workspaces))
    if origin.description:
        yield "Description", called(origin.description)
    if origin.target:
        yield "Graph", called(origin.target)
    yield "Read", moment(origin.created_at)
    if origin.expires_at:
        yield "Valid until", moment(origin.expires_at)
    if origin.serial:
        yield "Snapshot", str(origin.serial)


def title(plan: Plan) -> str:
    """What a browser calls the page."""
    return " · ".join(["bbsync plan", *map(called, plan.origin.workspaces)])


def read(plan: Plan) -> Iterator[str]:
    """How much was read, and how."""
    yield coverage(plan)
    yield from readings(plan)
    yield from left_out(plan)


def kept(plan: Plan) -> tuple[KeptRow, ...]:
    """What stays on purpose."""
    return tuple(KeptRow(counted(one.count, one.type), why_kept(one, plan), _where(one)) for one in plan.kept)


def _where(one: Kept) -> Listed[tuple[str, int]]:
    named = [(called(place), count) for place, count in one.where if place]
    return Listed(tuple(named[:LISTED]), max(0, len(named) - LISTED))


def population(plan: Plan) -> Iterable[tuple[str, int]]:
    """How much of each type the snapshot holds."""
    return [(called(name), count) for name, count in sorted(plan.population.items())]


def about(entity_type: str) -> str:
    """What a guard is about: its type in the plural, or everything."""
    kind = KINDS.by_type.get(entity_type)
    return plural(kind.name) if kind else called(entity_type) or "everything"


def settings(plan: Plan) -> Iterable[tuple[str, str]]:
    """The settings that shape what the plan looks at."""
    return [(called(name), written(value, name, PEN)) for name, value in sorted(plan.origin.settings.items())]
