"""The tree of what goes with a deleted entity: counts by type, with names, each type under the type it belongs to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from attrs import frozen

from bbsync.graph import Entity
from bbsync.kinds import KINDS, Absence
from bbsync.plan import Change, Plan, Reason
from bbsync.show.pen import Pen
from bbsync.show.safe import clip, columns, pad, wrapped
from bbsync.show.words import counted, noun

Deleted = Sequence[Change[Entity]]

#: A name in the tree takes no more columns than this, but for `full`.
LONGEST_NAME = 40

#: What stands between the label of a parent and what is its child's own.
SEPARATORS = " ·"


@frozen
class Branch:
    """What goes of one type, and the types below it."""

    type: str
    changes: Deleted
    below: tuple[Branch, ...] = ()


def by_cause(plan: Plan) -> Mapping[str, list[Change[Entity]]]:
    """The deletes that follow from another, by the key of the entity that each of them follows from."""
    causes: dict[str, list[Change[Entity]]] = {}
    roots = {change.element.key for change in plan.entities if change.after is None}
    for change in plan.entities:
        if change.reason is Reason.CASCADE and change.cause in roots and change.cause != change.element.key:
            causes.setdefault(change.cause, []).append(change)
    return causes


def roots(deletes: Deleted, causes: Mapping[str, Deleted]) -> Deleted:
    """The deletes that follow from no other."""
    followers = {change.element.key for following in causes.values() for change in following}
    return [change for change in deletes if change.element.key not in followers]


def largest_cause(plan: Plan) -> str:
    """The delete that takes most with it, in a sentence; empty where none takes anything."""
    causes = by_cause(plan)
    if not causes:
        return ""
    key = max(causes, key=lambda one: (len(causes[one]), one))
    root = next(change for change in plan.entities if change.element.key == key)
    return f"Largest cause: {noun(root.element.type)} {root.label} is gone, and {len(causes[key])} with it."


def branches(root: Change[Entity], following: Deleted) -> tuple[Branch, ...]:
    """What follows from the end of an entity, as trees by type."""
    by_type: dict[str, list[Change[Entity]]] = {}
    for change in following:
        by_type.setdefault(change.element.type, []).append(change)
    above = {kind: _above(kind, root.element.type, by_type) for kind in by_type}

    def under(parent: str) -> tuple[Branch, ...]:
        return tuple(Branch(kind, by_type[kind], under(kind)) for kind in by_type if above[kind] == parent)

    return under("")


def _above(entity_type: str, root: str, present: Iterable[str]) -> str:
    """The type that it hangs under; empty when that is the root."""
    kind = KINDS.by_type.get(entity_type)
    parent = KINDS.by_name[kind.parent].entity.type if kind and kind.parent else ""
    return parent if parent != root and parent in present else ""


def drawn(root: Change[Entity], below: Sequence[Branch], plan: Plan, pen: Pen, indent: str = "    ") -> Iterator[str]:
    """The branches as lines."""
    width = max((len(pen.safe(counted(len(branch.changes), branch.type))) for branch in below), default=0)
    for number, branch in enumerate(below, start=1):
        is_last = number == len(below)
        trunk = indent + (pen.glyphs.gap if is_last else pen.glyphs.trunk)
        yield from _branch(root, branch, plan, pen, (indent + _knot(pen, is_last=is_last), trunk, width))
        yield from drawn(root, branch.below, plan, pen, trunk)


def _knot(pen: Pen, *, is_last: bool) -> str:
    return pen.glyphs.corner if is_last else pen.glyphs.branch


def _branch(root: Change[Entity], branch: Branch, plan: Plan, pen: Pen, frame: tuple[str, str, int]) -> Iterator[str]:
    knot, trunk, width = frame
    title = pen.safe(counted(len(branch.changes), branch.type))
    names = [pen.label(own_name(change, root)) for change in branch.changes]
    if pen.full:
        yield knot + title
        for name in names:
            first, *rest = wrapped(name, pen.width - len(trunk) - 4)
            yield f"{trunk}  {pen.paint('-', '-')} {first}"
            yield from (f"{trunk}    {line}" for line in rest)
    else:
        short = (clip(name, LONGEST_NAME, pen.glyphs.ellipsis) for name in names)
        head = f"{knot}{pad(title, width)}  "
        yield clip(f"{head}{pen.names(short, pen.width - columns(head))}", pen.width, pen.glyphs.ellipsis)
    remark = outside(branch, plan)
    if remark:
        yield from (f"{trunk}   {line}" for line in wrapped(remark, pen.width - len(trunk) - 3))


def own_name(change: Change[Entity], root: Change[Entity]) -> str:
    """The label without that of the root, which stands above it."""
    rest = change.label.removeprefix(root.label)
    return rest.lstrip(SEPARATORS) or change.label if rest[:1] in ("", " ") else change.label


def outside(branch: Branch, plan: Plan) -> str:
    """That history goes, too, although its window does not show it."""
    kind = KINDS.by_type.get(branch.type)
    opened = plan.windows.get(kind.name) if kind and kind.absence is Absence.HISTORY else None
    if kind is None or opened is None:
        return ""
    old = sum(_is_older(change, opened) for change in branch.changes)
    parent = (kind.parent or "").replace("_", " ")
    return f"{old} of them older than the window; they go because their {parent} goes" if old else ""


def _is_older(change: Change[Entity], opened: int) -> bool:
    updated = change.element.properties.get("updatedOn")
    return isinstance(updated, int) and updated < opened
