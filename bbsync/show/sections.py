"""The sections of a plan's text: what is added, changed, moved, tied, deleted, kept and withheld."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from bbsync.graph import Entity, Relationship
from bbsync.plan import Action, Change, Kept, Plan, Reason, Withheld
from bbsync.show import cascade
from bbsync.show.following import is_echo
from bbsync.show.pen import FIRST, LONGEST_LIST, Pen
from bbsync.show.rows import REPLACED, SYMBOLS, Told, beside, called, grounds, properties, title
from bbsync.show.safe import clip
from bbsync.show.words import counted, moment, times


def all_sections(plan: Plan, pen: Pen) -> Iterator[list[str]]:
    """Every section that has something in it. Deletes come last of the changes: a terminal shows the end."""
    told = Told.of(plan, pen)
    by_action: dict[Action, list[Change[Entity]]] = {action: [] for action in Action}
    for change in plan.entities:
        if told.is_listed(change) or told.is_deleted(change):
            by_action[change.action].append(change)
    found = (
        _changes("Add", by_action[Action.CREATE], pen, told),
        _updates(by_action[Action.UPDATE], pen, told),
        _changes("Move", by_action[Action.MOVE], pen, told),
        _ties(plan, pen),
        _replacements(plan, pen, told),
        _deletes(by_action[Action.DELETE], pen, told),
        _kept(plan, pen),
        _withheld(plan, pen),
    )
    return (section for section in map(list, found) if section)


def _updates(changes: Sequence[Change[Entity]], pen: Pen, told: Told) -> Iterator[str]:
    """Changes that only take on the name of what moved are told where it moved."""
    own = changes if pen.full else [change for change in changes if not is_echo(change, told.renamed)]
    lines = list(_changes("Change", own, pen, told))
    yield from [pen.heading(f"Change ({len(changes)})"), *lines[1:]] if changes else []
    if len(own) < len(changes):
        follow = times(len(changes) - len(own), "follows a move and takes", "follow a move and take")
        yield from pen.prose(f"{follow} on the new name, no more", indent=4)


def _changes(title: str, changes: Sequence[Change[Entity]], pen: Pen, told: Told) -> Iterator[str]:
    if changes:
        yield pen.heading(f"{title} ({len(changes)})")
    for entity_type, alike in groupby(changes, key=lambda change: change.element.type):
        for change in _some(list(alike), pen):
            if isinstance(change, int):
                yield _more(counted(change, entity_type), pen)
            else:
                yield from pen.row(SYMBOLS[change.action], called(change, pen, told), beside(change, pen, told))
                yield from properties(change, pen)
                yield from pen.prose(pen.safe(told.followers(change)), indent=6)


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


def _ties(plan: Plan, pen: Pen) -> Iterator[str]:
    """Relationships between entities that stay; `full` lists those, too, that come and go with an end."""
    shown = relationships_shown(plan, full=pen.full)
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


def relationships_shown(plan: Plan, *, full: bool) -> list[Change[Relationship]]:
    """Those that do not come and go with one of their ends; with `full` all."""
    created = {change.element.key for change in plan.entities if change.action is Action.CREATE}
    return [change for change in plan.relationships if full or not is_implied(change, created)]


def _tie(change: Change[Relationship], pen: Pen) -> Iterator[str]:
    yield from pen.row(SYMBOLS[change.action], title(change, pen))
    yield from properties(change, pen)


def is_implied(change: Change[Relationship], created: set[str]) -> bool:
    """Whether it comes or goes because one of its ends does, or moves in with it."""
    if change.is_rekeyed:
        return True
    if change.before is None:
        return change.element.source in created or change.element.target in created
    return change.reason is Reason.CASCADE


def _replacements(plan: Plan, pen: Pen, told: Told) -> Iterator[str]:
    """What goes and comes again under the same name, with what goes with it."""
    if told.replaced:
        yield pen.heading(f"Replace ({len(told.replaced)})")
    causes = cascade.by_cause(plan)
    for change in plan.entities:
        if change.element.key in told.replaced and change.action is Action.DELETE:
            yield from pen.row(REPLACED, called(change, pen, told), "same name, another key")
            yield from pen.prose(pen.safe(f"the old one is {grounds(change)}"), indent=6)
            yield from _tree(change, causes, pen, told)


def _deletes(deletes: Sequence[Change[Entity]], pen: Pen, told: Told) -> Iterator[str]:
    causes = cascade.by_cause(told.plan)
    if deletes:
        yield pen.heading(f"Delete ({len(deletes)})")
    for entity_type, alike in groupby(cascade.roots(deletes, causes), key=lambda change: change.element.type):
        listed = list(alike)
        for change in _some(listed, pen):
            if isinstance(change, int):
                hidden = sum(len(causes.get(one.element.key, ())) for one in listed[FIRST:-1])
                note = f", and {hidden} that go with them" if hidden else ""
                yield _more(counted(change, entity_type), pen, note)
                continue
            yield from pen.row("-", called(change, pen, told), pen.safe(grounds(change)))
            yield from _tree(change, causes, pen, told)


def _tree(change: Change[Entity], causes: Mapping[str, list[Change[Entity]]], pen: Pen, told: Told) -> Iterator[str]:
    below = cascade.branches(change, causes.get(change.element.key, ()))
    return cascade.drawn(change, below, told.plan, pen)


def _kept(plan: Plan, pen: Pen) -> Iterator[str]:
    if plan.kept:
        yield pen.heading(f"Kept ({sum(kept.count for kept in plan.kept)})")
    for kept in plan.kept:
        yield from pen.row("=", pen.safe(f"{counted(kept.count, kept.type)} {why_kept(kept, plan)}"))
        yield from pen.prose(where_kept(kept, pen), indent=6)


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


def where_kept(kept: Kept, pen: Pen) -> str:
    """How many stay below which parent, most first."""
    named = [f"{count} {pen.label(where)}" for where, count in kept.where if where]
    if pen.full or len(named) <= FIRST + 1:
        return ", ".join(named)
    rest = [count for where, count in kept.where if where][FIRST:]
    return f"{', '.join(named[:FIRST])}, {sum(rest)} in {len(rest)} more"


def _withheld(plan: Plan, pen: Pen) -> Iterator[str]:
    if plan.withheld:
        total = sum(len(withheld.keys) for withheld in plan.withheld)
        yield pen.heading(f"Withheld ({total}): could not be looked at, so nothing here is deleted")
    yield from pen.table(withheld_rows(plan, pen))


def withheld_rows(plan: Plan, pen: Pen) -> list[tuple[str, str, str, str]]:
    """Symbol, what, where and why: one for all that is withheld for the same reason."""
    alike: dict[tuple[str, str, str], list[Withheld]] = {}
    for withheld in plan.withheld:
        alike.setdefault((withheld.type, withheld.gap.code, withheld.gap.detail), []).append(withheld)
    return [_row(group, pen) for group in alike.values()]


def _row(group: Sequence[Withheld], pen: Pen) -> tuple[str, str, str, str]:
    count = sum(len(withheld.keys) for withheld in group)
    where = pen.names(pen.label(withheld.where) for withheld in group if withheld.where)
    gap = group[0].gap
    return "!", pen.safe(counted(count, group[0].type)), where, pen.safe(f"{gap.detail} ({gap.code})")
