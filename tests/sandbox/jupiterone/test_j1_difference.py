"""What a finished job has done to the graph."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jupiterone_client import Client, Document, counters, entity, tie

from bbsync.sandbox.jupiterone import Instance

INSTANCES = (Instance(id="instance-1"), Instance(id="instance-2"))

WORLDS = st.dictionaries(st.integers(0, 6), st.sampled_from(["a", "b", 1, True, None]))
TIES = st.dictionaries(st.tuples(st.integers(0, 6), st.integers(0, 6)), st.sampled_from(["x", "y"]))


def world(sizes: dict[int, Any], pairs: dict[tuple[int, int], str]) -> tuple[list[Document], list[Document]]:
    """Entities with one property each, and the ties between those that exist."""
    entities = [entity(number, value=value) for number, value in sizes.items()]
    kept = {pair: level for pair, level in pairs.items() if {*pair} <= sizes.keys()}
    return entities, [tie(start, end, level=level) for (start, end), level in kept.items()]


def changes(before: list[Document], after: list[Document]) -> tuple[int, int, int]:
    """How many objects were made, changed and lost; True is not 1."""
    old = {one["_key"]: repr(sorted(one.items())) for one in before}
    new = {one["_key"]: repr(sorted(one.items())) for one in after}
    shared = old.keys() & new.keys()
    return len(new.keys() - shared), sum(old[key] != new[key] for key in shared), len(old.keys() - shared)


@given(WORLDS, TIES, WORLDS, TIES)
def test_a_diff_makes_the_scope_what_was_uploaded(
    sizes: dict[int, Any], pairs: dict[tuple[int, int], str], later: dict[int, Any], ties: dict[tuple[int, int], str]
) -> None:
    """Whatever was there before, afterwards there is what was sent, and the eight counters say what was done."""
    client = Client(polls_in_progress=0)
    before, after = world(sizes, pairs), world(later, ties)
    client.synchronize(*before[0], ties=before[1])

    job = client.synchronize(*after[0], ties=after[1])

    kinds = zip(("Entities", "Relationships"), before, after, strict=True)
    for kind, old, new in kinds:
        counted = tuple(job[f"num{kind}{deed}"] for deed in ("Created", "Updated", "Deleted"))
        assert counted == changes(old, new)
    assert sorted(stored["_key"] for stored in client.account.entities()) == sorted(one["_key"] for one in after[0])
    assert {one["_key"]: one["level"] for one in client.account.relationships()} == {
        one["_key"]: one["level"] for one in after[1]
    }


@given(WORLDS, TIES)
def test_the_same_diff_again_does_nothing(sizes: dict[int, Any], pairs: dict[tuple[int, int], str]) -> None:
    """Unchanged objects are neither updated nor given a new version."""
    client = Client(polls_in_progress=0)
    entities, ties = world(sizes, pairs)
    client.synchronize(*entities, ties=ties)

    job = client.synchronize(*entities, ties=ties)

    assert counters(job) == {}
    assert {stored["_version"] for stored in client.account.entities()} <= {1}


def test_an_update_replaces_the_property_set() -> None:
    """A property that is not sent again is gone, and the version moves while the id and the birth stay."""
    clock = iter(range(1, 1000))
    client = Client(clock=lambda: float(next(clock)))
    client.synchronize(entity(name="web", public=True))
    (before,) = client.account.entities()

    client.synchronize(entity(name="portal"))

    (after,) = client.account.entities()
    assert (after["name"], "public" in after) == ("portal", False)
    assert (before["_version"], after["_version"]) == (1, 2)
    assert (before["_id"], before["_createdOn"]) == (after["_id"], after["_createdOn"])
    assert before["_beginOn"] < after["_beginOn"]


def test_ids_depend_on_scope_and_key_alone() -> None:
    """An entity deleted and made again has its old id; in another scope the same key has another."""
    client = Client()
    ids = []
    for scope in ("one", "one", "two"):
        client.synchronize(source="api", scope=scope)
        client.synchronize(entity(), source="api", scope=scope)
        ids.append(client.account.entities(scope)[0]["_id"])

    assert ids[0] == ids[1] != ids[2]


def test_an_empty_diff_empties_the_scope() -> None:
    """Nothing guards against finalizing without uploads."""
    client = Client()
    client.synchronize(entity(1), entity(2), ties=[tie(1, 2)])

    job = client.synchronize()

    assert counters(job) == {"EntitiesDeleted": 2, "RelationshipsDeleted": 1}
    assert client.account.entities() == []


def test_an_empty_diff_can_be_refused() -> None:
    """A guard of the service can be tried out."""
    client = Client(refuse_empty=True)
    client.synchronize(entity())

    answer = client.http.post(f"{client.create()}/finalize")

    assert answer.status_code == 400
    assert len(client.account.entities()) == 1


def test_other_scopes_are_left_alone() -> None:
    """A DIFF compares within its api scope or its instance, and both sources of an instance share it."""
    client = Client(instances=INSTANCES)
    first = {"source": "integration-external", "integrationInstanceId": "instance-1"}
    client.synchronize(entity(1), source="api", scope="bbsync")
    client.synchronize(entity(2), source="api", scope="instance-1")
    client.synchronize(entity(3), **first)
    client.synchronize(entity(4), **first | {"integrationInstanceId": "instance-2"})

    job = client.synchronize(**first | {"source": "integration-managed"})

    assert counters(job) == {"EntitiesDeleted": 1}
    assert [stored["_key"] for stored in client.account.entities()] == ["repository-1", "repository-2", "repository-4"]


def test_instance_metadata_is_added() -> None:
    """What an instance writes says which instance and definition it came from."""
    client = Client(instances=INSTANCES)

    client.synchronize(entity(), source="integration-external", integrationInstanceId="instance-1")

    (stored,) = client.account.entities("instance-1")
    assert stored["_integrationInstanceId"] == stored["_scope"] == "instance-1"
    assert (stored["_source"], stored["_integrationType"]) == ("integration-external", "bbsync")


def test_partial_types_are_not_deleted() -> None:
    """Absence says nothing about a type that was declared partial, entity or relationship."""
    client = Client()
    client.synchronize(entity(1), entity(2), entity(3, "bitbucket_project"), ties=[tie(1, 2)])

    job = client.synchronize(partial=["bitbucket_repo", "bitbucket_repo_has_repo"])

    assert counters(job) == {"EntitiesDeleted": 1}
    assert len(client.account.relationships()) == 1


def test_a_deleted_entity_takes_its_relationships_along() -> None:
    """Even relationships of a partial type go when an end goes; an orphaned entity of such a type stays."""
    client = Client()
    client.synchronize(entity(1), entity(2, "bitbucket_pullrequest"), ties=[tie(1, 2)])

    job = client.synchronize(partial=["bitbucket_pullrequest", "bitbucket_repo_has_repo"])

    assert counters(job) == {"EntitiesDeleted": 1, "RelationshipsDeleted": 1}
    assert [stored["_key"] for stored in client.account.entities()] == ["repository-2"]


def test_a_relationship_without_an_end_is_dropped_and_counted() -> None:
    """The job finishes all the same; only a counter tells."""
    client = Client()

    job = client.synchronize(entity(1), ties=[tie(1, 2), tie(3, 1)])

    assert (job["status"], counters(job)) == ("FINISHED", {"EntitiesCreated": 1, "RelationshipCreateErrors": 2})
    assert client.account.relationships() == []


def test_the_order_of_uploads_does_not_matter() -> None:
    """Relationships may arrive before the entities they need."""
    client = Client()
    job = client.create()

    client.upload(job, ties=[tie(1, 2)])
    client.upload(job, entity(1), entity(2))
    done = client.finish(job)

    assert counters(done) == {"EntitiesCreated": 2, "RelationshipsCreated": 1}


def test_ends_can_be_named_by_id_and_by_foreign_scope() -> None:
    """An end elsewhere needs its id, or its source and scope; a key alone makes no relationship."""
    client = Client()
    client.account.put([entity(9)], scope="elsewhere")
    (foreign,) = client.account.entities("elsewhere")
    by_id = {"_toEntityId": foreign["_id"]}
    by_scope = {"_toEntityKey": "repository-9", "_toEntitySource": "api", "_toEntityScope": "elsewhere"}
    by_key = {"_toEntityKey": "repository-9"}
    base = {"_type": "bitbucket_repo_has_repo", "_class": "HAS", "_fromEntityKey": "repository-1"}

    job = client.synchronize(
        entity(1),
        ties=[{"_key": f"tie-{number}", **base, **end} for number, end in enumerate((by_id, by_scope, by_key))],
    )

    assert (job["numRelationshipsCreated"], job["numRelationshipCreateErrors"]) == (2, 1)
    assert {one["_toEntityId"] for one in client.account.relationships()} == {foreign["_id"]}


def test_a_foreign_relationship_goes_with_its_end_and_is_not_counted() -> None:
    """Deleting an entity deletes what others tied to it; the counters speak of the job's own scope."""
    client = Client()
    client.synchronize(entity(1))
    foreign = tie(1, 9) | {"_fromEntitySource": "api", "_fromEntityScope": "bbsync"}
    client.account.put([entity(9)], [foreign], scope="elsewhere")

    job = client.synchronize()

    assert counters(job) == {"EntitiesDeleted": 1}
    assert client.account.relationships() == []


