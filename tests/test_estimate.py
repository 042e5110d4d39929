"""The estimate against what a run is seen to ask, and against the formulas where there is nothing to see yet."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from run_rig import START, Rig, rig_at

from bbsync.estimate import TOKENS, Calls, Estimate, Habits, Sizes, changed, estimate, even_sizes, sizes_of
from bbsync.kinds import KINDS, EntityType, Kind, Kinds, Request, known
from bbsync.sandbox.bitbucket import Sizes as WorldSizes
from bbsync.sandbox.bitbucket.world import World

DAY = 86_400

#: What the settings say, in both languages.
ADMIN_OFF = "permissions = false\nbranch_restrictions = false"
WITHOUT_ADMIN = frozenset({"permission", "branch_restriction"})

LITTLE = WorldSizes(repositories=20, members=12, projects=4, pull_requests=30, old_pull_requests=10)
MUCH = WorldSizes(repositories=300, members=120, projects=101, pull_requests=316)
DEEP = WorldSizes(
    repositories=2, members=130, projects=3, pull_requests=150, old_pull_requests=9, restrictions=101, permissions=160
)


def policy(*, kinds: str = "", enriched: bool = False) -> str:
    """Settings for a run that is never short of calls."""
    switch = str(enriched).lower()
    return f"[limits]\ncalls_per_hour = 100000\n[pull_requests]\nenriched = {switch}\n[kinds]\n{kinds}\n"


def approved_in(world: World) -> int:
    """How many pull requests of the last day somebody approves."""
    homes = [home for place in world.workspaces for home in place.repositories.values()]
    recent = [one for home in homes for one in home.pull_requests.values() if one.updated_on >= START - timedelta(1)]
    return sum(any(part.state == "approved" for part in one.participants) for one in recent)


def given_sizes(sizes: WorldSizes, world: World) -> Sizes:
    """The sizes of a world, as people give them: by their totals."""
    homes = len(sizes.workspaces) * sizes.repositories
    totals = {
        "user": sizes.members,
        "project": sizes.projects,
        "repository": homes,
        "permission": sizes.permissions * homes,
        "branch_restriction": sizes.restrictions * homes,
        "pull_request": sizes.pull_requests,
    }
    return even_sizes(totals, approved=approved_in(world))


def measured(rig: Rig, toml: str) -> dict[str, int]:
    """The calls that planning makes, by endpoint."""
    rig.bitbucket.calls_per_hour = 10**9
    rig.bitbucket.reset_calls()
    rig.plan(toml)
    return rig.bitbucket.calls_by_endpoint()


def first_calls(made: Estimate) -> dict[str, int]:
    """The estimate of a first run, as the stand-in counts."""
    return {row.endpoint: row.calls.first for row in made.rows if row.calls.first}


@pytest.mark.parametrize(
    ("world", "admin", "enriched"),
    [
        (LITTLE, True, False),
        (LITTLE, False, True),
        (MUCH, True, True),
        (MUCH, False, False),
    ],
    ids=["20", "20 without permissions", "300", "300 without permissions"],
)
def test_a_first_run_makes_the_calls_that_were_estimated(
    tmp_path: Path, world: WorldSizes, admin: bool, enriched: bool
) -> None:
    """Where the sizes are known, every endpoint is asked exactly as often as estimated; reviewers cost nothing."""
    habits = Habits(off=frozenset() if admin else WITHOUT_ADMIN, enriched=enriched)

    with rig_at(tmp_path, world) as rig:
        counted = measured(rig, policy(kinds="" if admin else ADMIN_OFF, enriched=enriched))
        made = estimate(given_sizes(world, rig.bitbucket.world), habits)

    assert first_calls(made) == counted
    assert made.total().first == sum(counted.values())


@pytest.mark.parametrize("world", [LITTLE, DEEP, evolve(LITTLE, workspaces=("acme", "umbrella"))])
def test_the_graph_tells_what_a_first_run_would_take(tmp_path: Path, world: WorldSizes) -> None:
    """Long listings, old pull requests and several workspaces are all in the graph, each where it lies."""
    with rig_at(tmp_path, world) as rig:
        counted = measured(rig, policy())
        rig.sync(policy())
        made = estimate(sizes_of(rig.graph, since=(int(START.timestamp()) - DAY) * 1000), Habits())

    assert first_calls(made) == counted


def test_odd_things_move_the_estimate_by_less_than_2_percent(tmp_path: Path) -> None:
    """What the graph does not show (very long pull requests, closed accounts) is little."""
    odd = evolve(MUCH, repositories=50, pull_requests=100, awkward=True, workspaces=("acme", "umbrella"))

    with rig_at(tmp_path, odd) as rig:
        counted = sum(measured(rig, policy()).values())
        rig.sync(policy())
        made = estimate(sizes_of(rig.graph, since=(int(START.timestamp()) - DAY) * 1000), Habits())

    assert made.total().first == pytest.approx(counted, rel=0.02)


def test_usual_runs_make_the_calls_that_were_estimated(tmp_path: Path) -> None:
    """Over a day of four runs, with some pull requests that change before each, within 2 %."""
    daily = f'{policy()}[refresh]\npermissions = "24h"\nbranch_restrictions = "24h"\n'
    habits = Habits(refresh=RARELY, runs_per_day=4, changed=10)

    with rig_at(tmp_path, MUCH) as rig:
        measured(rig, daily)
        rig.sync(daily)
        counted = []
        for _ in range(4):
            rig.clock.now += DAY / 4
            comment_on(rig, 10)
            counted.append(sum(measured(rig, daily).values()))
            rig.sync(daily)
        made = estimate(given_sizes(MUCH, rig.bitbucket.world), habits)

    assert sum(counted) / 4 == pytest.approx(made.total().usual, rel=0.02)


def comment_on(rig: Rig, count: int) -> None:
    """Comment on so many pull requests that were commented on least lately."""
    listed = [(home, one) for home in rig.repositories for one in home.pull_requests.values()]
    listed.sort(key=lambda pair: (pair[1].updated_on, pair[0].slug, pair[1].id))
    who = rig.bitbucket.world.workspaces[0].members[0].account.uuid
    for home, one in listed[:count]:
        rig.change("comment", repository=home.slug, pull_request=one.id, member=who)


@pytest.mark.parametrize("off", ["pull_request", "repository", "user", "group"])
def test_what_is_switched_off_costs_nothing(off: str) -> None:
    """Nor does what lies below it."""
    made = estimate(SIZES, Habits(off=frozenset({off})))

    kinds = {row.kind for row in made.rows}
    assert off not in kinds
    assert not {kind.name for kind in KINDS if kind.parent == off} & kinds


#: 300 repositories with 316 pull requests of the day.
SIZES = even_sizes(
    {
        "user": 120,
        "project": 4,
        "repository": 300,
        "permission": 900,
        "branch_restriction": 600,
        "pull_request": 316,
    },
    approved=158,
)

#: Calls that every run makes: a token, the workspace, groups, members, projects, repositories.
ALWAYS = 1 + 1 + 1 + 2 + 1 + 3

RARELY = {"permission": DAY, "branch_restriction": DAY}


@pytest.mark.parametrize(
    ("habits", "usual"),
    [
        pytest.param(Habits(), ALWAYS + 3 * 300 + 300 + 14 + 7, id="every hour"),
        pytest.param(Habits(runs_per_day=1), ALWAYS + 3 * 300 + 300 + 316 + 158, id="every day"),
        pytest.param(Habits(refresh=RARELY), ALWAYS + 3 * 13 + 300 + 14 + 7, id="permissions every day"),
        pytest.param(Habits(refresh=RARELY, changed=0), ALWAYS + 3 * 13 + 300, id="nothing changed"),
        pytest.param(Habits(refresh=RARELY, changed=100, runs_per_day=1), ALWAYS + 1200 + 150, id="some changed"),
        pytest.param(Habits(window=7 * DAY, changed=None), ALWAYS + 1200 + 2 + 1, id="a window of a week"),
        pytest.param(Habits(window=0), ALWAYS + 1200 + 316 + 158, id="no window"),
        pytest.param(Habits(off=WITHOUT_ADMIN), ALWAYS + 300 + 14 + 7, id="without permissions"),
        pytest.param(Habits(off=frozenset({"pull_request"})), ALWAYS + 900, id="without pull requests"),
    ],
)
def test_a_usual_run(habits: Habits, usual: int) -> None:
    """One listing of pull requests a repository; details of what changed; of permissions the part that is due."""
    made = estimate(SIZES, habits)

    assert made.total().usual == usual


def test_a_usual_run_is_within_the_bound_of_a_second_run() -> None:
    """Nothing changed and nothing due: 2, the pages of members, projects and repositories, and one a repository."""
    made = estimate(SIZES, Habits(changed=0, off=WITHOUT_ADMIN))

    assert made.limited.usual == 2 + 2 + 1 + 3 + 300


@pytest.mark.parametrize(
    ("habits", "calls", "seconds"),
    [
        (Habits(), 0, 0.2 + 0.2),
        (Habits(), 1, 0.2 + 0.2),
        (Habits(), 16, 0.2 + 0.2),
        (Habits(), 17, 0.2 + 0.4),
        (Habits(), 1000, 0.2 * (1 + 63)),
        (Habits(), 1001, 3600 + 0.2 + 0.2),
        (Habits(), 3000, 7200 + 0.2 * (1 + 63)),
        (Habits(consumers=3), 3000, 0.2 * (3 + 188)),
        (Habits(concurrency=1, latency=0.05), 100, 0.05 * 101),
    ],
)
def test_time(habits: Habits, calls: int, seconds: float) -> None:
    """Answers that come side by side, and an hour for every time that all consumers are spent."""
    assert habits.seconds(calls) == pytest.approx(seconds)


@pytest.mark.parametrize(
    ("habits", "needed"),
    [
        (Habits(), Calls(2, 2)),
        (Habits(refresh=RARELY), Calls(2, 1)),
        (Habits(runs_per_day=96), Calls(2, 5)),
        (Habits(calls_per_hour=400, off=WITHOUT_ADMIN), Calls(2, 1)),
    ],
)
def test_consumers_needed(habits: Habits, needed: Calls) -> None:
    """As many as have the calls of a first run, and of the usual runs of an hour."""
    assert estimate(SIZES, habits).consumers_needed == needed


@pytest.mark.parametrize(
    ("habits", "published", "seen"),
    [
        (Habits(), 30 + 32 + 632, 30 + 1200 + 3 + 1 + 3 + 632 + 10),
        (Habits(enriched=True), 30 + 32 + 948, 30 + 1200 + 3 + 1 + 3 + 948 + 10),
        (Habits(consumers=2), 30 + 32 + 632, 30 + 1200 + 3 + 1 + 3 + 632 + 20),
        (Habits(off=frozenset({"pull_request"})), 30, 30 + 1200 + 3 + 1 + 3 + 10),
    ],
)
def test_the_existing_integration(habits: Habits, published: int, seen: int) -> None:
    """What it says of itself, and what it was seen to need."""
    made = estimate(SIZES, habits)

    assert (made.published, made.measured) == (published, seen)


def test_every_consumer_takes_a_token() -> None:
    """One token a consumer, which Bitbucket does not count."""
    made = estimate(SIZES, Habits(consumers=3))

    assert made.rows[0].endpoint == TOKENS
    assert made.rows[0].calls == Calls(3, 3)
    assert made.total().first == made.limited.first + 3


def test_a_new_kind_is_estimated_without_an_edit() -> None:
    """What a kind declares is enough; of which nobody knows how many there are, that is one page a parent."""
    plain = Kind(
        name="deploy_key",
        plural="deploy_keys",
        item=str,
        parent="repository",
        requests=(Request("/2.0/repositories/{workspace_id}/{repository_id}/deploy-keys", page_length=100),),
        entity=EntityType("bitbucket_deploy_key", ("AccessKey",)),
        key=lambda found, _place: found,
        properties=lambda found, _place: known({"name": found}),
        label=str,
    )
    kinds = Kinds.of([*KINDS, plain])

    made = estimate(even_sizes({"repository": 7}, approved=0, kinds=kinds), Habits(), kinds=kinds)

    row = next(row for row in made.rows if row.kind == "deploy_key")
    assert row.endpoint == "GET /2.0/repositories/{workspace}/{repository}/deploy-keys"
    assert row.calls == Calls(7, 7)


totals = st.fixed_dictionaries(
    {kind.name: st.integers(0, 400) for kind in KINDS if kind.parent}, optional={"unheard_of": st.just(1)}
)
habits_of_people = st.builds(
    Habits,
    off=st.frozensets(st.sampled_from([kind.name for kind in KINDS if kind.parent]), max_size=3),
    consumers=st.integers(1, 4),
    runs_per_day=st.integers(1, 200),
    window=st.integers(0, 10 * DAY),
    refresh=st.dictionaries(st.sampled_from(["permission", "branch_restriction"]), st.integers(0, 3 * DAY)),
    changed=st.none() | st.integers(0, 500),
)


@given(totals, habits_of_people, st.integers(1, 5))
def test_a_usual_run_never_takes_more_than_a_first_one(counts: dict[str, int], habits: Habits, workspaces: int) -> None:
    """At no endpoint, whatever there is and however bbsync is run."""
    sizes = even_sizes(counts, approved=counts["pull_request"] // 2, workspaces=workspaces)

    made = estimate(sizes, habits)

    assert all(0 <= row.calls.usual <= row.calls.first for row in made.rows)
    assert changed(sizes, habits) <= sizes.total("pull_request")


@given(totals, st.integers(1, 5))
def test_even_sizes_lose_nothing(counts: dict[str, int], workspaces: int) -> None:
    """What lies below something adds up to what was given, in parts that differ by one at most."""
    sizes = even_sizes(counts, approved=0, workspaces=workspaces)

    for kind in KINDS:
        first = sizes.listed[kind.name][0]
        assert len(first) == (sizes.total(kind.parent) if kind.parent else workspaces)
        assert not first or max(first) - min(first) <= 1
        assert sizes.total(kind.name) == (counts.get(kind.name, workspaces) if first else 0)
