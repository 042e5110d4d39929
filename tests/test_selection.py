"""`plan --only`: what is selected is planned as ever, and everything else stays as the graph has it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from attrs import evolve
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from run_rig import DAY, Rig, rig_at
from small_world import (
    ACME,
    ADA,
    ADA_ON_WEB,
    BEN,
    CORE,
    NEW_PULL_REQUEST,
    OLD_PULL_REQUEST,
    ORIGIN,
    VAULT,
    WEB,
    entity,
    everything_seen,
    gone,
    key_of,
    refused,
    small_graph,
    tie,
    unseen,
)
from strategies import graphs, observations

from bbsync import steps
from bbsync.coverage import Gap, Listing
from bbsync.errors import SettingsError
from bbsync.graph import EMPTY, Graph
from bbsync.kinds import KINDS
from bbsync.observation import Observation
from bbsync.plan import Action, Plan, make_plan, resulting_graph
from bbsync.sandbox.bitbucket.world import PullRequest, Repository
from bbsync.selection import Selection

USERS = Listing("user", ACME)

lawful = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])


@st.composite
def situations(draw: st.DrawFn) -> tuple[Graph, Observation, tuple[str, ...]]:
    """A snapshot, what a run saw, and keys of some entities of either, as addresses."""
    snapshot = draw(graphs())
    seen = draw(observations(snapshot))
    everything = sorted({*snapshot.entities, *seen.graph.entities})
    return snapshot, seen, tuple(draw(st.lists(st.sampled_from(everything), min_size=1, max_size=2, unique=True)))


def planned(snapshot: Graph, seen: Observation, only: tuple[str, ...] = ()) -> Plan:
    """The plan for what is selected."""
    return make_plan(snapshot, Selection(only, KINDS).of(seen, snapshot), ORIGIN)


def touched(plan: Plan) -> set[str]:
    """The keys of all entities that the plan changes, and of the ends of all relationships that it changes."""
    ends = {end for change in plan.relationships for end in (change.element.source, change.element.target)}
    return {change.element.key for change in plan.entities} | ends


# Laws


@given(situations())
@lawful
def test_what_is_not_selected_stays_as_it_is(situation: tuple[Graph, Observation, tuple[str, ...]]) -> None:
    """After such a plan the graph differs in nothing but what was selected, and what that needs to hang on."""
    snapshot, seen, only = situation
    keys = Selection(only, KINDS).keys(snapshot, seen.graph)

    after = resulting_graph(planned(snapshot, seen, only), snapshot)

    left = {key: one for key, one in snapshot.entities.items() if key not in keys}
    assert {key: after.entities.get(key) for key in left} == left
    assert {
        key: one for key, one in snapshot.relationships.items() if not {one.source, one.target} & keys
    }.items() <= after.relationships.items()


@given(situations())
@lawful
def test_nothing_goes_that_a_plan_of_everything_would_keep(
    situation: tuple[Graph, Observation, tuple[str, ...]],
) -> None:
    """To look at less never deletes what looking at everything would not delete."""
    snapshot, seen, only = situation

    def deleted(plan: Plan) -> set[str]:
        changes = (*plan.entities, *plan.relationships)
        return {change.element.key for change in changes if change.action is Action.DELETE}

    assert deleted(planned(snapshot, seen, only)) <= deleted(planned(snapshot, seen))


@given(situations())
@lawful
def test_the_graph_holds_together(situation: tuple[Graph, Observation, tuple[str, ...]]) -> None:
    """No relationship is left without an end, and the same plan once more finds nothing to do."""
    snapshot, seen, only = situation

    after = resulting_graph(planned(snapshot, seen, only), snapshot)

    assert all(tie.source in after.entities and tie.target in after.entities for tie in after.relationships.values())
    assert planned(after, seen, only).is_empty


@given(situations())
@lawful
def test_all_addresses_are_none(situation: tuple[Graph, Observation, tuple[str, ...]]) -> None:
    """A plan of every entity there is, is the plan of everything."""
    snapshot, seen, _only = situation
    everything = tuple(sorted({*snapshot.entities, *seen.graph.entities}))

    some, whole = planned(snapshot, seen, everything), planned(snapshot, seen)

    assert (some.entities, some.relationships) == (whole.entities, whole.relationships)


# What is selected


@pytest.mark.parametrize(
    ("address", "inside", "outside"),
    [
        ("repo:acme/web", {WEB, OLD_PULL_REQUEST}, {ACME, CORE, VAULT, ADA}),
        (CORE, {CORE, WEB, OLD_PULL_REQUEST}, {ACME, VAULT, BEN}),
        (ADA, {ADA}, {WEB, BEN, ACME}),
        (ACME, {ACME, CORE, WEB, VAULT, ADA, OLD_PULL_REQUEST}, set()),
    ],
)
def test_what_hangs_below_is_selected_with_it(address: str, inside: set[str], outside: set[str]) -> None:
    """A repository comes with its pull requests, a project with its repositories, a workspace with everything."""
    keys = Selection((address,), KINDS).keys(small_graph())

    assert inside <= keys
    assert not outside & keys


def test_something_new_comes_with_what_it_hangs_on() -> None:
    """In an empty graph the workspace of the repository is created too, and nothing else."""
    graph = small_graph()

    plan = planned(EMPTY, everything_seen(graph), ("repo:acme/vault",))

    assert {change.element.key for change in plan.entities} == {ACME, VAULT}
    assert len(plan.relationships) == 1


def test_what_came_into_a_project_comes_whole() -> None:
    """A repository that moved there is compared with all that the graph has below it: what is gone goes at once."""
    graph = small_graph()
    ada, core, vault = (graph.entities[key] for key in (ADA, CORE, VAULT))
    grant = entity("permission", f"{VAULT}/permissions/{ADA}", name="user ada: read", permission="read")
    held = Graph.of(
        [*graph.entities.values(), grant],
        [*graph.relationships.values(), tie(vault, "ALLOWS", grant), tie(ada, "HAS", grant)],
    )
    moved = Graph.of(graph.entities.values(), [*graph.relationships.values(), tie(core, "HAS", vault)])
    seen = gone(everything_seen(moved), Listing("permission", VAULT), grant.key)

    plan = planned(held, seen, (CORE,))

    assert [change.element.key for change in plan.entities] == [grant.key]
    assert [change.action for change in plan.entities] == [Action.DELETE]


def test_an_end_that_is_gone_waits_for_a_plan_of_everything() -> None:
    """A relationship to what was not selected stays as long as that does."""
    graph = small_graph()
    seen = gone(everything_seen(graph), Listing("user", ACME), ADA)

    plan = planned(graph, seen, ("repo:acme/web",))

    assert ADA not in touched(plan)


@pytest.mark.parametrize("seen", [everything_seen(small_graph()), refused(everything_seen(small_graph()), USERS)])
def test_what_was_not_looked_at_stays_tied_to_what_is_selected(seen: Observation) -> None:
    """Neither a pull request from before the window nor reviewers that are not asked for say that a tie is gone."""
    graph = small_graph()
    reviewed = key_of(BEN, "REVIEWED", OLD_PULL_REQUEST)
    ties = {key: one for key, one in seen.graph.relationships.items() if key != reviewed}
    not_asked = evolve(
        seen,
        graph=Graph(seen.graph.entities, ties),
        unknown={OLD_PULL_REQUEST: frozenset({graph.relationships[reviewed].type})},
    )

    plans = [planned(graph, observation, (BEN,)) for observation in (unseen(seen, OLD_PULL_REQUEST), not_asked)]

    assert reviewed not in {change.element.key for plan in plans for change in plan.relationships}


def test_gaps_elsewhere_do_not_make_it_incomplete() -> None:
    """What could not be read of another repository is no matter; a list of the workspace is, and a sentinel."""
    graph = small_graph()
    gaps = [
        Gap(Listing("permission", VAULT), "BB-FETCH-403", "403"),
        Gap(Listing("repository", ACME), "BB-FETCH-500", "500", item=VAULT),
        Gap(Listing("group", ACME), "BB-FETCH-500", "500"),
        Gap(Listing("permission", WEB), "BB-FETCH-403", "403"),
        Gap(Listing("sentinel"), "BB-SENTINEL", "not visible", item="repo:acme/vault"),
    ]
    seen = everything_seen(graph)
    seen = evolve(seen, coverage=evolve(seen.coverage, gaps=tuple(gaps)))

    kept = Selection(("repo:acme/web",), KINDS).of(seen, graph).coverage.gaps

    assert kept == tuple(gaps[2:])


def test_the_listing_of_what_is_selected_matters() -> None:
    """Who asks for one pull request is told that those of its repository could not be read."""
    graph = small_graph()
    gaps = (Gap(Listing("pull_request", WEB), "BB-FETCH-403", "403"),)
    seen = everything_seen(graph)
    seen = evolve(seen, coverage=evolve(seen.coverage, gaps=gaps))

    kept = Selection((NEW_PULL_REQUEST,), KINDS).of(seen, graph).coverage.gaps

    assert kept == gaps


def test_something_new_that_is_unreadable_makes_what_it_hangs_below_incomplete() -> None:
    """No graph has it yet, so that only its listing tells whether it is selected."""
    graph = small_graph()
    gap = Gap(Listing("pull_request", WEB), "BB-FETCH-500", "500", item=f"{WEB}/pull-requests/3")
    seen = everything_seen(graph)
    seen = evolve(seen, coverage=evolve(seen.coverage, gaps=(gap,)))

    kept = {only: Selection((only,), KINDS).of(seen, graph).coverage.gaps for only in ("acme/web", "acme/vault")}

    assert kept == {"acme/web": (gap,), "acme/vault": ()}


@pytest.mark.parametrize(
    ("address", "marked"),
    [("repo:acme/web", {OLD_PULL_REQUEST, NEW_PULL_REQUEST}), (NEW_PULL_REQUEST, {NEW_PULL_REQUEST})],
)
def test_no_listing_is_taken_for_read(address: str, marked: set[str]) -> None:
    """Something in it may wait for a plan of everything, such as what ties it to what was not selected."""
    graph = small_graph()
    seen = everything_seen(graph)
    read = {listing: evolve(found, watermark=5) for listing, found in seen.coverage.read.items()}
    seen = evolve(
        seen,
        coverage=evolve(seen.coverage, read=read),
        listed={Listing("permission", WEB): frozenset({ADA_ON_WEB})},
        fingerprints={OLD_PULL_REQUEST: "old", NEW_PULL_REQUEST: "new"},
    )

    learned = planned(graph, seen, (address,)).learned

    assert (learned.readings, learned.watermarks, set(learned.marks)) == ({}, {}, marked)


# A run


@pytest.fixture(name="rig")
def _rig(tmp_path: Path) -> Iterator[Rig]:
    with rig_at(tmp_path) as rig:
        rig.sync()
        yield rig


def test_only_what_is_asked_for_is_read_and_planned(rig: Rig) -> None:
    """Two repositories changed: one is planned, below the others nothing is read, and the other change waits."""
    first, second = sorted(home.slug for home in rig.repositories)[:2]
    for slug in (first, second):
        rig.change("describe_repository", repository=slug, description="Other")
    rig.bitbucket.reset_calls()

    made = steps.plan(rig.settings(), rig.around, only=[f"repo:acme/{first}"])
    targets = [target for _method, target, _status, _consumer in rig.bitbucket.calls if "/2.0/repositories/" in target]
    below = {target.split("/")[4] for target in targets if len(target.split("/")) > 5}
    rig.apply(made)
    after = rig.plan()

    assert [change.label for change in made.plan.entities] == [f"acme/{first}"]
    assert len(below) == 1
    assert [change.label for change in after.plan.entities] == [f"acme/{second}"]


def test_an_address_that_names_nothing_is_refused(rig: Rig) -> None:
    """That nothing changes in what is not there would be no news."""
    with pytest.raises(SettingsError) as refused:
        steps.plan(rig.settings(), rig.around, only=["repo:acme/nothing"])

    assert refused.value.code == "BB-ONLY"
    assert "repo:acme/nothing" in refused.value.what


def test_an_old_name_selects_what_it_is_called_now(rig: Rig) -> None:
    """A renamed repository is found by the name that the graph has."""
    old = min(home.slug for home in rig.repositories)
    rig.change("rename_repository", repository=old, to="another-name")

    made = steps.plan(rig.settings(), rig.around, only=[f"repo:acme/{old}"])

    assert [(change.action, change.label) for change in made.plan.entities][:1] == [(Action.MOVE, "acme/another-name")]


def test_what_a_plan_of_one_pull_request_leaves_out_is_planned_later(rig: Rig) -> None:
    """Another one of the same repository changed, long ago when the next plan is made: it is not taken for known."""
    home = next(home for home in rig.repositories if len(recent(rig, home)) > 1)
    chosen, other = recent(rig, home)[:2]
    rig.change("edit_pull_request", repository=home.slug, pull_request=other.id, title="Another title")
    rig.clock.now += 2 * DAY

    only = f"{home.uuid}/pull-requests/{chosen.id}"
    rig.apply(steps.plan(rig.settings(), rig.around, only=[only]))
    after = rig.plan()

    assert f"{home.uuid}/pull-requests/{other.id}" in {change.element.key for change in after.plan.entities}


def test_what_waits_for_a_new_member_is_planned_later(rig: Rig) -> None:
    """The one who opened a pull request is not in the graph yet: long after, a plan of everything ties them."""
    home = rig.repositories[0]
    rig.change("add_member", nickname="zoe", name="Zoe")
    rig.change("open_pull_request", repository=home.slug, author="zoe", title="The first of hers")
    rig.clock.now += 2 * DAY

    rig.apply(steps.plan(rig.settings(), rig.around, only=[f"repo:acme/{home.slug}"]))
    after = rig.plan()

    opened = [change.element for change in after.plan.relationships if change.element.verb == "OPENED"]
    assert [tie.target.partition("/")[0] for tie in opened] == [home.uuid]


def recent(rig: Rig, home: Repository) -> list[PullRequest]:
    """The pull requests of a repository that changed within a day."""
    opened = rig.clock.now - DAY
    return [one for one in home.pull_requests.values() if one.updated_on.timestamp() >= opened]
