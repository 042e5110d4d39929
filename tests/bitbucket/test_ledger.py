"""The calls of the last hour."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bbsync.bitbucket.ledger import HOUR, MemoryLedger, RollingHour

TIMES = st.lists(st.integers(0, 3 * HOUR), max_size=40)


@given(TIMES, st.integers(0, 4 * HOUR))
def test_exactly_the_calls_of_the_last_hour_count(times: list[int], now: int) -> None:
    """A call counts until an hour has passed, in whatever order it was written down."""
    hour = RollingHour(times)

    assert hour.count(now) == sum(at > now - HOUR for at in times)


@given(TIMES, st.integers(0, 4 * HOUR))
def test_the_hour_reopens_when_its_oldest_call_leaves(times: list[int], now: int) -> None:
    """At that moment one call fewer counts; with no calls it is open now."""
    hour = RollingHour(times)
    counted = [at for at in times if at > now - HOUR]

    reopens = hour.reopens(now)

    assert reopens == (min(counted) + HOUR if counted else now)


@given(TIMES, st.integers(0, 4 * HOUR), st.integers(1, 10))
def test_the_hour_falls_below_a_limit_at_the_first_moment_that_it_does(times: list[int], now: int, limit: int) -> None:
    """Also when it holds far more than that: a limit may have been lowered meanwhile."""
    moment = RollingHour(times).falls_below(limit, now)

    assert moment >= now
    assert RollingHour(times).count(moment) < limit
    assert moment == now or RollingHour(times).count(moment - 1) >= limit


def test_a_ledger_keeps_consumers_apart() -> None:
    """Each has its own allowance at Bitbucket."""
    ledger = MemoryLedger()

    ledger.take("one", 1, since=0, limit=10)
    ledger.take("two", 2, since=0, limit=10)
    ledger.take("one", 3, since=0, limit=10)
    ledger.rest("two", 3, 9)

    assert ledger.past("one", 4, since=0) == ((1, 3), 0)
    assert ledger.past("two", 4, since=0) == ((2,), 9)
    assert ledger.past("three", 4, since=0) == ((), 0)


def test_nothing_in_a_ledger_lies_in_the_future() -> None:
    """What a clock that went wrong wrote down counts from now on."""
    ledger = MemoryLedger()

    ledger.take("one", HOUR, since=0, limit=10)
    ledger.rest("one", HOUR, HOUR + 60)

    assert ledger.past("one", 10, since=0) == ((10,), 70)