def test_a_patch_leaves_what_it_does_not_send() -> None:
    """PATCH creates and updates by key or by id, deletes nothing, and keeps the other properties."""
    client = Client()
    client.synchronize(entity(1, name="web", public=True), entity(2))
    ids = [stored["_id"] for stored in client.account.entities()]
    job = client.create(source="api", scope="bbsync", syncMode="PATCH")

    client.upload(
        job, {"_key": "repository-1", "name": "portal"}, {"_id": ids[1], "_class": ["Host"], "name": "api"}, entity(3)
    )
    done = client.finish(job)

    assert counters(done) == {"EntitiesCreated": 1, "EntitiesUpdated": 2}
    one, two, _ = client.account.entities()
    assert (one["name"], one["public"], two["_class"], two["name"]) == ("portal", True, ["Host"], "api")


def test_a_patch_counts_what_it_cannot_do() -> None:
    """A new entity without type and class, and an unknown id, are counted as errors."""
    client = Client()
    job = client.create(source="api", scope="bbsync", syncMode="PATCH")

    client.upload(job, {"_key": "repository-1"}, {"_id": "unknown"})
    done = client.finish(job)

    assert counters(done) == {"EntityCreateErrors": 1, "EntityUpdateErrors": 1}


@pytest.mark.parametrize(("endpoint", "body"), [("relationships", []), ("upload", [tie()])])
def test_a_patch_takes_no_relationships(endpoint: str, body: list[Document]) -> None:
    """Relationships in a PATCH job are refused."""
    client = Client()
    job = client.create(source="api", scope="bbsync", syncMode="PATCH")

    answer = client.http.post(f"{job}/{endpoint}", json={"relationships": body})

    assert answer.status_code == 400


