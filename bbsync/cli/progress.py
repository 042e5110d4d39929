"""Progress on stderr: one moving line on a terminal, a line every ten seconds elsewhere."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import IO

from bbsync.show.safe import safe

#: Seconds between two lines where nobody sees them move, and between two movements where somebody does.
QUIET = 10.0
LIVELY = 0.1


class Progress:
    """Where a run stands. May be told from several threads."""

    def __init__(self, stream: IO[str], clock: Callable[[], float]) -> None:
        self._stream = stream
        self._clock = clock
        self._live = stream.isatty()
        self._last = clock()
        self._shown = 0
        self._lock = threading.Lock()

    def report(self, what: str, done: int, total: int) -> None:
        """So many of so many listings (or whatever it is) are read."""
        with self._lock:
            now = self._clock()
            finished = done == total
            if now - self._last >= (LIVELY if self._live else QUIET) or (finished and self._shown):
                self._last = now
                self._show(f"reading  {done:,}/{total:,} {what}", finished=finished)

    def say(self, line: str) -> None:
        """A step began or ended."""
        with self._lock:
            self._show(line, finished=True)

    def _show(self, line: str, *, finished: bool) -> None:
        if not self._live:
            self._stream.write(f"{safe(line)}\n")
        else:
            shown = safe(line)
            self._stream.write(f"\r{shown:<{self._shown}}" + ("\n" if finished else ""))
            self._shown = 0 if finished else len(shown)
        self._stream.flush()
