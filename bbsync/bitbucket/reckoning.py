"""What reading each kind came to, told as soon as the last of its listings and items is there."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable

from attrs import define, field

from bbsync.bitbucket.walk import Result
from bbsync.events import Fetched, Happened, unheard


@define
class Reckoning:
    """Counts for listings that are read at once, by kind. One thread tells it.

    `stopwatch` gives seconds since any moment.
    """

    happened: Happened = unheard
    stopwatch: Callable[[], float] = time.monotonic
    _began: float = field(default=0.0, init=False)
    _open: Counter[str] = field(factory=Counter, init=False)
    _listings: Counter[str] = field(factory=Counter, init=False)
    _items: Counter[str] = field(factory=Counter, init=False)
    _pages: Counter[str] = field(factory=Counter, init=False)

    def begin(self, kinds: Iterable[str]) -> None:
        """One listing of each of these kinds is going to be read; a kind may come as often as it likes."""
        self._began = self.stopwatch()
        self._listings = Counter(kinds)
        self._open = self._listings.copy()

    def listed(self, result: Result) -> None:
        """A listing is there, and its items are going to be looked at."""
        kind = result.task.kind.name
        self._items[kind] += len(result.items)
        self._pages[kind] += result.covered.pages if result.covered else 0
        self._open[kind] += len(result.items)
        self.closed(kind)

    def closed(self, kind: str) -> None:
        """One listing or item of the kind is done."""
        self._open[kind] -= 1
        if not self._open[kind]:
            spent = round((self.stopwatch() - self._began) * 1000)
            counts = self._listings[kind], self._items[kind], self._pages[kind]
            self.happened(Fetched(kind, *counts, milliseconds=max(0, spent)))
