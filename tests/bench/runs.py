"""What a first and a second run cost, for few and many repositories, with and without permissions."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from math import ceil

from bbsync.sandbox.bitbucket import Sizes, make_world
from bbsync.sandbox.bitbucket.world import World
from tests.bench.figures import Figure
from tests.bench.formula import calls_needed, pages
from tests.bench.trial import Trial, trial

REPOSITORIES = (20, 300, 3000)

#: Seconds until an answer is there, and how often faster than one call after the other a run must be.
LATENCY, FASTER = 0.05, 10

DAILY = '[refresh]\npermissions = "24h"\nbranch_restrictions = "24h"\n'
WITHOUT = "[kinds]\npermissions = false\nbranch_restrictions = false\n"
TOKEN = "POST /site/oauth2/access_token"


def runs() -> Iterator[Figure]:
    """Calls against the pages that there are; seconds of a first run against what calls in a row take, and of a second
    run against the first.
    """
    for repositories in REPOSITORIES:
        sizes = Sizes(repositories=repositories, members=120, pull_requests=ceil(repositories * 316 / 300))
        for toml in (DAILY, WITHOUT):
            yield from _runs(sizes, toml)


def _runs(sizes: Sizes, toml: str) -> Iterator[Figure]:
    now = datetime.now(UTC)
    world = make_world(1, sizes, now)
    what = f"{sizes.repositories:,} repositories {'with' if toml == DAILY else 'without'} permissions"
    given = ("--repositories", f"{sizes.repositories}", "--members", f"{sizes.members}")
    with trial(*given, "--pull-requests", f"{sizes.pull_requests}", "--latency", f"{LATENCY * 1000:.0f}ms") as place:
        first, first_seconds = _run(place, toml, "apply", "--auto-approve")
        second, second_seconds = _run(place, toml, "plan")
    needed = _first(world, now, admin=toml == DAILY)
    yield Figure(f"calls of a first run, {what}", first, needed)
    yield Figure(f"seconds of a first run, {what}", first_seconds, _allowed(needed), "s")
    yield Figure(f"calls of a second run, {what}", second, _second(world))
    yield Figure(f"seconds of a second run, {what}", second_seconds, first_seconds, "s")


def _run(place: Trial, toml: str, *command: str) -> tuple[int, float]:
    """Calls, those for tokens not counted, and seconds."""
    before = place.calls()
    cost = place.bbsync(*command, toml=toml)
    made = {name: count - before.get(name, 0) for name, count in place.calls().items()}
    return sum(count for name, count in made.items() if name != TOKEN), cost.wall


def _first(world: World, now: datetime, *, admin: bool) -> int:
    needed = calls_needed(world, now)
    admin_only = ("permissions-config", "branch-restrictions")
    return sum(count for name, count in needed.items() if admin or not any(part in name for part in admin_only))


def _second(world: World) -> int:
    """The workspace and its groups, the pages of members, projects and repositories, and one call a repository."""
    (place,) = world.workspaces
    listed = (len(place.members), sum(one.listed for one in place.projects.values()), len(place.repositories))
    return 2 + sum(map(pages, listed)) + len(place.repositories)


def _allowed(calls: int) -> float:
    """Seconds: a tenth of so many calls one after the other, and two for starting and writing."""
    return 2 + calls * LATENCY / FASTER
