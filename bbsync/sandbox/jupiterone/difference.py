"""What a synchronization does to the graph: creates, updates, deletes, and the counts of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Mapping
from functools import cached_property
from typing import Any, TypeVar

from attrs import define, evolve, field

from bbsync.sandbox.jupiterone.answers import Document, Json
from bbsync.sandbox.jupiterone.elements import Address, Edge, Element, Origin, Vertex, domain_of
from bbsync.sandbox.jupiterone.graphstore import GraphState

AnyElement = TypeVar("AnyElement", Vertex, Edge)


@define(eq=False, slots=False)
class Draft:
    """The next state of the graph, while one origin writes to it."""

    before: GraphState
    origin: Origin
    now: int
    counts: Counter[str] = field(factory=Counter)
    counts_raw_data: bool = field(default=False, kw_only=True)
    vertices: dict[Address, Vertex] = field(init=False)
    edges: dict[Address, Edge] = field(init=False)
    deleted: dict[str, Element] = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.vertices = dict(self.before.vertices)
        self.edges = dict(self.before.edges)
        self.deleted = dict(self.before.deleted)

    def result(self) -> GraphState:
        """The next state."""
        return GraphState(self.vertices, self.edges, self.deleted)

    def replace(self, entities: Iterable[Document], relationships: Iterable[Document], partial: Container[str]) -> None:
        """The DIFF: what was not sent goes, except for the types that were sent in part."""
        sent = {entity["_key"]: entity for entity in entities}
        for entity in sent.values():
            self.put_entity(entity)
        self.drop_entities(_absent(self.vertices.values(), self.origin, sent, partial))
        self.replace_relationships(relationships, partial)

    def replace_relationships(self, relationships: Iterable[Document], partial: Container[str] = ()) -> None:
        """The part of the DIFF that is about relationships."""
        sent = {relationship["_key"]: relationship for relationship in relationships}
        for relationship in sent.values():
            self.put_relationship(relationship)
        self.drop_relationships(_absent(self.edges.values(), self.origin, sent, partial))

    def add(self, entities: Iterable[Document], relationships: Iterable[Document]) -> None:
        """What was not sent stays, properties included."""
        for entity in entities:
            self.patch_entity(entity)
        for relationship in relationships:
            self.put_relationship(relationship)

    def drop_listed(self, entities: Iterable[Document], relationships: Iterable[Document]) -> None:
        """Delete what is named by `_id` or by `_key` in the origin's own domain."""
        self.drop_relationships(_listed(self.edges, self.origin, relationships))
        self.drop_entities(_listed(self.vertices, self.origin, entities))

    def put_entity(self, document: Document) -> None:
        """Create an entity, or make its properties exactly these."""
        fresh = Vertex(**self._described(document), classes=_classes(document), raw=document.get("_rawData"))
        known = self.vertices.get(fresh.address)
        if known is not None and _same_entity(known, fresh):
            self._put_raw(known, fresh.raw)
        else:
            self._write(self.vertices, known, fresh, "Entities", changed=True)

    def patch_entity(self, document: Document) -> None:
        """Create an entity, or set some of its properties; the others stay."""
        known = self._patched(document)
        if known is not None:
            merged = evolve(
                known,
                type=document.get("_type", known.type),
                classes=_classes(document) if "_class" in document else known.classes,
                properties={**known.properties, **_properties(document)},
            )
            self._write(self.vertices, known, merged, "Entities", changed=not _same_entity(known, merged))
        elif {"_key", "_type", "_class"} <= document.keys():
            self.put_entity(document)
        else:
            self.counts["numEntityUpdateErrors" if "_id" in document else "numEntityCreateErrors"] += 1

    def put_relationship(self, document: Document) -> None:
        """Create or replace a relationship; without both ends there is none, and that is counted."""
        start, end = self._end(document, "from"), self._end(document, "to")
        if start is None or end is None:
            self.counts["numRelationshipCreateErrors"] += 1
            return
        ends: dict[str, Any] = {"start": start.address, "end": end.address, "start_id": start.id, "end_id": end.id}
        fresh = Edge(**self._described(document), verb=document["_class"], **ends)
        known = self.edges.get(fresh.address)
        self._write(self.edges, known, fresh, "Relationships", changed=known is None or not _same_tie(known, fresh))

    def drop_entities(self, gone: Iterable[Vertex]) -> None:
        """Delete entities, and with them every relationship that touches one, whoever wrote it."""
        lost = {vertex.address for vertex in gone}
        for address in lost:
            self._bury(self.vertices.pop(address))
        self.counts["numEntitiesDeleted"] += len(lost)
        if lost:
            self.drop_relationships([edge for edge in self.edges.values() if edge.start in lost or edge.end in lost])

    def drop_relationships(self, gone: Iterable[Edge]) -> None:
        """Delete relationships; those of other origins are not this one's to count."""
        for edge in gone:
            self._bury(self.edges.pop(edge.address))
            self.counts["numRelationshipsDeleted"] += edge.origin.domain == self.origin.domain

    def _described(self, document: Document) -> dict[str, Any]:
        return {
            "origin": self.origin,
            "key": document["_key"],
            "type": document["_type"],
            "properties": _properties(document),
            "version": 1,
            "created_on": self.now,
            "began_on": self.now,
            "id": self.origin.id_of(document["_key"]),
        }

    def _write(
        self,
        elements: dict[Address, AnyElement],
        known: AnyElement | None,
        fresh: AnyElement,
        counted: str,
        *,
        changed: bool,
    ) -> None:
        if known is None:
            self.counts[f"num{counted}Created"] += 1
            self.deleted.pop(fresh.id, None)
            elements[fresh.address] = fresh
        elif changed:
            self.counts[f"num{counted}Updated"] += 1
            elements[fresh.address] = evolve(
                fresh, version=known.version + 1, created_on=known.created_on, began_on=self.now
            )

    def _put_raw(self, known: Vertex, raw: Json) -> None:
        """Keep the latest raw data. Whether that alone counts as an update is nowhere said."""
        self.vertices[known.address] = evolve(known, raw=raw)  # what is not sent any more is taken for gone
        self.counts["numEntitiesUpdated"] += self.counts_raw_data and known.raw != raw

    def _bury(self, gone: Element) -> None:
        self.deleted[gone.id] = evolve(gone, ended_on=self.now)

    def _patched(self, document: Document) -> Vertex | None:
        if "_id" in document:
            return self._by_id.get(document["_id"])
        return self.vertices.get((self.origin.domain, document["_key"]))

    def _end(self, document: Document, side: str) -> Vertex | None:
        by_id = document.get(f"_{side}EntityId")
        if by_id is not None:
            return self._by_id.get(by_id)
        source = document.get(f"_{side}EntitySource", self.origin.source)
        scope = document.get(f"_{side}EntityScope", self.origin.name)
        return self.vertices.get((domain_of(source, scope), document[f"_{side}EntityKey"]))

    @cached_property
    def _by_id(self) -> Mapping[str, Vertex]:
        return {vertex.id: vertex for vertex in self.vertices.values()}


