"""What a run asks of Bitbucket in all: requests sent, refused, and sent again, of which there is a bounded number."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable

from attrs import frozen

from bbsync.bitbucket.settings import RETRIES

#: How often whoever watches is told that requests are sent again, at most: the first time, and then evenly spread.
TOLD = 10


@frozen
class Traffic:
    """Requests sent, repetitions and those for tokens included; those answered 429; repetitions by what was before."""

    sent: int = 0
    refused: int = 0
    again: tuple[tuple[str, int], ...] = ()

    def __str__(self) -> str:
        parts = [f"{self.sent:,} {'call' if self.sent == 1 else 'calls'} to Bitbucket"]
        if self.refused:
            parts.append(f"{self.refused:,} refused (429)")
        if self.again:
            times = sum(count for _why, count in self.again)
            reasons = ", ".join(f"{count:,} after {why}" for why, count in self.again)
            parts.append(f"{times:,} sent again ({reasons})")
        return ", ".join(parts)


class Tally:
    """Counts, and knows how many repetitions are left. Thread-safe; all connections of a run share one.

    Without a bound on the whole run, a Bitbucket that is down would be asked for everything as often as for one thing.

    Args:
        retries: how many requests may be sent again.
        say: told when that begins, goes on, and is no longer done.
    """

    def __init__(self, retries: int = RETRIES, say: Callable[[str], None] = lambda _line: None) -> None:
        self._retries = retries
        self._say = say
        self._lock = threading.Lock()
        self._taken = 0
        self._told_none_left = False
        self._refused = 0
        self._again: Counter[str] = Counter()

    def refuse(self) -> None:
        """Count an answer that says: too many requests."""
        with self._lock:
            self._refused += 1

    def may_go_on(self) -> bool:
        """Whether one more request may be sent again; it is taken from those that are left."""
        with self._lock:
            if self._taken < self._retries:
                self._taken += 1
                return True
            told, self._told_none_left = self._told_none_left, True
        if not told:
            self._say(f"Bitbucket fails  {self._retries:,} requests were sent again; from now on failures are gaps")
        return False

    def repeat(self, why: str) -> None:
        """Count a request that is sent again, after a status or whatever it was."""
        with self._lock:
            self._again[why] += 1
            times = self._again.total()
        if times % max(1, self._retries // TOLD) == 1 % max(1, self._retries // TOLD):
            self._say(f"Bitbucket fails  sending again after {why} ({times:,} of at most {self._retries:,} times)")

    def traffic(self, sent: int) -> Traffic:
        """The numbers so far."""
        with self._lock:
            return Traffic(sent, self._refused, tuple(sorted(self._again.items())))
