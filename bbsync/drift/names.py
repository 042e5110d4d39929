"""What the differences of an audit are called, what they hang below, and where reports put them."""

from __future__ import annotations

from attrs import frozen

from bbsync.drift.values import AnyDrifted, Sort
from bbsync.graph import EMPTY, Element, Entity, Graph, Relationship
from bbsync.kinds import Kinds
from bbsync.labels import Labels


@frozen
class Names:
    """What elements are called, and what they hang below."""

    graph: Graph
    labels: Labels

    @classmethod
    def of(cls, graph: Graph, kinds: Kinds, *, needed: bool) -> Names:
        """The names of what the graph holds; where nothing is to be named, nobody looks at it."""
        known = graph if needed else EMPTY
        return cls(known, Labels.between(known, known, kinds))

    def label(self, element: Element) -> str:
        """What reports call it."""
        return self.labels.of(element)

    def above(self, element: Element) -> tuple[Entity, ...]:
        """What it hangs below, nearest first; the ends of a relationship are above it."""
        if isinstance(element, Relationship):
            waiting = [element.source, element.target]
        else:
            waiting = list(self.labels.parents(element.key))
        found: dict[str, Entity] = {}
        while waiting:
            key = waiting.pop(0)
            entity = self.graph.entities.get(key)
            if entity is not None and key not in found:
                found[key] = entity
                waiting.extend(self.labels.parents(key))
        return tuple(found.values())

    def order(self, one: AnyDrifted) -> tuple[object, ...]:
        """Where reports put it: by sort, entities before relationships, then by kind, name and key."""
        place = list(Sort).index(one.sort)
        element = one.element
        if isinstance(element, Relationship):
            return (place, True, 0, element.type, one.label, element.key)
        return (place, False, *self.labels.order(element, one.label), "")
