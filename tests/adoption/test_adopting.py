"""What the existing integration's graph looks like in our keys, and what becomes of all of it in a plan."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from bbsync.adoption import adopt
from bbsync.graph import Entity, Graph
from bbsync.losses import Losses
from bbsync.observation import Observation
from bbsync.plan import Action, Plan, make_plan, resulting_graph
from bbsync.standing import Standing, standing
from tests.adoption.old_small_world import (
    DOUBLE,
    FIRST,
    LOST,
    OLD_GROUP,
    OLD_READ,
    OLD_RESTRICTION,
    OLD_WRITE,
    SECOND,
    old_small_graph,
)
from tests.small_world import (
    ACME,
    ADA,
    ADA_ON_WEB,
    ADMINS,
    BEN,
    GLOBEX,
    NEW_PULL_REQUEST,
    NO_PUSH,
    OLD_PULL_REQUEST,
    ORIGIN,
    TIES,
    WEB,
    Listing,
    entity,
    everything_seen,
    key_of,
    refused,
    small_graph,
    unseen,
)


def planned(held: Graph, observation: Observation, elsewhere: Graph | None = None) -> Plan:
    """The plan in which the old graph moves in."""
    adopted = adopt(held, elsewhere)
    gaps = (*observation.coverage.gaps, *adopted.left)
    looked = evolve(observation, coverage=evolve(observation.coverage, gaps=gaps))
    return make_plan(held, looked, ORIGIN, adopted=adopted)


def changed(plan: Plan, action: Action) -> dict[str, str]:
    """The entities that an action befalls: the new key by the old one."""
    found = [change for change in plan.entities if change.action is action]
    return {(change.before or change.element).key: change.element.key for change in found}


def test_every_kind_of_old_key_becomes_ours() -> None:
    """Groups get their workspace, permissions lose their level, and all else hangs on the repository's uuid."""
    plan = planned(old_small_graph(), everything_seen(small_graph()))

    assert changed(plan, Action.MOVE) == {
        OLD_GROUP: ADMINS,
        OLD_WRITE: ADA_ON_WEB,
        OLD_READ: ADA_ON_WEB,
        OLD_RESTRICTION: NO_PUSH,
        FIRST: OLD_PULL_REQUEST,
        DOUBLE: OLD_PULL_REQUEST,
        SECOND: NEW_PULL_REQUEST,
    }
    assert changed(plan, Action.DELETE) == changed(plan, Action.CREATE) == {}


def test_the_graph_is_then_what_bitbucket_shows() -> None:
    """Beside what Bitbucket shows there is what could not be moved in, and what others tied to what moved."""
    old, now = old_small_graph(), small_graph()

    result = resulting_graph(planned(old, everything_seen(now)), old)

    assert {**result.entities} == {**now.entities, LOST: old.entities[LOST]}
    likes = key_of(BEN, "LIKES", OLD_PULL_REQUEST)
    assert result.relationships.keys() == now.relationships.keys() | {likes}
    assert (result.relationships[likes].source, result.relationships[likes].target) == (BEN, OLD_PULL_REQUEST)


def test_what_is_kept_speaks_our_words() -> None:
    """Outside the window a pull request keeps what was known of it, under our key, and says it as ours do."""
    old = old_small_graph()
    plan = planned(old, unseen(everything_seen(small_graph()), OLD_PULL_REQUEST))

    result = resulting_graph(plan, old)

    kept = result.entities[OLD_PULL_REQUEST].properties
    assert (kept["id"], kept["displayName"], kept["superseded"]) == ("1", "#1 Tidy up", False)
    assert (kept["title"], kept["state"], kept["repoId"]) == ("Tidy up", "MERGED", WEB)
    assert FIRST not in result.entities
    assert DOUBLE not in result.entities


def test_of_a_doubled_pull_request_the_newer_one_is_kept() -> None:
    """A rename left two; what only one of them is tied to is kept as well."""
    old = old_small_graph()
    newer = evolve(old.entities[DOUBLE], properties={**old.entities[DOUBLE].properties, "updatedOn": 9, "title": "New"})
    held = Graph({**old.entities, DOUBLE: newer}, old.relationships)

    result = resulting_graph(planned(held, unseen(everything_seen(small_graph()), OLD_PULL_REQUEST)), held)

    assert result.entities[OLD_PULL_REQUEST].properties["title"] == "New"
    assert key_of(ADA, "APPROVED", OLD_PULL_REQUEST) in result.relationships
    assert key_of(BEN, "REVIEWED", OLD_PULL_REQUEST) in result.relationships


