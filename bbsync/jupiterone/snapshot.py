"""Read our part of the graph: one query for the entities, one for the relationships between them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

import msgspec
from attrs import define, field

from bbsync.graph import Entity, Graph, Relationship
from bbsync.jupiterone.client import JupiterOneClient
from bbsync.jupiterone.ownership import Ownership
from bbsync.jupiterone.payload import Edge, EntityRow, Metadata, Tree, entity_from_row, relationship_from_edge
from bbsync.jupiterone.query import pages
from bbsync.jupiterone.refusals import strange_answer
from bbsync.target import Snapshot

T = TypeVar("T")


def read_snapshot(client: JupiterOneClient, ownership: Ownership) -> Snapshot:
    """Our part of the graph as JupiterOne has it now."""
    ours = ownership.condition
    found = _Found(ownership)
    for row in _rows(client, f"FIND * WITH {ours}"):
        found.add_entity(row)
    for edge in _edges(client, f"FIND * WITH {ours} THAT RELATES TO * WITH {ours} RETURN TREE"):
        found.add_relationship(edge)
    return Snapshot(Graph(found.entities, found.relationships), foreign=frozenset(found.foreign))


@define
class _Found:
    """What was found so far. `keys` maps the ids of our entities to their keys."""

    ownership: Ownership
    entities: dict[str, Entity] = field(factory=dict)
    relationships: dict[str, Relationship] = field(factory=dict)
    foreign: set[str] = field(factory=set)
    keys: dict[str, str] = field(factory=dict)

    def add_entity(self, row: EntityRow) -> None:
        if not self._is_ours(row.entity):
            return
        entity = entity_from_row(row)
        self.keys[row.id] = entity.key
        self.entities[entity.key] = entity

    def add_relationship(self, edge: Edge) -> None:
        """An edge with an end elsewhere is somebody else's; one between our entities is seen from both ends."""
        source, target = self.keys.get(edge.from_vertex_id), self.keys.get(edge.to_vertex_id)
        if source is None or target is None or not self._is_ours(edge.relationship):
            return
        tie = relationship_from_edge(edge, source, target)
        self.relationships[tie.key] = tie

    def _is_ours(self, metadata: Metadata) -> bool:
        if metadata.get("_deleted") or not self.ownership.holds(metadata):
            return False
        if not self.ownership.marks(metadata):
            self.foreign.add(metadata["_key"])
            return False
        return True


def _rows(client: JupiterOneClient, query: str) -> Iterator[EntityRow]:
    for page in pages(client, query):
        yield from _read(page, tuple[EntityRow, ...])


def _edges(client: JupiterOneClient, query: str) -> Iterator[Edge]:
    for page in pages(client, query):
        yield from _read(page, Tree).edges


def _read(page: object, shape: type[T]) -> T:
    try:
        return msgspec.convert(page, shape)
    except msgspec.MsgspecError as error:
        raise strange_answer(doing="reading the graph", why=f"A result has another shape: {error}.") from error
