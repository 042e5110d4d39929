"""A first run asks Bitbucket for exactly what is needed, and nothing twice."""

from __future__ import annotations

from collections import Counter

import httpx
import pytest
from observing_rig import API, NOW, NOW_MS, dated

from bbsync.bitbucket.client import Connection
from bbsync.bitbucket.listing import Reader
from bbsync.bitbucket.observe import Wishes, observe
from bbsync.bitbucket.settings import BitbucketSettings, ConsumerCredentials, LimitSettings
from bbsync.sandbox.bitbucket import Bitbucket, Consumer, Sizes, make_world
from bbsync.secret import Secret
from tests.bench.formula import calls_needed

KEYS = ("key-one", "key-two", "key-three")
TOKEN = "POST /site/oauth2/access_token"

SMALL = Sizes(repositories=7, members=5, projects=3, groups=2, pull_requests=12, old_pull_requests=8)
WIDE = Sizes(repositories=101, members=130, projects=101, groups=4, pull_requests=40, old_pull_requests=200)
DEEP = Sizes(repositories=2, members=130, groups=3, pull_requests=150, commits=3, restrictions=101, permissions=160)


def bitbucket_of(sizes: Sizes, calls_per_hour: int = 100_000) -> Bitbucket:
    """A Bitbucket with three consumers."""
    consumers = [Consumer(key, f"secret of {key}") for key in KEYS]
    return Bitbucket(make_world(1, sizes, NOW), consumers=consumers, calls_per_hour=calls_per_hour, clock=NOW.timestamp)


def first_run(bitbucket: Bitbucket, concurrency: int = 4, calls_per_hour: int = 100_000) -> None:
    """Validate the consumers and read everything, as a run does."""
    settings = BitbucketSettings(tuple(ConsumerCredentials(key, Secret(f"secret of {key}")) for key in KEYS))
    limits = LimitSettings(concurrency=concurrency, calls_per_hour=calls_per_hour)
    inner = httpx.MockTransport(dated(bitbucket.app))
    with Connection(settings, limits, inner=inner, clock=NOW.timestamp, sleep=lambda _: None) as connection:
        granted = connection.validate(pull_requests=True).scopes
        wishes = Wishes(("acme",), granted=granted, enriched=True, now=NOW_MS, concurrency=concurrency)
        observe(Reader(connection.http, API), wishes)


@pytest.mark.parametrize("sizes", [SMALL, WIDE, DEEP], ids=["small", "wide", "deep"])
def test_a_first_run_makes_the_calls_it_needs(sizes: Sizes) -> None:
    """Not one call more than the pages that there are, and one token for each consumer."""
    bitbucket = bitbucket_of(sizes)

    first_run(bitbucket)

    counted = bitbucket.calls_by_endpoint()
    assert counted.pop(TOKEN) == len(KEYS)
    assert counted == calls_needed(bitbucket.world, NOW)


@pytest.mark.parametrize("concurrency", [1, 16])
def test_no_call_is_made_twice(concurrency: int) -> None:
    """Every address is asked for once, and every answer is one that is used."""
    bitbucket = bitbucket_of(SMALL)

    first_run(bitbucket, concurrency)

    times = Counter((method, target) for method, target, _, _ in bitbucket.calls if method == "GET")
    assert set(times.values()) == {1}
    assert {status for _, _, status, _ in bitbucket.calls} == {200}


def test_a_spent_consumer_costs_one_call_for_each_request_under_way() -> None:
    """What a consumer is refused is asked again by the next, once; nobody gets a second token."""
    needed = sum(calls_needed(bitbucket_of(SMALL).world, NOW).values())
    bitbucket = bitbucket_of(SMALL)
    bitbucket.spend(KEYS[0])

    first_run(bitbucket, concurrency=1)

    statuses = Counter(status for method, _, status, _ in bitbucket.calls if method == "GET")
    assert statuses == {200: needed, 429: 1}
    assert bitbucket.calls_by_endpoint()[TOKEN] == len(KEYS)


def test_calls_are_within_the_published_bound() -> None:
    """300 repositories with 316 pull requests of the day take far less than the 2,190 calls of a naive reader."""
    sizes = Sizes(repositories=300, members=120, pull_requests=316)

    world = make_world(1, sizes, NOW)

    calls = calls_needed(world, NOW)
    approved = calls["GET /2.0/repositories/{workspace}/{repository}/pullrequests/{id}/activity"]
    assert sum(calls.values()) == 2 + 2 + 1 + 3 + 300 * (2 + 1) + 300 + 316 + approved
    assert sum(calls.values()) < 2190
