"""Leases of one scope in one file of records, a clock that is moved by hand, and everything that was said."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from attrs import define, evolve, field

from bbsync.state.database import Database
from bbsync.state.holder import Holder
from bbsync.state.lease import Lease, take
from bbsync.state.turn import Waiting, our_turn

SCOPE = "local graph.db, scope bbsync"
NOON = 1_800_000_000.0

#: Somebody on another machine, of whom nobody here can tell whether they are alive.
ELSEWHERE = Holder(
    "ci@build-7", "another machine", 4711, "https://ci.example.test/jobs/7", int(NOON * 1000), int(NOON * 1000)
)


@define(eq=False)
class Turns:
    """What a run that waits has around it; `meanwhile` is called whenever it sleeps. The records are in a file, or at
    an address.
    """

    file: Path | str
    now: float = NOON
    said: list[str] = field(factory=list)
    slept: float = 0.0
    meanwhile: Callable[[], None] = lambda: None
    clock_goes: bool = True

    @property
    def url(self) -> str:
        return self.file if isinstance(self.file, str) else f"sqlite:///{self.file}"

    @property
    def database(self) -> Database:
        return Database(self.url)

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.slept += seconds
        self.now += seconds if self.clock_goes else 0
        self.meanwhile()

    def ours(self, scope: str = SCOPE) -> AbstractContextManager[Lease]:
        """Wait for the lease, and hold it."""
        waiting = Waiting(lambda: self.now, self.sleep, self.said.append)
        return our_turn(self.url, scope, "ada", "https://ci.example.test/jobs/8", waiting)

    def held_by(self, holder: Holder = ELSEWHERE, scope: str = SCOPE) -> Lease:
        """A lease that somebody takes, whoever has it."""
        lease = Lease(self.database, scope, holder, elapsed=lambda: self.now)
        assert take(lease, lambda _held, _now: True) is None
        return lease

    def elsewhere(self, **changes: object) -> Holder:
        """Somebody elsewhere who takes the lease now."""
        now = int(self.now * 1000)
        return evolve(ELSEWHERE, **{"since": now, "renewed": now, **changes})