def test_of_two_levels_the_higher_one_is_kept() -> None:
    """Where permissions cannot be read, nobody is shown to have less than they may have."""
    old = old_small_graph()
    plan = planned(old, refused(everything_seen(small_graph()), Listing("permission", WEB)))

    kept = resulting_graph(plan, old).entities[ADA_ON_WEB].properties

    assert (kept["permission"], kept["admin"], kept["principalType"], kept["repoId"]) == ("write", False, "user", WEB)
    assert kept["name"] == f"user {ADA.strip('{}')}: write"


def test_what_cannot_be_moved_in_is_told_and_stays() -> None:
    """A pull request of an unknown repository is withheld, with what is missing."""
    plan = planned(old_small_graph(), everything_seen(small_graph()))

    assert [(one.type, one.keys) for one in plan.withheld] == [("bitbucket_pullrequest", (LOST,))]
    assert plan.withheld[0].gap.code == "BB-ADOPT-UNCLEAR"
    assert plan.withheld[0].gap.detail == "it cannot be moved in: no repository is tied to it"


def without(graph: Graph, *types: str) -> Graph:
    """The graph without relationships of these types."""
    return Graph(graph.entities, {key: tie for key, tie in graph.relationships.items() if tie.type not in types})


def changed_entity(graph: Graph, key: str, **properties: object) -> Graph:
    """The graph with other properties of one entity; None takes one away."""
    given = {**graph.entities[key].properties, **properties}
    one = evolve(graph.entities[key], properties={name: value for name, value in given.items() if value is not None})
    return Graph({**graph.entities, key: one}, graph.relationships)


def two_workspaces(graph: Graph) -> Graph:
    """The graph with a group of the same slug in another workspace: both have one key."""
    globex = entity("workspace", GLOBEX, slug="globex")
    tie = TIES["bitbucket_workspace", "HAS", "bitbucket_group"].between(GLOBEX, OLD_GROUP)
    return Graph({**graph.entities, GLOBEX: globex}, {**graph.relationships, tie.key: tie})


@pytest.mark.parametrize(
    ("change", "key", "why"),
    [
        (two_workspaces, OLD_GROUP, "2 of kind workspace are tied to it"),
        (lambda graph: changed_entity(graph, OLD_GROUP, slug=None), OLD_GROUP, "it has no slug"),
        (lambda graph: without(graph, "bitbucket_repo_allows_permission"), OLD_READ, "no repository is tied to it"),
        (lambda graph: changed_entity(graph, OLD_RESTRICTION, id=None), OLD_RESTRICTION, "it has no number"),
        (lambda graph: changed_entity(graph, OLD_RESTRICTION, id=True), OLD_RESTRICTION, "it has no number"),
        (
            lambda graph: without(
                changed_entity(graph, OLD_READ, principalKey="nobody"), "bitbucket_user_has_permission"
            ),
            OLD_READ,
            "its user or group is not in the graph",
        ),
    ],
    ids=["two workspaces", "no slug", "no repository", "no number", "true is no number", "nobody"],
)
def test_whatever_is_unclear_says_why(change: Callable[[Graph], Graph], key: str, why: str) -> None:
    """Each of them stays, and one sentence says what is missing."""
    left = {gap.item: gap.detail for gap in adopt(change(old_small_graph())).left}

    assert left[key] == f"it cannot be moved in: {why}"


@pytest.mark.parametrize("hint", ["repoId", "fullName"])
def test_a_pull_request_that_nothing_ties_is_found_by_what_it_says(hint: str) -> None:
    """Its repository is named by uuid, or by the full name in its key."""
    old = without(old_small_graph(), "bitbucket_repo_has_pullrequest")
    held = old if hint == "repoId" else changed_entity(old, SECOND, repoId=None)

    assert NEW_PULL_REQUEST in adopt(held).graph.entities


def test_our_own_graph_is_adopted_as_it_is() -> None:
    """What has moved in does not move again."""
    old = old_small_graph()
    now = resulting_graph(planned(old, everything_seen(small_graph())), old)

    again = planned(now, everything_seen(small_graph()))

    assert again.is_empty


