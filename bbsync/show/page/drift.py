"""An audit as one HTML page like that of a plan: every difference by sort, what was compared, and the trend."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from attrs import frozen

from bbsync.drift import AnyDrifted, Audit, Drift, Sort
from bbsync.graph import Entity
from bbsync.show import drift_words
from bbsync.show.html import rendered
from bbsync.show.page.facts import Tile
from bbsync.show.page.listed import LISTED, PEN, called
from bbsync.show.page.properties import Property, properties_between
from bbsync.show.summary import gap_rows, readings
from bbsync.show.words import moment, noun

#: The colour of each sort, by the name that the style has for it.
COLOURS = {Sort.PENDING: "change", Sort.TAMPERED: "delete", Sort.MISSING: "move", Sort.UNMANAGED: "withheld"}

#: Height of the picture of the trend, and width of a bar with the gap after it.
HEIGHT, STEP = 80, 12


@frozen
class Row:
    """One difference: what it is, what the next apply does about it, and what differs."""

    symbol: str
    type: str
    name: str
    note: str
    properties: tuple[Property, ...]


@frozen
class Group:
    """The differences of one sort: the first of them, how many are not listed, and how many follow from another."""

    sort: str
    colour: str
    title: str
    count: int
    rows: tuple[Row, ...]
    hidden: int
    implied: int


@frozen
class Bar:
    """One audit of the trend, as a part of the picture."""

    x: int
    y: int
    height: int
    title: str


def drift_html(drift: Drift) -> str:
    """The audit as a page: the same audit, the same bytes, all of them ASCII."""
    return rendered(
        "drift.jinja",
        drift=drift,
        verdict=drift_words.verdict(drift),
        facts=tuple(_facts(drift)),
        tiles=tuple(_tiles(drift)),
        stand_in=drift_words.STAND_IN,
        missing=called(drift.basis.missing),
        groups=tuple(_groups(drift)),
        remarks=tuple(drift_words.remarks(drift)),
        coverage=(drift_words.coverage(drift), *readings(drift.plan)),
        gaps=gap_rows(drift.plan.gaps, PEN),
        bars=tuple(_bars([audit for audit in drift.history if not audit.only])),
        height=HEIGHT,
        step=STEP,
        history=[_line(audit) for audit in reversed(drift.history)],
        limit=LISTED,
    )


def _facts(drift: Drift) -> Iterator[tuple[str, str]]:
    origin = drift.plan.origin
    if origin.workspaces:
        yield "Workspaces" if len(origin.workspaces) > 1 else "Workspace", ", ".join(map(called, origin.workspaces))
    if origin.description:
        yield "Description", called(origin.description)
    yield "Graph", called(origin.target)
    yield "Read", moment(origin.created_at)
    compared = drift_words.age(drift)
    if compared:
        yield "Compared with", compared


def _tiles(drift: Drift) -> Iterator[Tile]:
    symbols = {Sort.PENDING: ">", Sort.TAMPERED: "~", Sort.MISSING: "-", Sort.UNMANAGED: "+"}
    for sort, count in drift.counts.items():
        yield Tile(COLOURS[sort], symbols[sort], count, sort.value)
    yield Tile("kept", "=", drift.passed, "ignored")
    yield Tile("withheld", "!", drift.plan.entity_totals.withheld, "not looked at")


def _groups(drift: Drift) -> Iterator[Group]:
    for sort in Sort:
        found = [one for one in drift.found if one.sort is sort]
        if found:
            yield _group(sort, found)


def _group(sort: Sort, found: Sequence[AnyDrifted]) -> Group:
    coming = {one.element.key for one in found if not one.properties}
    own = [one for one in found if not drift_words.is_implied(one, coming)]
    rows = tuple(map(_row, own[:LISTED]))
    title = drift_words.TITLES[sort]
    return Group(sort.value, COLOURS[sort], title, len(found), rows, len(own) - len(rows), len(found) - len(own))


def _row(one: AnyDrifted) -> Row:
    element = one.element
    kind = called(noun(element.type)) if isinstance(element, Entity) else "relationship"
    return Row(
        symbol=drift_words.symbol(one),
        type=kind,
        name=called(one.label),
        note=drift_words.next_step(one),
        properties=properties_between(one.graph, one.expected, one.properties),
    )


def _bars(audits: Sequence[Audit]) -> Iterator[Bar]:
    highest = max((audit.total for audit in audits), default=0)
    for number, audit in enumerate(audits):
        height = max(2, HEIGHT * audit.total // highest) if audit.total else 0
        yield Bar(number * STEP, HEIGHT - height, height, f"{moment(audit.at)}: {audit.total}")


def _line(audit: Audit) -> tuple[str, ...]:
    counts = (audit.pending, audit.tampered, audit.missing, audit.unmanaged, audit.ignored)
    share = drift_words.percent(audit.complete, audit.listings).removeprefix(", ")
    read = f"only {called(audit.only)}" if audit.only else share
    return (moment(audit.at), *map(str, counts), read if audit.conclusive else f"{read}, not everything")
