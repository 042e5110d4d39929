"""Promises of the steps: a plan is carried out exactly, or not at all, and the records follow what is in the graph."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from attrs import evolve
from run_rig import DAY, SMALL, Rig, drop, lying, put, rig_at, with_property

from bbsync import applying, auditing, steps, validity
from bbsync.coverage import Known
from bbsync.errors import (
    Blocked,
    ExitCode,
    PlanFileError,
    SettingsError,
    StalePlan,
    StateError,
    TargetError,
    Unfinished,
)
from bbsync.graph import EMPTY, Entity, Graph, Relationship
from bbsync.kinds import KINDS, Kinds
from bbsync.plan import Action, Origin, Plan, resulting_graph
from bbsync.planfile import dumps, read
from bbsync.planfile.document import mapping_of
from bbsync.rules import worth_a_look
from bbsync.sandbox.bitbucket.world import Repository
from bbsync.sandbox.jupiterone import Fault
from bbsync.sandbox.server import App
from bbsync.settings import StateSettings
from bbsync.state import Applied
from bbsync.target import Counters

#: The whole of the small world, as the targets count it.
EVERYTHING = Counters(entities_created=40, relationships_created=81)

#: Settings that look at less than the default ones.
NO_PERMISSIONS = "[kinds]\npermissions = false\n"

#: So much may go in the small world.
FREELY = "[guards]\ndelete_percent = 100\ndelete_floor = 1000\n"


@pytest.fixture(name="rig")
def _rig(tmp_path: Path) -> Iterator[Rig]:
    """The small world, and a local graph."""
    with rig_at(tmp_path) as rig:
        yield rig


@pytest.fixture(name="account")
def _account(tmp_path: Path) -> Iterator[Rig]:
    """The small world, and JupiterOne."""
    with rig_at(tmp_path, target="jupiterone") as rig:
        yield rig


def rewrite(rig: Rig, sql: str) -> None:
    """Change the records by hand."""
    with closing(sqlite3.connect(rig.place / "state.db")) as connection:
        connection.execute(sql)
        connection.commit()


def entity_of(plan: Plan, action: Action) -> Entity:
    """The one entity that the plan treats so."""
    (found,) = [change.element for change in plan.entities if change.action is action]
    return found


# Planning


def test_planning_writes_nothing_but_the_ledger_of_calls(rig: Rig) -> None:
    """A plan leaves neither a graph nor records behind, and asks for nothing but tokens and what there is."""
    made = rig.plan()

    assert made.plan.entity_totals.add == EVERYTHING.entities_created
    assert sorted(path.name for path in rig.place.iterdir()) == ["bbsync.toml", "state.db"]
    assert (rig.records.known(rig.address).watermarks, rig.records.applies(rig.address)) == ({}, [])
    assert {(method, target) for method, target, *_ in rig.bitbucket.calls if method != "GET"} == {
        ("POST", "/site/oauth2/access_token")
    }


def test_planning_twice_makes_the_same_bytes(rig: Rig) -> None:
    """The order in which answers come in leaves no trace in the plan."""
    one, other = rig.plan(), rig.plan("[limits]\nconcurrency = 1\n")

    assert dumps(one.plan, one.guards) == dumps(other.plan, other.guards)
    assert one.id == other.id


def test_planning_says_how_many_requests_it_took(rig: Rig) -> None:
    """The calls that a plan took are those that Bitbucket counted."""
    made = rig.plan()

    assert made.calls == len(rig.bitbucket.calls)


def test_plan_names_its_target_and_when_it_runs_out(rig: Rig) -> None:
    """A plan says which graph it is for, from which moment it is, and until when it may be applied."""
    origin = rig.plan().plan.origin

    assert origin.target == f"local {rig.place / 'graph.db'}, scope bbsync"
    assert origin.workspaces == ("acme",)
    assert origin.created_at == rig.clock.now * 1000
    assert origin.expires_at == (rig.clock.now + DAY) * 1000


@pytest.mark.parametrize(
    ("off", "path"),
    [
        ("permissions", "/permissions-config/"),
        ("branch_restrictions", "/branch-restrictions"),
        ("groups", "/1.0/groups/"),
    ],
)
def test_kind_that_is_switched_off_is_not_asked_for(rig: Rig, off: str, path: str) -> None:
    """What is switched off costs no call and is not in the plan."""
    made = rig.plan(f"[kinds]\n{off} = false\n")

    types = {change.element.type for change in made.plan.entities}
    assert {"bitbucket_repo", "bitbucket_user"} < types
    assert f"bitbucket_{off.removesuffix('s')}" not in types
    assert not [target for _method, target, *_ in rig.bitbucket.calls if path in target]


def test_rule_that_is_switched_off_is_named_in_the_plan(rig: Rig) -> None:
    """Whoever shows the saved plan, wherever, sees what this run would have shown."""
    made = rig.plan("[rules]\nadmin_granted = false\n")

    saved = read(dumps(made.plan, made.guards)).plan

    assert "admin_granted" in {finding.rule.name for finding in worth_a_look(rig.plan().plan)}
    assert saved.origin.rules_off == ("admin_granted",)
    assert "admin_granted" not in {finding.rule.name for finding in worth_a_look(saved)}


def test_pull_requests_that_are_not_ingested_are_not_asked_for(rig: Rig) -> None:
    """Without pull requests the run asks for none."""
    rig.plan("[pull_requests]\ningest = false\n")

    assert not [path for _method, path, *_ in rig.bitbucket.calls if "pullrequests" in path]


def test_account_name_is_on_every_entity_unless_switched_off(rig: Rig) -> None:
    """The tag holds the name that the settings give, and can be left out."""
    settings = rig.settings()
    named = steps.plan(evolve(settings, account_name="Acme Bitbucket"), rig.around).plan
    bare = steps.plan(evolve(settings, tag_account_name=False), rig.around).plan

    assert {change.element.properties["tag.AccountName"] for change in named.entities} == {"Acme Bitbucket"}
    assert not [change for change in bare.entities if "tag.AccountName" in change.element.properties]


# Applying


def test_apply_brings_about_exactly_the_plan(rig: Rig) -> None:
    """After apply the graph is what the plan made of the one before; the target counted what was planned."""
    before, made = rig.graph, rig.plan()

    outcome = rig.apply(made)

    assert outcome == applying.Outcome(EVERYTHING)
    assert rig.graph == resulting_graph(made.plan, before)


def test_saved_plan_is_carried_out_like_the_one_in_memory(rig: Rig) -> None:
    """A plan that was written down and read again brings about the same."""
    made = rig.plan()
    saved = read(dumps(made.plan, made.guards))

    outcome = rig.apply_as(rig.settings(), saved.plan, saved.id)

    assert outcome.counted == EVERYTHING
    assert saved.id == made.id


def test_applying_twice_finds_nothing_left_to_do(rig: Rig) -> None:
    """The same plan once more is no error and changes nothing."""
    made = rig.plan()
    rig.apply(made)
    after = rig.snapshot()

    again = rig.apply(made)

    assert again == applying.Outcome(Counters(), already=True)
    assert rig.snapshot() == after


def test_half_done_plan_is_finished(rig: Rig) -> None:
    """What is in the graph already is left as it is; the rest of the plan is carried out."""
    made = rig.plan()
    half = [change.element for change in made.plan.entities][:10]
    rig.tamper(put(*half))

    outcome = rig.apply(made)

    assert outcome.counted == evolve(EVERYTHING, entities_created=EVERYTHING.entities_created - 10)
    assert rig.plan().plan.is_empty


# Stale plans


@pytest.fixture(name="renamed")
def _renamed(rig: Rig) -> steps.Made:
    """A plan that renames one repository in a graph that is up to date otherwise."""
    rig.sync()
    rig.change("rename_repository", repository=rig.repositories[0].slug, to="renamed")
    return rig.plan()


def test_element_that_moved_since_the_plan_is_named(rig: Rig, renamed: steps.Made) -> None:
    """Somebody changed what the plan would change: stale, the element is named, and nothing is written."""
    touched = with_property(rig.graph.entities[entity_of(renamed.plan, Action.MOVE).key], description="by hand")
    rig.tamper(put(touched))
    before = rig.snapshot()

    with pytest.raises(StalePlan, match="the plan is stale") as caught:
        rig.apply(renamed)

    assert caught.value.exit_code is ExitCode.STALE
    assert caught.value.why == "Moved: acme/renamed (changed: description). Nothing was written."
    assert rig.snapshot() == before


def test_element_that_went_since_the_plan_is_named(rig: Rig, renamed: steps.Made) -> None:
    """Somebody deleted what the plan would change."""
    rig.tamper(drop(entity_of(renamed.plan, Action.MOVE).key))

    with pytest.raises(StalePlan) as caught:
        rig.apply(renamed)

    assert "acme/renamed (gone)" in caught.value.why


def test_other_elements_that_moved_do_not_matter(rig: Rig, renamed: steps.Made) -> None:
    """A change elsewhere in the graph neither stops the plan nor is undone by it."""
    other = next(one for one in rig.graph.entities.values() if one.type == "bitbucket_user")
    rig.tamper(put(with_property(other, nickname="by hand")))

    outcome = rig.apply(renamed)

    assert outcome.counted.entities_updated >= 1
    assert rig.graph.entities[other.key].properties["nickname"] == "by hand"
    assert rig.graph.entities[entity_of(renamed.plan, Action.MOVE).key].properties["slug"] == "renamed"


def test_relationship_whose_end_went_since_the_plan_is_named(rig: Rig) -> None:
    """Somebody deleted what a new relationship would hold on to: stale, and not a fault."""
    rig.sync()
    author = rig.bitbucket.world.workspaces[0].members[0].account
    rig.change("open_pull_request", repository=rig.repositories[0].slug, author=author.uuid, title="New")
    made = rig.plan()
    rig.tamper(drop(str(author.uuid)))
    before = rig.snapshot()

    with pytest.raises(StalePlan) as caught:
        rig.apply(made)

    assert f"{author.uuid} OPENED #1 New (an end is gone)" in caught.value.why
    assert rig.snapshot() == before


def test_relationship_to_what_goes_is_named(rig: Rig) -> None:
    """Somebody tied something to what the plan deletes: it does not go unseen."""
    rig.sync()
    gone, stays = rig.repositories[0], rig.repositories[1]
    tie = Relationship("by-hand-key", "by_hand_uses", "USES", stays.uuid, gone.uuid)
    rig.change("delete_repository", repository=gone.slug)
    made = rig.plan()
    rig.tamper(lambda graph: Graph(graph.entities, {**graph.relationships, tie.key: tie}))

    with pytest.raises(StalePlan) as caught:
        rig.apply(made, toml=FREELY)

    assert f"USES {gone.uuid} (an end is gone)" in caught.value.why


def test_many_elements_that_moved_are_counted(rig: Rig) -> None:
    """A stale plan names the first five elements and counts the others."""
    made = rig.plan()
    rig.tamper(put(*(with_property(change.element, name="by hand") for change in made.plan.entities[:8])))

    with pytest.raises(StalePlan) as caught:
        rig.apply(made)

    assert caught.value.why.count("(made meanwhile, and not as planned)") == validity.NAMED
    assert caught.value.why.endswith("; and 3 more. Nothing was written.")


def test_plan_runs_out_after_a_day(rig: Rig) -> None:
    """An old plan is refused, as what Bitbucket showed then may not hold any more."""
    made = rig.plan()
    rig.clock.now += DAY + 1

    with pytest.raises(StalePlan, match="too old") as caught:
        rig.apply(made)

    assert (caught.value.code, caught.value.exit_code) == ("BB-APPLY-EXPIRED", ExitCode.STALE)
    assert not (rig.place / "graph.db").exists()


def test_old_plan_that_is_in_the_graph_already_is_no_error(rig: Rig) -> None:
    """Repeating what was applied long ago has nothing left to do."""
    made = rig.plan()
    rig.apply(made)
    rig.clock.now += 30 * DAY

    assert rig.apply(made).already


# Plans for something else


def test_plan_for_another_graph_is_refused(rig: Rig) -> None:
    """A plan is carried out in the graph that it was made for."""
    made = rig.plan()

    with pytest.raises(PlanFileError, match="the plan is for another target") as caught:
        rig.with_target("jupiterone").apply(made)

    assert caught.value.code == "BB-PLAN-SCOPE"
    assert "JupiterOne account acme, scope bbsync" in caught.value.why
    assert rig.with_target("jupiterone").graph.entities == {}


def test_plan_for_another_part_of_the_account_is_refused(account: Rig) -> None:
    """The scope within JupiterOne is part of what a plan is for."""
    made = account.plan()
    settings = account.settings('[jupiterone]\nscope = "elsewhere"\n')

    with pytest.raises(PlanFileError, match="scope elsewhere"):
        account.apply_as(settings, made.plan)


def test_plan_for_another_workspace_is_refused(rig: Rig) -> None:
    """A plan is carried out by settings that name the same workspaces."""
    made = rig.plan()
    settings = rig.settings(BITBUCKET_WORKSPACE="globex")

    with pytest.raises(PlanFileError, match="the plan is for another workspace") as caught:
        rig.apply_as(settings, made.plan)

    assert "made for acme, and the settings name globex" in caught.value.why


@pytest.mark.parametrize("named", ["ACME", ""])
def test_workspaces_are_the_same_in_any_case(rig: Rig, named: str) -> None:
    """Bitbucket takes names in any case; and settings that name no workspace take those of the plan."""
    made = rig.plan()
    settings = rig.settings(BITBUCKET_WORKSPACE=named)

    assert rig.apply_as(settings, made.plan).counted == EVERYTHING


def test_two_workspaces_are_the_same_in_any_order(tmp_path: Path) -> None:
    """In which order the settings name workspaces means nothing."""
    with rig_at(tmp_path, evolve(SMALL, workspaces=("acme", "globex"))) as rig:
        made = rig.plan()
        settings = rig.settings(BITBUCKET_WORKSPACE="globex,acme")

        outcome = rig.apply_as(settings, made.plan)

    assert outcome.counted.entities_created == made.plan.entity_totals.add


# Guards


@pytest.fixture(name="destructive")
def _destructive(rig: Rig) -> steps.Made:
    """A plan that deletes all branch restrictions."""
    rig.sync()
    for repository in rig.repositories:
        for number in list(repository.restrictions):
            rig.change("remove_restriction", repository=repository.slug, restriction=number)
    return rig.plan()


def test_guard_stands_in_the_way_of_many_deletes(rig: Rig, destructive: steps.Made) -> None:
    """A plan that deletes too much is made and shown, and not applied."""
    before = rig.snapshot()

    with pytest.raises(Blocked, match=r"deletes 8 of 8 .*pass --allow-deletes 8") as caught:
        rig.apply(destructive)

    assert caught.value.exit_code is ExitCode.BLOCKED
    assert any(result.tripped for result in destructive.guards)
    assert rig.snapshot() == before


def test_reviewed_number_of_deletes_lets_the_plan_through(rig: Rig, destructive: steps.Made) -> None:
    """Whoever names the plan's own number has seen it; the audit trail keeps it."""
    outcome = rig.apply(destructive, allow_deletes=8)

    assert outcome.counted.entities_deleted == 8
    assert [line.allow_deletes for line in rig.records.applies(rig.address)] == [None, 8]


