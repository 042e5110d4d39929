"""The JupiterOne target: what it promises as a store, shown at the stand-in."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from attrs import evolve
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jupiterone_rig import OURS, READ_KEY, SYNC_KEY, THEIRS, Rig, client_for

from bbsync.errors import TargetError
from bbsync.graph import EMPTY, Entity, Graph, Relationship, digest
from bbsync.jupiterone.ownership import Ownership
from bbsync.jupiterone.target import JupiterOneTarget
from bbsync.sandbox.server import serve
from bbsync.target import Counters, Snapshot

words = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
numbers = st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
scalars = st.none() | st.booleans() | numbers | words
arrays = st.lists(words, max_size=3).map(tuple) | st.lists(st.integers(0, 9), max_size=3).map(tuple)
names = st.sampled_from(["name", "fullName", "with space", "with-dash"])
keys = [f"{{repository-{letter}}}" for letter in "abcde"]


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    """Small graphs that JupiterOne takes."""
    chosen = draw(st.sets(st.sampled_from(keys)))
    kinds = st.sampled_from(["bitbucket_repo", "bitbucket_user"])
    classes = st.sampled_from([("CodeRepo",), ("Review", "PR")])
    shown = st.fixed_dictionaries({"displayName": words}, optional={"tag.AccountName": words})
    entities = [
        Entity(key, draw(kinds), draw(classes), draw(st.dictionaries(names, scalars | arrays)) | draw(shown))
        for key in chosen
    ]
    ends = st.sampled_from(sorted(chosen)) if chosen else st.nothing()
    ties = [
        Relationship(
            f"{one}|has|{other}", "bitbucket_repo_has_user", "HAS", one, other, draw(st.dictionaries(names, scalars))
        )
        for one, other in (draw(st.sets(st.tuples(ends, ends), max_size=5)) if chosen else ())
    ]
    return Graph.of(entities, ties)


def digests(graph: Graph) -> dict[str, str]:
    """Every element's digest."""
    return {key: digest(element) for key, element in {**graph.entities, **graph.relationships}.items()}


def repository(key: str = "{repository-1}", **properties: object) -> Entity:
    """A repository."""
    return Entity(key, "bitbucket_repo", ("CodeRepo",), {"displayName": "web", **properties})


def quiet(line: str) -> None:
    """Reports to nobody."""


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(graphs(), graphs(), st.lists(st.integers(0, 3), max_size=5))
def test_what_was_written_is_read_and_counted(
    make_rig: Callable[..., Rig], one: Graph, other: Graph, pages: list[int]
) -> None:
    """After a write JupiterOne holds exactly that graph, counted what changed, and shows it on whatever pages."""
    rig = make_rig(page_size=lambda number: pages[number - 1] if number <= len(pages) else 2)
    target = rig.target(batch_bytes=1000)
    target.replace(Snapshot(), one, quiet)
    before = target.read_snapshot()

    counters = target.replace(before, other, quiet)

    assert digests(before.graph) == digests(one)
    assert digests(target.read_snapshot().graph) == digests(other)
    assert counters == Counters.between(one, other)


def test_integration_instance_is_written_and_read(rig: Rig) -> None:
    """An instance of ours works like a scope."""
    target = rig.target(Ownership.of_instance(OURS.id))
    graph = Graph.of([repository(), repository("{repository-2}")])

    counters = target.replace(target.read_snapshot(), graph, quiet)

    assert counters == Counters(entities_created=2)
    assert target.read_snapshot() == Snapshot(graph)


def test_job_of_an_instance_tells_what_it_does(rig: Rig) -> None:
    """JupiterOne's own page of the job says what came, and what was to change."""
    rig.target(Ownership.of_instance(OURS.id)).replace(Snapshot(), Graph.of([repository()]), quiet)

    (job,) = rig.jupiterone.jobs.values()
    assert [event["name"] for event in job.events] == ["sync_upload_start", "sync_upload_end"]
    assert "uploads 1 elements. To create: 1; to update: 0; to delete: 0." in job.events[0]["description"]


def test_job_of_an_instance_tells_what_all_of_it_is_for(rig: Rig) -> None:
    """Whoever looks at the page in JupiterOne reads the description of the settings there."""
    target = evolve(rig.target(Ownership.of_instance(OURS.id)), description="Our production workspace")

    target.replace(Snapshot(), Graph.of([repository()]), quiet)

    (job,) = rig.jupiterone.jobs.values()
    assert job.events[0]["description"].endswith("to delete: 0. Our production workspace")


def test_job_that_is_aborted_says_why(rig: Rig) -> None:
    """The page shows an error, and the reason."""
    rig.fail("POST .*/entities", status=400)

    with pytest.raises(TargetError):
        rig.target(Ownership.of_instance(OURS.id)).replace(Snapshot(), Graph.of([repository()]), quiet)

    (job,) = rig.jupiterone.jobs.values()
    assert job.events[-1]["name"] == "error_unexpected_error"
    assert "JupiterOne answered 400 when uploading entities" in job.events[-1]["description"]


def test_events_that_are_not_taken_stop_nothing(rig: Rig) -> None:
    """They are a story, and the job is the deed."""
    rig.fail("POST .*/events", status=500)
    target = rig.target(Ownership.of_instance(OURS.id))

    assert target.replace(Snapshot(), Graph.of([repository()]), quiet) == Counters(entities_created=1)


