"""What targets share: counting a difference, and graphs that no target takes."""

from __future__ import annotations

import pytest

from bbsync.errors import TargetError
from bbsync.graph import EMPTY, Entity, Graph, Relationship
from bbsync.target import Counters, require_whole


def thing(key: str, **properties: object) -> Entity:
    """An entity."""
    return Entity(key, "bitbucket_repo", ("CodeRepo",), properties)


def tie(source: str, target: str, **properties: object) -> Relationship:
    """A relationship."""
    return Relationship(f"{source}|has|{target}", "bitbucket_repo_has_repo", "HAS", source, target, properties)


def test_each_kind_of_change_is_counted() -> None:
    """What came, changed and went, entities and relationships apart."""
    before = Graph.of([thing("same"), thing("changed", n=1), thing("gone")], [tie("same", "gone"), tie("same", "same")])
    after = Graph.of([thing("same"), thing("changed", n=2), thing("new"), thing("newer")], [tie("same", "same", n=1)])

    assert Counters.between(before, after) == Counters(
        entities_created=2,
        entities_updated=1,
        entities_deleted=1,
        relationships_created=0,
        relationships_updated=1,
        relationships_deleted=1,
    )


@pytest.mark.parametrize(("one", "other"), [(1, True), (1, 1.0), (0, None), ("1", 1), ((1,), (1.0,))])
def test_values_that_python_calls_equal_are_counted_as_changes(one: object, other: object) -> None:
    """Equality is that of JSON."""
    assert Counters.between(Graph.of([thing("a", n=one)]), Graph.of([thing("a", n=other)])) == Counters(
        entities_updated=1
    )


def test_equal_graphs_count_nothing() -> None:
    """The order of elements and properties is not a difference."""
    one = Graph.of([thing("a", x=1, y=2), thing("b")])
    other = Graph.of([thing("b"), thing("a", y=2, x=1)])

    assert Counters.between(one, other) == Counters()


def test_whole_graphs_are_taken() -> None:
    """Both ends there, every key once."""
    require_whole(EMPTY)
    require_whole(Graph.of([thing("a"), thing("b")], [tie("a", "b")]))


@pytest.mark.parametrize("ends", [("a", "missing"), ("missing", "a")])
def test_relationship_without_an_end_is_refused(ends: tuple[str, str]) -> None:
    """The sentence names the relationship and both ends."""
    with pytest.raises(TargetError, match=rf"missing end .*'{ends[0]}' to '{ends[1]}'\. Nothing was written"):
        require_whole(Graph.of([thing("a")], [tie(*ends)]))


def test_key_used_twice_is_refused() -> None:
    """Entities and relationships share one space of keys."""
    with pytest.raises(TargetError, match=r"one key for an entity and a relationship .*'a\|has\|a'"):
        require_whole(Graph.of([thing("a"), thing("a|has|a")], [tie("a", "a")]))
