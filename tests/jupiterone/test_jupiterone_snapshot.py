"""The snapshot: what of a result is ours."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from jupiterone_rig import Graph as Made
from jupiterone_rig import Rig, client_for

from bbsync.errors import TargetError
from bbsync.graph import Entity, Graph, Relationship
from bbsync.jupiterone.ownership import Ownership
from bbsync.jupiterone.snapshot import TOGETHER, read_snapshot
from bbsync.target import Counts, Snapshot

REPOSITORY = Entity("repository-1", "a_repo", ("CodeRepo",), {"displayName": "web"})
ACCOUNT = Entity("an-account-1", "an_account", ("Account",), {"displayName": "acme"})
OWNS = Relationship("account|owns|repo", "an_account_owns_repo", "OWNS", ACCOUNT.key, REPOSITORY.key)

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
    with client_for(Made(rows, *trees)) as client:
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


def test_less_than_was_counted_is_no_snapshot() -> None:
    """A page that JupiterOne lost would be deleted by the next apply: it is read again, and then given up."""
    app = Made([row("1"), row("2")])
    app.less = -1
    slept: list[float] = []

    with (
        client_for(app, sleep=slept.append) as client,
        pytest.raises(TargetError, match="could not be read as a whole"),
    ):
        read_snapshot(client, Ownership.of_scope("bbsync"))

    assert len(slept) == 4


def test_graph_that_changes_while_it_is_read_is_read_again(make_rig: Callable[..., Rig]) -> None:
    """A finished job that shows itself in between would leave half of two graphs."""
    rig = make_rig(visibility_delay=2)
    target = rig.target()
    first, both = Graph.of([REPOSITORY]), Graph.of([REPOSITORY, ACCOUNT], [OWNS])
    target.replace(Snapshot(), first, lambda _line: None)
    while not target.read_snapshot().graph.entities:
        pass
    target.replace(Snapshot(), both, lambda _line: None)

    snapshot = target.read_snapshot()

    assert snapshot.graph.entities.keys() == both.entities.keys()
    assert snapshot.graph.relationships.keys() == both.relationships.keys()


def test_large_types_have_queries_of_their_own() -> None:
    """Small ones share one, so that a small graph costs few; each relationship is asked for from its source alone."""
    large = [row(f"large{number}", _type="large") for number in range(TOGETHER)]
    app = Made([row("1"), row("2", _type="tiny"), *large], [edge("1", "2")])

    with client_for(app) as client:
        snapshot = read_snapshot(client, Ownership.of_scope("bbsync"))

    asked = [query for query in app.queries if "count" not in query]
    assert len(snapshot.graph.entities) == TOGETHER + 2
    assert [query.partition(" WITH")[0] for query in asked] == ["FIND (t|tiny)", "FIND large", "FIND t"]
    assert "THAT RELATES TO >> *" in asked[-1]


def test_type_that_is_spelled_oddly_is_read_too(rig: Rig) -> None:
    """What somebody else put there must not be missed: it would be deleted."""
    stranger = {"_key": "stranger-1", "_type": "AWS-host", "_class": ["Host"], "displayName": "x"}
    rig.jupiterone.put([stranger], scope="bbsync")

    assert list(rig.target().read_snapshot().graph.entities) == ["stranger-1"]


def test_count_says_how_many_of_each_type(rig: Rig) -> None:
    """Two queries, however many types there are."""
    graph = Graph.of([REPOSITORY, ACCOUNT], [OWNS])
    rig.target().replace(Snapshot(), graph, lambda _line: None)
    before = len(rig.sent("/"))

    counts = rig.target().count()

    assert counts == Counts.of(graph) == Counts({"a_repo": 1, "an_account": 1}, {"an_account_owns_repo": 1})
    assert len(rig.sent("/")) - before == 2


def test_entities_of_other_programs_are_counted_by_their_sources() -> None:
    """Whoever refuses such a scope can say what is in it; what is deleted, elsewhere or JupiterOne's own counts not."""
    external, managed = {"_source": "integration-external"}, {"_source": "integration-managed"}
    others = [row("2", **external), row("3", **managed), row("4", **managed), row("5", _source=None)]
    uncounted = [
        row("6", **managed, _deleted=True),
        row("7", **managed, _scope="else"),
        row("8", _source="sample-data"),
    ]

    snapshot = read([row("1"), *others, *uncounted])

    assert snapshot.writers == {"integration-external": 1, "integration-managed": 2, "": 1}
    assert list(snapshot.graph.entities) == ["key-1"]


@pytest.mark.parametrize("metadata", [{"_scope": "elsewhere"}, {"_deleted": True}, {"_scope": None}])
def test_row_that_is_not_ours_is_dropped(metadata: dict[str, object]) -> None:
    """What a query gives beyond what was asked for is not believed."""
    snapshot = read([row("1"), row("2", **metadata)], [edge("1", "2")])

    assert snapshot == Snapshot(Graph.of([entity("1")]))


def test_edge_to_a_foreign_entity_does_not_dangle() -> None:
    """The foreign end is not in the graph, so neither is the edge."""
    snapshot = read([row("1"), row("2", _source="powerup-managed")], [edge("1", "2")])

    assert snapshot == Snapshot(Graph.of([entity("1")]), foreign=frozenset({"key-2"}))
