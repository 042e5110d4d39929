"""The numbers of a run, and how many repetitions it may make."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bbsync.bitbucket.tally import TOLD, Tally, Traffic
from bbsync.bitbucket.transport import RetryingTransport


@pytest.mark.parametrize(
    ("traffic", "shown"),
    [
        (Traffic(), "0 calls to Bitbucket"),
        (Traffic(1), "1 call to Bitbucket"),
        (Traffic(1690, 6), "1,690 calls to Bitbucket, 6 refused (429)"),
        (
            Traffic(59, 1, (("503", 2), ("a timeout", 1))),
            "59 calls to Bitbucket, 1 refused (429), 3 sent again (2 after 503, 1 after a timeout)",
        ),
    ],
)
def test_traffic_is_a_clause(traffic: Traffic, shown: str) -> None:
    """What was not is not mentioned."""
    assert str(traffic) == shown


@given(st.integers(0, 300), st.integers(0, 300))
def test_no_more_are_allowed_than_there_are(retries: int, asked: int) -> None:
    """And whoever watches is told a few times, not every time."""
    lines: list[str] = []
    tally = Tally(retries, lines.append)

    for _ in range(asked):
        if tally.may_go_on():
            tally.repeat("503")

    allowed = min(retries, asked)
    assert sum(count for _why, count in tally.traffic(asked).again) == allowed
    assert len(lines) <= 2 * TOLD + 1
    assert bool(lines) == (asked > 0)
    assert ("from now on" in "".join(lines)) == (asked > retries)


def test_threads_share_the_repetitions() -> None:
    """Eight threads take no more than there are."""
    tally = Tally(100)

    with ThreadPoolExecutor(8) as threads:
        allowed = sum(threads.map(lambda _number: tally.may_go_on(), range(400)))

    assert allowed == 100


@pytest.mark.parametrize(
    ("failure", "why"),
    [
        (httpx.ReadTimeout("slow"), "a timeout"),
        (httpx.ReadError("reset"), "a broken connection"),
        (httpx.Response(502), "502"),
    ],
)
def test_repetitions_are_counted_by_what_was_before(failure: httpx.Response | Exception, why: str) -> None:
    """A status, a timeout, a broken connection."""
    tally = Tally()
    outcomes = iter([failure, httpx.Response(200)])

    def answer(_request: httpx.Request) -> httpx.Response:
        outcome = next(outcomes)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    transport = RetryingTransport(httpx.MockTransport(answer), sleep=lambda _seconds: None, tally=tally)

    transport.handle_request(httpx.Request("GET", "https://api.bitbucket.org/2.0/x"))

    assert tally.traffic(2).again == ((why, 1),)


def test_without_repetitions_a_failure_is_what_it_is() -> None:
    """The one answer is given back at once."""
    transport = RetryingTransport(httpx.MockTransport(lambda _request: httpx.Response(503)), tally=Tally(0))

    response = transport.handle_request(httpx.Request("GET", "https://api.bitbucket.org/2.0/x"))

    assert (response.status_code, transport.sent) == (503, 1)