@pytest.mark.parametrize("number", [0, 7, 9, 500])
def test_other_number_of_deletes_is_refused(rig: Rig, destructive: steps.Made, number: int) -> None:
    """Only the plan's own number counts."""
    with pytest.raises(Blocked, match=rf"--allow-deletes {number} is not what the plan does: it deletes 8"):
        rig.apply(destructive, allow_deletes=number)


def test_limits_are_those_of_the_settings_at_apply(rig: Rig, destructive: steps.Made) -> None:
    """Guards are judged anew when a plan is applied, whatever the plan was told."""
    wider = "[guards]\ndelete_percent = 100\ndelete_floor = 100\n"

    with pytest.raises(Blocked, match="leaves 0"):
        rig.apply(destructive, toml=wider)


def test_sentinel_that_is_not_visible_withholds_every_delete(rig: Rig) -> None:
    """A known repository is missing from what the consumers see: nothing goes, and the plan is incomplete."""
    rig.sync()
    home = rig.repositories[0]
    rig.change("delete_repository", repository=home.slug)

    made = rig.plan(f'[guards]\nsentinels = ["repo:acme/{home.slug}"]\n')

    changes = (*made.plan.entities, *made.plan.relationships)
    assert not [change for change in changes if change.action is Action.DELETE]
    assert made.plan.withheld
    assert not made.plan.is_complete


