"""An audit as text: how many differences there are of each sort, the first of them, and what could be compared."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bbsync.drift import AnyDrifted, Drift, Sort
from bbsync.graph import Entity
from bbsync.show import values
from bbsync.show.drift_words import (
    STAND_IN,
    TITLES,
    age,
    by_rules,
    by_type,
    coverage,
    is_implied,
    next_step,
    remarks,
    symbol,
    verdict,
)
from bbsync.show.explain import Difference, differences
from bbsync.show.pen import FIRST, Pen
from bbsync.show.safe import clip, columns, pad, wrapped
from bbsync.show.summary import INDENT, gap_rows, readings
from bbsync.show.words import moment, noun

#: A short list has no more rows than this.
SHORT = FIRST + 2

#: What the next apply does stands no further to the right, in parts of a hundred of the width.
MOST = 65


def drift_text(drift: Drift, *, width: int, colour: bool, unicode: bool, full: bool = False) -> str:
    """The audit as text: the same audit, the same bytes.

    Args:
        drift: what is shown.
        width: columns of the terminal; taken as 80 at least and 120 at most.
        colour: whether symbols and headings carry colour.
        unicode: whether the terminal shows more than ASCII.
        full: whether long lists and values are shown whole.
    """
    pen = Pen(width, colour, unicode, full)
    blocks = [_opening(drift, pen), _table(drift, pen)]
    blocks += [_rows(sort, [one for one in drift.found if one.sort is sort], pen) for sort in Sort]
    blocks.append(_ending(drift, pen))
    shown = (list(block) for block in blocks)
    return "\n\n".join("\n".join(block) for block in shown if block) + "\n"


def _opening(drift: Drift, pen: Pen) -> Iterator[str]:
    origin = drift.plan.origin
    names = ", ".join(pen.safe(name) for name in origin.workspaces)
    facts = (
        "bbsync drift",
        f"{'workspace' if len(origin.workspaces) == 1 else 'workspaces'} {names}" if names else "",
        moment(origin.created_at),
        age(drift),
    )
    yield from pen.prose(f" {pen.glyphs.dot} ".join(fact for fact in facts if fact))
    if origin.description:
        yield from pen.prose(pen.safe(origin.description))
    if origin.target:
        yield from pen.prose(f"graph: {pen.safe(origin.target)}")
    if drift.basis.missing:
        because = pen.safe(drift.basis.missing)
        yield from pen.prose(f"There is no snapshot to compare with: {because}.")
        yield from pen.prose(STAND_IN)


def _table(drift: Drift, pen: Pen) -> Iterator[str]:
    """One line for each sort, and one for what rules cover."""
    rows = [(sort.value, count, by_type(drift, sort)) for sort, count in drift.counts.items()]
    rows += [("ignored", drift.passed, pen.safe(by_rules(drift)))] if drift.ignored else []
    names = max(len(name) for name, _, _ in rows)
    numbers = max(len(str(count)) for _, count, _ in rows)
    for name, count, note in rows:
        start = f"{name:{names}}  {count:>{numbers}}"
        first, *rest = wrapped(note, pen.width - len(start) - 3) if note else ("",)
        yield f"{start}   {first}".rstrip(" ")
        yield from (f"{' ' * len(start)}   {line}" for line in rest)


def _rows(sort: Sort, found: Sequence[AnyDrifted], pen: Pen) -> Iterator[str]:
    coming = {one.element.key for one in found if not one.properties}
    listed = [one for one in found if pen.full or not is_implied(one, coming)]
    if not listed:
        return
    yield pen.heading(f"{sort.value.capitalize()} ({len(found)}): {TITLES[sort]}")
    shown = listed if pen.full or len(listed) <= SHORT else listed[:FIRST]
    width = max((columns(_called(one, pen)) for one in shown), default=0)
    titles = [f"{pad(_called(one, pen), width)} {pen.label(one.label)}".strip(" ") for one in shown]
    column = min(max(map(columns, titles), default=0) + 6, pen.width * MOST // 100)
    for one, title in zip(shown, titles, strict=True):
        yield from pen.row(symbol(one), title, next_step(one), column=column)
        yield from _properties(one, pen)
    hidden = len(found) - len(shown)
    if hidden:
        dots = pen.glyphs.ellipsis
        yield f"    {dots} {hidden} more {dots} --full lists them"


def _called(one: AnyDrifted, pen: Pen) -> str:
    return pen.safe(noun(one.element.type)) if isinstance(one.element, Entity) else ""


def _properties(one: AnyDrifted, pen: Pen) -> Iterator[str]:
    if one.graph is None or one.expected is None:
        return
    found = [each for each in differences(one.graph, one.expected) if each.name in one.properties]
    shown = found if pen.full or len(found) <= FIRST + 1 else found[:FIRST]
    names = max((len(pen.safe(each.name)) for each in shown), default=0)
    for each in shown:
        if one.sort is Sort.PENDING:
            yield from values.lines(each, pen, names=names)
        else:
            yield from _expected(each, pen, names)
    if len(shown) < len(found):
        dots = pen.glyphs.ellipsis
        yield f"      {dots} {len(found) - len(shown)} more properties {dots}"


def _expected(difference: Difference, pen: Pen, names: int) -> Iterator[str]:
    """What the graph holds, and what it should."""
    width = min(names, values.NAME_COLUMN)
    name = pad(clip(pen.safe(difference.name), width, pen.glyphs.ellipsis), width)
    held, wanted = (values.written(one, difference.name, pen) for one in (difference.before, difference.after))
    indent = " " * (len(values.INDENT) + columns(name) + 2)
    room = pen.width - len(indent)
    whole = f"graph {held}, expected {wanted}"
    if columns(whole) <= room:
        lines = [whole]
    elif pen.full:
        lines = [line for part in (f"graph {held},", f"expected {wanted}") for line in wrapped(part, room)]
    else:
        focus, limit = values.first_difference(held, wanted), min(values.LONGEST, room - len("expected "))
        cut = [values.shorten(one, limit, focus, pen.glyphs.ellipsis) for one in (held, wanted)]
        lines = [clip(part, room, pen.glyphs.ellipsis) for part in (f"graph {cut[0]},", f"expected {cut[1]}")]
    yield f"{values.INDENT}{name}  {lines[0]}"
    yield from (f"{indent}{line}" for line in lines[1:])


def _ending(drift: Drift, pen: Pen) -> Iterator[str]:
    plan = drift.plan
    yield from pen.prose(verdict(drift))
    for remark in remarks(drift):
        yield from pen.prose(pen.safe(remark), indent=INDENT)
    yield coverage(drift)
    for sentence in readings(plan):
        yield from pen.prose(pen.safe(sentence), indent=INDENT)
    yield from pen.table(gap_rows(plan.gaps, pen))
