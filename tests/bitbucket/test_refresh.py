"""Promises of the cadence: nothing grows older than it may, and no run reads much more than its part."""

from __future__ import annotations

from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bbsync.bitbucket.refresh import YOUNG, due
from bbsync.coverage import Listing

HOUR = 3_600_000
DAY = 24 * HOUR

MANY = [Listing("permission", f"repository {number:03}") for number in range(100)]


def read_at(*ages: int, now: int = DAY) -> dict[Listing, int]:
    """Listings of these ages."""
    return {listing: now - age for listing, age in zip(MANY, ages, strict=False)}


@pytest.mark.parametrize(
    ("ages", "wanted"),
    [
        pytest.param((0, 0, 0, 0), 0, id="all read just now"),
        pytest.param((HOUR, HOUR, HOUR, HOUR), 0, id="a part of less than one"),
        pytest.param((6 * HOUR,) * 4, 1, id="a quarter of the day"),
        pytest.param((12 * HOUR,) * 4, 2, id="half a day"),
        pytest.param((24 * HOUR,) * 4, 4, id="a missed day"),
        pytest.param((18 * HOUR, 12 * HOUR, 6 * HOUR, 0), 0, id="evenly spread"),
        pytest.param((24 * HOUR, 18 * HOUR, 12 * HOUR, 6 * HOUR), 1, id="evenly spread, and the oldest has its turn"),
        pytest.param((100 * DAY, 0, 0, 0), 1, id="one that was forgotten"),
        pytest.param((24 * HOUR, 23 * HOUR, 22 * HOUR, 0), 2, id="too many that fall due together"),
    ],
)
def test_the_oldest_are_due_and_as_few_as_will_do(ages: tuple[int, ...], wanted: int) -> None:
    """Those that the rest cannot wait for."""
    listings = read_at(*ages)

    assert due(listings, now=DAY, cadence=DAY) == frozenset(MANY[:wanted])


@given(st.lists(st.integers(1, 3 * DAY), min_size=1, max_size=60), st.integers(1, 40))
def test_nothing_is_older_than_it_may_be_after_a_run(pauses: list[int], count: int) -> None:
    """Whenever runs come, what a run leaves unread is younger than the cadence."""
    listings = dict.fromkeys(MANY[:count], 0)
    now = 0
    for pause in pauses:
        now += pause
        listings.update(dict.fromkeys(due(listings, now=now, cadence=DAY), now))

        assert all(now - at < DAY for at in listings.values())


@given(st.integers(1, 100), st.integers(1, 24))
def test_runs_share_the_work(count: int, runs_per_day: int) -> None:
    """With runs that come evenly, none reads more than its part and one; three days are two or three turns."""
    listings = dict.fromkeys(MANY[:count], 0)
    pause = DAY // runs_per_day
    read = []
    for run in range(1, 3 * runs_per_day + 1):
        wanted = due(listings, now=run * pause, cadence=DAY)
        listings.update(dict.fromkeys(wanted, run * pause))
        read.append(len(wanted))

    assert max(read) <= ceil(count / runs_per_day) + 1
    assert 2 * count <= sum(read) <= 3 * count + 1


@given(st.integers(0, int(DAY * YOUNG) - 1))
def test_runs_close_to_each_other_cost_nothing(pause: int) -> None:
    """What was read a short while ago is not read again, however much there is."""
    assert due(dict.fromkeys(MANY, 0), now=pause, cadence=DAY) == frozenset()


def test_a_reading_of_the_future_is_not_believed() -> None:
    """A clock that went wrong must not put a listing off for years."""
    listings = {MANY[0]: DAY + 1, MANY[1]: DAY}

    assert due(listings, now=DAY, cadence=DAY) == {MANY[0]}