def test_protected_repository_is_withheld_while_others_go(rig: Rig) -> None:
    """The protect list keeps what it names, with what belongs to it, and is shown as the reason."""
    rig.sync()
    kept, gone = rig.repositories[:2]
    for home in (kept, gone):
        rig.change("delete_repository", repository=home.slug)

    made = rig.plan(f'[guards]\nprotect = ["repo:acme/{kept.slug}"]\n')

    deleted = {change.element.key for change in made.plan.entities if change.action is Action.DELETE}
    assert gone.uuid in deleted
    assert not [key for key in deleted if key.startswith(kept.uuid)]
    assert {held.gap.code for held in made.plan.withheld} == {"BB-PROTECTED"}


@pytest.fixture(name="narrowed")
def _narrowed(rig: Rig) -> steps.Made:
    """A plan that looks at no permissions any more, and deletes one branch restriction."""
    rig.sync()
    home = rig.repositories[0]
    rig.change("remove_restriction", repository=home.slug, restriction=next(iter(home.restrictions)))
    return rig.plan(NO_PERMISSIONS)


def test_settings_that_look_at_less_let_no_delete_through(rig: Rig, narrowed: steps.Made) -> None:
    """One delete would be quiet on a normal day; with narrower settings it waits for somebody."""
    before = rig.snapshot()

    with pytest.raises(Blocked, match=r"look at less .*kinds\.permissions is switched off.*--allow-deletes 1"):
        rig.apply(narrowed, toml=NO_PERMISSIONS)

    assert rig.snapshot() == before


