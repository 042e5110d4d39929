"""Promises of runs that follow each other: the next one knows what the last one spent, however that one ended."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from attrs import define, evolve, field
from run_rig import CONSUMER, SMALL, START, Clock, Rig, rig_at

from bbsync import steps
from bbsync.bitbucket.ledger import HOUR
from bbsync.errors import RateLimitSpent, SettingsError, StateError
from bbsync.sandbox.bitbucket import Bitbucket, Fault, make_world
from bbsync.sandbox.server import serve
from bbsync.settings import Settings
from tests.tested_package import HOME

#: Seconds after which something hangs.
PATIENCE = 60

#: Requests at once of the process that is killed.
CONCURRENCY = 4

KEYS = ("first-consumer", "second-consumer")
SECRETS = ("first-secret-0123456789", "second-secret-0123456789")


@define
class Office:
    """A rig whose Bitbucket counts what two consumers ask, by every call of the API."""

    rig: Rig
    bitbucket: Bitbucket
    slept: list[float] = field(factory=list)

    def settings(self, toml: str = "", **environ: str) -> Settings:
        """Settings with both consumers."""
        return self.rig.settings(toml, **self.consumers(), **environ)

    def consumers(self) -> dict[str, str]:
        """The variables that name them."""
        return {"BITBUCKET_CLIENT_KEY": ",".join(KEYS), "BITBUCKET_CLIENT_SECRET": ",".join(SECRETS)}

    def plan(self, toml: str = "") -> steps.Made:
        """Plan; whoever sleeps moves the clock."""
        return steps.plan(self.settings(toml), evolve(self.rig.around, sleep=self._sleep))

    def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.rig.clock.now += seconds

    def asked(self, *statuses: int) -> Counter[str | None]:
        """How often each consumer asked for something of the API and got one of these answers, or any."""
        return Counter(
            key
            for method, _, status, key in self.bitbucket.calls
            if method == "GET" and status in (statuses or (status,))
        )

    def noted(self, consumer: int = 0) -> int:
        """How many calls of a consumer the ledger holds."""
        with steps.connection(self.settings(), self.rig.around) as connection:
            return connection.pool.allowances()[consumer].used


@contextmanager
def office_in(place: Path, **limits: Any) -> Iterator[Office]:
    """An office in that directory."""
    with rig_at(place) as rig:
        consumers = [evolve(CONSUMER, key=key, secret=secret) for key, secret in zip(KEYS, SECRETS, strict=True)]
        world = make_world(7, SMALL, START, rig.clock.moment)
        bitbucket = Bitbucket(world, consumers=consumers, clock=rig.clock, **{"limit_everything": True, **limits})
        with serve(rig.clock.dated(bitbucket.app)) as origin:
            yield Office(evolve(rig, bitbucket=bitbucket, origins=(origin, rig.origins[1])), bitbucket)


@pytest.fixture(name="office")
def _office(tmp_path: Path) -> Iterator[Office]:
    with office_in(tmp_path) as office:
        yield office


@contextmanager
def plan_under_way(office: Office, origin: str) -> Iterator[subprocess.Popen[bytes]]:
    """`bbsync plan` in a process of its own, asking a stand-in at that address."""
    office.settings(f"[limits]\nconcurrency = {CONCURRENCY}\n")
    places = {"BITBUCKET_URL": origin, "BITBUCKET_API_URL": origin, "BITBUCKET_WORKSPACE": "acme"}
    environ = {"PATH": os.environ["PATH"], "PYTHONPATH": str(HOME), **office.consumers(), **places}
    command = [sys.executable, "-m", "bbsync", "plan"]
    with subprocess.Popen(  # noqa: S603 - our own command
        command, cwd=office.rig.place, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def calls_of_a_run(office: Office) -> int:
    """What a whole run asks of the API."""
    office.plan()
    needed = office.asked().total()
    office.bitbucket.reset_calls()
    return needed


def test_the_next_run_asks_as_the_next_consumer(office: Office) -> None:
    """What the first run spent is spent: the second asks for the rest and then goes over, without one refusal."""
    needed = calls_of_a_run(office)

    office.plan(f"[limits]\ncalls_per_hour = {needed + 5}\n")

    assert office.asked() == {KEYS[0]: 5, KEYS[1]: needed - 5}
    assert office.asked(429).total() == 0


def test_a_consumer_that_was_refused_is_not_asked_again_within_its_rest(office: Office) -> None:
    """Somebody else spends the first consumer: one run hears of it, the next ones know, until the hour is over."""
    office.bitbucket.spend(KEYS[0])
    office.plan("[limits]\nconcurrency = 1\n")
    first = office.asked()[KEYS[0]]
    office.bitbucket.reset_calls()

    office.plan()
    second = office.asked()[KEYS[0]]
    office.rig.clock.now += 3601
    office.plan()

    assert (first, second) == (1, 0)
    assert office.asked()[KEYS[0]] > 0
    assert office.asked(429).total() == 0


def test_refused_calls_are_counted(office: Office) -> None:
    """Bitbucket may count them, so we do."""
    office.bitbucket.spend(KEYS[0])

    office.plan()

    assert office.noted() == office.asked(429)[KEYS[0]] > 0


def test_the_hour_opens_again_for_the_first_consumer(office: Office) -> None:
    """An hour later the first consumer pays again, and nothing is left over from before."""
    needed = calls_of_a_run(office)
    limits = f"[limits]\ncalls_per_hour = {needed}\n"
    office.plan(limits)
    office.bitbucket.reset_calls()

    office.rig.clock.now += HOUR / 1000
    office.plan(limits)

    assert office.asked() == {KEYS[0]: needed}


@pytest.mark.parametrize("jump", [-7 * 86_400, -1800, 1800])
def test_a_clock_that_jumps_between_runs_frees_nobody(office: Office, jump: float) -> None:
    """Whatever the clock does within the hour, what was spent is not spent twice."""
    needed = calls_of_a_run(office)

    office.rig.clock.now += jump
    office.plan(f"[limits]\ncalls_per_hour = {needed}\n")

    assert office.asked() == {KEYS[1]: needed}


def test_a_clock_that_jumps_ahead_is_told_by_bitbucket(tmp_path: Path) -> None:
    """When we believe that the hour is over and Bitbucket does not, its refusal holds, and the plan is whole."""
    with office_in(tmp_path) as office:
        needed = calls_of_a_run(office)
        office.bitbucket.spend(KEYS[0])
        ours = Clock(office.rig.clock.now + 7200)

        made = steps.plan(
            office.settings(f"[limits]\nconcurrency = 1\ncalls_per_hour = {needed}\n"),
            evolve(office.rig.around, clock=ours),
        )

    assert made.plan.is_complete
    assert office.asked(429) == {KEYS[0]: 1}


def test_a_run_that_is_killed_forgets_no_call(office: Office) -> None:
    """The process dies in the middle of its calls, and the next one knows of every one that was sent."""
    held, came = threading.Event(), threading.Event()
    sent: list[str] = []

    def stalling(request: httpx.Request) -> httpx.Response:
        sent.extend([request.url.path] if request.method == "GET" else [])
        if "pullrequests" in request.url.path:
            came.set()
            held.wait(PATIENCE)
        return office.bitbucket.app(request)

    with serve(stalling) as origin, plan_under_way(office, origin) as process:
        assert came.wait(PATIENCE)
        process.kill()
        process.wait(PATIENCE)
        held.set()

    with steps.connection(office.settings(), steps.Around()) as connection:
        noted = connection.pool.allowances()[0].used
    assert len(sent) <= noted <= len(sent) + CONCURRENCY


def test_no_key_is_in_the_records(office: Office) -> None:
    """The ledger names consumers by a hash; neither key nor secret nor token is on disk."""
    office.plan()

    kept = b"".join(path.read_bytes() for path in office.rig.place.glob("state.db*"))

    assert b"bbsync_calls" in kept
    assert not [text for text in (*KEYS, *SECRETS, "Bearer") if text.encode() in kept]


def test_records_that_cannot_be_written_end_the_run_before_it_asks(office: Office) -> None:
    """A run that could not note its calls asks nothing, and says what to mend."""
    (office.rig.place / "state.db").mkdir()

    with pytest.raises(StateError, match="cannot be used"):
        office.plan()

    assert office.bitbucket.calls == []


def test_fail_says_who_is_free_when(office: Office) -> None:
    """`on_exhausted = "fail"`: no plan; both consumers, their times, and what one more would give."""
    with pytest.raises(RateLimitSpent) as caught:
        office.plan("[limits]\ncalls_per_hour = 5\n")

    said = str(caught.value)
    assert said.count("made 5 of 5 calls within the hour and is free again at 2026-03-14 13:00:00Z") == 2
    assert "which gives 5 more calls at once" in said
    assert office.asked().total() == 10


def test_wait_reads_everything_and_says_until_when(office: Office) -> None:
    """`on_exhausted = "wait"`: hours later the plan is whole, no call was refused, and the wake-up time was told."""
    whole = office.plan().plan
    office.rig.clock.now += HOUR / 1000
    office.bitbucket.reset_calls()
    office.bitbucket.calls_per_hour = 10

    made = office.plan('[limits]\nconcurrency = 1\ncalls_per_hour = 10\non_exhausted = "wait"\n')

    assert made.plan.is_complete
    assert made.plan.entities == whole.entities
    assert office.asked(429).total() == 0
    assert sum(office.slept) >= HOUR / 1000
    assert "no calls left  going on at 2026-03-14 14:00:00Z, in 60 min" in office.rig.said


def test_partial_plans_with_what_was_covered(office: Office) -> None:
    """`on_exhausted = "partial"`: there is a plan, it is incomplete, and nothing goes that was not seen gone."""
    office.rig.apply(office.plan())
    office.rig.clock.now += HOUR / 1000

    made = office.plan('[limits]\ncalls_per_hour = 6\non_exhausted = "partial"\n')

    assert not made.plan.is_complete
    assert made.plan.entity_totals.destroy == 0
    assert "BB-FETCH-LIMIT" in {told.gap.code for told in made.plan.gaps}


def test_a_run_goes_on_as_the_consumer_that_gets_a_token(office: Office) -> None:
    """429 at the address of tokens, for one of two: the plan is whole, and the other one asked for all of it."""
    office.bitbucket.faults.append(Fault("/access_token", status=429, times=1))

    made = office.plan("[limits]\nconcurrency = 1\n")

    assert made.plan.is_complete
    assert len(office.asked()) == 1
    assert office.asked(429).total() == 0


def test_partial_plans_nothing_where_nobody_gets_a_token(office: Office) -> None:
    """`on_exhausted = "partial"` and 429 for every token: everything is withheld, nothing is asked for in vain."""
    office.rig.apply(office.plan())
    office.bitbucket.reset_calls()
    office.bitbucket.faults.append(Fault("/access_token", status=429))

    made = office.plan('[limits]\non_exhausted = "partial"\n')

    assert not made.plan.is_complete
    assert made.plan.is_empty
    assert {told.gap.code for told in made.plan.gaps} == {"BB-FETCH-LIMIT"}
    assert len(office.bitbucket.calls) == 2


def test_a_budget_ends_the_run_gracefully(office: Office) -> None:
    """`calls_budget`: so many requests, tokens included, whatever is set for exhaustion; the rest is withheld."""
    office.rig.apply(office.plan())
    office.bitbucket.reset_calls()

    made = office.plan("[limits]\ncalls_budget = 15\n")

    assert made.calls == len(office.bitbucket.calls) == 15
    assert not made.plan.is_complete
    assert made.plan.entity_totals.destroy == 0
    assert "BB-FETCH-BUDGET" in {told.gap.code for told in made.plan.gaps}


def test_a_budget_that_cannot_be_met_is_refused_before_anything_is_asked(office: Office) -> None:
    """The number that can be met is named."""
    with pytest.raises(SettingsError, match=r"a budget of 6 calls is too small .* to 7 or more"):
        office.plan("[limits]\ncalls_budget = 6\n")

    assert office.bitbucket.calls == []
