"""What holds for every kind, and for every kind that is added: shape, names, values, keys, classes."""

from __future__ import annotations

import re
from typing import Any

import pytest
from attrs import evolve
from documented import Made, answers, documented, made, path, place_of, raw_items

from bbsync.kinds import KINDS, AnyKind

every_kind = pytest.mark.parametrize("kind", list(KINDS), ids=lambda kind: kind.name)

#: Names that JupiterOne takes, without an inner underscore.
NAME = re.compile(r"^(_|tag\.)?[A-Za-z0-9. -]+$")

TEXT: Any = str
TRUTH: Any = bool

#: What JupiterOne's classes want to be there, in data model 0.55 or 0.64, and of which type.
REQUIRED: dict[str, dict[str, Any]] = {
    "Account": {"name": TEXT, "displayName": TEXT, "vendor": TEXT},
    "User": {
        "name": TEXT,
        "displayName": TEXT,
        "firstName": str | None,
        "lastName": str | None,
        "email": tuple | None,
        "username": tuple | None,
        "shortLoginId": tuple | None,
    },
    "UserGroup": {"name": TEXT, "displayName": TEXT},
    "Project": {"name": TEXT, "displayName": TEXT},
    "CodeRepo": {"name": TEXT, "displayName": TEXT},
    "AccessPolicy": {"name": TEXT, "displayName": TEXT},
    "PR": {
        "name": TEXT,
        "displayName": TEXT,
        "title": TEXT,
        "state": TEXT,
        "source": TEXT,
        "target": TEXT,
        "repository": TEXT,
    },
    "Review": {"name": TEXT, "displayName": TEXT, "title": TEXT},
}

#: What JupiterOne's classes want to be of a type, where it is there.
TYPED: dict[str, dict[str, Any]] = {
    "Account": {"webLink": TEXT, "createdOn": int, "updatedOn": int},
    "User": {"active": TRUTH, "isPerson": TRUTH, "webLink": TEXT},
    "UserGroup": {"email": TEXT},
    "Project": {"key": TEXT, "description": TEXT, "public": TRUTH, "createdOn": int, "updatedOn": int, "webLink": TEXT},
    "CodeRepo": {
        "public": TRUTH,
        "owner": TEXT,
        "description": TEXT,
        "createdOn": int,
        "updatedOn": int,
        "webLink": TEXT,
    },
    "AccessPolicy": {"admin": TRUTH, "id": TEXT},
    "PR": {
        "approved": TRUTH,
        "validated": TRUTH,
        "open": TRUTH,
        "approvers": tuple,
        "description": TEXT,
        "createdOn": int,
        "updatedOn": int,
        "webLink": TEXT,
        "id": TEXT,
    },
    "Review": {},
}

#: The properties of the data model, kind by kind.
PROPERTIES = {
    "workspace": "id name displayName slug isPrivate vendor webLink createdOn updatedOn",
    "user": "name displayName nickname active username accountId webLink workspaceRole email firstName lastName "
    "shortLoginId isPerson",
    "group": "name displayName slug permission autoAdd memberCount ownerId",
    "project": "key name displayName description public workspace webLink createdOn updatedOn ownerId",
    "repository": "name displayName fullName owner ownerId projectId public webLink createdOn updatedOn description "
    "slug mainBranch language sizeInBytes forkPolicy isFork parentId",
    "permission": "name displayName permission principalKey ownerId principalType repoId admin",
    "branch_restriction": "name displayName id pattern matchKind type ownerId branchType value repoId",
    "pull_request": "accountId repoId repository id name title displayName description webLink taskCount commentCount "
    "state open merged declined approved validated approvedCommitsRemoved commits commitMessages commitsApproved "
    "commitsNotApproved commitsByUnknownAuthor source target closeSourceBranch createdOn updatedOn authorId author "
    "reviewerIds reviewers approverIds approvers draft superseded changesRequested changesRequestedByIds selfApproved "
    "closedById sourceCommit destinationCommit mergeCommit",
}

#: Another name for everything that people may rename without it becoming another thing.
RENAMED = {
    "name": "Another name",
    "full_name": "other/place",
    "title": "Another title",
    "description": "Other words",
    "links": None,
}


def everything(kind: AnyKind) -> list[Made]:
    """What the kind makes of all its documented items that have an identity."""
    found = [made(kind, raw) for raw in raw_items(kind)]
    return [one for one in found if one.key is not None]


@every_kind
def test_documented_answers_are_there_for_every_request(kind: AnyKind) -> None:
    """Every listing, and every listing that stands in for it, has an answer by its path."""
    requests = [*kind.requests, *(request.instead for request in kind.requests if request.instead)]

    assert {path(request) for request in requests} <= set(answers(kind.name))
    assert everything(kind)