def test_narrower_settings_count_as_known_once_they_are_applied(rig: Rig, narrowed: steps.Made) -> None:
    """Somebody has seen it: the next delete is as quiet as ever, and the audit trail has the number."""
    rig.apply(narrowed, allow_deletes=1, toml=NO_PERMISSIONS)
    home = rig.repositories[1]
    rig.change("remove_restriction", repository=home.slug, restriction=next(iter(home.restrictions)))

    outcome = rig.sync(NO_PERMISSIONS)

    assert outcome.counted.entities_deleted == 1
    assert [line.allow_deletes for line in rig.records.applies(rig.address)] == [None, 1, None]


def test_settings_are_compared_with_those_of_the_last_apply_when_a_plan_is_applied(rig: Rig) -> None:
    """A plan that was made before anything was noted is judged by what is noted now."""
    rig.sync()
    rewrite(rig, "DELETE FROM bbsync_scopes")
    home = rig.repositories[0]
    rig.change("remove_restriction", repository=home.slug, restriction=next(iter(home.restrictions)))
    made = rig.plan(NO_PERMISSIONS)
    rig.records.record(
        Applied(rig.address, "00000000", 0, "ada", "", "applied", None, ""), Known(), rig.settings().shaping()
    )

    with pytest.raises(Blocked, match="look at less"):
        rig.apply(made, toml=NO_PERMISSIONS)

    assert not any(result.tripped for result in made.guards)


