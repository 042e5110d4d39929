"""How many J1QL queries an account may be asked: counted here, so that JupiterOne seldom has to refuse one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from attrs import frozen

#: What an account's queries stand under in the ledger, before its name.
ACCOUNT = "JupiterOne account"

#: JupiterOne counts the queries of so many seconds.
WINDOW = 120

#: Seconds between two looks at the ledger.
_PAUSE = 5.0


class QueryLedger(Protocol):
    """Where queries are written down, so that other runs know what is left. Times are epoch milliseconds."""

    def take(self, consumer: str, at: int, *, since: int, limit: int) -> bool:
        """Write down one query, unless there were `limit` of them after `since`; whether it was."""

    def record(self, consumer: str, at: int) -> None:
        """Write down one query, come what may."""


@frozen(eq=False)
class QueryAllowance:
    """The queries that one account may be asked within two minutes, by whoever shares the ledger.

    `ledger` is asked for when the first query is due: who only writes needs none.
    """

    account: str
    limit: int
    clock: Callable[[], float]
    sleep: Callable[[float], None]
    say: Callable[[str], None]
    ledger: Callable[[], QueryLedger]

    def __call__(self) -> None:
        """Wait until a query may be asked, for one window at most.

        After that JupiterOne itself is asked, which knows better: others may share the ledger, or its clock be wrong.
        """
        waited = 0.0
        while not self._take():
            if waited >= WINDOW:
                self.ledger().record(self._name, self._now())
                return
            left = WINDOW - waited
            self.say(f"{self.limit} queries in 2 minutes are all that JupiterOne allows: waiting {left:.0f} s at most")
            self.sleep(_PAUSE)
            waited += _PAUSE

    def _take(self) -> bool:
        now = self._now()
        return self.ledger().take(self._name, now, since=now - WINDOW * 1000, limit=self.limit)

    def _now(self) -> int:
        return int(self.clock() * 1000)

    @property
    def _name(self) -> str:
        return f"{ACCOUNT} {self.account}"
