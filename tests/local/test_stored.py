"""A graph as its file spells it: equal to what was written, and read only where one looks."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bbsync.graph import Entity, Graph, Relationship, same, spelled
from bbsync.local.graph_file import GraphFile
from bbsync.local.properties import StoredProperties
from bbsync.local.rows import entity_row, read_graph, relationship_row
from bbsync.local.stored import StoredEntities, StoredRelationships
from bbsync.local.texts import PORTION, Texts
from bbsync.target import Snapshot

MANY = 3 * PORTION + 5


def entity(number: int, **properties: object) -> Entity:
    """An entity with a number."""
    return Entity(f"key-{number}", "bitbucket_repo", ("CodeRepo",), {"number": number, **properties})


def stored(graph: Graph) -> Graph:
    """The graph, after it was in a file."""
    return read_graph(
        ((key, *entity_row(one)) for key, one in graph.entities.items()),
        ((key, *relationship_row(tie)) for key, tie in graph.relationships.items()),
    )


def ring(size: int) -> Graph:
    """Entities in a ring, each tied to the next."""
    return Graph.of(map(entity, range(size)), (tie(number, (number + 1) % size) for number in range(size)))


def tie(source: int, target: int) -> Relationship:
    """A relationship; every third has a key that somebody else made up."""
    one, other = f"key-{source}", f"key-{target}"
    key = f"tie-{source}" if source % 3 == 0 else f"{one}|has|{other}"
    return Relationship(key, "t", "HAS", one, other, {"since": source})


@pytest.mark.parametrize("size", [0, 1, PORTION - 1, PORTION, PORTION + 1, MANY, 3000])
def test_stored_graph_is_the_graph(size: int) -> None:
    """Whatever the size: equal as a mapping, in its order, and element by element."""
    graph = ring(size)

    found = stored(graph)

    assert found == graph
    assert list(found.entities) == list(graph.entities)
    assert list(found.relationships.values()) == list(graph.relationships.values())
    assert [one for _, one in found.entities.items()] == list(graph.entities.values())
    assert len(found) == len(graph)
    assert all(found.relationships[key] == one for key, one in graph.relationships.items())


def test_what_is_not_there_is_not_found() -> None:
    """A key that the graph lacks behaves as in any mapping."""
    graph = stored(ring(2))

    for found in (graph.entities, graph.relationships):
        assert "elsewhere" not in found
        assert 1 not in found  # type: ignore[comparison-overlap]  # anything may be asked for
        assert found.get("elsewhere") is None
        with pytest.raises(KeyError):
            found["elsewhere"]


def test_relationship_may_have_an_end_elsewhere() -> None:
    """An end that is no entity of the graph is kept, however often it is met."""
    ties = [Relationship(f"tie-{number}", "t", "HAS", "gone", "gone as well") for number in range(3)]

    found = stored(Graph.of([], ties))

    assert list(found.relationships.values()) == ties


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\n")), max_size=MANY))
def test_texts_come_back_by_number(written: list[str]) -> None:
    """Every text is as it was, packed or not."""
    texts = Texts()
    for first in range(0, len(written), 7):
        texts.extend(written[first : first + 7])

    assert list(texts) == written
    assert [texts[number] for number in range(len(texts))] == written


def test_same_is_told_without_reading() -> None:
    """Properties that are spelled alike are the same, even where nobody could read them."""
    one, other = StoredEntities(), StoredEntities()
    for graph in (one, other):
        graph.add(["a"], ["t"], [("C",)], ["not json"])

    assert same(one["a"], other["a"])
    assert same(one["a"], one["a"])
    with pytest.raises(msgspec.MsgspecError):
        dict(one["a"].properties)


@pytest.mark.parametrize(
    ("written", "properties", "expected"),
    [
        ('{"a":1,"b":2}', {"b": 2, "a": 1}, True),
        ('{"b":2, "a":1}', {"b": 2, "a": 1}, True),
        ('{"a":1}', {"a": 1.0}, False),
        ('{"a":1}', {"a": True}, False),
        ('{"a":0.0}', {"a": -0.0}, False),
        ('{"a":["x"]}', {"a": ("x",)}, True),
        ('{"a":"x"}', {"a": "\ud800"}, False),
        ('{"a":1}', {"a": 1, "b": None}, False),
    ],
)
def test_same_is_same_json(written: str, properties: dict[str, object], expected: bool) -> None:
    """However the file spells it, and on whichever side: what counts is what JSON means."""
    kept = StoredEntities()
    kept.add(["a"], ["t"], [("C",)], [written])
    fresh = Entity("a", "t", ("C",), properties)

    assert same(kept["a"], fresh) is expected
    assert same(fresh, kept["a"]) is expected


def test_elements_that_differ_in_their_head_are_not_the_same() -> None:
    """Equal properties do not make equal elements."""
    kept = StoredRelationships(StoredEntities())
    kept.add(["a"], ["t"], ["HAS"], ["x"], ["y"], ["{}"])

    assert same(kept["a"], Relationship("a", "t", "HAS", "x", "y"))
    assert not same(kept["a"], Relationship("a", "t", "HAS", "x", "z"))
    assert not same(kept["a"], Entity("a", "t", (), {}))
    assert not same(Entity("a", "t", (), {}), Entity("a", "t", ("C",), {}))


def test_properties_are_a_mapping() -> None:
    """They read, compare and print as the dict that they stand for."""
    properties = stored(Graph.of([entity(1, name="x")])).entities["key-1"].properties

    assert isinstance(properties, StoredProperties)
    assert dict(properties) == {"number": 1, "name": "x"} == properties
    assert properties == {"number": 1.0, "name": "x"}
    assert properties != {"number": 2, "name": "x"}
    assert properties != 1
    assert len(properties) == 2
    assert repr(properties) == "{'name': 'x', 'number': 1}"
    assert spelled(properties) == '{"name":"x","number":1}'


def test_large_graphs_do_not_print_themselves() -> None:
    """A million entities in a traceback help nobody."""
    assert repr(stored(ring(1000)).entities) == "<StoredEntities: 1,000>"


def test_properties_laid_out_by_hand_are_read(tmp_path: Path) -> None:
    """Somebody may have edited the file: line breaks between properties mean nothing."""
    graph = Graph.of([entity(number) for number in range(PORTION)])
    target = GraphFile(tmp_path / "graph.db", "bbsync")
    target.replace(Snapshot(), graph, lambda _line: None)
    with closing(sqlite3.connect(target.path)) as connection, connection:
        connection.execute("""update entities set properties = '{\n  "number":\n7\n}' where key = 'key-7'""")

    found = target.read_snapshot().graph

    assert found == graph
