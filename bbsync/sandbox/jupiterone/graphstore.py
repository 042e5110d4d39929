"""The graph as it stands, and the moment at which a change to it becomes visible."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import TypeVar

from attrs import define, field, frozen

from bbsync.sandbox.jupiterone.elements import Address, Edge, Element, Vertex

Key = TypeVar("Key")
Item = TypeVar("Item")


@frozen(eq=False)
class GraphState:
    """All vertices and edges at one moment. A changed graph is a new state, so that readers never see half a change."""

    vertices: Mapping[Address, Vertex] = field(factory=dict)
    edges: Mapping[Address, Edge] = field(factory=dict)
    #: What was deleted, by id. Only queries that ask for it see it.
    deleted: Mapping[str, Element] = field(factory=dict)

    @cached_property
    def with_deleted(self) -> GraphState:
        """The same with the deleted elements in it."""
        gone = self.deleted.values()
        vertices = {element.address: element for element in gone if isinstance(element, Vertex)}
        edges = {element.address: element for element in gone if isinstance(element, Edge)}
        return GraphState({**vertices, **self.vertices}, {**edges, **self.edges})

    @cached_property
    def in_order(self) -> list[Vertex]:
        """Every vertex in the order of ids, which is no order that a client could expect."""
        return sorted(self.vertices.values(), key=lambda vertex: vertex.id)

    @cached_property
    def by_type(self) -> Mapping[str, list[Vertex]]:
        """Vertices by `_type`."""
        return _grouped((vertex.type, vertex) for vertex in self.in_order)

    @cached_property
    def by_class(self) -> Mapping[str, list[Vertex]]:
        """Vertices by each of their `_class`es."""
        return _grouped((name, vertex) for vertex in self.in_order for name in vertex.classes)

    @cached_property
    def outgoing(self) -> Mapping[Address, list[Edge]]:
        """Edges by the vertex they start from."""
        return _grouped((edge.start, edge) for edge in self.edges.values())

    @cached_property
    def incoming(self) -> Mapping[Address, list[Edge]]:
        """Edges by the vertex they end at."""
        return _grouped((edge.end, edge) for edge in self.edges.values())


@define(eq=False)
class GraphStore:
    """What is stored, and what queries already see of it."""

    #: How many reads after a change still see the graph as it was before.
    visibility_delay: int = 0
    stored: GraphState = field(factory=GraphState)
    visible: GraphState = field(factory=GraphState)
    _reads_left: int | None = None

    def show_soon(self) -> None:
        """A synchronization has finished: queries see it after the delay."""
        self._reads_left = self.visibility_delay
        self._show_when_due()

    def show_now(self) -> None:
        """Queries see everything that is stored."""
        self._reads_left = 0
        self._show_when_due()

    def read(self) -> GraphState:
        """What a query sees; counts as one read."""
        self._show_when_due()
        seen = self.visible
        if self._reads_left is not None:
            self._reads_left -= 1
        return seen

    def _show_when_due(self) -> None:
        if self._reads_left is not None and self._reads_left <= 0:
            self.visible = self.stored
            self._reads_left = None


def _grouped(pairs: Iterable[tuple[Key, Item]]) -> Mapping[Key, list[Item]]:
    groups: defaultdict[Key, list[Item]] = defaultdict(list)
    for key, item in pairs:
        groups[key].append(item)
    return dict(groups)
