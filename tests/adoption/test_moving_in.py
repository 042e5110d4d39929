"""Moving in, from end to end: the old graph in JupiterOne, one plan, one apply, and nothing is lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from old_integration import OldGraph, old_graph
from run_rig import Rig, rig_at

from bbsync import steps
from bbsync.errors import SettingsError
from bbsync.graph import Graph
from bbsync.plan import Action, Plan, Reason
from bbsync.planfile import dumps, loads
from bbsync.sandbox.bitbucket import Sizes
from bbsync.sandbox.jupiterone import Instance
from bbsync.show.text import text

IN_PLACE = '[adopt]\nscope = "bbsync"\n'
INSTANCE = Instance("instance-of-the-old-integration", definition_type="bitbucket", definition_id="bitbucket")
ELSEWHERE = f'[adopt]\nintegration_instance_id = "{INSTANCE.id}"\n'
SIZES = Sizes(repositories=3, members=3, projects=1, groups=1, pull_requests=3, old_pull_requests=2)
REKEYED = {"bitbucket_group", "bitbucket_permission", "bitbucket_branch_restriction", "bitbucket_pullrequest"}


@pytest.fixture(name="rig")
def _rig(tmp_path: Path) -> Iterator[Rig]:
    """Both services; nothing is in JupiterOne yet."""
    with rig_at(tmp_path, SIZES, target="jupiterone") as rig:
        rig.jupiterone.instances = (INSTANCE,)
        yield rig


def old(rig: Rig) -> OldGraph:
    """What the existing integration has of this Bitbucket."""
    return old_graph(*(place for place in rig.bitbucket.world.workspaces if place.visible))


def fresh(rig: Rig) -> Graph:
    """What bbsync makes of this Bitbucket where there is nothing yet."""
    local = rig.with_target("local")
    local.sync()
    return local.graph


def actions(plan: Plan) -> Counter[tuple[str, str]]:
    """How often each action befalls each type of entity."""
    return Counter((change.action.value, change.element.type) for change in plan.entities)


def pull_requests(rig: Rig) -> set[str]:
    """Our keys of all pull requests that there are."""
    return {f"{home.uuid}/pull-requests/{number}" for home in rig.repositories for number in home.pull_requests}


def require_moved_in(rig: Rig, wanted: Graph) -> None:
    """What a fresh graph holds is there, and beside it only pull requests outside the window, and their ties."""
    found = rig.graph
    extra = found.entities.keys() - wanted.entities.keys()
    assert {key: found.entities[key] for key in wanted.entities} == wanted.entities
    assert {key: found.relationships[key] for key in wanted.relationships} == wanted.relationships
    assert extra == pull_requests(rig) - wanted.entities.keys()
    others = [tie for key, tie in found.relationships.items() if key not in wanted.relationships]
    assert all({tie.source, tie.target} & extra for tie in others)


def test_a_graph_in_our_scope_moves_to_our_keys(rig: Rig) -> None:
    """Where the old integration wrote into our scope, everything moves: nothing is deleted, nothing is made anew."""
    before = old(rig)
    before.write(rig.jupiterone, "bbsync", "api")

    made = rig.plan(IN_PLACE)

    moves = Counter(one["_type"] for one in before.entities.values() if one["_type"] in REKEYED)
    assert {kind: count for (action, kind), count in actions(made.plan).items() if action == "move"} == moves
    assert {action for action, _ in actions(made.plan)} == {"move", "update"}
    assert made.plan.entity_totals.destroy == made.plan.relationship_totals.destroy == 0
    assert not any(guard.tripped for guard in made.guards)


def test_after_moving_in_the_graph_is_ours(rig: Rig) -> None:
    """After the apply the graph is a fresh one, with the old pull requests under our keys; the next plan is empty."""
    wanted = fresh(rig)
    old(rig).write(rig.jupiterone, "bbsync", "api")

    rig.sync(IN_PLACE)

    require_moved_in(rig, wanted)
    assert rig.plan(IN_PLACE).plan.is_empty
    assert rig.plan().plan.is_empty


def test_a_graph_elsewhere_fills_ours(rig: Rig) -> None:
    """An instance of the old integration stays as it is; ours is filled from Bitbucket and from what it kept."""
    wanted = fresh(rig)
    old(rig).write(rig.jupiterone, INSTANCE.id, "integration-managed")
    before = rig.jupiterone.entities(INSTANCE.id)

    made = rig.plan(ELSEWHERE)
    rig.apply(made, toml=ELSEWHERE)

    assert {action for action, _ in actions(made.plan)} == {"create"}
    require_moved_in(rig, wanted)
    assert rig.jupiterone.entities(INSTANCE.id) == before
    assert rig.plan(ELSEWHERE).plan.is_empty
    assert rig.plan().plan.is_empty


def test_what_ours_let_go_does_not_come_back(rig: Rig) -> None:
    """A permission that ours deleted is not taken from the old graph again, even while nobody can look."""
    old(rig).write(rig.jupiterone, INSTANCE.id, "integration-managed")
    rig.sync(ELSEWHERE)
    home = rig.repositories[0]
    rig.tamper(lambda graph: without(graph, f"{home.uuid}/permissions/"))
    home.denied = True

    made = rig.plan(ELSEWHERE)

    assert [change.label for change in made.plan.entities if change.action is Action.CREATE] == []


def without(graph: Graph, beginning: str) -> Graph:
    """The graph without what has such a key."""
    gone = {key for key in graph.entities if key.startswith(beginning)}
    ties = {key: tie for key, tie in graph.relationships.items() if not {tie.source, tie.target} & gone}
    return Graph({key: one for key, one in graph.entities.items() if key not in gone}, ties)


def test_a_plan_that_moves_in_is_a_file_like_any_other(rig: Rig) -> None:
    """Saved and read back it is the same plan, and it can be applied."""
    wanted = fresh(rig)
    old(rig).write(rig.jupiterone, "bbsync", "api")
    made = rig.plan(IN_PLACE)

    saved = loads(dumps(made.plan, made.guards))
    rig.apply_as(rig.settings(), saved)

    assert saved == made.plan
    require_moved_in(rig, wanted)


def test_what_is_gone_goes_from_its_old_key(rig: Rig) -> None:
    """A repository that was deleted meanwhile takes its pull requests along, and the guards are asked."""
    old(rig).write(rig.jupiterone, "bbsync", "api")
    home = rig.repositories[-1]
    rig.change("delete_repository", repository=home.slug)

    made = rig.plan(IN_PLACE)

    gone = [change for change in made.plan.entities if change.action is Action.DELETE]
    keys = {change.element.key for change in gone if change.element.type == "bitbucket_pullrequest"}
    assert keys == {f"{home.full_name}/pull-requests/{number}" for number in home.pull_requests}
    assert {change.reason for change in gone} == {Reason.ABSENT, Reason.CASCADE}
    assert made.plan.entity_totals.destroy == len(gone)


def test_what_cannot_be_looked_at_moves_all_the_same(rig: Rig) -> None:
    """Permissions and restrictions of a repository that answers 403 are withheld, under our keys."""
    before = old(rig)
    before.write(rig.jupiterone, "bbsync", "api")
    home = rig.repositories[0]
    home.denied = True

    made = rig.plan(IN_PLACE)
    rig.apply(made, toml=IN_PLACE)

    assert made.plan.entity_totals.destroy == 0
    below = {key for key in rig.graph.entities if key.startswith(f"{home.uuid}/")}
    assert len(below) == len(home.grants) + len(home.restrictions) + len(home.pull_requests)


def test_the_counts_add_up(rig: Rig) -> None:
    """Everything that was there is accounted for once: moved, changed, deleted, kept, withheld or as it was.

    So is the mapped relationship of each user, which follows from the user.
    """
    before = old(rig)
    before.write(rig.jupiterone, "bbsync", "api")

    plan = rig.plan(IN_PLACE).plan

    mapped = [key for key, one in before.entities.items() if one["_type"] == "bitbucket_user"]
    ties = [*before.relationships, *mapped]
    for totals, held in ((plan.entity_totals, before.entities), (plan.relationship_totals, ties)):
        parts = (totals.change, totals.move, totals.destroy, totals.unchanged, totals.kept, totals.withheld)
        assert sum(parts) == len(held)
        assert min(parts) >= 0
    types = Counter(one["_type"] for one in [*before.entities.values(), *before.relationships.values()])
    assert plan.population == {**types, "bitbucket_user_is_person": len(mapped)}


def test_the_text_names_the_old_keys(rig: Rig) -> None:
    """Whoever reviews the plan sees what moves, and which key it had."""
    old(rig).write(rig.jupiterone, "bbsync", "api")

    shown = text(rig.plan(IN_PLACE).plan, width=120, colour=False, unicode=True, full=True)

    home = next(home for home in rig.repositories if home.pull_requests)
    number = next(iter(home.pull_requests))
    assert f"moves in; its key was {home.full_name}/pull-requests/{number}" in " ".join(shown.split())


def test_an_apply_that_was_cut_short_is_finished(rig: Rig) -> None:
    """Applied a second time, the plan finds everything done."""
    old(rig).write(rig.jupiterone, "bbsync", "api")
    made = rig.plan(IN_PLACE)
    rig.apply(made, toml=IN_PLACE)
    jobs = len(rig.jupiterone.jobs)

    rig.apply(made, toml=IN_PLACE)

    assert len(rig.jupiterone.jobs) == jobs


def test_it_moves_in_at_jupiterone_only(rig: Rig) -> None:
    """The local graph has nothing to move in from."""
    with pytest.raises(SettingsError, match="the target is not JupiterOne"):
        rig.with_target("local").plan(IN_PLACE)


def test_an_empty_graph_is_a_mistake(rig: Rig) -> None:
    """A misspelt scope moves nothing in, and does not pass for done."""
    with pytest.raises(SettingsError, match="nothing in scope misspelt to move in"):
        rig.plan('[adopt]\nscope = "misspelt"\n')


def test_a_part_does_not_move_in(rig: Rig) -> None:
    """With --only some things would have two keys, or none."""
    old(rig).write(rig.jupiterone, "bbsync", "api")
    with pytest.raises(SettingsError, match="exclude each other"):
        steps.plan(rig.settings(IN_PLACE), rig.around, only=["repo:*"])


def test_either_a_scope_or_an_instance(rig: Rig) -> None:
    """Both would be two graphs."""
    with pytest.raises(SettingsError, match="exclude each other"):
        rig.settings('[adopt]\nscope = "one"\nintegration_instance_id = "two"\n')
