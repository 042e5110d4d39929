"""Waiting until a consumer is free again."""

from __future__ import annotations

from attrs import define, field

from bbsync.bitbucket.allowance import Allowance, AllSpent, Consumer
from bbsync.bitbucket.waiting import Waiting
from bbsync.secret import Secret


@define
class Night:
    """A clock that passes by sleeping, and what was said and slept meanwhile."""

    now: float = 1_800_000_000.0
    said: list[str] = field(factory=list)
    slept: list[float] = field(factory=list)

    def sleep(self, seconds: float) -> None:
        """Sleep, and no longer."""
        self.slept.append(seconds)
        self.now += seconds


def spent_until(free_at: float) -> AllSpent:
    """The one consumer is free again at that time."""
    consumer = Consumer(1, 1, "key-0001", Secret("hunter2"))
    return AllSpent([Allowance(consumer, used=1000, limit=1000, free=False, free_at=free_at)])


def test_it_sleeps_a_minute_at_most_and_until_the_moment_in_all() -> None:
    """Who waits long looks up every minute, as the clock may have been put right."""
    night = Night()
    waiting = Waiting(lambda: night.now, night.sleep, night.said.append)
    free_at = night.now + 150

    while night.now < free_at:
        waiting(spent_until(free_at))

    assert night.slept == [60.0, 60.0, 30.0]


def test_it_says_until_when() -> None:
    """The time in UTC, and the minutes that are left, once for all threads."""
    night = Night()
    waiting = Waiting(lambda: night.now, lambda _seconds: None, night.said.append)
    spent = spent_until(night.now + 150)

    waiting(spent)
    waiting(spent)
    night.now += 60
    waiting(spent)

    assert night.said == [
        "no calls left  going on at 2027-01-15 08:02:30Z, in 3 min",
        "no calls left  going on at 2027-01-15 08:02:30Z, in 2 min",
    ]


def test_a_moment_that_has_passed_is_waited_for_a_second() -> None:
    """Threads that all come too late for the one free call do not run in circles."""
    night = Night()

    Waiting(lambda: night.now, night.sleep, night.said.append)(spent_until(night.now - 5))

    assert night.slept == [1.0]
