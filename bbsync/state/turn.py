"""Whose turn it is: wait for the lease, say for whom, and take it when they are done or gone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from attrs import define, field, frozen

from bbsync.errors import Locked, StateError
from bbsync.events import Happened, Lock, unheard
from bbsync.show.words import moment
from bbsync.state.database import Database
from bbsync.state.holder import Holder
from bbsync.state.lease import LENGTH, Lease, take

#: Seconds that a run waits for its turn, between two looks, and between two lines about it.
PATIENCE = 300
LOOK = 2
TELL = 10


@frozen
class Waiting:
    """What waiting needs of the world: epoch seconds, sleep, and somebody to tell: people, and programs."""

    clock: Callable[[], float]
    sleep: Callable[[float], None]
    say: Callable[[str], None]
    happened: Happened = unheard

    def now(self) -> int:
        """Epoch milliseconds."""
        return int(self.clock() * 1000)


@contextmanager
def our_turn(url: str, scope: str, user: str, ci_url: str, waiting: Waiting) -> Iterator[Lease]:
    """Hold the lease of the scope, in the records at an SQLAlchemy URL, as long as the block lasts.

    Raises:
        Locked: somebody else held it for five minutes.
        StateError: the records cannot be used; without them nobody can tell who else applies.
    """
    lease = _wait(Database(url), scope, user, ci_url, waiting)
    waiting.happened(Lock("held"))
    try:
        with lease.kept():
            yield lease
    except Locked:
        waiting.happened(Lock("lost"))
        raise
    finally:
        with suppress(StateError):  # it ends by itself
            lease.give_back()
    waiting.happened(Lock("released"))


def _wait(database: Database, scope: str, user: str, ci_url: str, waiting: Waiting) -> Lease:
    watch = _Watch(waiting)
    while True:
        lease = Lease(database, scope, Holder.here(user, ci_url, waiting.now()))
        held = take(lease, watch.is_over)
        if held is None:
            return lease
        if watch.waited >= PATIENCE:
            raise _locked(scope, held, watch.now)
        if watch.waited % TELL == 0:
            waiting.say(f"waiting for {held.label}, who has been applying for {_age(held.since, watch.now)}")
            waiting.happened(Lock("waiting", held.label))
        waiting.sleep(LOOK)
        watch.waited += LOOK


@define
class _Watch:
    """What a run that waits has seen of the holder. It trusts its own waiting more than two clocks to agree.

    `now` is the time by the clock that the holder's times are of, as far as anybody can tell.
    """

    waiting: Waiting
    waited: int = 0
    now: int = 0
    _seen: Holder | None = field(default=None, init=False)
    _since: int = field(default=0, init=False)

    def is_over(self, held: Holder, now: int | None) -> bool:
        """Whether the lease of this holder may be taken over, and somebody is told why; `now` is the database's."""
        self.now = self.waiting.now() if now is None else now
        if held != self._seen:
            self._seen, self._since = held, self.waited
        silent = max((self.waited - self._since) * 1000, self.now - held.renewed)
        if not held.is_dead and silent < LENGTH:
            return False
        why = "the process is gone" if held.is_dead else f"no sign of life for {_span(silent)}"
        self.waiting.say(f"taking over from {held.label}: {why}")
        self.waiting.happened(Lock("taking_over", held.label))
        return True


def _locked(scope: str, held: Holder, now: int) -> Locked:
    since = f"since {moment(held.since)} ({_age(held.since, now)})"
    alive = f"with a sign of life {_age(held.renewed, now)} ago"
    return Locked(
        "another apply holds the lease",
        why=f"{held.label} has been applying to {scope} {since}, {alive}; waited {_span(PATIENCE * 1000)}."
        " Nothing was written.",
        next_step="Run the same command again when they are done; if they died, their lease ends by itself"
        f" {_span(LENGTH)} after their last sign of life.",
    )


def _age(at: int, now: int) -> str:
    return _span(max(0, now - at))


def _span(milliseconds: int) -> str:
    minutes, seconds = divmod(milliseconds // 1000, 60)
    return f"{minutes}m{seconds:02d}s"
