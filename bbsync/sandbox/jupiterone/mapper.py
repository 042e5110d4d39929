"""Mapped relationships: the service looks for the other end by properties, anywhere in the account."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from bbsync.sandbox.jupiterone.answers import Document, Json
from bbsync.sandbox.jupiterone.conditions import equal
from bbsync.sandbox.jupiterone.difference import Draft
from bbsync.sandbox.jupiterone.elements import MAPPER, Origin, Vertex
from bbsync.sandbox.jupiterone.graphstore import GraphState

_COUNTED = {
    "numRelationshipsCreated": "numMappedRelationshipsCreated",
    "numRelationshipsUpdated": "numMappedRelationshipsUpdated",
    "numRelationshipsDeleted": "numMappedRelationshipsDeleted",
    "numRelationshipCreateErrors": "numMappedRelationshipCreateErrors",
}


def map_relationships(
    graph: GraphState, writer: Origin, mapped: Sequence[Document], now: int
) -> tuple[GraphState, Counter[str]]:
    """The graph with exactly these mapped relationships of the writer, and the counts.

    What the mapper makes lies in a domain of its own, so that no synchronization deletes it as missing.
    """
    origin = Origin(writer.account, MAPPER, f"{MAPPER}/{writer.name}")
    if not mapped and not any(edge.origin.domain == origin.domain for edge in graph.edges.values()):
        return graph, Counter()
    draft = Draft(graph, origin, now)
    ties = [tie for document in mapped for tie in _ties(draft, graph, writer, document)]
    draft.replace_relationships(ties)
    counts = {mapped: draft.counts[direct] for direct, mapped in _COUNTED.items()}
    return draft.result(), Counter(counts)


def _ties(draft: Draft, graph: GraphState, writer: Origin, document: Document) -> Iterator[Document]:
    mapping = document["_mapping"]
    source = graph.vertices.get((writer.domain, mapping["sourceEntityKey"]))
    if source is None:
        draft.counts["numRelationshipCreateErrors"] += 1
        return
    for target in _targets(draft, graph, document):
        ends = (source.id, target.id)
        start, end = ends if mapping["relationshipDirection"] == "FORWARD" else reversed(ends)
        plain = {name: value for name, value in document.items() if name != "_mapping"}
        yield plain | {"_key": f"{document['_key']}|{target.id}", "_fromEntityId": start, "_toEntityId": end}


def _targets(draft: Draft, graph: GraphState, document: Document) -> Iterable[Vertex]:
    mapping = document["_mapping"]
    wanted = mapping["targetEntity"]
    groups = [[group] if isinstance(group, str) else group for group in mapping["targetFilterKeys"]]
    found = [vertex for vertex in _candidates(graph, wanted) if _matches(vertex, wanted, groups)]
    if found or mapping.get("skipTargetCreation") or not {"_type", "_class"} <= wanted.keys():
        return found
    created = {"_key": f"{document['_key']}|target"} | wanted
    draft.put_entity(created)
    return [draft.vertices[(draft.origin.domain, created["_key"])]]


def _candidates(graph: GraphState, wanted: Document) -> Iterable[Vertex]:
    name = wanted.get("_class")
    return graph.by_class.get(name, ()) if isinstance(name, str) else graph.vertices.values()


def _matches(vertex: Vertex, wanted: Document, groups: Sequence[Sequence[str]]) -> bool:
    return any(all(_meets(vertex.look(name), wanted.get(name)) for name in group) for group in groups)


def _meets(value: Json, wanted: Json) -> bool:
    if wanted is None:
        return False
    return any(equal(value, one) for one in (wanted if isinstance(wanted, list) else [wanted]))