def test_settings_of_a_plan_that_was_not_applied_are_not_noted(rig: Rig, narrowed: steps.Made) -> None:
    """A refused plan leaves the settings of the last apply where they were."""
    with pytest.raises(Blocked):
        rig.apply(narrowed, toml=NO_PERMISSIONS)

    assert rig.records.settings(rig.address) == rig.settings().shaping()


# Watermarks


def _open_pull_request(rig: Rig) -> tuple[Repository, int]:
    """A repository, and the number of an open pull request of it that is in the graph."""
    graph = rig.graph
    return next(
        (repository, one.id)
        for repository in rig.repositories
        for one in repository.pull_requests.values()
        if one.state == "OPEN" and f"{repository.uuid}/pull-requests/{one.id}" in graph.entities
    )


def test_watermark_is_recorded_only_after_apply(rig: Rig) -> None:
    """Planning moves no watermark; applying moves that of every repository to the time of Bitbucket's answers."""
    made = rig.plan()
    before = rig.records.known(rig.address).watermarks

    rig.apply(made)

    assert before == {}
    assert rig.records.known(rig.address).watermarks == {
        repository.uuid: rig.clock.now * 1000 for repository in rig.repositories
    }


def test_empty_plan_that_is_applied_moves_the_watermarks(rig: Rig) -> None:
    """That nothing changed is known, too."""
    rig.sync()
    rig.clock.now += 3600

    outcome = rig.sync()

    assert outcome.already
    assert set(rig.records.known(rig.address).watermarks.values()) == {rig.clock.now * 1000}


