"""Whose turn it is."""

from __future__ import annotations

import contextlib
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bbsync.bitbucket.allowance import AllSpent
from bbsync.bitbucket.budget import BudgetSpent
from bbsync.bitbucket.consumers import ConsumerPool
from bbsync.bitbucket.ledger import Ledger, MemoryLedger
from bbsync.bitbucket.settings import ConsumerCredentials
from bbsync.bitbucket.tokens import Token
from bbsync.errors import ConsumerError
from bbsync.secret import Secret
from bbsync.state import open_ledger


class Clock:
    """A clock that stands until it is moved; epoch seconds."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


def credentials(count: int) -> tuple[ConsumerCredentials, ...]:
    """As many consumers with made-up keys."""
    return tuple(ConsumerCredentials(f"key-{number:04}", Secret("hunter2")) for number in range(1, count + 1))


def pool_of(
    count: int, clock: Clock, *, calls_per_hour: int = 1000, ledger: Ledger | None = None, budget: int = 0
) -> ConsumerPool:
    """A pool of that many consumers."""
    return ConsumerPool(credentials(count), calls_per_hour=calls_per_hour, clock=clock, ledger=ledger, budget=budget)


def positions(pool: ConsumerPool, calls: int) -> list[int]:
    """Who makes the next calls."""
    return [pool.turn().position for _ in range(calls)]


@pytest.fixture(name="file")
def _file(tmp_path: Path) -> Path:
    """Where a ledger may be kept."""
    return tmp_path / "state.db"


def test_consumers_are_used_one_after_the_other() -> None:
    """The next one begins when the hour of the one before is spent."""
    pool = pool_of(3, Clock(), calls_per_hour=2)

    assert positions(pool, 6) == [1, 1, 2, 2, 3, 3]


def test_a_refused_consumer_hands_over_to_the_next() -> None:
    """What Bitbucket says holds, whatever our own count."""
    pool = pool_of(2, Clock())
    first = pool.turn()

    pool.rest(first, None)

    assert positions(pool, 3) == [2, 2, 2]


def test_a_spent_consumer_is_used_again_when_its_hour_moves_on() -> None:
    """Not before the last one is spent, too: the pool goes round."""
    clock = Clock()
    pool = pool_of(2, clock, calls_per_hour=2)
    before = positions(pool, 3)

    clock.now += 3601
    after = positions(pool, 4)

    assert before == [1, 1, 2]
    assert after == [2, 2, 1, 1]


def test_a_consumer_rests_as_long_as_it_was_told() -> None:
    """And is free again afterwards."""
    clock = Clock()
    pool = pool_of(1, clock)
    pool.rest(pool.turn(), 30.0)

    with pytest.raises(AllSpent) as caught:
        pool.turn()
    clock.now += 30

    assert caught.value.free_at == clock.now
    assert pool.turn().position == 1


def test_the_longer_of_two_rests_holds() -> None:
    """Several threads may be told to stop at once, each with its own wait."""
    clock = Clock()
    pool = pool_of(1, clock)
    consumer = pool.turn()

    pool.rest(consumer, 600.0)
    pool.rest(consumer, 30.0)

    assert pool.allowances()[0].free_at == clock.now + 600


def test_without_a_hint_it_rests_until_its_oldest_call_leaves_the_hour() -> None:
    """A refusal usually says nothing; our own ledger knows best."""
    clock = Clock()
    pool = pool_of(1, clock)
    start = clock.now
    pool.turn()
    clock.now += 600

    pool.rest(pool.turn(), None)

    with pytest.raises(AllSpent) as caught:
        pool.turn()
    assert caught.value.free_at == start + 3600


def test_all_spent_says_what_was_spent_and_when_the_first_is_free() -> None:
    """Numbers for each consumer, a time, and what each of three ways out gives; never a key or a secret."""
    clock = Clock()
    pool = pool_of(2, clock, calls_per_hour=3)
    positions(pool, 3)
    clock.now += 60
    positions(pool, 3)

    with pytest.raises(AllSpent) as caught:
        pool.turn()

    assert str(caught.value) == (
        "all 2 OAuth consumers have no calls left (BB-RATE-LIMIT)."
        " consumer 1 of 2 (its key ends in 0001) made 3 of 3 calls within the hour"
        " and is free again at 2027-01-15 09:00:00Z;"
        " consumer 2 of 2 (its key ends in 0002) made 3 of 3 calls within the hour"
        " and is free again at 2027-01-15 09:01:00Z."
        " Run again after 2027-01-15 09:00:00Z, add a consumer to the comma-separated lists,"
        " which gives 3 more calls at once and in every hour,"
        ' or set on_exhausted = "wait" or "partial" in [limits] of bbsync.toml.'
    )


def test_one_consumer_alone_is_spoken_of_as_one() -> None:
    """No "all 1 consumers"."""
    pool = pool_of(1, Clock(), calls_per_hour=1)
    pool.turn()

    with pytest.raises(AllSpent, match="the OAuth consumer has no calls left"):
        pool.turn()


def test_consumers_that_were_tried_are_passed_over() -> None:
    """A request goes to each consumer once, even if one is said to be free at once."""
    pool = pool_of(2, Clock())
    first = pool.turn()
    second = pool.turn({first})

    with pytest.raises(AllSpent):
        pool.turn({first, second})

    assert (first.position, second.position) == (1, 2)


def test_the_next_run_knows_what_the_last_one_spent() -> None:
    """Calls are written down under a name that is the same in every run and is not the key."""
    clock, ledger = Clock(), MemoryLedger()
    positions(pool_of(2, clock, calls_per_hour=3, ledger=ledger), 2)

    later = pool_of(2, clock, calls_per_hour=3, ledger=ledger)

    assert positions(later, 3) == [1, 2, 2]
    assert "key-0001" not in later.consumers[0].id


def test_the_next_run_leaves_alone_who_was_told_to_rest() -> None:
    """A refusal is written down like the calls: nobody runs into it twice."""
    clock, ledger = Clock(), MemoryLedger()
    first = pool_of(2, clock, ledger=ledger)
    first.rest(first.turn(), 1800.0)

    later = pool_of(2, clock, ledger=ledger)
    during = positions(later, 2)
    clock.now += 1800

    assert during == [2, 2]
    assert pool_of(2, clock, ledger=ledger).allowances()[0].free


def test_what_a_refusal_says_of_an_hour_that_is_not_spent() -> None:
    """Somebody else asks as the same consumer, and only Bitbucket knows how often."""
    pool = pool_of(1, Clock())
    pool.rest(pool.turn(), 90.0)

    with pytest.raises(AllSpent) as caught:
        pool.turn()

    assert "made 1 of 1,000 calls within the hour, was told to stop, and is free again at" in caught.value.why


def test_a_clock_that_is_put_back_neither_frees_nor_blocks() -> None:
    """Calls that lie in the future then count for an hour from now on; a rest is as long as it was."""
    clock = Clock()
    pool = pool_of(2, clock, calls_per_hour=2)
    positions(pool, 3)
    pool.rest(pool.consumers[1], 600.0)

    clock.now -= 86_400
    with pytest.raises(AllSpent) as caught:
        pool.turn()

    assert caught.value.free_at == clock.now + 600
    clock.now += 600
    assert positions(pool, 1) == [2]
    clock.now += 3000
    assert positions(pool, 3) == [2, 1, 1]


def test_a_budget_ends_the_run_at_its_last_call() -> None:
    """Calls, repetitions and requests for tokens all count; after that there is no turn, and no consumer pays."""
    pool = pool_of(2, Clock(), budget=4)
    consumer = pool.turn()
    pool.again(consumer)
    pool.count_token()
    pool.turn()

    for ask in (pool.turn, lambda: pool.again(consumer), pool.count_token):
        with pytest.raises(BudgetSpent, match="the run has made the 4 calls that it may"):
            ask()

    assert [allowance.used for allowance in pool.allowances()] == [3, 0]


def test_a_repeated_request_costs_another_call() -> None:
    """Bitbucket counts it; so does the pool."""
    pool = pool_of(1, Clock(), calls_per_hour=10)
    consumer = pool.turn()

    again = pool.again(consumer)

    (allowance,) = pool.allowances()
    assert (again, allowance.used, allowance.left, allowance.free) == (True, 2, 8, True)


def test_no_request_is_repeated_beyond_the_hour() -> None:
    """A repetition is held to the limit like everything else; an hour later there are calls again."""
    clock = Clock()
    pool = pool_of(2, clock, calls_per_hour=2)
    consumer = pool.turn()

    within = [pool.again(consumer) for _ in range(3)]
    clock.now += 3600

    assert within == [True, False, False]
    assert pool.allowances()[0].used == 0
    assert pool.again(consumer)


def test_no_request_is_repeated_beyond_what_another_run_left(file: Path) -> None:
    """Both ask as the same consumer: what counts is what stands in the ledger they share, rests too."""
    clock = Clock()
    with open_ledger(f"sqlite:///{file}") as ours, open_ledger(f"sqlite:///{file}") as theirs:
        one, other = (pool_of(1, clock, calls_per_hour=3, ledger=ledger) for ledger in (ours, theirs))
        (consumer,) = one.consumers
        one.turn()
        other.turn()
        other.turn()

        spent = one.again(consumer)
        clock.now += 3600
        other.rest(consumer, 600)
        resting = one.again(consumer)

    assert (spent, resting) == (False, False)


def test_nobody_repeats_a_request_as_a_consumer_that_rests() -> None:
    """Another thread was told to stop meanwhile: who goes on all the same makes it worse."""
    pool = pool_of(1, Clock())
    consumer = pool.turn()

    pool.rest(consumer, 30.0)

    assert not pool.again(consumer)
    assert pool.rests(consumer)


def test_a_resting_consumer_has_nothing_left() -> None:
    """Somebody else used what our own count does not know."""
    pool = pool_of(1, Clock(), calls_per_hour=10)
    pool.rest(pool.turn(), None)

    (allowance,) = pool.allowances()

    assert (allowance.used, allowance.left, allowance.free) == (1, 0, False)


def test_a_token_is_good_until_it_expires() -> None:
    """Then there is none, and a new one has to be asked for."""
    clock = Clock()
    pool = pool_of(1, clock)
    (consumer,) = pool.consumers
    token = Token(Secret("t"), frozenset(), clock.now + 10)

    pool.keep(consumer, token)
    before = pool.token(consumer)
    clock.now += 10
    after = pool.token(consumer)

    assert (before, after) == (token, None)


def test_forgetting_an_old_token_leaves_a_newer_one() -> None:
    """Two threads may both be told that the old one is no good; only the first renewal counts."""
    clock = Clock()
    pool = pool_of(1, clock)
    (consumer,) = pool.consumers
    old, new = (Token(Secret(text), frozenset(), clock.now + 10) for text in ("old", "new"))
    pool.keep(consumer, new)

    pool.forget(consumer, old)

    assert pool.token(consumer) == new


def test_after_a_refusal_for_good_no_turn_is_given_to_anyone() -> None:
    """The run stops at the first such answer and does not collect a thousand of them."""
    pool = pool_of(2, Clock())

    error = pool.refuse(pool.turn())

    with pytest.raises(ConsumerError, match=r"rejects consumer 1 of 2 \(its key ends in 0001\)"):
        pool.turn()
    assert "hunter2" not in str(error)


def test_a_pool_of_nobody_is_refused() -> None:
    """There is no turn to give."""
    with pytest.raises(ConsumerError, match="there is no OAuth consumer"):
        pool_of(0, Clock())


def test_nothing_printed_of_a_consumer_is_its_key_or_secret() -> None:
    """Allowances and consumers may be logged."""
    pool = pool_of(1, Clock())

    shown = repr(pool.allowances()) + str(pool.allowances()) + repr(pool.consumers)

    assert "hunter2" not in shown
    assert "key-0001" not in shown


@given(st.integers(1, 4), st.integers(1, 5), st.lists(st.floats(0, 4000), max_size=60))
def test_no_rolling_hour_holds_more_calls_than_allowed(count: int, limit: int, pauses: list[float]) -> None:
    """Whenever calls are made, no consumer makes more than its limit within any hour."""
    clock = Clock()
    pool = pool_of(count, clock, calls_per_hour=limit)
    made: dict[int, list[float]] = {}

    for pause in pauses:
        clock.now += pause
        with contextlib.suppress(AllSpent):
            made.setdefault(pool.turn().position, []).append(int(clock.now * 1000))

    for times in made.values():
        assert all(sum(at - 3_600_000 < other <= at for other in times) <= limit for at in times)


def test_threads_share_the_allowance() -> None:
    """Eight threads make exactly as many calls as the consumers have, and each consumer its own."""
    pool = pool_of(2, Clock(), calls_per_hour=100)
    made: list[int] = []

    def work() -> None:
        made.extend(positions(pool, 25))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(made) == [1] * 100 + [2] * 100
