"""Where a change stands in a graph: whether a plan still fits, or was carried out already."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

from bbsync.graph import Element, Entity, Graph, Relationship, digest
from bbsync.plan import Change


class Standing(Enum):
    """Where a change stands in a graph: still to do, done already, or overtaken by somebody else."""

    PENDING = "pending"
    DONE = "done"
    STALE = "stale"


def standing(change: Change[Entity] | Change[Relationship], snapshot: Graph) -> Standing:
    """Whether the element is as it was before the change, as it will be after it, or neither."""
    held: Mapping[str, Element] = snapshot.entities if isinstance(change.element, Entity) else snapshot.relationships
    if change.before is not None and change.is_rekeyed and change.before.key in held:
        return Standing.PENDING if _equal(held[change.before.key], change.before) else Standing.STALE
    current = held.get(change.element.key)
    if _equal(current, change.after):
        return Standing.DONE
    return Standing.PENDING if _equal(current, change.before) else Standing.STALE


def _equal(one: Element | None, other: Element | None) -> bool:
    if one is None or other is None:
        return one is other
    return digest(one) == digest(other)
