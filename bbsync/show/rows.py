"""What the row of a change says: symbol, name, what stands beside it, and which properties are told below."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from attrs import field, frozen

from bbsync.graph import Entity, Relationship
from bbsync.kinds import KINDS
from bbsync.plan import Action, Change, Plan, Reason
from bbsync.show import values
from bbsync.show.explain import ABSENT, Difference, differences
from bbsync.show.following import by_place, followers, only_renamed, renamed
from bbsync.show.pen import Pen
from bbsync.show.remarks import projects, remark
from bbsync.show.replaced import replaced
from bbsync.show.safe import clip
from bbsync.show.words import evidence, noun

SYMBOLS = {Action.CREATE: "+", Action.UPDATE: "~", Action.MOVE: ">", Action.DELETE: "-"}

#: What comes and goes under one name.
REPLACED = "-/+"

#: A note beside a name takes no more columns than this, but for `full`.
LONGEST_NOTE = 60

AnyChange = Change[Entity] | Change[Relationship]


@frozen
class Told:
    """What the rows of a plan say that is found by looking at all of it, once.

    `replaced` is what comes instead, by the key of what goes; `renamed` are the renames by key, `projects` the names of
    projects by the key of a new repository in them, `below` the changes by what they are below, where anything was
    renamed. `nouns` is the width of the column of types.
    """

    plan: Plan
    replaced: Mapping[str, Change[Entity]]
    renamed: Mapping[str, Change[Entity]]
    projects: Mapping[str, str]
    below: Mapping[str, list[Change[Entity]]]
    nouns: int
    _instead: frozenset[str] = field(repr=False)

    @classmethod
    def of(cls, plan: Plan, pen: Pen) -> Told:
        """What is told of this plan."""
        types = {change.element.type for change in plan.entities}
        width = max((len(pen.safe(noun(kind))) for kind in types), default=0)
        pairs = replaced(plan)
        instead = frozenset(change.element.key for change in pairs.values())
        moves = renamed(plan)
        below = by_place(plan) if moves else {}
        return cls(plan, pairs, moves, projects(plan), below, width, instead)

    def note(self, change: Change[Entity]) -> str:
        """What stands beside the name."""
        return grounds(change) or remark(change, self.projects)

    def followers(self, move: Change[Entity]) -> str:
        """What follows the rename; empty for what is none, and where nothing does."""
        key = move.element.key
        return followers(move, self.below.get(key, ()), self.plan.kept, self.renamed) if key in self.renamed else ""

    def is_deleted(self, change: Change[Entity]) -> bool:
        """Whether it goes, and nothing of the same name comes; what goes with it goes with it."""
        return change.action is Action.DELETE and not {change.element.key, change.cause} & self.replaced.keys()

    def is_listed(self, change: Change[Entity]) -> bool:
        """Whether it has a row of its own that is no delete: what comes instead of something is told with that."""
        return change.action is not Action.DELETE and change.element.key not in self._instead


def called(change: Change[Entity], pen: Pen, told: Told) -> str:
    """The type in its column, and the name."""
    return f"{pen.safe(noun(change.element.type)):{told.nouns}} {title(change, pen)}"


def beside(change: Change[Entity], pen: Pen, told: Told) -> str:
    """What stands beside the name."""
    note = pen.safe(told.note(change))
    return note if pen.full else clip(note, LONGEST_NOTE, pen.glyphs.ellipsis)


def title(change: AnyChange, pen: Pen) -> str:
    """The name; of a move both."""
    label = pen.label(change.label)
    is_moved = change.action is Action.MOVE and not change.is_rekeyed
    return f"{pen.label(change.was)} {pen.glyphs.arrow} {label}" if is_moved else label


def grounds(change: AnyChange) -> str:
    """What makes it a move, or what proves the absence; empty where the change explains itself."""
    if change.before is not None and change.is_rekeyed:
        return f"moves in; its key was {change.before.key}"
    if change.action is Action.CREATE and change.reason is Reason.ADOPTED:
        return "moves in from the existing integration"
    if change.action is Action.MOVE:
        return "renamed; same key" if change.was != change.label else "moved; same key"
    if change.proof:
        return evidence(change.proof)
    return "what it belonged to is gone" if change.reason is Reason.CASCADE else ""


def properties(change: AnyChange, pen: Pen) -> Iterator[str]:
    """A line for each property that differs, under the row."""
    found = shown_differences(change, full=pen.full)
    names = max((len(pen.safe(difference.name)) for difference in found), default=0)
    for difference in found:
        yield from values.lines(difference, pen, names=names)


def shown_differences(change: AnyChange, *, full: bool) -> list[Difference]:
    """What differs; without `full` not what another property or the title says already."""
    if change.before is None or change.after is None:
        return []
    found = differences(change.before, change.after)
    if full:
        return list(found)
    if change.reason is Reason.ADOPTED:  # the existing integration writes less: what is only added says nothing
        found = tuple(one for one in found if one.before is not ABSENT)
    return [one for one in values.shown(found) if not _is_in_title(one, change)]


def _is_in_title(difference: Difference, change: AnyChange) -> bool:
    """Whether the title of a rename tells it already."""
    kind = KINDS.by_type.get(change.element.type)
    if kind is None or change.action is not Action.MOVE or change.was == change.label:
        return False
    return difference.name in kind.moved_by or only_renamed(difference, change)
