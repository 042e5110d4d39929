"""An audit as text: how many differences there are of each sort, the first of them, and what could be compared."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterator, Sequence

from bbsync.drift import AnyDrifted, Basis, Drift, Sort
from bbsync.graph import Entity, Relationship
from bbsync.plan import Action
from bbsync.show import values
from bbsync.show.explain import Difference, differences
from bbsync.show.pen import FIRST, Pen
from bbsync.show.safe import clip, columns, pad, wrapped
from bbsync.show.rows import SYMBOLS
from bbsync.show.summary import INDENT, earlier, gap_rows
from bbsync.show.words import counted, moment, noun, plural, span, times

#: What each sort says, as the title of its rows.
TITLES = {
    Sort.PENDING: "Bitbucket moved since the last apply",
    Sort.TAMPERED: "somebody changed it in the graph",
    Sort.MISSING: "the last apply left it in the graph, and it is gone from there",
    Sort.UNMANAGED: "in the graph alone, and no apply left it there",
}

#: A short list has no more rows than this.
SHORT = FIRST + 2

#: What the next apply does stands no further to the right, in parts of a hundred of the width.
MOST = 65

_NEXT = {
    Action.CREATE: "the next apply brings it back",
    Action.UPDATE: "the next apply puts it right",
    Action.MOVE: "the next apply puts it right",
    Action.DELETE: "the next apply deletes it",
    None: "the next apply leaves it so",
}


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
        _age(drift.basis, origin.created_at),
    )
    yield from pen.prose(f" {pen.glyphs.dot} ".join(fact for fact in facts if fact))
    if origin.target:
        yield from pen.prose(f"graph: {pen.safe(origin.target)}")
    if drift.basis.missing:
        because = pen.safe(drift.basis.missing)
        yield from pen.prose(f"There is no snapshot to compare with: {because}.")
        yield from pen.prose("The graph stands in for it: all that differs counts as pending, whoever changed it.")


def _age(basis: Basis, now: int) -> str:
    if basis.missing or not basis.plan_id:
        return ""
    return f"snapshot of plan {basis.plan_id}, {span(max(0, now - basis.applied_at) // 1000)} old"


def _table(drift: Drift, pen: Pen) -> Iterator[str]:
    """One line for each sort, and one for what rules cover."""
    by_rules = [f"{one.rule} {one.count}" for one in drift.ignored if one.count]
    rules = f"by {times(len(by_rules), 'rule', 'rules')}: {', '.join(by_rules)}" if by_rules else ""
    rows = [(sort.value, count, _by_type(drift, sort)) for sort, count in drift.counts.items()]
    rows += [("ignored", drift.passed, pen.safe(rules))] if drift.ignored else []
    names = max(len(name) for name, _, _ in rows)
    numbers = max(len(str(count)) for _, count, _ in rows)
    for name, count, note in rows:
        start = f"{name:{names}}  {count:>{numbers}}"
        first, *rest = wrapped(note, pen.width - len(start) - 3) if note else ("",)
        yield f"{start}   {first}".rstrip(" ")
        yield from (f"{' ' * len(start)}   {line}" for line in rest)


def _by_type(drift: Drift, sort: Sort) -> str:
    """How many of each type: "~ 2 repositories, + 1 user"."""
    found = [one for one in drift.found if one.sort is sort]
    things = Counter((_symbol(one), one.element.type) for one in found if isinstance(one.element, Entity))
    ties = Counter(_symbol(one) for one in found if isinstance(one.element, Relationship))
    parts = [(symbol, counted(count, name)) for (symbol, name), count in things.items()]
    parts += [(symbol, times(count, "relationship", "relationships")) for symbol, count in ties.items()]
    return ", ".join(f"{symbol} {words}".strip(" ") for symbol, words in parts)


def _symbol(one: AnyDrifted) -> str:
    """What the next apply does about something pending; of all else, whether it was changed."""
    if one.sort is Sort.PENDING and one.next:
        return SYMBOLS[one.next]
    return "~" if one.sort is Sort.TAMPERED else " "


def _rows(sort: Sort, found: Sequence[AnyDrifted], pen: Pen) -> Iterator[str]:
    coming = {one.element.key for one in found if not one.properties}
    listed = [one for one in found if pen.full or not _is_implied(one, coming)]
    if not listed:
        return
    yield pen.heading(f"{sort.value.capitalize()} ({len(found)}): {TITLES[sort]}")
    shown = listed if pen.full or len(listed) <= SHORT else listed[:FIRST]
    width = max((columns(_called(one, pen)) for one in shown), default=0)
    titles = [f"{pad(_called(one, pen), width)} {pen.label(one.label)}".strip(" ") for one in shown]
    column = min(max(map(columns, titles), default=0) + 6, pen.width * MOST // 100)
    for one, title in zip(shown, titles, strict=True):
        yield from pen.row(_symbol(one), title, "" if sort is Sort.PENDING else _NEXT[one.next], column=column)
        yield from _properties(one, pen)
    hidden = len(found) - len(shown)
    if hidden:
        dots = pen.glyphs.ellipsis
        yield f"    {dots} {hidden} more {dots} --full lists them"


def _called(one: AnyDrifted, pen: Pen) -> str:
    return pen.safe(noun(one.element.type)) if isinstance(one.element, Entity) else ""


def _is_implied(one: AnyDrifted, coming: Container[str]) -> bool:
    """Whether it is a relationship that comes or goes as one of its ends does."""
    element = one.element
    if not isinstance(element, Relationship) or one.properties:
        return False
    return element.source in coming or element.target in coming


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
    for remark in _remarks(drift):
        yield from pen.prose(pen.safe(remark), indent=INDENT)
    yield coverage(drift)
    for name, (count, oldest) in sorted(plan.earlier.items()):
        yield from pen.prose(pen.safe(earlier(name, count, oldest, plan)), indent=INDENT)
    for name, opened in sorted(plan.windows.items()):
        since = f"Of {plural(name)} only what changed since {moment(opened)} was read."
        yield from pen.prose(pen.safe(since), indent=INDENT)
    yield from pen.table(gap_rows(plan.gaps, pen))


def verdict(drift: Drift) -> str:
    """Whether all three are equal, and what differs."""
    planned, complete = drift.plan.listings
    missed = times(planned - complete, "listing", "listings") if planned > complete else "not everything"
    doubt = "" if drift.is_conclusive else f" found so far; {missed} could not be compared"
    doubt = doubt.replace("not everything could not be", "not everything could be")
    if not drift.found:
        return f"No drift{doubt or _agreement(drift)}."
    of_each = ", ".join(f"{count} {sort.value}" for sort, count in drift.counts.items() if count)
    return f"Drift: {times(len(drift.found), 'difference', 'differences')}{doubt} ({of_each})."


def _agreement(drift: Drift) -> str:
    if drift.only:
        return " in what was asked for"
    left = " but for what is ignored" if drift.passed else ""
    return f". The graph matches Bitbucket{'' if drift.basis.missing else ' and the last snapshot'}{left}"


def _remarks(drift: Drift) -> Iterator[str]:
    if drift.only:
        outside = times(drift.outside, "difference lies", "differences lie")
        yield f"Only {', '.join(drift.only)} was counted, with what hangs below it; {outside} outside."
    unused = [one.rule for one in drift.ignored if not one.count]
    if unused:
        yield f"Ignore rules that match nothing: {', '.join(unused)}."
    if drift.foreign:
        elements = times(drift.foreign, "element", "elements")
        yield f"Left alone, for the owner marker is somebody else's: {elements} in the scope."
    withheld = drift.plan.entity_totals.withheld
    if withheld:
        yield f"{times(withheld, 'entity', 'entities')} could not be looked at."


def coverage(drift: Drift) -> str:
    """How many listings were read in full; 100 % only where it is all of them."""
    planned, complete = drift.plan.listings
    before = sum(count for count, _oldest in drift.plan.earlier.values())
    share = f", {before} of them in earlier runs" if before else ""
    return f"Coverage: {complete} of {planned} listings read in full{share}{percent(complete, planned)}."


def percent(complete: int, planned: int) -> str:
    """The share behind a comma, rounded down to a tenth; nothing of nothing has none."""
    if not planned:
        return ""
    whole, tenth = divmod(1000 * complete // planned, 10)
    return f", {whole} %" if complete == planned else f", {whole}.{tenth} %"