@every_kind
def test_properties_are_those_of_the_data_model(kind: AnyKind) -> None:
    """People's queries rely on these names; none is missing, none is added in passing."""
    written = {name for one in everything(kind) for name in one.properties}

    assert written == set(PROPERTIES[kind.name].split())


@every_kind
def test_property_names_are_taken_by_the_graph(kind: AnyKind) -> None:
    """JupiterOne refuses names outside its pattern."""
    names = {name for one in everything(kind) for name in one.properties}

    assert [name for name in sorted(names) if not NAME.match(name)] == []


@every_kind
def test_values_are_scalars_or_tuples_of_one_type(kind: AnyKind) -> None:
    """Nothing nested, nothing mixed."""
    for one in everything(kind):
        for value in one.properties.values():
            parts = value if isinstance(value, tuple) else (value,)
            assert all(part is None or isinstance(part, str | int | float | bool) for part in parts)
            assert len({type(part) for part in parts}) <= 1


@every_kind
def test_relationships_are_declared(kind: AnyKind) -> None:
    """A type that is not declared could never be cleaned up; one end is always the item itself."""
    declared = {tie.type for tie in kind.link_types}

    for one in everything(kind):
        assert {tie.type for tie in one.ties} <= declared
        assert all(one.key in (tie.source, tie.target) for tie in one.ties)


@every_kind
def test_every_declared_relationship_occurs(kind: AnyKind) -> None:
    """A declared type that no documented item has would be untested."""
    seen = {tie.type for one in everything(kind) for tie in one.ties}

    assert seen == {tie.type for tie in kind.link_types}


@every_kind
def test_relationships_carry_scalars_and_their_verb(kind: AnyKind) -> None:
    """Relationships have no lists, and their key is made of both ends and the verb."""
    for tie in (tie for one in everything(kind) for tie in one.ties):
        assert tie.properties == {"displayName": tie.verb}
        assert tie.key == f"{tie.source}|{tie.verb.lower()}|{tie.target}"


@every_kind
def test_relationship_types_join_kinds(kind: AnyKind) -> None:
    """Both ends of a declared type are entity types that some kind makes, and one is this kind's own.

    The other end of a mapped relationship is somebody else's.
    """
    for tie in kind.relationship_types:
        elsewhere = {tie.target} if kind.mapped and tie == kind.mapped.type else set()
        assert {tie.source, tie.target} - elsewhere <= set(KINDS.by_type)
        assert kind.entity.type in (tie.source, tie.target)


@every_kind
def test_keys_are_long_enough_and_differ(kind: AnyKind) -> None:
    """JupiterOne wants ten characters at least."""
    keys = [str(one.key) for one in everything(kind)]

    assert min(len(key) for key in keys) >= 10
    assert len(set(keys)) == len(keys)


@every_kind
def test_keys_survive_a_rename(kind: AnyKind) -> None:
    """A thing with another name is the same thing; so is one in a renamed repository or workspace."""
    place = place_of(kind)
    elsewhere = evolve(
        place,
        workspace=evolve(place.workspace, properties={**place.workspace.properties, "slug": "renamed"}),
        parent=evolve(place.parent, properties={**place.parent.properties, "slug": "renamed", "fullName": "a/b"}),
    )

    for raw in raw_items(kind):
        renamed = {**raw, **{name: value for name, value in RENAMED.items() if name in raw}}
        assert made(kind, renamed, elsewhere).key == made(kind, raw).key


@every_kind
def test_classes_have_what_they_require(kind: AnyKind) -> None:
    """JupiterOne refuses, or quietly drops, entities that lack what their class requires."""
    for name in kind.entity.classes:
        for one in everything(kind):
            for required, wanted in REQUIRED[name].items():
                assert required in one.properties
                assert isinstance(one.properties[required], wanted)
            for typed, wanted in TYPED[name].items():
                assert isinstance(one.properties.get(typed), wanted | None)


@every_kind
def test_labels_are_made_of_properties(kind: AnyKind) -> None:
    """Reports name every entity."""
    assert all(kind.label(one.properties) for one in everything(kind))


@every_kind
def test_names_that_the_kind_refers_to_are_its_own(kind: AnyKind) -> None:
    """What is merged, unknown, or shows a move is a property or a relationship type of the kind."""
    own = {*PROPERTIES[kind.name].split(), *(tie.type for tie in kind.link_types)}
    place = place_of(kind)
    not_looked_at = kind.unknown(evolve(place, limited=True, enriched=False, details={"commits": None}))

    assert {*kind.moved_by, *kind.merged, *not_looked_at} <= own


@pytest.mark.parametrize("length", [4096, 4097])
def test_long_strings_are_cut(length: int) -> None:
    """A search for a longer string would be refused."""
    title = documented("pull_request", title="x" * length).properties["title"]

    assert title == ("x" * 4096 if length == 4096 else "x" * 4093 + "...")
