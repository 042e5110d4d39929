"""An audit as Markdown for comments, within a number of bytes: what needs a human first."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from bbsync.drift import AnyDrifted, Drift, Sort
from bbsync.graph import Entity
from bbsync.show.drift_words import (
    STAND_IN,
    TITLES,
    age,
    by_rules,
    coverage,
    is_implied,
    next_step,
    remarks,
    symbol,
    verdict,
)
from bbsync.show.explain import differences
from bbsync.show.markdown import LARGEST_COMMENT, short
from bbsync.show.markdown_rows import LONGEST_CELL, MOST_PROPERTIES
from bbsync.show.marks import marked
from bbsync.show.pen import Pen
from bbsync.show.shedding import Row, Section, within
from bbsync.show.summary import gap_rows, readings
from bbsync.show.values import LONGEST, inline
from bbsync.show.words import moment, noun, times

SHORTENED = "Rows are left out, counts are whole. Everything: `bbsync show AUDIT --format markdown --full`"

#: What stays longest where there is little room.
IMPORTANCE = {Sort.TAMPERED: 9, Sort.UNMANAGED: 8, Sort.MISSING: 7, Sort.PENDING: 6}

WHAT, WHERE_AND_WHY = ("", "what", "graph → expected"), ("what", "where", "why")


def drift_markdown(drift: Drift, *, limit: int | None = LARGEST_COMMENT, full: bool = False) -> str:
    """The audit as Markdown: the same audit, the same bytes.

    Args:
        drift: what is shown.
        limit: how many bytes at most; None for no limit. Where it does not suffice, rows go; counts stay.
        full: whether long values are shown whole, and relationships that come or go with an end.
    """
    pen = Pen(width=100, colour=False, unicode=True, full=full)
    head = "\n\n".join(_head(drift))
    sections = [section for section in _sections(drift, pen) if section.rows]
    origin = drift.plan.origin
    foot = f"Graph: {short(origin.target)}, read {moment(origin.created_at)}."
    return within(head, sections, foot, limit=limit, shortened=SHORTENED)


def _head(drift: Drift) -> Iterator[str]:
    facts = ["**bbsync drift**", short(", ".join(drift.plan.origin.workspaces)), marked(age(drift))]
    yield " · ".join(fact for fact in facts if fact)
    if drift.plan.origin.description:
        yield short(drift.plan.origin.description)
    yield f"**{verdict(drift)}**"
    yield coverage(drift)
    if drift.basis.missing:
        yield f"There is no snapshot to compare with. {STAND_IN}"


def _sections(drift: Drift, pen: Pen) -> Iterator[Section]:
    for sort in sorted(Sort, key=lambda one: -IMPORTANCE[one]):
        found = [one for one in drift.found if one.sort is sort]
        title = f"**{sort.value.capitalize()}** ({len(found)}), {TITLES[sort]}"
        coming = {one.element.key for one in found if not one.properties}
        own = [one for one in found if pen.full or not is_implied(one, coming)]
        rows: list[Row] = [partial(_row, one, pen) for one in own]
        if len(own) < len(found):
            implied = times(len(found) - len(own), "relationship", "relationships")
            rows.append(partial(_cells, "", f"{implied} of what comes or goes", ""))
        yield Section(title, IMPORTANCE[sort], WHAT, rows)
    yield Section(
        "**Not read**", 3, WHERE_AND_WHY, [partial(_cells, *row[1:]) for row in gap_rows(drift.plan.gaps, pen)]
    )
    yield Section("**Remarks**", 1, rows=[partial(_cells, sentence) for sentence in _remarks(drift)])


def _remarks(drift: Drift) -> Iterator[str]:
    if drift.basis.missing:
        yield f"No snapshot: {drift.basis.missing}."
    if drift.passed:
        yield f"{drift.passed} ignored {by_rules(drift)}."
    yield from remarks(drift)
    yield from readings(drift.plan)


def _cells(*cells: str) -> tuple[str, ...]:
    return tuple(marked(cell) for cell in cells)


def _row(one: AnyDrifted, pen: Pen) -> tuple[str, ...]:
    kind = f"{noun(one.element.type)} " if isinstance(one.element, Entity) else ""
    said = [*_properties(one, pen), next_step(one)]
    cells = (symbol(one).strip(), f"{kind}{one.label}", "; ".join(part for part in said if part))
    return _cells(*cells) if pen.full else _cells(*(_cut(cell) for cell in cells))


def _cut(cell: str) -> str:
    return cell if len(cell) <= LONGEST_CELL else f"{cell[:LONGEST_CELL]}…"


def _properties(one: AnyDrifted, pen: Pen) -> Iterator[str]:
    """What the graph holds, and after an arrow what it should."""
    if one.graph is None or one.expected is None:
        return
    found = [each for each in differences(one.graph, one.expected) if each.name in one.properties]
    most = len(found) if pen.full else MOST_PROPERTIES
    yield from (inline(each, pen, LONGEST) for each in found[:most])
    if len(found) > most:
        yield times(len(found) - most, "property more", "properties more")
