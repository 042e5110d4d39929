"""Whose turn it is: several OAuth consumers, used one after the other."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Sequence

from attrs import define, field

from bbsync.bitbucket.allowance import Allowance, AllSpent, Consumer
from bbsync.bitbucket.budget import Budget
from bbsync.bitbucket.ledger import HOUR, Ledger, MemoryLedger, RollingHour
from bbsync.bitbucket.settings import CLIENT_KEY, CLIENT_SECRET, CONSUMERS_PAGE, ConsumerCredentials
from bbsync.bitbucket.tokens import Token
from bbsync.errors import ConsumerError
from bbsync.events import Happened, RateLimited, unheard
from bbsync.planfile.reading import write_moment

#: A refused consumer rests at least this long when Bitbucket does not say how long, in milliseconds.
SHORTEST_REST = 60_000


@define(eq=False)
class _Standing:
    """What is known of one consumer; everything but `asking` is guarded by the pool's lock."""

    consumer: Consumer
    hour: RollingHour = field(factory=RollingHour)
    token: Token | None = None
    rests_until: int = 0
    refused: bool = False
    asking: threading.Lock = field(factory=threading.Lock)


class ConsumerPool:
    """Decides which consumer asks next. Thread-safe; does no I/O but the ledger's, and never sleeps.

    A consumer is used until its hour is spent, by our own count or by Bitbucket's refusal; then comes the next one,
    and after the last the first again, if it is free by then.

    Args:
        credentials: of all consumers, in the order of their use.
        calls_per_hour: how many each may make.
        clock: epoch seconds.
        ledger: knows the calls of earlier runs, and of others that go on now.
        budget: how many requests the run may send; 0 sets no bound.
        happened: told when a consumer is left alone for a while.
    """

    def __init__(
        self,
        credentials: Sequence[ConsumerCredentials],
        *,
        calls_per_hour: int,
        clock: Callable[[], float],
        ledger: Ledger | None = None,
        budget: int = 0,
        happened: Happened = unheard,
    ) -> None:
        if not credentials:
            raise ConsumerError("there is no OAuth consumer", next_step=f"Set {CLIENT_KEY} and {CLIENT_SECRET}.")
        self._limit = calls_per_hour
        self._clock = clock
        self._ledger = MemoryLedger() if ledger is None else ledger
        self._budget = Budget(budget)
        self._happened = happened
        self._lock = threading.Lock()
        self._current = 0
        self._standings = [_Standing(consumer) for consumer in _numbered(credentials)]
        self._latest = self._time()
        self._recall(self._latest, *self._standings)

    @property
    def consumers(self) -> tuple[Consumer, ...]:
        """All consumers in the order of the settings."""
        return tuple(standing.consumer for standing in self._standings)

    def turn(self, tried: Collection[Consumer] = ()) -> Consumer:
        """The consumer that makes the next call, which is counted at once; not one of those tried already.

        Raises:
            AllSpent: none is free.
            BudgetSpent: the run has sent as many requests as it may.
            ConsumerError: one has been refused for good, so that the run has to stop.
        """
        with self._lock:
            self._budget.require()
            now = self._now()
            standing = self._free(now, tried)
            while not self._take(standing, now):
                standing = self._free(now, tried)
            return standing.consumer

    def again(self, consumer: Consumer) -> bool:
        """Whether this consumer may send its request once more, which is counted at once: not if it is spent.

        Raises:
            BudgetSpent: the run has sent as many requests as it may.
        """
        with self._lock:
            self._budget.require()
            standing, now = self._of(consumer), self._now()
            return self._free_at(standing, now) <= now and self._take(standing, now)

    def count_token(self) -> None:
        """Count a request for a token, which is no consumer's call.

        Raises:
            BudgetSpent: the run has sent as many requests as it may.
        """
        with self._lock:
            self._budget.spend()

    def rests(self, consumer: Consumer) -> bool:
        """Whether the consumer was told to stop, and not yet long enough ago."""
        with self._lock:
            return self._of(consumer).rests_until > self._now()

    def rest(self, consumer: Consumer, seconds: float | None) -> None:
        """Leave a consumer alone that was told to stop: as long as it was told, or else until its hour moves on."""
        with self._lock:
            standing, now = self._of(consumer), self._now()
            reopens = max(standing.hour.reopens(now), now + SHORTEST_REST)
            until = reopens if seconds is None else now + max(1000, round(seconds * 1000))
            if until <= standing.rests_until:
                return
            self._ledger.rest(consumer.id, now, until)
            standing.rests_until = until
        self._happened(RateLimited(consumer.position, write_moment(until)))

    def refuse(self, consumer: Consumer) -> ConsumerError:
        """Stop for good, as Bitbucket rejected a fresh token: every further turn raises what this returns."""
        with self._lock:
            self._of(consumer).refused = True
        return _rejected(consumer)

    def token(self, consumer: Consumer) -> Token | None:
        """The consumer's token, unless it has none that is still good."""
        with self._lock:
            token = self._of(consumer).token
            return token if token is not None and token.expires_at > self._clock() else None

    def keep(self, consumer: Consumer, token: Token) -> None:
        """Use this token from now on."""
        with self._lock:
            self._of(consumer).token = token

    def forget(self, consumer: Consumer, token: Token) -> None:
        """Drop a rejected token; a newer one, which somebody got meanwhile, stays."""
        with self._lock:
            standing = self._of(consumer)
            if standing.token is token:
                standing.token = None

    def asking(self, consumer: Consumer) -> threading.Lock:
        """Held by the one thread that asks for the consumer's token; the others wait for what it gets."""
        return self._of(consumer).asking

    def allowances(self) -> tuple[Allowance, ...]:
        """What each consumer has left, in the order of the settings."""
        with self._lock:
            now = self._now()
            return tuple(self._allowance(standing, now) for standing in self._standings)

    def _free(self, now: int, tried: Collection[Consumer]) -> _Standing:
        for standing in self._standings:
            if standing.refused:
                raise _rejected(standing.consumer)
        for step in range(len(self._standings)):
            place = (self._current + step) % len(self._standings)
            standing = self._standings[place]
            if standing.consumer not in tried and self._free_at(standing, now) <= now:
                self._current = place
                return standing
        raise AllSpent([self._allowance(standing, now) for standing in self._standings])

    def _take(self, standing: _Standing, now: int) -> bool:
        """Write down a call, unless another run, which asks as this consumer too, has taken the last one."""
        if not self._ledger.take(standing.consumer.id, now, since=now - HOUR, limit=self._limit):
            self._recall(now, standing)
            return False
        self._budget.spend()
        standing.hour.add(now)
        return True

    def _free_at(self, standing: _Standing, now: int) -> int:
        return max(standing.rests_until, standing.hour.falls_below(self._limit, now))

    def _allowance(self, standing: _Standing, now: int) -> Allowance:
        free_at = self._free_at(standing, now)
        return Allowance(standing.consumer, standing.hour.count(now), self._limit, free_at <= now, free_at / 1000)

    def _of(self, consumer: Consumer) -> _Standing:
        return self._standings[consumer.position - 1]

    def _now(self) -> int:
        now = self._time()
        if now < self._latest:
            self._recall(now, *self._standings)  # the clock was put back: calls lie in the future now
        self._latest = now
        return now

    def _time(self) -> int:
        return int(self._clock() * 1000)

    def _recall(self, now: int, *standings: _Standing) -> None:
        """Take over what the ledger knows of these consumers."""
        for standing in standings:
            calls, standing.rests_until = self._ledger.past(standing.consumer.id, now, since=now - HOUR)
            standing.hour = RollingHour(calls)


def _numbered(credentials: Sequence[ConsumerCredentials]) -> list[Consumer]:
    of = len(credentials)
    return [Consumer(position, of, each.key, each.secret) for position, each in enumerate(credentials, start=1)]


def _rejected(consumer: Consumer) -> ConsumerError:
    return ConsumerError(
        f"Bitbucket rejects {consumer}",
        why="It answered 401 to a token that it had just given out.",
        next_step=f"See under {CONSUMERS_PAGE} whether the consumer still exists and is private.",
    )
