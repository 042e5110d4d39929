"""Promises of reading only what moved, or what is due: it costs little, and shows what a full reading shows."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from run_rig import DAY, Clock, Rig, drop, put, rig_at, with_property

from bbsync import applying, steps
from bbsync.errors import SettingsError, StateError
from bbsync.graph import Entity
from bbsync.plan import Action
from bbsync.sandbox.bitbucket import Sizes
from bbsync.sandbox.bitbucket.world import Account, NotThere, PullRequest, Repository

HOUR = 3600.0

#: Permissions and branch restrictions need not be read more often than once a day.
DAILY = '[refresh]\npermissions = "24h"\nbranch_restrictions = "24h"\n'

WORLD = Sizes(repositories=5, members=6, projects=2, groups=2, pull_requests=9, old_pull_requests=4)

USERS = "GET /2.0/repositories/{workspace}/{repository}/permissions-config/users"


@pytest.fixture(name="rig")
def _rig(tmp_path: Path) -> Iterator[Rig]:
    with rig_at(tmp_path, WORLD) as rig:
        rig.bitbucket.calls_per_hour = 10**9
        yield rig


def calls_of(rig: Rig, toml: str = "") -> Counter[str]:
    """Plan, and say which endpoints of the API were asked how often; the names of what is asked are left out."""
    rig.bitbucket.reset_calls()
    rig.plan(toml)
    return without_tokens(rig)


def without_tokens(rig: Rig) -> Counter[str]:
    """The calls that count since they were last forgotten."""
    return Counter({name: count for name, count in rig.bitbucket.calls_by_endpoint().items() if name.startswith("GET")})


def asked_for(rig: Rig, part: str) -> list[str]:
    """The addresses with that in them that were asked for."""
    return [target for method, target, _, _ in rig.bitbucket.calls if method == "GET" and part in target]


def recent(rig: Rig) -> list[tuple[Repository, PullRequest]]:
    """The pull requests of the last day, with their repositories."""
    opened = rig.clock.now - DAY
    homes = sorted(rig.repositories, key=lambda home: home.slug)
    listed = [(home, one) for home in homes for one in home.pull_requests.values()]
    return [(home, one) for home, one in listed if one.updated_on.timestamp() >= opened]


def member(rig: Rig, place: int = 0) -> str:
    """The uuid of a member."""
    return rig.bitbucket.world.workspaces[0].members[place].account.uuid


# What a second run costs


@pytest.mark.parametrize("sizes", [WORLD, Sizes(repositories=101, members=130, projects=101, pull_requests=30)])
def test_a_second_run_of_the_same_asks_only_whether_anything_changed(tmp_path: Path, sizes: Sizes) -> None:
    """One call a page of what the workspace has, and one a repository; no commits, activity, permissions."""
    with rig_at(tmp_path, sizes) as rig:
        rig.bitbucket.calls_per_hour = 10**9
        rig.sync(DAILY)

        counted = calls_of(rig, DAILY)

    pages = [-(-count // 100) for count in (sizes.members, sizes.projects, sizes.repositories)]
    assert counted.total() == 2 + sum(pages) + sizes.repositories
    assert not [name for name in counted if "commits" in name or "activity" in name or "permissions-config" in name]


def test_without_a_cadence_permissions_are_read_in_every_run(rig: Rig) -> None:
    """The default takes no risk."""
    rig.sync()

    assert calls_of(rig)[USERS] == WORLD.repositories


def test_only_the_details_of_what_moved_are_read(rig: Rig) -> None:
    """A comment on one pull request costs its commits, and its activity if somebody approves it."""
    rig.sync(DAILY)
    home, moved = next(
        (home, one) for home, one in recent(rig) if any(part.state == "approved" for part in one.participants)
    )
    rig.clock.now += HOUR / 2
    rig.change("comment", repository=home.slug, pull_request=moved.id, member=member(rig))

    rig.bitbucket.reset_calls()
    rig.plan(DAILY)

    details = [*asked_for(rig, "/commits"), *asked_for(rig, "/activity")]
    assert len(details) == 2
    assert all(f"/pullrequests/{moved.id}/" in address for address in details)


def test_marks_that_do_not_fit_are_worth_nothing(rig: Rig) -> None:
    """What another version, or another graph, left behind costs calls and hides nothing."""
    rig.sync(DAILY)
    known = rig.records.known(rig.address)
    rig.records.record(rig.records.applies(rig.address)[-1], evolve(known, marks=dict.fromkeys(known.marks, "0" * 32)))

    assert calls_of(rig, DAILY)["GET /2.0/repositories/{workspace}/{repository}/pullrequests/{id}/commits"] == len(
        recent(rig)
    )


# What is read little shows as much


def touch(rig: Rig, chance: random.Random) -> None:
    """Change something, anything."""
    home, one = chance.choice(recent(rig))
    who = member(rig, chance.randrange(len(rig.bitbucket.world.workspaces[0].members)))
    at: dict[str, Any] = {"repository": home.slug, "pull_request": one.id}
    changes: list[Callable[[], None]] = [
        lambda: rig.change("comment", **at, member=who),
        lambda: rig.change("push", **at),
        lambda: rig.change("force_push", **at),
        lambda: rig.change("approve", **at, member=who),
        lambda: rig.change("withdraw_approval", **at, member=who),
        lambda: rig.change("request_changes", **at, member=who),
        lambda: rig.change("add_reviewer", **at, member=who),
        lambda: rig.change("merge", **at, member=who),
        lambda: rig.change("decline", **at, member=who),
        lambda: rig.change("open_pull_request", repository=home.slug, author=who, title="Another"),
        lambda: rig.change("rename_repository", repository=home.slug, to=f"renamed-{chance.randrange(10**6)}"),
        lambda: rig.change("describe_repository", repository=home.slug, description="Other"),
        lambda: rig.change("add_member", nickname=f"new-{chance.randrange(10**6)}"),
        lambda: rig.change("rename_member", member=who, to="Another Name"),
    ]
    try:
        chance.choice(changes)()
    except NotThere:  # who does not approve cannot withdraw it: then nothing changes
        return


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32), rounds=st.integers(1, 4))
def test_reading_little_ends_where_reading_all_ends(
    tmp_path_factory: pytest.TempPathFactory, seed: int, rounds: int
) -> None:
    """Whatever changes between runs: who remembers nothing and reads all again finds nothing to mend."""
    chance = random.Random(seed)  # noqa: S311 - a world is made up, no secret
    with rig_at(tmp_path_factory.mktemp("incremental"), WORLD) as rig:
        rig.bitbucket.calls_per_hour = 10**9
        rig.sync()
        for _ in range(rounds):
            rig.clock.now += chance.choice([60.0, HOUR])
            for _ in range(chance.randrange(4)):
                touch(rig, chance)
            rig.sync()

        (rig.place / "state.db").unlink()
        whole = rig.plan()

    assert [change.label for change in whole.plan.entities] == []
    assert [change.label for change in whole.plan.relationships] == []


def test_new_member_changes_what_is_known_of_authors(rig: Rig) -> None:
    """Whose commits count depends on who is a member: no pull request moved, and yet it is judged anew."""
    rig.sync()
    gone = next(one.author.uuid for _home, one in recent(rig) if one.author is not None)
    rig.clock.now += 60
    rig.change("remove_member", member=gone)

    made = rig.plan()

    judged = [one for one in made.plan.entities if one.action is Action.UPDATE and "pull-requests" in one.element.key]
    assert judged
    assert all(not one.element.properties["validated"] for one in judged)


# What somebody else changed in the graph


def test_a_judgement_that_was_tampered_with_is_put_right(rig: Rig) -> None:
    """That a pull request did not move does not mean that the graph still says what was found."""
    rig.sync()
    key = next(f"{home.uuid}/pull-requests/{one.id}" for home, one in recent(rig))
    true = rig.graph.entities[key]
    rig.tamper(put(with_property(true, approved=not true.properties["approved"])))

    rig.sync()

    assert rig.graph.entities[key] == true


@pytest.mark.parametrize("how", ["changed", "deleted", "added"])
def test_a_permission_that_was_tampered_with_is_put_right_within_its_cadence(rig: Rig, how: str) -> None:
    """A listing need not be read for a day, as long as the graph holds what was read."""
    rig.sync(DAILY)
    true = permissions(rig)
    one = next(iter(true.values()))
    rig.tamper(
        {
            "changed": put(with_property(one, permission="admin", admin=True, name="forged")),
            "deleted": drop(one.key),
            "added": put(evolve(one, key=f"{one.key}x")),
        }[how]
    )

    rig.apply(rig.plan(DAILY), toml=DAILY)

    assert permissions(rig) == true


def permissions(rig: Rig) -> dict[str, Entity]:
    """Those in the graph."""
    return {key: one for key, one in rig.graph.entities.items() if one.type == "bitbucket_permission"}


# The cadence


def revoke(rig: Rig) -> str:
    """Take a user's permission away; the key that it has in the graph."""
    granted = [(home, one.holder) for home in rig.repositories for one in home.grants]
    home, user = next((home, holder) for home, holder in granted if isinstance(holder, Account))
    rig.change("revoke_permission", repository=home.slug, user=user.uuid)
    return f"{home.uuid}/permissions/{user.uuid}"