def test_missed_run_looks_back_further(rig: Rig) -> None:
    """What happened in a pause of five days is found, although the window is a day long."""
    rig.sync()
    repository, number = _open_pull_request(rig)
    key = f"{repository.uuid}/pull-requests/{number}"
    merger = rig.bitbucket.world.workspaces[0].members[0].account
    rig.clock.now += DAY
    rig.change("merge", repository=repository.slug, pull_request=number, member=merger.uuid)
    rig.clock.now += 4 * DAY

    made = rig.plan()

    merged = [change for change in made.plan.entities if change.element.key == key]
    assert [(change.action, change.element.properties["state"]) for change in merged] == [(Action.UPDATE, "MERGED")]
    assert made.plan.windows == {"pull_request": (rig.clock.now - 5 * DAY - 300) * 1000}


def test_run_without_a_pause_looks_back_a_day(rig: Rig) -> None:
    """A watermark of an hour ago does not make the window shorter than the settings have it."""
    rig.sync()
    rig.clock.now += 3600

    made = rig.plan()

    assert made.plan.windows == {"pull_request": (rig.clock.now - DAY) * 1000}


def test_repository_that_could_not_be_read_keeps_its_watermark(rig: Rig) -> None:
    """A refused listing is looked for again from where it was last known."""
    rig.sync()
    known = rig.clock.now
    denied = rig.repositories[0]
    rig.change("deny_repository", repository=denied.slug)
    rig.clock.now += DAY

    rig.sync()

    watermarks = rig.records.known(rig.address).watermarks
    assert watermarks.pop(denied.uuid) == known * 1000
    assert set(watermarks.values()) == {rig.clock.now * 1000}


def test_watermarks_of_one_target_are_not_those_of_the_other(rig: Rig) -> None:
    """What is in the local graph is not in JupiterOne."""
    rig.sync()

    assert rig.records.known(rig.with_target("jupiterone").address).watermarks == {}


# The audit trail


def test_audit_trail_says_who_applied_what_when(rig: Rig) -> None:
    """One line a plan: its id, the hour, who and in which job, and what the target counted."""
    made = rig.plan()
    rig.apply(made)
    rig.apply(made)

    first, second = rig.records.applies(rig.address)
    assert (first.plan_id, first.applied_at, first.applied_by, first.ci_url) == (
        made.id,
        rig.clock.now * 1000,
        "ada",
        "https://ci.example.test/jobs/7",
    )
    assert (first.outcome, first.counted) == ("applied", "40 entities created, 81 relationships created")
    assert (second.outcome, second.counted) == ("nothing left to do", "nothing")


# Records that cannot be used


@pytest.mark.parametrize("doing", ["plan", "apply"])
def test_records_of_a_newer_bbsync_stop_the_run_before_anything_is_written(rig: Rig, doing: str) -> None:
    """What could not be noted afterwards is not begun."""
    made = rig.plan()
    rig.records.record(Applied("another graph", "00000000", 0, "ada", "", "applied", None, "nothing"), Known())
    rewrite(rig, "UPDATE bbsync_format SET version = 99")

    with pytest.raises(StateError, match="newer bbsync"):
        rig.plan() if doing == "plan" else rig.apply(made)

    assert not (rig.place / "graph.db").exists()