def _absent(
    elements: Iterable[AnyElement], origin: Origin, sent: Container[str], partial: Container[str]
) -> list[AnyElement]:
    ours = origin.domain
    return [
        element
        for element in elements
        if element.origin.domain == ours and element.key not in sent and element.type not in partial
    ]


def _listed(elements: Mapping[Address, AnyElement], origin: Origin, listed: Iterable[Document]) -> list[AnyElement]:
    names = list(listed)
    ids = {name["_id"] for name in names if "_id" in name}
    addresses = {(origin.domain, name["_key"]) for name in names if "_key" in name}
    return [element for address, element in elements.items() if address in addresses or element.id in ids]


def _properties(document: Document) -> Document:
    return {name: value for name, value in document.items() if not name.startswith("_")}


def _classes(document: Document) -> tuple[str, ...]:
    classes = document["_class"]
    return (classes,) if isinstance(classes, str) else tuple(classes)


def _same_entity(one: Vertex, other: Vertex) -> bool:
    return (one.type, one.classes) == (other.type, other.classes) and _alike(one.properties, other.properties)


def _same_tie(one: Edge, other: Edge) -> bool:
    described = (one.type, one.verb, one.start, one.end) == (other.type, other.verb, other.start, other.end)
    return described and _alike(one.properties, other.properties)


def _alike(one: Mapping[str, Json], other: Mapping[str, Json]) -> bool:
    return one == other and _booleans(one) == _booleans(other)


def _booleans(properties: Mapping[str, Json]) -> set[str]:
    # Python says True == 1, JSON does not.
    return {name for name, value in properties.items() if isinstance(_first(value), bool)}


def _first(value: Json) -> Json:
    # Arrays are homogeneous, so the first item speaks for all.
    return value[0] if isinstance(value, list) and value else value
