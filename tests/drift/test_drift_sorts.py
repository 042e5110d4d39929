"""Whose doing a difference is, example by example."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from attrs import evolve

from bbsync.coverage import Coverage, Extent, Listing, Read
from bbsync.drift import Drift, Sort, make_drift, restricted
from bbsync.graph import Entity, Graph
from bbsync.observation import Observation
from bbsync.plan import Action, Origin
from tests.run_rig import drop, put, with_property
from tests.small_world import (
    ACME,
    ADA,
    ADA_ON_WEB,
    NO_PUSH,
    OLD_PULL_REQUEST,
    VAULT,
    WEB,
    entity,
    everything_seen,
    gone,
    key_of,
    refused,
    small_graph,
    unseen,
    with_globex,
)

GRAPH = small_graph()
SEEN = everything_seen(GRAPH)
REPOSITORIES = Listing("repository", ACME)


def public(key: str, *, yes: bool = True) -> Callable[[Graph], Graph]:
    """Changes whether the repository is public."""
    return lambda graph: put(with_property(graph.entities[key], public=yes))(graph)


def drifted(graph: Graph, seen: Observation = SEEN, last: Graph | None = GRAPH, **others: frozenset[str]) -> Drift:
    """An audit of the small world; what is not said is as the last apply left it."""
    return make_drift(graph, last, seen, Origin(), **others)


def entities(drift: Drift) -> dict[str, tuple[Sort, Action | None]]:
    """Sort and next step of every entity that differs."""
    return {one.element.key: (one.sort, one.next) for one in drift.found if isinstance(one.element, Entity)}


def seen_as(graph: Graph) -> Observation:
    """Bitbucket, where it holds this."""
    return evolve(SEEN, graph=graph)


STRANGER = entity("permission", f"{WEB}/permissions/{{stranger}}", name="user stranger: admin", permission="admin")
HOST = Entity("host-1", "aws_instance", ("Host",), {"displayName": "host-1"})


@pytest.mark.parametrize(
    ("graph", "seen", "expected"),
    [
        (GRAPH, SEEN, {}),
        (GRAPH, seen_as(public(WEB)(GRAPH)), {WEB: (Sort.PENDING, Action.UPDATE)}),
        (GRAPH, gone(SEEN, REPOSITORIES, VAULT), {VAULT: (Sort.PENDING, Action.DELETE)}),
        (GRAPH, seen_as(put(STRANGER)(GRAPH)), {STRANGER.key: (Sort.PENDING, Action.CREATE)}),
        (public(WEB)(GRAPH), SEEN, {WEB: (Sort.TAMPERED, Action.UPDATE)}),
        (drop(VAULT)(GRAPH), SEEN, {VAULT: (Sort.MISSING, Action.CREATE)}),
        (put(STRANGER)(GRAPH), SEEN, {STRANGER.key: (Sort.UNMANAGED, None)}),
        (put(HOST)(GRAPH), SEEN, {HOST.key: (Sort.UNMANAGED, None)}),
        (public(WEB)(GRAPH), seen_as(public(WEB)(GRAPH)), {}),
        (drop(VAULT)(GRAPH), unseen(SEEN, VAULT), {}),
    ],
    ids=[
        "equal",
        "changed there",
        "deleted there",
        "added there",
        "changed here",
        "deleted here",
        "added here",
        "added by others",
        "the same change in both",
        "deleted in both",
    ],
)
def test_each_difference_has_its_sort(
    graph: Graph, seen: Observation, expected: dict[str, tuple[Sort, Action | None]]
) -> None:
    """What moved alone tells who acted; what the next apply does is what a plan would do."""
    assert entities(drifted(graph, seen)) == expected


def test_a_deleted_repository_that_is_put_back_by_somebody_is_tampered() -> None:
    """Deleted there, and changed here: the graph is not what either of the others says."""
    drift = drifted(public(VAULT)(GRAPH), gone(SEEN, REPOSITORIES, VAULT))

    assert entities(drift) == {VAULT: (Sort.TAMPERED, Action.DELETE)}


def test_what_goes_from_all_goes_with_what_hangs_below_it() -> None:
    """A repository that is neither in Bitbucket nor in the graph takes its old pull requests with it."""
    left = drop(WEB, ADA_ON_WEB, NO_PUSH, OLD_PULL_REQUEST, f"{WEB}/pull-requests/2")(GRAPH)
    seen = everything_seen(left)

    assert drifted(left, seen).found == ()


def test_a_relationship_that_was_cut_is_missing() -> None:
    """Relationships count as much as entities: a group without its member."""
    key = key_of(f"{ACME}/groups/admins", "has", ADA)
    ties = {found: tie for found, tie in GRAPH.relationships.items() if found != key}

    drift = drifted(Graph(GRAPH.entities, ties))

    assert [(one.sort, one.element.key, one.next) for one in drift.found] == [(Sort.MISSING, key, Action.CREATE)]


def test_what_the_next_apply_brings_back_differs_though_its_end_is_gone_from_bitbucket() -> None:
    """In the graph somebody let Ada be a member elsewhere: so she stays, and what she opened is tied to her again."""
    opened, member = key_of(ADA, "OPENED", OLD_PULL_REQUEST), key_of(ACME, "HAS", ADA)
    moved = with_globex(drop(OLD_PULL_REQUEST)(GRAPH))
    graph = Graph(moved.entities, {key: one for key, one in moved.relationships.items() if key != member})

    drift = drifted(graph, unseen(SEEN, ADA))

    assert [(one.sort, one.next) for one in drift.found if one.element.key == opened] == [(Sort.MISSING, Action.CREATE)]


def test_the_properties_that_differ_are_named() -> None:
    """With what the graph holds, and what it should."""
    (one,) = drifted(public(WEB)(GRAPH)).found

    assert one.properties == ("public",)
    assert one.graph is not None
    assert one.expected is not None
    assert (one.graph.properties["public"], one.expected.properties["public"]) == (True, False)


def test_an_old_pull_request_that_was_changed_is_tampered_though_nobody_looks_there() -> None:
    """The window does not show it, but the last snapshot does; no apply will put it right."""
    changed = put(with_property(GRAPH.entities[OLD_PULL_REQUEST], title="another"))(GRAPH)

    drift = drifted(changed, unseen(SEEN, OLD_PULL_REQUEST))

    assert entities(drift) == {OLD_PULL_REQUEST: (Sort.TAMPERED, None)}


@pytest.mark.parametrize(
    "seen",
    [
        unseen(SEEN, OLD_PULL_REQUEST),
        evolve(unseen(SEEN, ADA_ON_WEB), out_of_scope=frozenset({"permission"})),
        evolve(
            unseen(SEEN, ADA_ON_WEB),
            coverage=Coverage(
                {**SEEN.coverage.read, Listing("permission", WEB): Read(Extent.EARLIER, watermark=1_800_000_000_000)}
            ),
        ),
    ],
    ids=["older than the window", "switched off", "within the cadence"],
)
def test_what_is_kept_by_design_is_no_drift(seen: Observation) -> None:
    """Nobody said that it differs, and nobody meant to look."""
    drift = drifted(GRAPH, seen)

    assert drift.found == ()
    assert drift.is_conclusive


def test_what_could_not_be_looked_at_is_a_gap_and_no_drift() -> None:
    """A 403 says nothing about what is there."""
    drift = drifted(GRAPH, refused(SEEN, Listing("permission", WEB)))

    assert drift.found == ()
    assert not drift.is_conclusive


def test_what_is_missing_without_proof_is_a_gap() -> None:
    """A listing that was read to its end without it proves nothing yet."""
    drift = drifted(GRAPH, unseen(SEEN, VAULT))

    assert drift.found == ()
    assert not drift.is_conclusive


def test_without_a_snapshot_the_graph_stands_in() -> None:
    """Nobody knows what somebody changed, so it counts as pending; but what is of no kind of ours is no apply's."""
    drift = drifted(put(HOST)(public(WEB)(GRAPH)), last=None)

    assert entities(drift) == {WEB: (Sort.PENDING, Action.UPDATE), HOST.key: (Sort.UNMANAGED, None)}


def test_what_an_apply_left_of_others_does_not_become_ours() -> None:
    """It was in the graph when the last apply kept all that was there."""
    with_host = put(HOST)(GRAPH)

    assert entities(drifted(with_host, last=with_host)) == {HOST.key: (Sort.UNMANAGED, None)}


def test_what_others_own_is_counted() -> None:
    """Its owner marker is somebody else's, so it is in no graph of ours."""
    assert drifted(GRAPH, foreign=frozenset({"one", "two"})).foreign == 2


@pytest.mark.parametrize(
    ("address", "inside"),
    [("repo:acme/web", {WEB, ADA_ON_WEB}), ("acme", {WEB, VAULT, ADA_ON_WEB}), ("repo:acme/vault", {VAULT})],
)
def test_a_part_is_what_is_named_and_what_hangs_below_it(address: str, inside: set[str]) -> None:
    """The rest is counted, and not shown."""
    changed = put(with_property(GRAPH.entities[ADA_ON_WEB], permission="admin"))(public(VAULT)(public(WEB)(GRAPH)))

    part = restricted(drifted(changed), [address])

    assert set(entities(part)) == inside
    assert part.outside == 3 - len(inside)
