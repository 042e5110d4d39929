"""The rolling hour of the Bitbucket stand-in."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest
from attrs import define
from bitbucket_rig import API, sign_in

from bbsync.sandbox.bitbucket import Bitbucket, Consumer

Connect = Callable[..., tuple[Bitbucket, httpx.Client]]

REPOSITORIES = "/2.0/repositories/acme"


@define
class Clock:
    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


def test_refusal_says_nothing_but_one_sentence(connect: Connect) -> None:
    """A 429 is 46 bytes of plain text, with no word on how long to wait."""
    _, client = connect(calls_per_hour=1)
    client.get(REPOSITORIES)

    refused = client.get(REPOSITORIES)

    assert refused.status_code == 429
    assert refused.headers["content-type"] == "text/plain"
    assert len(refused.content) == 46
    assert refused.text == "Rate limit for this resource has been exceeded"
    assert not [name for name in refused.headers if "retry" in name or "ratelimit" in name]


def test_hour_slides(connect: Connect) -> None:
    """Each call is forgotten an hour after it was made, not at the full hour."""
    clock = Clock()
    _, client = connect(calls_per_hour=2, clock=clock)

    statuses = []
    for seconds in (0, 1800, 1799.9, 0.1, 1799.9, 0.1):
        clock.now += seconds
        statuses.append(client.get(REPOSITORIES).status_code)

    assert statuses == [200, 200, 429, 200, 429, 200]


@pytest.mark.parametrize(("count_refused", "last"), [(False, 200), (True, 429)])
def test_refused_calls_may_count(connect: Connect, count_refused: bool, last: int) -> None:
    """Where they do, retrying keeps the hour full."""
    clock = Clock()
    _, client = connect(calls_per_hour=1, clock=clock, count_refused=count_refused)

    statuses = []
    for seconds in (0, 1800, 1800):
        clock.now += seconds
        statuses.append(client.get(REPOSITORIES).status_code)

    assert statuses == [200, 429, last]


def test_each_consumer_has_its_own_hour(connect: Connect) -> None:
    """A second consumer goes on where the first is spent; a second token of the first does not."""
    second = Consumer("key-two", "secret-two")
    bitbucket, client = connect(calls_per_hour=1, consumers=(Consumer("key-one", "secret-one"), second))
    client.get(REPOSITORIES)

    sign_in(client)
    same = client.get(REPOSITORIES)
    sign_in(client, second)
    other = client.get(REPOSITORIES)

    assert (same.status_code, other.status_code) == (429, 200)
    assert [key for method, _, _, key in bitbucket.calls if method == "GET"] == ["key-one", "key-one", "key-two"]


@pytest.mark.parametrize(("everything", "status"), [(False, 200), (True, 429)])
def test_only_repositories_are_limited_unless_told_otherwise(connect: Connect, everything: bool, status: int) -> None:
    """Calls about the workspace count only by a switch."""
    _, client = connect(calls_per_hour=1, limit_everything=everything)
    client.get(REPOSITORIES)

    assert client.get("/2.0/workspaces/acme").status_code == status
    assert client.get(REPOSITORIES).status_code == 429


def test_headers_tell_what_is_left_where_they_are_on(connect: Connect) -> None:
    """The reset is in seconds from now, not a time of day."""
    clock = Clock()
    _, client = connect(calls_per_hour=5, clock=clock, rate_headers=True)
    client.get(REPOSITORIES)
    clock.now += 600

    headers = client.get(REPOSITORIES).headers

    assert headers["x-ratelimit-limit"] == "5, 5;w=3600"
    assert headers["x-ratelimit-remaining"] == "3"
    assert headers["x-ratelimit-reset"] == "3000"


def test_callers_without_token_have_sixty_calls(connect: Connect) -> None:
    """They hear that they need a token, and then nothing but the limit."""
    bitbucket, _ = connect()
    nobody = httpx.Client(transport=httpx.MockTransport(bitbucket.app), base_url=API)

    statuses = [nobody.get(REPOSITORIES).status_code for _ in range(61)]

    assert statuses == [401] * 60 + [429]


def test_unchanged_answers_count_too(connect: Connect) -> None:
    """A 304 saves bytes, not calls."""
    _, client = connect(calls_per_hour=2)
    etag = client.get(REPOSITORIES).headers["etag"]

    unchanged = client.get(REPOSITORIES, headers={"if-none-match": etag})
    refused = client.get(REPOSITORIES)

    assert (unchanged.status_code, unchanged.content) == (304, b"")
    assert refused.status_code == 429


def test_hour_of_a_consumer_can_be_spent_at_once(connect: Connect) -> None:
    """As if somebody else had used the same consumer."""
    bitbucket, client = connect()

    bitbucket.spend("key-one")

    assert client.get(REPOSITORIES).status_code == 429
