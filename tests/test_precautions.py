"""Sentinels and protection take proofs away; without its proof, nothing is deleted."""

from __future__ import annotations

import pytest

from bbsync.coverage import Coverage, Extent, Listing, Read
from bbsync.graph import Entity, Graph
from bbsync.kinds import KINDS
from bbsync.observation import Observation, Proof
from bbsync.plan import Origin, Plan, make_plan
from bbsync.precautions import heed_protection, heed_sentinels

WORKSPACE = Entity("{workspace}", "bitbucket_workspace", ("Account",), {"slug": "acme"})
WEB = Entity("{web-uuid}", "bitbucket_repo", ("CodeRepo",), {"fullName": "acme/web"})
API = Entity("{api-uuid}", "bitbucket_repo", ("CodeRepo",), {"fullName": "acme/api"})
GROUP = Entity("{workspace}/groups/eng", "bitbucket_group", ("UserGroup",), {"slug": "eng"})
RESTRICTION = Entity(
    "{api-uuid}/branch-restrictions/7", "bitbucket_branch_restriction", ("AccessPolicy",), {"displayName": "push"}
)

OWNS, HAS = (KINDS.by_name[name].belongs for name in ("repository", "branch_restriction"))
HAS_GROUP = KINDS.by_name["group"].belongs
assert OWNS is not None
assert HAS is not None
assert HAS_GROUP is not None

SNAPSHOT = Graph.of(
    [WORKSPACE, WEB, API, GROUP, RESTRICTION],
    [
        OWNS.between(WORKSPACE.key, WEB.key),
        OWNS.between(WORKSPACE.key, API.key),
        HAS.between(API.key, RESTRICTION.key),
        HAS_GROUP.between(WORKSPACE.key, GROUP.key),
    ],
)
REPOSITORIES, GROUPS = Listing("repository", WORKSPACE.key), Listing("group", WORKSPACE.key)

#: The repository acme/api and the group are proven gone.
OBSERVATION = Observation(
    graph=Graph.of([WORKSPACE, WEB], [OWNS.between(WORKSPACE.key, WEB.key)]),
    coverage=Coverage(
        {
            Listing("workspace"): Read(Extent.COMPLETE, 1, 1),
            REPOSITORIES: Read(Extent.COMPLETE, 1, 1),
            GROUPS: Read(Extent.COMPLETE, 0, 1),
        }
    ),
    workspaces=frozenset({WORKSPACE.key}),
    gone={
        (REPOSITORIES, API.key): Proof(REPOSITORIES, 1, 1, 404),
        (GROUPS, GROUP.key): Proof(GROUPS, 0, 1),
    },
)


def plan_of(observation: Observation) -> Plan:
    """The plan for the snapshot above."""
    return make_plan(SNAPSHOT, observation, Origin())


def destroyed(plan: Plan) -> set[str]:
    """The keys that the plan deletes."""
    return {change.element.key for change in plan.entities if change.after is None}


def test_nothing_is_held_back_without_precautions() -> None:
    """Whatever is proven gone goes, with what hangs below."""
    observation = heed_protection(heed_sentinels(OBSERVATION, (), KINDS), SNAPSHOT, (), KINDS)

    assert observation == OBSERVATION
    assert destroyed(plan_of(observation)) == {API.key, GROUP.key, RESTRICTION.key}


@pytest.mark.parametrize("address", ["acme/web", "repo:acme/web", "repository:acme/*", "{web-uuid}"])
def test_a_visible_sentinel_changes_nothing(address: str) -> None:
    """A sentinel that is seen, by any of its names, leaves the observation as it is."""
    assert heed_sentinels(OBSERVATION, [address], KINDS) == OBSERVATION


def test_a_missing_sentinel_withholds_every_delete_and_says_so() -> None:
    """A known repository that nobody sees means that the consumers see too little: nothing is deleted."""
    plan = plan_of(heed_sentinels(OBSERVATION, ["repo:acme/ledger", "acme/web"], KINDS))

    assert not destroyed(plan)
    assert not [change for change in plan.relationships if change.after is None]
    assert not plan.is_complete
    assert [found.gap.code for found in plan.gaps] == ["BB-SENTINEL"]
    assert "repo:acme/ledger" in plan.gaps[0].gap.detail


@pytest.mark.parametrize("address", ["acme/api", "repo:acme/api", "repository:acme/a*", "{api-uuid}"])
def test_a_protected_repository_stays_with_what_belongs_to_it(address: str) -> None:
    """What is protected is withheld and shown; the rest proceeds, and the plan counts as complete."""
    plan = plan_of(heed_protection(OBSERVATION, SNAPSHOT, [address], KINDS))

    assert destroyed(plan) == {GROUP.key}
    assert {key for held in plan.withheld for key in held.keys} == {API.key, RESTRICTION.key}
    assert {held.gap.code for held in plan.withheld} == {"BB-PROTECTED"}
    assert plan.is_complete


def test_protecting_a_child_keeps_its_parent() -> None:
    """A cascade cannot take what is protected: what it belongs to stays, too."""
    plan = plan_of(heed_protection(OBSERVATION, SNAPSHOT, [RESTRICTION.key], KINDS))

    assert destroyed(plan) == {GROUP.key}
    assert [found.gap.detail for found in plan.gaps if found.gap.item == API.key] == [
        "something protected belongs to it"
    ]


def test_protecting_what_is_seen_changes_nothing() -> None:
    """Protection is against deletes; everything that is seen is compared as ever."""
    assert heed_protection(OBSERVATION, SNAPSHOT, ["acme/web"], KINDS) == OBSERVATION
