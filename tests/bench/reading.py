"""What reading 300 repositories costs: calls, time against one call at a time, and CPU."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from statistics import median

from bbsync.sandbox.bitbucket import Sizes, make_world
from tests.bench.figures import Figure
from tests.bench.formula import calls_needed
from tests.bench.trial import trial

REPOSITORIES, MEMBERS, PULL_REQUESTS = 300, 120, 316
SIZES = ("--repositories", f"{REPOSITORIES}", "--members", f"{MEMBERS}", "--pull-requests", f"{PULL_REQUESTS}")
WORLD = f"{REPOSITORIES} repositories, {PULL_REQUESTS} pull requests of the day"

#: What an integration that asks for everything anew, page of ten by page of ten, needs for the same world.
NAIVE = 2190
RUNS = 3


def calls() -> Iterator[Figure]:
    """Calls of a first run, and their endpoints, against the pages that there are."""
    now = datetime.now(UTC)
    world = make_world(1, Sizes(repositories=REPOSITORIES, members=MEMBERS, pull_requests=PULL_REQUESTS), now)
    needed = calls_needed(world, now)
    with trial(*SIZES) as place:
        place.bbsync("plan")
        made = place.calls()
    tokens = made.pop("POST /site/oauth2/access_token")
    for endpoint in sorted(made.keys() | needed.keys()):
        yield Figure(f"calls: {endpoint}", made.get(endpoint, 0), needed.get(endpoint, 0))
    yield Figure(f"calls of a first run, {WORLD}", sum(made.values()), sum(needed.values()))
    yield Figure("the same against a naive reader", sum(made.values()), NAIVE)
    yield Figure("tokens, two consumers", tokens, 2)


def wall() -> Iterator[Figure]:
    """Time of `bbsync plan` where every answer takes 50 ms, sixteen calls at once against one at a time."""
    with trial(*SIZES, "--latency", "50ms") as place:
        many = [place.bbsync("plan", concurrency=16) for _ in range(RUNS)]
        one = place.bbsync("plan", concurrency=1)
    took, cpu = median(cost.wall for cost in many), median(cost.cpu for cost in many)
    yield Figure(f"plan at 50 ms an answer, 16 at once, {WORLD}", took, 6, "s")
    yield Figure(f"the same one at a time ({one.wall:.1f} s) against 16 at once", one.wall / took, 10, least=True)
    yield Figure("CPU of that plan, 16 at once", cpu, 4, "s")
    yield Figure("largest size of that plan", max(cost.memory for cost in many), 250, "MB")
