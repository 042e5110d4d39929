"""How many calls each consumer made within the last hour, also in earlier runs."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import Protocol

#: Bitbucket counts calls over the last hour, whenever one looks. Times are epoch milliseconds: whole numbers add
#: and subtract exactly, fractions of seconds do not.
HOUR = 3_600_000


class Ledger(Protocol):
    """Where calls are written down, so that the next run knows what is left of the hour."""

    def record(self, consumer: str, at: int) -> None:
        """Write down one call."""

    def calls(self, consumer: str) -> Iterable[int]:
        """The times of the calls that may still count, in any order."""


class MemoryLedger:
    """A ledger that is forgotten with the run."""

    def __init__(self) -> None:
        self._calls: dict[str, deque[int]] = {}

    def record(self, consumer: str, at: int) -> None:
        """Write down one call."""
        self._calls.setdefault(consumer, deque()).append(at)

    def calls(self, consumer: str) -> Iterable[int]:
        """The times of all calls of this run."""
        return tuple(self._calls.get(consumer, ()))


class RollingHour:
    """The calls of one consumer that Bitbucket still counts. Not thread-safe; the pool locks."""

    def __init__(self, calls: Iterable[int] = ()) -> None:
        self._calls = deque(sorted(calls))

    def add(self, at: int) -> None:
        """Count one call."""
        self._calls.append(at)

    def count(self, now: int) -> int:
        """How many calls the last hour holds."""
        while self._calls and self._calls[0] <= now - HOUR:
            self._calls.popleft()
        return len(self._calls)

    def reopens(self, now: int) -> int:
        """When the oldest call of the hour stops counting; `now` if there is none."""
        return self._calls[0] + HOUR if self.count(now) else now
