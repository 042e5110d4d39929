"""Payloads: what is uploaded is what is read back."""

from __future__ import annotations

import msgspec
import pytest

from bbsync.graph import Entity, Relationship
from bbsync.jupiterone.payload import (
    Edge,
    EntityRow,
    entity_from_row,
    entity_payload,
    relationship_from_edge,
    relationship_payload,
)

REPOSITORY = Entity(
    "{repository-1}",
    "bitbucket_repo",
    ("CodeRepo",),
    {"displayName": "acme/web", "public": False, "topics": ("a", "b"), "tag.AccountName": "Acme", "parentId": None},
)


def test_entity_is_uploaded_flat() -> None:
    """Properties and the three names that every object has lie side by side."""
    payload = msgspec.json.decode(msgspec.json.encode(entity_payload(REPOSITORY)))

    assert payload == {
        "_key": "{repository-1}",
        "_type": "bitbucket_repo",
        "_class": ["CodeRepo"],
        "displayName": "acme/web",
        "public": False,
        "topics": ["a", "b"],
        "tag.AccountName": "Acme",
        "parentId": None,
    }


def test_relationship_is_uploaded_with_the_keys_of_its_ends() -> None:
    """Ends of the same scope are named by key."""
    tie = Relationship("a|has|b", "bitbucket_project_has_repo", "HAS", "a", "b", {"displayName": "HAS"})

    assert relationship_payload(tie) == {
        "_key": "a|has|b",
        "_type": "bitbucket_project_has_repo",
        "_class": "HAS",
        "_fromEntityKey": "a",
        "_toEntityKey": "b",
        "displayName": "HAS",
    }


@pytest.mark.parametrize("shape", [lambda text: text, lambda text: [text]])
def test_metadata_is_not_a_property(shape: object) -> None:
    """What JupiterOne adds is left out; type and class may be texts or arrays."""
    row = msgspec.convert(
        {
            "id": "1",
            "entity": {
                "_key": "{repository-1}",
                "_type": shape("bitbucket_repo"),
                "_class": shape("CodeRepo"),
                "_id": "1",
                "_version": 7,
                "_createdOn": "2026-01-01T00:00:00.000Z",
                "_source": "api",
                "displayName": "acme/web",
            },
            "properties": {
                "public": False,
                "topics": ["a", "b"],
                "tag.AccountName": "Acme",
                "parentId": None,
                "_odd": 1,
            },
        },
        EntityRow,
    )

    assert entity_from_row(row) == REPOSITORY


def test_edge_becomes_the_relationship_between_two_keys() -> None:
    """The ends are those that the caller knows to be ours."""
    edge = msgspec.convert(
        {
            "id": "9",
            "fromVertexId": "1",
            "toVertexId": "2",
            "relationship": {"_key": "a|has|b", "_type": "t_has_t", "_class": "HAS", "displayName": "HAS"},
            "properties": {"since": 5},
        },
        Edge,
    )

    assert relationship_from_edge(edge, "a", "b") == Relationship(
        "a|has|b", "t_has_t", "HAS", "a", "b", {"since": 5, "displayName": "HAS"}
    )