def test_plan_that_is_in_the_graph_but_could_not_be_noted_says_so(tmp_path: Path) -> None:
    """The graph is written and the records are not: both are said, and the same command again notes it."""
    records = tmp_path / "state.db"

    def spoilt(app: App) -> App:
        def answer(request: httpx.Request) -> httpx.Response:
            if request.method == "GET" and "/jobs/" in request.url.path:
                records.write_bytes(b"no records any more, but the minutes of last week's meeting")
            return app(request)

        return answer

    with rig_at(tmp_path, target="jupiterone", wrap=spoilt) as rig:
        made = rig.plan()
        with pytest.raises(Unfinished, match="in the graph, but that could not be noted") as caught:
            rig.apply(made)
        for left in tmp_path.glob("state.db*"):
            left.unlink()
        again = rig.apply(made)
        watermarks = rig.records.known(rig.address).watermarks

    assert (caught.value.code, caught.value.exit_code) == ("BB-APPLY-NOTE", ExitCode.UNFINISHED)
    assert again.already
    assert len(watermarks) == SMALL.repositories


def test_apply_that_could_not_be_noted_is_not_begun(rig: Rig) -> None:
    """Where the records cannot be used at all, nobody knows who else applies, and nothing is written."""
    made = rig.plan()
    in_the_way = rig.place / "records"
    in_the_way.write_text("a file where a directory should be", encoding="utf-8")
    settings = evolve(rig.settings(), state=StateSettings(f"sqlite:///{in_the_way / 'state.db'}"))

    with pytest.raises(StateError, match="cannot be used"):
        rig.apply_as(settings, made.plan, made.id)

    assert rig.graph == EMPTY


def test_records_that_cannot_be_written_are_no_half_done_plan(rig: Rig) -> None:
    """When there was nothing left to write, records that cannot be used are just that."""
    made = rig.plan()
    rig.apply(made)
    in_the_way = rig.place / "records"
    in_the_way.write_text("a file where a directory should be", encoding="utf-8")
    settings = evolve(rig.settings(), state=StateSettings(f"sqlite:///{in_the_way / 'state.db'}"))

    with pytest.raises(StateError, match="cannot be used"):
        rig.apply_as(settings, made.plan, made.id)


# JupiterOne in trouble


@pytest.mark.parametrize("wrong", [{"numEntitiesCreated": 39}, {"numRelationshipsDeleted": 2}])
def test_counters_that_do_not_agree_with_the_plan_are_told_with_both_numbers(
    tmp_path: Path, wrong: dict[str, int]
) -> None:
    """JupiterOne counted something else: unfinished, both numbers are said, and no watermark moves."""
    with rig_at(tmp_path, target="jupiterone", wrap=lying(wrong)) as rig:
        with pytest.raises(Unfinished, match="did not count what the plan said") as caught:
            rig.sync()
        watermarks = rig.records.known(rig.address).watermarks

    told = Counters(
        entities_created=wrong.get("numEntitiesCreated", 40),
        relationships_created=81,
        relationships_deleted=wrong.get("numRelationshipsDeleted", 0),
    )
    assert (caught.value.code, caught.value.exit_code) == ("BB-APPLY-COUNT", ExitCode.UNFINISHED)
    assert (
        caught.value.why == f"Planned: 40 entities created, 81 relationships created. Counted: {auditing.words(told)}."
    )
    assert watermarks == {}


@pytest.mark.parametrize(
    "trouble",
    [
        pytest.param(Fault(r"/entities", status=400, times=1), id="entities refused"),
        pytest.param(Fault(r"/relationships", status=400, times=1), id="relationships refused"),
        pytest.param(Fault(r"/relationships", status=503, times=20), id="no answer for long"),
        pytest.param(Fault(r"/finalize", status=400, times=1), id="finalize refused"),
        pytest.param(Fault(r"POST .*/jobs(\?|$)", status=400, times=1), id="no job"),
    ],
)
def test_failure_before_finalize_writes_nothing_and_the_next_apply_succeeds(account: Rig, trouble: Fault) -> None:
    """JupiterOne fails on the way: no element and no watermark is written; the same plan goes through afterwards."""
    made = account.plan()
    account.jupiterone.faults.append(trouble)

    with pytest.raises(TargetError):
        account.apply(made)
    stored = account.jupiterone.entities("bbsync"), account.records.known(account.address).watermarks
    account.jupiterone.faults.clear()
    outcome = account.apply(made)

    assert stored == ([], {})
    assert outcome.counted == EVERYTHING


