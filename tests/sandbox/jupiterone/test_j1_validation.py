"""What an uploaded object must look like."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jupiterone_client import Client, entity, tie

SCALARS = st.one_of(st.text(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.booleans())
ARRAYS = st.one_of(st.lists(st.text()), st.lists(st.integers()), st.lists(st.booleans()), st.lists(st.none()))


def problem(document: dict[str, Any], member: str = "entities", **options: Any) -> str:
    """What the service says about one object; nothing when it takes it."""
    client = Client()

    answer = client.http.post(f"{client.create()}/{member}", json={member: [document]}, **options)

    return "" if answer.status_code == 200 else str(answer.json()["error"]["message"])


def without(document: dict[str, Any], name: str) -> dict[str, Any]:
    """The object without one of its members."""
    return {known: value for known, value in document.items() if known != name}


@pytest.mark.parametrize(
    ("document", "said"),
    [
        (without(entity(), "_key"), "_key must be a string"),
        (entity() | {"_key": 12345678901}, "_key must be a string"),
        (entity() | {"_key": "short"}, "_key must be at least 10 characters long"),
        (without(entity(), "_type"), "_type must be a string"),
        (entity() | {"_type": "no"}, "_type must be at least 3 characters long"),
        (entity() | {"_type": "BitbucketRepo"}, "_type must be in snake_case"),
        (without(entity(), "_class"), "_class must be"),
        (entity() | {"_class": []}, "_class must be"),
        (entity() | {"_class": ["CodeRepo", 1]}, "_class must be"),
        (entity(_custom=1), "_custom is reserved"),
        (entity(_id="x"), "_id is reserved"),
        (entity(full_name="x"), "full_name is not a valid property name"),
        (entity(naïve=1), "is not a valid property name"),
        (entity(**{"": 1}), "is not a valid property name"),
        (entity(nested={"a": 1}), "nested must be one of"),
        (entity(mixed=["a", 1]), "mixed must be one of"),
        (entity(mixed=[True, 1]), "mixed must be one of"),
        (entity(mixed=["a", None]), "mixed must be one of"),
        (entity(deep=[["a"]]), "deep must be one of"),
        (entity(**{"tag.Team": ["a"]}), "tag.Team must be one of [string, number, boolean]"),
        (entity(**{"tag.Team": None}), "tag.Team must be one of [string, number, boolean]"),
        (entity(_rawData="x"), "_rawData must be"),
        (entity(_rawData=[{"rawData": {}}]), "_rawData must be"),
        (entity(_rawData=[{"name": "a"}, {"name": "a"}]), "_rawData must be"),
        (entity(_rawData={"a": 1}), "_rawData must be"),
    ],
)
def test_entities_that_are_refused(document: dict[str, Any], said: str) -> None:
    """Each mistake in an entity is named with its path."""
    message = problem(document)

    assert message.startswith("1 validation error(s): entities[0].")
    assert said in message


@pytest.mark.parametrize(
    "document",
    [
        entity(_class="CodeRepo"),
        entity(**{"tag.Team": "a", "with-dash": 1, "with space": 2, "dots.inside": 3}),
        entity(nothing=None, empty=[], nothings=[None, None], numbers=[1, 2.5]),
        entity(_rawData=[{"name": "default", "rawData": {"any": {"thing": 1}}}]),
        entity(_rawData={"default": {"body": "{}", "contentType": "application/json"}}),
    ],
)
def test_entities_that_are_taken(document: dict[str, Any]) -> None:
    """Scalars, null, homogeneous arrays, tags and raw data in both forms are fine."""
    message = problem(document)

    assert message == ""


@pytest.mark.parametrize(
    ("document", "said"),
    [
        (without(tie(), "_key"), "_key must be a string"),
        (without(tie(), "_type"), "_type must be a string"),
        (tie() | {"_class": ["HAS"]}, "_class must be one upper-case string"),
        (tie() | {"_class": "has"}, "_class must be one upper-case string"),
        (without(tie(), "_fromEntityKey"), "_fromEntityKey or ._fromEntityId must be a string"),
        (without(tie(), "_toEntityKey"), "_toEntityKey or ._toEntityId must be a string"),
        (tie(_fromEntityScope=1), "_fromEntityScope must be a string"),
        (tie(levels=["a"]), "levels must be a scalar"),
        (tie(nested={}), "nested must be one of"),
        (tie(_id="x"), "_id is reserved"),
    ],
)
def test_relationships_that_are_refused(document: dict[str, Any], said: str) -> None:
    """Each mistake in a relationship is named with its path."""
    message = problem(document, "relationships")

    assert message.startswith("1 validation error(s): relationships[0].")
    assert said in message


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"relationshipDirection": "UP"}, "relationshipDirection must be"),
        ({"sourceEntityKey": None}, "sourceEntityKey must be a string"),
        ({"targetFilterKeys": "email"}, "targetFilterKeys must be"),
        ({"targetFilterKeys": [[1]]}, "targetFilterKeys must be"),
        ({"targetEntity": None}, "targetEntity must be an object"),
        ({"targetEntity": {"_rawData": {}}}, "targetEntity._rawData must be one of [string, number, boolean, array]"),
        ({"targetEntity": {"email": None}}, "targetEntity.email must be"),
    ],
)
def test_mappings_that_are_refused(change: dict[str, Any], said: str) -> None:
    """Each mistake in a mapped relationship is named with its path."""
    mapping = {
        "relationshipDirection": "FORWARD",
        "sourceEntityKey": "repository-1",
        "targetFilterKeys": [["_class", "email"]],
        "targetEntity": {"_class": "Person", "email": "a@example.com"},
    }
    document = {"_key": "mapped", "_type": "bitbucket_user_is_person", "_class": "IS", "_mapping": mapping | change}

    message = problem(document, "relationships")

    assert f"relationships[0]._mapping.{said}" in message


def test_a_mapping_is_an_object() -> None:
    """A mapping of another kind is refused in a sentence, not in a crash."""
    message = problem({"_key": "mapped", "_type": "user_is_person", "_class": "IS", "_mapping": 1}, "relationships")

    assert "_mapping must be an object" in message


@pytest.mark.parametrize(
    ("member", "code"),
    [("entities", "ENTITY_IS_NOT_ARRAY"), ("relationships", "RELATIONSHIP_IS_NOT_ARRAY")],
)
@pytest.mark.parametrize("body", [{}, {"entities": {}, "relationships": {}}])
def test_uploads_are_arrays(member: str, code: str, body: dict[str, Any]) -> None:
    """An upload without its array is refused by its own code."""
    client = Client()

    answer = client.http.post(f"{client.create()}/{member}", json=body)

    assert answer.status_code == 400
    assert answer.json()["error"] == {"code": code, "message": f'"{member}" should be an array'}


@pytest.mark.parametrize("member", ["entities", "relationships"])
def test_uploads_hold_objects(member: str) -> None:
    """Something else in the array is refused, also when illegal properties are ignored."""
    client = Client()
    job = client.create()

    answers = [
        client.http.post(f"{job}/{member}", json={member: ["x"]}, params=flags)
        for flags in ({}, {"ignoreIllegalProperties": "true"})
    ]

    assert [f"{member}[0] must be an object" in answer.text for answer in answers] == [True, True]


def test_one_mistake_refuses_the_whole_upload() -> None:
    """Nothing of a refused upload is taken."""
    client = Client()
    job = client.create()

    answer = client.upload(job, entity(1), entity(2) | {"_key": "short"})

    assert answer.json()["error"]["code"] == "ENTITY_UPLOAD_FAILED_VALIDATION"
    assert client.http.get(job).json()["job"]["numEntitiesUploaded"] == 0


@pytest.mark.parametrize(
    ("member", "document", "code"),
    [
        ("entities", entity(), "ENTITY_UPLOAD_FAILED_VALIDATION"),
        ("relationships", tie(), "RELATIONSHIP_UPLOAD_FAILED_VALIDATION"),
    ],
)
def test_a_key_comes_once_in_an_upload(member: str, document: dict[str, Any], code: str) -> None:
    """Duplicate keys in one request are refused at once."""
    client = Client()

    answer = client.http.post(f"{client.create()}/{member}", json={member: [document, document]})

    assert answer.json()["error"]["code"] == code
    assert "duplicate _key" in answer.json()["error"]["message"]


def test_illegal_properties_can_be_left_out() -> None:
    """Asked to, the service drops illegal properties and takes the rest."""
    client = Client()
    job = client.create()

    client.upload(job, entity(_custom=1, full_name="x", name="web"), params={"ignoreIllegalProperties": "true"})
    client.finish(job)

    (stored,) = client.account.entities()
    assert stored["name"] == "web"
    assert not {"_custom", "full_name"} & stored.keys()


@pytest.mark.parametrize("body", [{"deleteEntities": [{"_id": "x"}]}, {"deleteRelationships": [{"_key": "x"}]}])
def test_delete_lists_are_dead(body: dict[str, Any]) -> None:
    """Since the pipeline upgrade only a DIFF deletes."""
    client = Client()

    answer = client.http.post(f"{client.create()}/upload", json=body)

    assert answer.status_code == 400


@given(st.dictionaries(st.from_regex(r"[A-Za-z0-9 -]{1,8}", fullmatch=True), st.one_of(SCALARS, ARRAYS, st.none())))
def test_legal_properties_come_back_as_they_were_sent(properties: dict[str, Any]) -> None:
    """Any legal property is taken, stored and returned with its value and its kind."""
    client = Client(polls_in_progress=0)

    client.synchronize(entity() | properties)
    (row,) = client.ask("FIND *")["data"]

    assert row["properties"] == {name: value for name, value in properties.items() if name != "displayName"}
