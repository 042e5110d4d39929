"""Relationships whose other end the service looks for."""

from __future__ import annotations

from typing import Any

import pytest
from jupiterone_client import Client, Document, counters, entity

PERSON = {"_type": "employee", "_class": ["Person"], "email": ["ada@example.com"], "bitbucketNickname": "ada"}


def mapped(**mapping: Any) -> Document:
    """A user who is a person, found by e-mail."""
    described = {
        "relationshipDirection": "FORWARD",
        "sourceEntityKey": "repository-1",
        "targetFilterKeys": [["_class", "email"]],
        "targetEntity": {"_class": "Person", "email": "ada@example.com"},
        "skipTargetCreation": True,
    }
    names = {"_key": "repository-1|is|person", "_type": "bitbucket_user_is_person", "_class": "IS"}
    return names | {"_mapping": described | mapping}


def with_person() -> Client:
    """An account that knows a person."""
    client = Client()
    client.account.put([{"_key": "person-ada-1", **PERSON}], scope="okta")
    return client


@pytest.mark.parametrize(
    ("direction", "ends"),
    [("FORWARD", ["repository-1", "person-ada-1"]), ("REVERSE", ["person-ada-1", "repository-1"])],
)
def test_the_target_is_found_anywhere_in_the_account(direction: str, ends: list[str]) -> None:
    """A mapped relationship joins our entity with one of another scope, and is no part of ours."""
    client = with_person()

    job = client.synchronize(entity(1), ties=[mapped(relationshipDirection=direction)])

    (made,) = client.account.relationships()
    assert [made["_fromEntityKey"], made["_toEntityKey"]] == ends
    assert (made["_source"], made["_type"]) == ("system-mapper", "bitbucket_user_is_person")
    assert counters(job) == {"EntitiesCreated": 1, "MappedRelationshipsCreated": 1}
    assert client.account.relationships("bbsync") == []


@pytest.mark.parametrize(
    ("keys", "target", "found"),
    [
        (["email", "bitbucketNickname"], {"email": "no@example.com", "bitbucketNickname": "ada"}, 1),
        ([["email", "bitbucketNickname"]], {"email": "no@example.com", "bitbucketNickname": "ada"}, 0),
        ([["email"]], {"email": ["no@example.com", "ada@example.com"]}, 1),
        ([["email"]], {"bitbucketNickname": "ada"}, 0),
    ],
)
def test_filter_keys_are_alternatives_of_conjunctions(keys: Any, target: Document, found: int) -> None:
    """The outer list means or, the inner and; a flat list means or."""
    client = with_person()

    client.synchronize(entity(1), ties=[mapped(targetFilterKeys=keys, targetEntity=target)])

    assert len(client.account.relationships()) == found


@pytest.mark.parametrize(("skip", "made"), [(True, 0), (False, 1)])
def test_a_missing_target_is_made_unless_told_otherwise(skip: bool, made: int) -> None:
    """Without a match the mapper makes the target, outside the job's scope."""
    client = Client()
    target = {"_type": "person", "_class": "Person", "email": "eve@example.com"}

    client.synchronize(entity(1), ties=[mapped(targetEntity=target, skipTargetCreation=skip)])

    assert len(client.account.relationships()) == made
    assert len(client.account.entities("bbsync")) == 1
    assert len(client.account.entities()) == 1 + made


def test_a_mapping_that_is_not_sent_again_is_removed() -> None:
    """Mapped relationships follow the job that made them, and unchanged ones are left alone."""
    client = with_person()
    client.synchronize(entity(1), ties=[mapped()])

    again = client.synchronize(entity(1), ties=[mapped()])
    without = client.synchronize(entity(1))

    assert counters(again) == {}
    assert counters(without) == {"MappedRelationshipsDeleted": 1}


def test_a_mapping_without_its_source_is_counted() -> None:
    """Our own end must be in the scope."""
    client = with_person()

    job = client.synchronize(ties=[mapped()])

    assert counters(job) == {"MappedRelationshipCreateErrors": 1}