def test_what_both_have_moves_onto_ours() -> None:
    """Where bbsync had run before, its own entity stays, and the old one is gone in the same plan."""
    old, now = old_small_graph(), small_graph()
    ours = evolve(
        now.entities[OLD_PULL_REQUEST],
        properties={**now.entities[OLD_PULL_REQUEST].properties, "superseded": False, "title": "Ours"},
    )
    tie = TIES["bitbucket_repo", "HAS", "bitbucket_pullrequest"].between(WEB, OLD_PULL_REQUEST)
    held = Graph({**old.entities, OLD_PULL_REQUEST: ours}, {**old.relationships, tie.key: tie})

    plan = planned(held, unseen(everything_seen(now), OLD_PULL_REQUEST))

    result = resulting_graph(plan, held)
    assert result.entities[OLD_PULL_REQUEST] == ours
    assert {FIRST, DOUBLE}.isdisjoint(result.entities)
    assert plan.entity_totals.destroy == 0


def test_from_elsewhere_only_what_is_missing_comes() -> None:
    """What Bitbucket shows is simply new; what only the old graph knows comes from there; nothing goes."""
    observation = unseen(everything_seen(small_graph()), OLD_PULL_REQUEST)

    plan = planned(Graph(), observation, old_small_graph())

    adopted = {change.element.key for change in plan.entities if change.reason.value == "adopted"}
    assert adopted == {OLD_PULL_REQUEST}
    assert {change.action for change in plan.entities} == {Action.CREATE}
    assert resulting_graph(plan, Graph()).entities.keys() == small_graph().entities.keys()
    assert [found.gap.item for found in plan.gaps] == [LOST]


def test_from_elsewhere_nothing_comes_twice() -> None:
    """Once it is there, ours is the truth of it."""
    observation = unseen(everything_seen(small_graph()), OLD_PULL_REQUEST)
    now = resulting_graph(planned(Graph(), observation, old_small_graph()), Graph())

    assert planned(now, observation, old_small_graph()).is_empty


def test_a_move_is_stale_when_the_old_element_changed() -> None:
    """It is to do while the old element is as it was, done when only the new one is there, and else overtaken."""
    old = old_small_graph()
    plan = planned(old, everything_seen(small_graph()))
    move = next(change for change in plan.entities if change.before and change.before.key == SECOND)
    meddled = changed_entity(old, SECOND, title="Something else")

    assert standing(move, old) is Standing.PENDING
    assert standing(move, resulting_graph(plan, old)) is Standing.DONE
    assert standing(move, meddled) is Standing.STALE


@given(
    st.sets(st.sampled_from(sorted(small_graph().entities))),
    st.sets(st.sampled_from(sorted(old_small_graph().entities))),
)
def test_nothing_is_ever_lost_or_left_dangling(hidden: set[str], missing: set[str]) -> None:
    """Whatever Bitbucket hides and the old graph lacks: no delete without proof, no end missing, and counts add up."""
    old = old_small_graph()
    entities = {key: one for key, one in old.entities.items() if key not in missing}
    ties = {key: tie for key, tie in old.relationships.items() if not {tie.source, tie.target} & missing}
    held = Graph(entities, ties)

    plan = planned(held, unseen(everything_seen(small_graph()), *hidden))
    result = resulting_graph(plan, held)

    assert plan.entity_totals.destroy == 0
    assert all({tie.source, tie.target} <= result.entities.keys() for tie in result.relationships.values())
    for totals, size in ((plan.entity_totals, len(held.entities)), (plan.relationship_totals, len(held.relationships))):
        parts = (totals.change, totals.move, totals.destroy, totals.unchanged, totals.kept, totals.withheld)
        assert sum(parts) == size
        assert min(parts) >= 0


def test_what_only_the_old_integration_writes_is_not_an_erasure() -> None:
    """It goes with the move, also of what keeps its key, and no guard takes it for answers with parts missing."""
    held = changed_entity(changed_entity(old_small_graph(), WEB, scm="git"), SECOND, project="Core")

    plan = planned(held, everything_seen(small_graph()))

    assert "scm" not in resulting_graph(plan, held).entities[WEB].properties
    assert Losses.of(plan).erased == {}


def test_a_user_is_called_as_ours_are() -> None:
    """A login name that was one text becomes a list, and a workspace says whose product it is."""
    held = changed_entity(old_small_graph(), ADA, username="Ada Lovelace")

    entities: dict[str, Entity] = {**adopt(Graph(), held).graph.entities}

    assert entities[ADA].properties["username"] == ("Ada Lovelace",)
    assert entities[ACME].properties["vendor"] == "Atlassian"
