"""The sections of a plan's text: what is added, changed, moved, tied, deleted, kept and withheld."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from attrs import frozen

from bbsync.graph import Entity, Relationship
from bbsync.kinds import KINDS
from bbsync.plan import Action, Change, Kept, Plan, Reason, Withheld
from bbsync.show import cascade, values
from bbsync.show.explain import Difference, differences
from bbsync.show.following import followers, is_echo, only_renamed, renamed
from bbsync.show.pen import FIRST, LONGEST_LIST, Pen
from bbsync.show.remarks import projects, remark
from bbsync.show.replaced import replaced
from bbsync.show.safe import clip
from bbsync.show.words import counted, evidence, moment, noun, times

SYMBOLS = {Action.CREATE: "+", Action.UPDATE: "~", Action.MOVE: ">", Action.DELETE: "-"}

#: A note beside a name takes no more columns than this, but for `full`.
LONGEST_NOTE = 60

AnyChange = Change[Entity] | Change[Relationship]


@frozen
class Told:
    """What the rows of a plan say that is found by looking at all of it, once."""

    replaced: Mapping[str, Change[Entity]]
    renamed: Mapping[str, Change[Entity]]
    projects: Mapping[str, str]
    plan: Plan
    nouns: int

    @classmethod
    def of(cls, plan: Plan, pen: Pen) -> Told:
        """What is told of this plan; `nouns` is the width of the column of types."""
        types = {change.element.type for change in plan.entities}
        width = max((len(pen.safe(noun(kind))) for kind in types), default=0)
        return cls(replaced(plan), renamed(plan), projects(plan), plan, width)

    def note(self, change: Change[Entity]) -> str:
        """What stands beside the name."""
        return grounds(change) or remark(change, self.projects)


def all_sections(plan: Plan, pen: Pen) -> Iterator[list[str]]:
    """Every section that has something in it. Deletes come last of the changes: a terminal shows the end."""
    told = Told.of(plan, pen)
    instead = {change.element.key for change in told.replaced.values()}
    by_action: dict[Action, list[Change[Entity]]] = {action: [] for action in Action}
    for change in plan.entities:
        if change.element.key not in instead:
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
                yield from pen.row(SYMBOLS[change.action], _called(change, pen, told), _beside(change, pen, told))
                yield from _properties(change, pen)
                if change.element.key in told.renamed:
                    yield from pen.prose(pen.safe(followers(change, told.plan, told.renamed)), indent=6)


def _called(change: Change[Entity], pen: Pen, told: Told) -> str:
    return f"{pen.safe(noun(change.element.type)):{told.nouns}} {_title(change, pen)}"


def _beside(change: Change[Entity], pen: Pen, told: Told) -> str:
    note = pen.safe(told.note(change))
    return note if pen.full else clip(note, LONGEST_NOTE, pen.glyphs.ellipsis)


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


def grounds(change: AnyChange) -> str:
    """What makes it a move, or what proves the absence; empty where the change explains itself."""
    if change.action is Action.MOVE:
        return "renamed; same key" if change.was != change.label else "moved; same key"
    if change.proof:
        return evidence(change.proof)
    return "what it belonged to is gone" if change.reason is Reason.CASCADE else ""


def _properties(change: AnyChange, pen: Pen) -> Iterator[str]:
    if change.before is None or change.after is None:
        return
    found = list(differences(change.before, change.after))
    if not pen.full:
        found = [one for one in values.shown(found) if not _is_in_title(one, change)]
    names = max((len(pen.safe(difference.name)) for difference in found), default=0)
    for difference in found:
        yield from values.lines(difference, pen, names=names)


def _is_in_title(difference: Difference, change: AnyChange) -> bool:
    """Whether the title of a rename tells it already."""
    kind = KINDS.by_type.get(change.element.type)
    if kind is None or change.action is not Action.MOVE or change.was == change.label:
        return False
    is_entity = isinstance(change.element, Entity)
    return difference.name in kind.moved_by or (is_entity and only_renamed(difference, change))  # type: ignore[arg-type]  # an entity's


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


def _replacements(plan: Plan, pen: Pen, told: Told) -> Iterator[str]:
    """What goes and comes again under the same name, with what goes with it."""
    if told.replaced:
        yield pen.heading(f"Replace ({len(told.replaced)})")
    causes = cascade.by_cause(plan)
    for change in plan.entities:
        if change.element.key in told.replaced and change.action is Action.DELETE:
            yield from pen.row("-/+", _called(change, pen, told), "same name, another key")
            yield from pen.prose(pen.safe(f"the old one is {grounds(change)}"), indent=6)
            yield from _tree(change, causes, pen, told)


def _deletes(deletes: Sequence[Change[Entity]], pen: Pen, told: Told) -> Iterator[str]:
    causes = cascade.by_cause(told.plan)
    shown = [one for one in deletes if not {one.element.key, one.cause} & told.replaced.keys()]
    if shown:
        yield pen.heading(f"Delete ({len(shown)})")
    for entity_type, alike in groupby(cascade.roots(shown, causes), key=lambda change: change.element.type):
        listed = list(alike)
        for change in _some(listed, pen):
            if isinstance(change, int):
                hidden = sum(len(causes.get(one.element.key, ())) for one in listed[FIRST:-1])
                note = f", and {hidden} that go with them" if hidden else ""
                yield _more(counted(change, entity_type), pen, note)
                continue
            yield from pen.row("-", _called(change, pen, told), pen.safe(grounds(change)))
            yield from _tree(change, causes, pen, told)


def _tree(change: Change[Entity], causes: Mapping[str, list[Change[Entity]]], pen: Pen, told: Told) -> Iterator[str]:
    below = cascade.branches(change, causes.get(change.element.key, ()))
    return cascade.drawn(change, below, told.plan, pen)


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
