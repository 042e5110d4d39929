"""The sections of a plan's text: what is added, changed, moved, tied, deleted, kept and withheld."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from bbsync.graph import Entity, Relationship
from bbsync.kinds import KINDS
from bbsync.plan import Action, Change, Kept, Plan, Reason, Withheld
from bbsync.show import cascade, values
from bbsync.show.explain import differences
from bbsync.show.pen import FIRST, LONGEST_LIST, Pen
from bbsync.show.safe import clip
from bbsync.show.words import counted, evidence, moment, noun

SYMBOLS = {Action.CREATE: "+", Action.UPDATE: "~", Action.MOVE: ">", Action.DELETE: "-"}

AnyChange = Change[Entity] | Change[Relationship]


def all_sections(plan: Plan, pen: Pen) -> Iterator[list[str]]:
    """Every section that has something in it. Deletes come last of the changes: a terminal shows the end."""
    by_action: dict[Action, list[Change[Entity]]] = {action: [] for action in Action}
    for change in plan.entities:
        by_action[change.action].append(change)
    nouns = max((len(pen.safe(noun(kind))) for kind in {change.element.type for change in plan.entities}), default=0)
    found = (
        _changes("Add", by_action[Action.CREATE], pen, nouns),
        _changes("Change", by_action[Action.UPDATE], pen, nouns),
        _changes("Move", by_action[Action.MOVE], pen, nouns),
        _ties(plan, pen),
        _deletes(plan, by_action[Action.DELETE], pen, nouns),
        _kept(plan, pen),
        _withheld(plan, pen),
    )
    return (section for section in map(list, found) if section)


def _changes(title: str, changes: Sequence[Change[Entity]], pen: Pen, nouns: int) -> Iterator[str]:
    if changes:
        yield pen.heading(f"{title} ({len(changes)})")
    for entity_type, alike in groupby(changes, key=lambda change: change.element.type):
        for change in _some(list(alike), pen):
            if isinstance(change, int):
                yield _more(counted(change, entity_type), pen)
            else:
                called = f"{pen.safe(noun(entity_type)):{nouns}} {_title(change, pen)}"
                yield from pen.row(SYMBOLS[change.action], called, grounds(change))
                yield from _properties(change, pen)


def _some(changes: Sequence[Change[Entity]], pen: Pen) -> Iterator[Change[Entity] | int]:
    """The changes; of many the first ones, how many there are between, and the last."""
    if pen.full or len(changes) <= LONGEST_LIST:
        yield from changes
        return
    yield from changes[:FIRST]
    yield len(changes) - FIRST - 1
    yield changes[-1]


def _more(what: str, pen: Pen, note: str = "") -> str:
    dots = pen.glyphs.ellipsis
    number, _, rest = what.partition(" ")
    return clip(f"    {dots} {number} more {pen.safe(rest)}{note} {dots} show --full lists them", pen.width, dots)


def _title(change: AnyChange, pen: Pen) -> str:
    label = pen.label(change.label)
    return f"{pen.label(change.was)} {pen.glyphs.arrow} {label}" if change.action is Action.MOVE else label


def grounds(change: Change[Entity]) -> str:
    """What makes it a move, or what proves the absence; empty where the change explains itself."""
    if change.action is Action.MOVE:
        return "renamed; same key" if change.was != change.label else "moved; same key"
    if change.proof:
        return evidence(change.proof)
    return "what it belonged to is gone" if change.reason is Reason.CASCADE else ""


def _properties(change: AnyChange, pen: Pen) -> Iterator[str]:
    if change.before is None or change.after is None:
        return
    found = [one for one in differences(change.before, change.after) if pen.full or one.name not in _in_title(change)]
    names = max((len(pen.safe(difference.name)) for difference in found), default=0)
    for difference in found:
        yield from values.lines(difference, pen, names=names)


def _in_title(change: AnyChange) -> tuple[str, ...]:
    """The properties whose change the title of a move tells already."""
    kind = KINDS.by_type.get(change.element.type)
    return kind.moved_by if kind and change.action is Action.MOVE and change.was != change.label else ()


def _ties(plan: Plan, pen: Pen) -> Iterator[str]:
    """Relationships between entities that stay; `full` lists those, too, that come and go with an end."""
    created = {change.element.key for change in plan.entities if change.action is Action.CREATE}
    shown = [change for change in plan.relationships if pen.full or not is_implied(change, created)]
    if not shown:
        return
    between = "" if pen.full else " between what stays"
    yield pen.heading(f"Relationships{between} ({len(shown)})")
    for entity_type, alike in groupby(shown, key=lambda change: change.element.type):
        listed = list(alike)
        few = pen.full or len(listed) <= LONGEST_LIST
        for change in listed if few else listed[:FIRST]:
            yield from _tie(change, pen)
        if not few:
            yield _more(f"{len(listed) - FIRST - 1} {entity_type}", pen)
            yield from _tie(listed[-1], pen)


def _tie(change: Change[Relationship], pen: Pen) -> Iterator[str]:
    yield from pen.row(SYMBOLS[change.action], _title(change, pen))
    yield from _properties(change, pen)


def is_implied(change: Change[Relationship], created: set[str]) -> bool:
    """Whether it comes or goes because one of its ends does."""
    if change.before is None:
        return change.element.source in created or change.element.target in created
    return change.reason is Reason.CASCADE


def _deletes(plan: Plan, deletes: Sequence[Change[Entity]], pen: Pen, nouns: int) -> Iterator[str]:
    if deletes:
        yield pen.heading(f"Delete ({len(deletes)})")
    causes = cascade.by_cause(plan)
    for entity_type, alike in groupby(cascade.roots(deletes, causes), key=lambda change: change.element.type):
        listed = list(alike)
        for change in _some(listed, pen):
            if isinstance(change, int):
                hidden = sum(len(causes.get(one.element.key, ())) for one in listed[FIRST:-1])
                note = f", and {hidden} that go with them" if hidden else ""
                yield _more(counted(change, entity_type), pen, note)
                continue
            yield from pen.row("-", f"{pen.safe(noun(entity_type)):{nouns}} {pen.label(change.label)}", grounds(change))
            below = cascade.branches(change, causes.get(change.element.key, ()))
            yield from cascade.drawn(change, below, plan, pen)


def _kept(plan: Plan, pen: Pen) -> Iterator[str]:
    if plan.kept:
        yield pen.heading(f"Kept ({sum(kept.count for kept in plan.kept)})")
    for kept in plan.kept:
        yield from pen.row("=", pen.safe(f"{counted(kept.count, kept.type)} {why_kept(kept, plan)}"))
        yield from pen.prose(_where(kept, pen), indent=6)


_WHY_KEPT = {
    "earlier": "read in an earlier run, and not due yet",
    "out_of_scope": "out of scope: this run does not look there",
    "foreign": "not ours: left alone",
}


def why_kept(kept: Kept, plan: Plan) -> str:
    """Why they stay, in words."""
    if kept.why == "outside_window":
        opened = min(plan.windows.values(), default=None)
        since = f", which opened {moment(opened)}" if opened is not None else ""
        return f"outside the window{since}"
    return _WHY_KEPT.get(kept.why, kept.why)


def _where(kept: Kept, pen: Pen) -> str:
    named = [f"{count} {pen.label(where)}" for where, count in kept.where if where]
    if pen.full or len(named) <= FIRST + 1:
        return ", ".join(named)
    rest = [count for where, count in kept.where if where][FIRST:]
    return f"{', '.join(named[:FIRST])}, {sum(rest)} in {len(rest)} more"


def _withheld(plan: Plan, pen: Pen) -> Iterator[str]:
    if plan.withheld:
        total = sum(len(withheld.keys) for withheld in plan.withheld)
        yield pen.heading(f"Withheld ({total}): could not be looked at, so nothing here is deleted")
    alike: dict[tuple[str, str, str], list[Withheld]] = {}
    for withheld in plan.withheld:
        alike.setdefault((withheld.type, withheld.gap.code, withheld.gap.detail), []).append(withheld)
    yield from pen.table([_row(group, pen) for group in alike.values()])


def _row(group: Sequence[Withheld], pen: Pen) -> tuple[str, str, str, str]:
    count = sum(len(withheld.keys) for withheld in group)
    where = pen.names(pen.label(withheld.where) for withheld in group if withheld.where)
    gap = group[0].gap
    return "!", pen.safe(counted(count, group[0].type)), where, pen.safe(f"{gap.detail} ({gap.code})")
