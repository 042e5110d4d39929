"""Promises of the graph's values."""

from __future__ import annotations

import attrs
import pytest

from bbsync.graph import EMPTY, NO_PROPERTIES, Entity, Graph, Relationship, canonical, digest, same, to_document

WEB = Entity("{web-uuid}", "bitbucket_repo", ("CodeRepo",), {"displayName": "web", "public": False})
OWNS = Relationship("a|owns|b", "bitbucket_workspace_owns_repo", "OWNS", "a", "b", {"displayName": "OWNS"})


def test_graph_keeps_the_later_of_two_with_one_key() -> None:
    """An item that two pages show is in the graph once, as the later page showed it."""
    later = attrs.evolve(WEB, properties={"displayName": "portal"})

    graph = Graph.of([WEB, later], [OWNS, OWNS])

    assert graph.entities == {WEB.key: later}
    assert len(graph) == 2


def test_empty_graph_is_empty() -> None:
    """The empty graph holds nothing, and equals every other empty graph."""
    assert len(EMPTY) == 0
    assert Graph.of() == EMPTY


@pytest.mark.parametrize(("properties", "name"), [({"displayName": "web"}, "web"), ({}, "{web-uuid}")])
def test_name_is_the_display_name_or_the_key(properties: dict[str, str], name: str) -> None:
    """There is always something to call an entity by."""
    entity = attrs.evolve(WEB, properties=properties)

    assert entity.name == name


def test_values_cannot_be_changed() -> None:
    """A value that one stage made is what the next one reads."""
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        WEB.key = "other"  # type: ignore[misc]  # the point of the test
    with pytest.raises(TypeError):
        NO_PROPERTIES["a"] = 1  # type: ignore[index]  # the point of the test


def test_canonical_spelling_is_sorted_and_dense() -> None:
    """The bytes that hashes are taken of are spelled out here, so that no release changes them by accident."""
    assert canonical(WEB) == (
        b'{"classes":["CodeRepo"],"key":"{web-uuid}","properties":{"displayName":"web","public":false},'
        b'"type":"bitbucket_repo"}'
    )


def test_digest_does_not_depend_on_the_order_of_properties() -> None:
    """Answers come with their fields in any order."""
    turned = attrs.evolve(WEB, properties={"public": False, "displayName": "web"})

    assert digest(turned) == digest(WEB)
    assert digest(WEB).startswith("sha256:")
    assert len(digest(WEB)) == len("sha256:") + 64


@pytest.mark.parametrize(("one", "other"), [(1, True), (1, 1.0), (0, False), ("1", 1), ((), None), ((1,), (True,))])
def test_values_that_differ_as_json_differ(one: object, other: object) -> None:
    """Python calls 1, 1.0 and True equal; the graph does not."""
    left = attrs.evolve(WEB, properties={"value": one})
    right = attrs.evolve(WEB, properties={"value": other})

    assert not same(left, right)
    assert digest(left) != digest(right)


def test_same_elements_are_same() -> None:
    """Two readings of one thing are no change."""
    again = Entity(WEB.key, WEB.type, WEB.classes, dict(WEB.properties))

    assert same(WEB, WEB)
    assert same(WEB, again)


def test_relationship_document_names_both_ends() -> None:
    """A plan file can be read without the graph beside it."""
    assert to_document(OWNS) == {
        "key": "a|owns|b",
        "type": "bitbucket_workspace_owns_repo",
        "verb": "OWNS",
        "source": "a",
        "target": "b",
        "properties": {"displayName": "OWNS"},
    }
