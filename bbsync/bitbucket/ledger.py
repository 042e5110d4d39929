"""How many calls each consumer made within the last hour, also in earlier runs."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import Protocol

#: Bitbucket counts calls over the last hour, whenever one looks. Times are epoch milliseconds: whole numbers add
#: and subtract exactly, fractions of seconds do not.
HOUR = 3_600_000


class Ledger(Protocol):
    """Where calls are written down, so that other runs know what is left of the hour."""

    def take(self, consumer: str, at: int, *, since: int, limit: int) -> bool:
        """Write down one call, unless the consumer rests or made `limit` calls after `since`; whether it was."""

    def rest(self, consumer: str, at: int, until: int) -> None:
        """Write down that a consumer was told at that time to rest; the longer rest holds."""

    def past(self, consumer: str, now: int, *, since: int) -> tuple[tuple[int, ...], int]:
        """The times of the consumer's calls after `since`, and until when it rests (0: not at all).

        Nothing in it is later than now: what a clock that went wrong put into the future counts from now on.
        """


class MemoryLedger:
    """A ledger that is forgotten with the run. Nobody else writes in it, so what a pool counts by itself is right."""

    def __init__(self) -> None:
        self._calls: dict[str, list[int]] = {}
        self._rests: dict[str, tuple[int, int]] = {}

    def take(self, consumer: str, at: int, *, since: int, limit: int) -> bool:  # noqa: ARG002 - as a ledger does
        """Write down one call."""
        self._calls.setdefault(consumer, []).append(at)
        return True

    def rest(self, consumer: str, at: int, until: int) -> None:
        """Write down that a consumer was told at that time to rest."""
        self._rests[consumer] = (at, until)

    def past(self, consumer: str, now: int, *, since: int) -> tuple[tuple[int, ...], int]:
        """The times of the consumer's calls after `since`, and until when it rests (0: not at all)."""
        at, until = self._rests.get(consumer, (0, 0))
        calls = tuple(min(call, now) for call in self._calls.get(consumer, ()) if call > since)
        return calls, until - max(0, at - now)


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

    def falls_below(self, limit: int, now: int) -> int:
        """When the hour will hold fewer calls than `limit`; `now` if it does."""
        over = self.count(now) - limit
        return self._calls[over] + HOUR if over >= 0 else now