def test_instance_of_a_definition_that_is_named_is_ours(rig: Rig) -> None:
    """Whoever names a definition may write to instances of it, and of no other."""
    theirs, ours = Ownership.of_instance(THEIRS.id), Ownership.of_instance(OURS.id)

    assert evolve(rig.target(theirs), definition="aws").read_snapshot() == Snapshot()
    assert evolve(rig.target(theirs), definition=THEIRS.definition_id).read_snapshot() == Snapshot()
    with pytest.raises(TargetError, match="integration_definition names 'aws'"):
        evolve(rig.target(ours), definition="aws").read_snapshot()


@pytest.mark.parametrize(
    ("instance", "sentence"), [(THEIRS.id, "is not for bbsync"), ("nowhere", "has no integration instance nowhere")]
)
def test_instance_that_is_not_ours_is_never_touched(rig: Rig, instance: str, sentence: str) -> None:
    """JupiterOne would let us overwrite somebody else's instance; we do not."""
    target = rig.target(Ownership.of_instance(instance))

    with pytest.raises(TargetError, match=sentence):
        target.read_snapshot()
    with pytest.raises(TargetError, match=sentence):
        target.replace(Snapshot(), EMPTY, quiet)

    assert rig.jupiterone.jobs == {}


def test_instance_that_cannot_be_looked_up_is_not_called_missing(rig: Rig) -> None:
    """A key that may not read is one thing, an instance that is not there another."""
    rig.fail("POST /$", status=403)

    with pytest.raises(TargetError, match="answered 403 when looking up the integration instance"):
        rig.target(Ownership.of_instance(OURS.id)).read_snapshot()


def test_other_scopes_are_not_ours(rig: Rig) -> None:
    """What lies elsewhere is neither read nor changed."""
    rig.jupiterone.put([{"_key": "elsewhere-1", "_type": "aws_account", "_class": ["Account"]}], scope="elsewhere")
    target = rig.target()

    target.replace(target.read_snapshot(), EMPTY, quiet)

    assert target.read_snapshot() == Snapshot()
    assert [entity["_key"] for entity in rig.jupiterone.entities("elsewhere")] == ["elsewhere-1"]


def test_foreign_element_in_our_scope_is_named_and_left_out(rig: Rig) -> None:
    """Our scope with somebody else's marker: the key is known, the element is not ours to write."""
    rig.target().replace(Snapshot(), Graph.of([repository()]), quiet)
    person = {"_key": "person-0001", "_type": "person", "_class": ["Person"], "displayName": "Ada"}
    rig.jupiterone.put([person], scope="bbsync", source="system-mapper")

    snapshot = rig.target().read_snapshot()

    assert snapshot.foreign == {"person-0001"}
    assert list(snapshot.graph.entities) == ["{repository-1}"]


def test_edges_that_leave_our_scope_are_not_ours(rig: Rig) -> None:
    """A relationship to somebody else's entity is dropped, and nothing dangles."""
    rig.target().replace(Snapshot(), Graph.of([repository()]), quiet)
    rig.jupiterone.put([{"_key": "vendor-001", "_type": "vendor", "_class": ["Vendor"]}], scope="elsewhere")
    ends = {
        "_fromEntityKey": "{repository-1}",
        "_fromEntityScope": "bbsync",
        "_fromEntitySource": "api",
        "_toEntityKey": "vendor-001",
        "_toEntityScope": "elsewhere",
        "_toEntitySource": "api",
    }
    tie = {"_key": "repo|has|vendor", "_type": "bitbucket_repo_has_vendor", "_class": "HAS", **ends}
    rig.jupiterone.put(relationships=[tie], scope="bbsync")

    snapshot = rig.target().read_snapshot()

    assert snapshot == Snapshot(Graph.of([repository()]))


def test_scope_is_emptied_when_nothing_is_wanted(rig: Rig) -> None:
    """An empty graph is a graph; whether it may be written is asked elsewhere."""
    target = rig.target()
    target.replace(Snapshot(), Graph.of([repository()]), quiet)

    counters = target.replace(target.read_snapshot(), EMPTY, quiet)

    assert counters == Counters(entities_deleted=1)
    assert rig.jupiterone.entities("bbsync") == []


def test_graph_that_dangles_opens_no_job(rig: Rig) -> None:
    """JupiterOne would drop the relationship in silence."""
    tie = Relationship("a|has|b", "bitbucket_repo_has_user", "HAS", "{repository-1}", "missing")

    with pytest.raises(TargetError, match="missing end"):
        rig.target().replace(Snapshot(), Graph.of([repository()], [tie]), quiet)

    assert rig.requests == []


def test_works_over_a_socket(rig: Rig) -> None:
    """The same over HTTP on loopback, several uploads at once."""
    graph = Graph.of(repository(f"{{repository-{number}}}", description="x" * 200) for number in range(200))

    with (
        serve(rig.jupiterone.app) as origin,
        client_for(rig.answer, transport=None, api_url=origin, graphql_url=f"{origin}/") as client,
    ):
        target = JupiterOneTarget(client, Ownership.of_scope("bbsync"), batch_bytes=4000)
        counters = target.replace(target.read_snapshot(), graph, quiet)
        snapshot = target.read_snapshot()

    assert counters == Counters(entities_created=200)
    assert digests(snapshot.graph) == digests(graph)


def test_address_names_account_and_part(rig: Rig) -> None:
    """People see what is written to, and no secret."""
    scope, instance = rig.target(), rig.target(Ownership.of_instance("1234"))

    assert scope.address == "JupiterOne account acme, scope bbsync"
    assert instance.address == "JupiterOne account acme, integration instance 1234"
    assert READ_KEY not in repr(scope)
    assert SYNC_KEY not in repr(scope)
