"""Read our part of the graph: count it, read it type by type, and count again whether that was all of it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TypeVar

import msgspec
from attrs import define, field

from bbsync.errors import TargetError
from bbsync.graph import Entity, Graph, Relationship
from bbsync.jupiterone.census import Census, take_census
from bbsync.jupiterone.client import JupiterOneClient
from bbsync.jupiterone.ownership import Ownership, quoted
from bbsync.jupiterone.payload import Edge, EntityRow, Metadata, Tree, entity_from_row, relationship_from_edge
from bbsync.jupiterone.query import pages
from bbsync.jupiterone.refusals import strange_answer
from bbsync.mapped import mapped_ties
from bbsync.target import Snapshot

T = TypeVar("T")

#: Types with fewer elements than this together are read by one query: a small graph does not cost one for each.
TOGETHER = 2_000

#: Seconds between two attempts at a graph that changes while it is read.
_PAUSES = (1.0, 3.0, 10.0, 20.0)

_PLAIN_NAME = re.compile(r"[a-z][a-z0-9_]*")


def read_snapshot(client: JupiterOneClient, ownership: Ownership) -> Snapshot:
    """Our part of the graph as JupiterOne has it now.

    Raises:
        TargetError: it could not be read, or not as a whole: a part would be taken for all of it, and the rest deleted.
    """
    for pause in (0.0, *_PAUSES):
        if pause:
            client.say("the graph changed while it was read: reading it again")
            client.sleep(pause)
        census = take_census(client, ownership)
        found = _read(client, ownership, census)
        if found.holds(census) and (not census.entities or take_census(client, ownership) == census):
            return found.snapshot
    raise TargetError(
        "JupiterOne's graph could not be read as a whole",
        why=f"It was read {1 + len(_PAUSES)} times, and held less than was counted, or changed meanwhile, each time.",
        next_step="Run the same command again when nobody else writes to the same scope.",
        code="BB-JUPITERONE-MOVING",
    )


@define
class _Found:
    """What was found so far.

    `keys` maps ids of our entities to their keys, and `others` holds ids of what is not ours; `writers` says by id
    which source other programs gave their entities.
    """

    ownership: Ownership
    entities: dict[str, Entity] = field(factory=dict)
    relationships: dict[str, Relationship] = field(factory=dict)
    foreign: set[str] = field(factory=set)
    keys: dict[str, str] = field(factory=dict)
    others: set[str] = field(factory=set)
    writers: dict[str, str] = field(factory=dict)
    other_edges: set[str] = field(factory=set)

    def holds(self, census: Census) -> bool:
        """Whether all was found that was counted."""
        entities, edges = len(self.keys) + len(self.others), len(self.relationships) + len(self.other_edges)
        return entities >= sum(census.entities.values()) and edges >= sum(census.relationships.values())

    @property
    def snapshot(self) -> Snapshot:
        """What was found, as others know it."""
        graph = Graph(self.entities, self.ties)
        return Snapshot(graph, foreign=frozenset(self.foreign), writers=Counter(self.writers.values()))

    @property
    def ties(self) -> dict[str, Relationship]:
        """The relationships, with the mapped ones.

        JupiterOne shows what its mapper made of a mapped relationship, and nothing of one that found nobody. What was
        asked for is told by our own entities instead: everything of it follows from them.
        """
        mapped = {tie.key: tie for tie in mapped_ties(self.entities.values()) if tie.key not in self.foreign}
        return {**self.relationships, **mapped}

    def add_entity(self, row: EntityRow) -> None:
        if not self._is_ours(row.entity):
            self.others.add(row.id)
            if not row.entity.get("_deleted") and self.ownership.is_of_others(row.entity):
                self.writers[row.id] = row.entity.get("_source") or ""
            return
        entity = entity_from_row(row)
        self.keys[row.id] = entity.key
        self.entities[entity.key] = entity

    def add_relationship(self, edge: Edge) -> None:
        """An edge with an end elsewhere is somebody else's."""
        source, target = self.keys.get(edge.from_vertex_id), self.keys.get(edge.to_vertex_id)
        if source is None or target is None or not self._is_ours(edge.relationship):
            self.other_edges.add(edge.id)
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


def _read(client: JupiterOneClient, ownership: Ownership, census: Census) -> _Found:
    """Everything that was counted; relationships by the type that they start at, so that each is seen once."""
    ours, found = ownership.condition, _Found(ownership)
    for types in _together(census.entities):
        _take(client, _find(types, ours), tuple[EntityRow, ...], lambda rows: map(found.add_entity, rows))
    for types in _together(census.outgoing):
        query = f"{_find(types, ours)} THAT RELATES TO >> * WITH {ours} RETURN TREE"
        _take(client, query, Tree, lambda tree: map(found.add_relationship, tree.edges))
    return found


def _together(counted: Mapping[str, int]) -> Iterator[list[str]]:
    """The types by queries: small ones share one, a large one has its own."""
    types: list[str] = []
    size = 0
    for name, number in sorted(counted.items(), key=lambda pair: (pair[1], pair[0])):
        if types and size + number > TOGETHER:
            yield types
            types, size = [], 0
        types.append(name)
        size += number
    if types:
        yield types


def _find(types: list[str], ours: str) -> str:
    """The beginning of a query for these types; one that is spelled unlike a type is named as a text."""
    if all(map(_PLAIN_NAME.fullmatch, types)):
        names = types[0] if len(types) == 1 else f"({'|'.join(types)})"
        return f"FIND {names} WITH {ours}"
    names = " OR ".join(map(quoted, types))
    return f"FIND * WITH {ours} AND _type = {names if len(types) == 1 else f'({names})'}"


def _take(client: JupiterOneClient, query: str, shape: type[T], take: Callable[[T], Iterable[None]]) -> None:
    """Take in every page of the answer as it comes: none is held longer than it takes to read it."""
    for page in pages(client, query):
        for _ in take(_shaped(page, shape)):
            pass


def _shaped(page: object, shape: type[T]) -> T:
    try:
        return msgspec.convert(page, shape)
    except msgspec.MsgspecError as error:
        raise strange_answer(doing="reading the graph", why=f"A result has another shape: {error}.") from error
