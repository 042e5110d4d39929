"""One world, two targets: what holds of the local graph holds of JupiterOne, and both end up equal."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from attrs import evolve
from run_rig import DAY, SMALL, Rig, rig_at

from bbsync import steps
from bbsync.graph import Graph, digest
from bbsync.plan import Action
from bbsync.sandbox.bitbucket import Sizes
from bbsync.sandbox.bitbucket.world import Account
from bbsync.target import Counters

BOTH = ("local", "jupiterone")
ODD = evolve(SMALL, awkward=True)
TWO = evolve(SMALL, workspaces=("acme", "globex"))

#: So much may go in these small worlds.
FREELY = "[guards]\ndelete_percent = 100\ndelete_floor = 1000\n"


@pytest.fixture(name="rig")
def _rig(tmp_path: Path) -> Iterator[Rig]:
    """The small world, and both targets."""
    with rig_at(tmp_path) as rig:
        yield rig


def digests(graph: Graph) -> Mapping[str, str]:
    """Every element as its digest, which tells 1 from 1.0 and True."""
    return {key: digest(one) for key, one in {**graph.entities, **graph.relationships}.items()}


def rename_a_repository(rig: Rig) -> None:
    rig.change("rename_repository", repository=rig.repositories[0].slug, to="renamed")


def delete_a_repository(rig: Rig) -> None:
    rig.change("delete_repository", repository=rig.repositories[1].slug)


def move_a_repository(rig: Rig) -> None:
    moved = rig.repositories[0]
    project = next(one for one in rig.bitbucket.world.workspaces[0].projects.values() if one is not moved.project)
    rig.change("move_repository", repository=moved.slug, project=project.key)


def revoke_a_permission(rig: Rig) -> None:
    repository = rig.repositories[2]
    holder = next(grant.holder for grant in repository.grants if isinstance(grant.holder, Account))
    rig.change("revoke_permission", repository=repository.slug, user=holder.uuid)


def merge_a_pull_request(rig: Rig) -> None:
    merger = rig.bitbucket.world.workspaces[0].members[0].account
    repository, number = next(
        (repository, one.id)
        for repository in rig.repositories
        for one in repository.pull_requests.values()
        if one.state == "OPEN"
    )
    rig.change("merge", repository=repository.slug, pull_request=number, member=merger.uuid)


def remove_a_member(rig: Rig) -> None:
    rig.change("remove_member", member=rig.bitbucket.world.workspaces[0].members[-1].account.uuid)


def refuse_a_repository(rig: Rig) -> None:
    rig.change("deny_repository", repository=rig.repositories[3].slug)


def nothing(_rig: Rig) -> None:
    """Nothing changes."""


LIFE = (
    nothing,
    rename_a_repository,
    delete_a_repository,
    move_a_repository,
    revoke_a_permission,
    merge_a_pull_request,
    remove_a_member,
    refuse_a_repository,
)


@pytest.mark.parametrize("target", BOTH)
@pytest.mark.parametrize("sizes", [SMALL, ODD, TWO], ids=["small", "odd", "two workspaces"])
def test_plan_after_apply_is_empty(tmp_path: Path, target: str, sizes: Sizes) -> None:
    """Once a plan is applied, there is nothing left to plan; in odd worlds and in two workspaces, too."""
    with rig_at(tmp_path, sizes, target=target) as rig:
        first = rig.sync()
        again = rig.plan()

    assert first.counted.entities_created > 0
    assert again.plan.is_empty


@pytest.mark.parametrize("sizes", [SMALL, ODD, TWO], ids=["small", "odd", "two workspaces"])
def test_same_world_makes_equal_graphs(tmp_path: Path, sizes: Sizes) -> None:
    """Both targets hold the same elements, to the last property."""
    with rig_at(tmp_path, sizes) as rig:
        counted = {target: rig.with_target(target).sync().counted for target in BOTH}
        graphs = {target: digests(rig.with_target(target).graph) for target in BOTH}

    assert graphs["local"] == graphs["jupiterone"]
    assert counted["local"] == counted["jupiterone"]


@pytest.mark.parametrize("happens", LIFE, ids=lambda happens: happens.__name__.replace("_", " "))
def test_same_change_makes_equal_plans_and_graphs(rig: Rig, happens: Callable[[Rig], None]) -> None:
    """What happens in Bitbucket changes both graphs in the same way, and the plan after it is empty."""
    targets = [rig.with_target(target) for target in BOTH]
    for each in targets:
        each.sync()
    happens(rig)

    plans = [each.plan() for each in targets]
    outcomes = [each.apply(made, toml=FREELY) for each, made in zip(targets, plans, strict=True)]

    assert plans[0].plan.entities == plans[1].plan.entities
    assert plans[0].plan.relationships == plans[1].plan.relationships
    assert outcomes[0] == outcomes[1]
    assert digests(targets[0].graph) == digests(targets[1].graph)
    assert [each.plan().plan.is_empty for each in targets] == [True, True]


@pytest.mark.parametrize("target", BOTH)
def test_counted_is_what_was_planned(rig: Rig, target: str) -> None:
    """Each target counts by itself, and comes to the plan's own numbers, cascades included."""
    each = rig.with_target(target)
    each.sync()
    for happens in (rename_a_repository, delete_a_repository, merge_a_pull_request):
        happens(rig)

    made = each.plan()
    outcome = each.apply(made, toml=FREELY)

    def planned(action: Action) -> int:
        return sum(change.action is action for change in made.plan.entities)

    ties = made.plan.relationship_totals
    assert outcome.counted == Counters(
        entities_created=planned(Action.CREATE),
        entities_updated=planned(Action.UPDATE) + planned(Action.MOVE),
        entities_deleted=planned(Action.DELETE),
        relationships_created=ties.add,
        relationships_updated=ties.change,
        relationships_deleted=ties.destroy,
    )
    assert planned(Action.DELETE) > 1


@pytest.mark.parametrize("target", BOTH)
def test_deleted_repository_takes_what_lies_below_it(rig: Rig, target: str) -> None:
    """Pull requests that left the window go with their repository; those of others stay."""
    each = rig.with_target(target)
    each.sync('[pull_requests]\nwindow = "90d"\n')
    gone = next(one for one in rig.repositories if one.pull_requests)
    rig.clock.now += 3 * DAY
    rig.change("delete_repository", repository=gone.slug)

    each.sync(FREELY)

    left = {key for key in each.graph.entities if "/pull-requests/" in key}
    assert left
    assert not [key for key in each.graph.entities if key.startswith(gone.uuid)]
    assert not [tie for tie in each.graph.relationships.values() if gone.uuid in tie.key]


@pytest.mark.parametrize("target", BOTH)
def test_run_for_one_workspace_leaves_the_other_alone(tmp_path: Path, target: str) -> None:
    """What an earlier run brought of another workspace is neither deleted nor changed, only kept."""
    with rig_at(tmp_path, TWO, target=target) as rig:
        both = evolve(rig.settings(), account_name="Acme")
        rig.apply_as(both, steps.plan(both, rig.around).plan)

        alone = [steps.plan(evolve(both, workspaces=(name,)), rig.around).plan for name in ("acme", "globex")]

    assert [plan.is_empty for plan in alone] == [True, True]
    assert [plan.entity_totals.kept > 0 for plan in alone] == [True, True]