def test_within_its_cadence_a_listing_is_covered_and_deletes_nothing(rig: Rig) -> None:
    """It is told how many were not read, and how old the oldest is; the run is complete."""
    rig.sync(DAILY)
    revoke(rig)
    rig.clock.now += HOUR / 2

    made = rig.plan(DAILY)

    assert made.plan.is_empty
    assert made.plan.is_complete
    assert made.plan.earlier == {
        "permission": (WORLD.repositories, (rig.clock.now - HOUR / 2) * 1000),
        "branch_restriction": (WORLD.repositories, (rig.clock.now - HOUR / 2) * 1000),
    }
    assert {kept.why for kept in made.plan.kept} == {"earlier"}


def test_within_a_day_everything_is_read_again(rig: Rig) -> None:
    """Runs every hour read a part each; what was revoked is gone before a day has passed, and no run reads all."""
    rig.sync(DAILY)
    key = revoke(rig)
    parts = []
    for _ in range(24):
        rig.clock.now += HOUR
        parts.append(calls_of(rig, DAILY)[USERS])
        rig.sync(DAILY)

    assert key not in rig.graph.entities
    assert sum(parts) == WORLD.repositories
    assert max(parts) == 1


def test_changed_repositories_come_first(rig: Rig) -> None:
    """What changed is read at once, however young its listings are."""
    rig.sync(DAILY)
    changed = rig.repositories[2]
    rig.clock.now += 60
    rig.change("describe_repository", repository=changed.slug, description="Something else")

    calls_of(rig, DAILY)

    assert len(asked_for(rig, "permissions-config/users")) == 1
    assert changed.uuid.strip("{}") in asked_for(rig, "permissions-config/users")[0]