def test_lost_answer_to_finalize_is_asked_after(account: Rig) -> None:
    """The job was carried out although its answer was lost: it is asked after, and not repeated."""
    made = account.plan()
    account.jupiterone.faults.append(Fault(r"/finalize", kind="reset", times=1, processed=True))

    outcome = account.apply(made)

    assert outcome.counted == EVERYTHING
    assert len(account.jupiterone.jobs) == 1


def test_plan_is_stale_when_jupiterone_moved(account: Rig) -> None:
    """An element that somebody changed in JupiterOne is named, and nothing is uploaded."""
    account.sync()
    account.change("rename_repository", repository=account.repositories[0].slug, to="renamed")
    made = account.plan()
    moved = account.graph.entities[entity_of(made.plan, Action.MOVE).key]
    account.tamper(put(with_property(moved, description="by hand")))
    uploaded = account.jupiterone.bytes_uploaded

    with pytest.raises(StalePlan, match=r"acme/renamed \(changed: description\)"):
        account.apply(made)

    assert account.jupiterone.bytes_uploaded == uploaded


def test_key_that_somebody_else_holds_in_our_scope_is_left_alone(account: Rig) -> None:
    """Another integration wrote a repository under our scope: it stays as it is, and is not doubled."""
    home = account.repositories[0]
    theirs = {"_key": home.uuid, "_type": "bitbucket_repo", "_class": ["CodeRepo"], "displayName": "theirs"}
    account.jupiterone.put([theirs], scope="bbsync", source="system-mapper")

    account.sync()

    held = [one for one in account.jupiterone.entities("bbsync") if one["_key"] == home.uuid]
    assert [(one["_source"], one["displayName"]) for one in held] == [("system-mapper", "theirs")]
    assert account.plan().plan.is_empty


def test_nothing_is_uploaded_when_nothing_changed(account: Rig) -> None:
    """An empty plan costs JupiterOne no job."""
    account.sync()
    uploaded, jobs = account.jupiterone.bytes_uploaded, len(account.jupiterone.jobs)

    outcome = account.sync()

    assert outcome.already
    assert (account.jupiterone.bytes_uploaded, len(account.jupiterone.jobs)) == (uploaded, jobs)


# What is missing


def test_jupiterone_without_a_key_is_refused_before_bitbucket_is_asked(account: Rig) -> None:
    """A missing key is found before a call is spent."""
    settings = account.settings(JUPITERONE_API_KEY="")

    with pytest.raises(SettingsError, match="JUPITERONE_API_KEY"):
        steps.plan(settings, account.around)

    assert account.bitbucket.calls == []


def test_run_without_a_workspace_is_refused(rig: Rig) -> None:
    """Nobody said what to mirror."""
    settings = rig.settings(BITBUCKET_WORKSPACE="")

    with pytest.raises(SettingsError, match="no workspace"):
        steps.plan(settings, rig.around)


def test_progress_is_reported_to_the_end(rig: Rig) -> None:
    """What is read is told, each stage up to its end."""
    told: list[tuple[str, int, int]] = []
    around = evolve(rig.around, report=lambda what, done, total: told.append((what, done, total)))

    steps.plan(rig.settings(), around)

    assert {what for what, _done, _total in told} == {"listings and their items"}
    assert any(done == total for _what, done, total in told)
    assert all(done <= total for _what, done, total in told)


def test_a_plan_of_another_mapping_is_refused() -> None:
    """A plan made when the kinds declared something else is not applied by this version."""
    fewer = Kinds.of(kind for kind in KINDS if kind.name != "pull_request")

    with pytest.raises(PlanFileError) as refused:
        validity.require_mapping(mapping_of(fewer))

    assert refused.value.code == "BB-PLAN-MAPPING"


def test_a_plan_of_this_mapping_is_accepted() -> None:
    """A plan file says what its kinds declared, and this version's own is accepted."""
    validity.require_mapping(read(dumps(Plan(Origin()))).mapping)