def test_a_legacy_job_adds_relationships() -> None:
    """Before the upgrade a CREATE_OR_UPDATE job took relationships, too, and kept what it was not sent."""
    client = Client(legacy_pipeline=True)
    client.synchronize(entity(1), entity(2))

    job = client.synchronize(ties=[tie(1, 2)], source="api", scope="bbsync", syncMode="CREATE_OR_UPDATE")

    assert counters(job) == {"RelationshipsCreated": 1}


def test_the_legacy_pipeline_deletes_by_list() -> None:
    """Before the upgrade a CREATE_OR_UPDATE job deleted what it listed, by id or by key, and nothing else."""
    client = Client(legacy_pipeline=True)
    client.synchronize(entity(1), entity(2), entity(3), ties=[tie(1, 2), tie(2, 3)])
    first = client.account.entities()[0]["_id"]
    job = client.create(source="api", scope="bbsync", syncMode="CREATE_OR_UPDATE")

    lists = {"deleteEntities": [{"_id": first}], "deleteRelationships": [{"_key": tie(2, 3)["_key"]}]}
    client.http.post(f"{job}/upload", json=lists)
    done = client.finish(job)

    assert counters(done) == {"EntitiesDeleted": 1, "RelationshipsDeleted": 2}


def test_tampering_shows_at_once() -> None:
    """Tests can change the graph behind the client's back."""
    client = Client()
    client.synchronize(entity(1), entity(2))

    client.account.put([entity(1, name="tampered")], [tie(1, 2)], scope="bbsync")
    client.account.remove("repository-2", scope="bbsync")

    assert client.ask("FIND * WITH name = 'tampered'")["totalCount"] == 1
    assert client.keys("FIND *") == ["repository-1"]
    assert client.account.relationships() == []


def test_tampering_does_not_dangle() -> None:
    """A relationship put without its ends is an error of the test that does it."""
    client = Client()

    with pytest.raises(LookupError, match="an end of the relationship"):
        client.account.put([entity(1)], [tie(1, 2)])

    assert client.account.entities() == []