def test_a_new_repository_is_read_at_once(rig: Rig) -> None:
    """Nobody knows its permissions yet."""
    rig.sync(DAILY)
    project = rig.repositories[0].project.key
    rig.clock.now += 60
    rig.change("add_repository", project=project, name="Brand new")

    assert calls_of(rig, DAILY)[USERS] == 1


@pytest.mark.parametrize("how", ["failed", "not tried"])
def test_what_was_not_applied_is_read_again(rig: Rig, how: str) -> None:
    """A reading counts once its plan is in the graph; a run that fails leaves nothing behind that hides a change."""
    rig.sync(DAILY)
    rig.clock.now += DAY
    key = revoke(rig)
    lost = rig.plan(DAILY)
    if how == "failed":
        (rig.place / "graph.db").rename(rig.place / "aside.db")
        (rig.place / "graph.db").mkdir()
        with pytest.raises(Exception, match="cannot be used"):
            rig.apply(lost, toml=DAILY)
        (rig.place / "graph.db").rmdir()
        (rig.place / "aside.db").rename(rig.place / "graph.db")

    rig.sync(DAILY)

    assert key not in rig.graph.entities


def test_a_missed_day_loses_nothing(rig: Rig) -> None:
    """After two days everything is due, and the window reaches back to the last run."""
    rig.sync(DAILY)
    key = revoke(rig)
    home, one = next((home, one) for home, one in recent(rig) if one.state == "OPEN")
    rig.clock.now += HOUR
    rig.change("merge", repository=home.slug, pull_request=one.id, member=member(rig))
    rig.clock.now += 2 * DAY

    counted = calls_of(rig, DAILY)
    rig.sync(DAILY)

    assert counted[USERS] == WORLD.repositories
    assert key not in rig.graph.entities
    assert rig.graph.entities[f"{home.uuid}/pull-requests/{one.id}"].properties["state"] == "MERGED"


def test_what_is_new_after_a_pause_is_read_from_its_beginning(rig: Rig) -> None:
    """A repository that was made in the pause shows the pull requests of the pause, not of its last day alone."""
    rig.sync(DAILY)
    rig.clock.now += DAY
    rig.change("add_repository", project=rig.repositories[0].project.key, name="Brand new")
    made = rig.repositories[-1]
    rig.change("open_pull_request", repository=made.slug, author=member(rig), title="The first")
    rig.clock.now += 3 * DAY

    rig.sync(DAILY)

    assert f"{made.uuid}/pull-requests/1" in rig.graph.entities


