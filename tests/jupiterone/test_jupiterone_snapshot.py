"""The snapshot: what of a result is ours."""

from __future__ import annotations

import pytest
from jupiterone_rig import client_for, deferring

from bbsync.graph import Entity, Graph, Relationship
from bbsync.jupiterone.ownership import Ownership
from bbsync.jupiterone.snapshot import read_snapshot
from bbsync.target import Snapshot

OURS = {"_scope": "bbsync", "_source": "api"}


def row(vertex: str, **metadata: object) -> dict[str, object]:
    """An entity in a result."""
    return {"id": vertex, "entity": {"_key": f"key-{vertex}", "_type": "t", "_class": "C"} | OURS | metadata}


def edge(source: str, target: str, **metadata: object) -> dict[str, object]:
    """A relationship in a result."""
    about = {"_key": f"{source}-{target}", "_type": "t_has_t", "_class": "HAS"} | OURS | metadata
    return {"id": f"{source}-{target}", "fromVertexId": source, "toVertexId": target, "relationship": about}


def entity(vertex: str) -> Entity:
    """The entity of a row."""
    return Entity(f"key-{vertex}", "t", ("C",), {})


def tie(source: str, target: str) -> Relationship:
    """The relationship of an edge."""
    return Relationship(f"{source}-{target}", "t_has_t", "HAS", f"key-{source}", f"key-{target}", {})


def read(rows: list[dict[str, object]], *trees: list[dict[str, object]]) -> Snapshot:
    """The snapshot that these results make."""
    results: list[object] = [{"status": "COMPLETED", "data": rows}]
    for number, edges in enumerate(trees, 1):
        cursor = str(number) if number < len(trees) else None
        results.append({"status": "COMPLETED", "data": {"vertices": [], "edges": edges}, "cursor": cursor})
    with client_for(deferring(*results)) as client:
        return read_snapshot(client, Ownership.of_scope("bbsync"))


def test_edge_seen_from_both_ends_is_one_relationship() -> None:
    """A tree shows an edge once for each end, maybe on different pages."""
    snapshot = read([row("1"), row("2")], [edge("1", "2"), edge("1", "2")], [edge("1", "2")])

    assert snapshot == Snapshot(Graph.of([entity("1"), entity("2")], [tie("1", "2")]))


@pytest.mark.parametrize(
    "stray",
    [
        edge("1", "person"),
        edge("person", "1"),
        edge("1", "2", _scope="elsewhere"),
        edge("1", "2", _deleted=True),
    ],
)
def test_edge_that_is_not_ours_is_dropped(stray: dict[str, object]) -> None:
    """One end elsewhere, another scope, or deleted: none is a relationship of ours."""
    snapshot = read([row("1"), row("2")], [stray])

    assert snapshot == Snapshot(Graph.of([entity("1"), entity("2")]))


def test_edge_that_somebody_else_drew_between_ours_is_foreign() -> None:
    """It lies in our scope, but another hand owns it."""
    snapshot = read([row("1"), row("2")], [edge("1", "2", _source="system-mapper")])

    assert snapshot == Snapshot(Graph.of([entity("1"), entity("2")]), foreign=frozenset({"1-2"}))


@pytest.mark.parametrize("metadata", [{"_scope": "elsewhere"}, {"_deleted": True}, {"_scope": None}])
def test_row_that_is_not_ours_is_dropped(metadata: dict[str, object]) -> None:
    """What a query gives beyond what was asked for is not believed."""
    snapshot = read([row("1"), row("2", **metadata)], [edge("1", "2")])

    assert snapshot == Snapshot(Graph.of([entity("1")]))


def test_edge_to_a_foreign_entity_does_not_dangle() -> None:
    """The foreign end is not in the graph, so neither is the edge."""
    snapshot = read([row("1"), row("2", _source="powerup-managed")], [edge("1", "2")])

    assert snapshot == Snapshot(Graph.of([entity("1")]), foreign=frozenset({"key-2"}))