@pytest.mark.parametrize("jump", [-400 * DAY, -HOUR, HOUR, 400 * DAY])
def test_a_clock_that_jumps_loses_nothing(rig: Rig, jump: float) -> None:
    """Windows and ages go by Bitbucket's time, whatever ours says."""
    rig.sync(DAILY)
    key = revoke(rig)
    home, one = next((home, one) for home, one in recent(rig) if one.state == "OPEN")
    rig.clock.now += DAY
    rig.change("merge", repository=home.slug, pull_request=one.id, member=member(rig))
    ours = Clock(rig.clock.now + jump)
    around = evolve(rig.around, clock=ours)

    made = steps.plan(rig.settings(DAILY), around)
    applying.apply(made.plan, rig.settings(DAILY), around, identity=made.id)

    assert key not in rig.graph.entities
    assert rig.graph.entities[f"{home.uuid}/pull-requests/{one.id}"].properties["state"] == "MERGED"


def test_a_clock_that_jumps_does_not_read_everything_again(rig: Rig) -> None:
    """An hour by Bitbucket's time is an hour, even if ours says that a year has passed."""
    rig.sync(DAILY)
    rig.clock.now += HOUR / 2
    rig.bitbucket.reset_calls()

    made = steps.plan(rig.settings(DAILY), evolve(rig.around, clock=Clock(rig.clock.now + 365 * DAY)))

    assert without_tokens(rig)[USERS] == 0
    assert made.plan.is_empty


@pytest.mark.parametrize("how", ["renamed", "moved"])
def test_a_repository_that_is_renamed_or_moved_loses_nothing(rig: Rig, how: str) -> None:
    """Old pull requests, permissions and what was known stay with it, and its listings are read at once."""
    rig.sync(DAILY)
    home = max(rig.repositories, key=lambda one: len(one.pull_requests))
    before = {key for key in rig.graph.entities if key.startswith(home.uuid)}
    rig.clock.now += 60
    other = next(one.project.key for one in rig.repositories if one.project.key != home.project.key)
    if how == "renamed":
        rig.change("rename_repository", repository=home.slug, to="Quite another name")
    else:
        rig.change("move_repository", repository=home.slug, project=other)

    made = rig.plan(DAILY)
    rig.apply(made, toml=DAILY)

    assert made.plan.entity_totals.destroy == 0
    assert {key for key in rig.graph.entities if key.startswith(home.uuid)} == before
    assert any(home.uuid.strip("{}") in address for address in asked_for(rig, "permissions-config/users"))
    assert rig.plan(DAILY).plan.is_empty


def test_a_sentinel_that_is_missing_leaves_no_reading_behind(rig: Rig) -> None:
    """What a run saw that should not be believed is not taken for known by the next one."""
    rig.apply(rig.plan(DAILY + '[guards]\nsentinels = ["repo:acme/not-there"]\n'), toml=DAILY)

    assert calls_of(rig, DAILY)[USERS] == WORLD.repositories


# Few calls at a time


@pytest.mark.parametrize("toml", ["", DAILY])
def test_runs_with_a_small_budget_get_everywhere_in_time(tmp_path: Path, toml: str) -> None:
    """Who was read longest ago comes first: a run that can read three repositories gets round to all of them."""
    sizes = evolve(WORLD, repositories=9)
    with rig_at(tmp_path, sizes) as rig:
        rig.bitbucket.calls_per_hour = 10**9
        budget = f"[limits]\nconcurrency = 1\ncalls_budget = 30\n{toml}"
        for _ in range(6):
            rig.clock.now += 60
            rig.sync(budget)

        (rig.place / "state.db").unlink()
        whole = rig.plan()

    assert whole.plan.is_complete
    assert whole.plan.is_empty


def test_a_cadence_that_cannot_be_kept_is_refused_before_anything_is_read(rig: Rig) -> None:
    """As soon as the graph tells how many repositories there are."""
    rig.sync()
    rig.bitbucket.reset_calls()

    with pytest.raises(
        SettingsError, match=r'cannot be kept .* Set it to "2h" or more, or use 4 times as many consumers'
    ):
        rig.plan('[limits]\ncalls_per_hour = 5\n[refresh]\npermissions = "30m"\n')

    assert asked_for(rig, "/") == []


def test_the_cadence_of_what_is_switched_off_asks_for_nothing(rig: Rig) -> None:
    """Nobody is refused for what is not read."""
    rig.sync()
    off = "[kinds]\npermissions = false\n"

    assert rig.plan(f'[limits]\ncalls_per_hour = 500\n[refresh]\npermissions = "1s"\n{off}').plan.is_empty


def test_records_of_readings_that_cannot_be_read_stop_the_run(rig: Rig) -> None:
    """Nobody goes on with half of what is known."""
    rig.sync(DAILY)
    (rig.place / "state.db").write_bytes(b"not a database" * 100)

    with pytest.raises(StateError):
        rig.plan(DAILY)
