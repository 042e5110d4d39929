"""Progress on stderr: one moving line on a terminal, a line every ten seconds elsewhere."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from typing import IO

from bbsync.cli import terminal
from bbsync.cli.streams import tell
from bbsync.show.safe import clip, pad, safe

#: Seconds between two lines where nobody sees them move, and between two movements where somebody does.
QUIET = 10.0
LIVELY = 0.1

_NUMBERS = re.compile(r"[\d.,]+")


class Progress:
    """Where a run stands. May be told from several threads.

    Lines that differ in numbers alone belong to one phase: they are the same line, further on.
    """

    def __init__(self, stream: IO[str], clock: Callable[[], float]) -> None:
        self._stream = stream
        self._clock = clock
        self._live = stream.isatty()
        self._phase = ""
        self._line = ""
        self._shown = ""
        self._last = clock()
        self._lock = threading.Lock()

    def report(self, what: str, done: int, total: int) -> None:
        """So many of so many listings (or whatever it is) are read."""
        with self._lock:
            self._move(f"reading  {done:,}/{total:,} {what}", "reading", at_once=False)

    def say(self, line: str) -> None:
        """A step began or went on."""
        with self._lock:
            self._move(line, _NUMBERS.sub("", line), at_once=True)

    def end(self) -> None:
        """Leave the moving line as it is: something else is going to be written."""
        with self._lock:
            self._end()

    def _move(self, line: str, phase: str, *, at_once: bool) -> None:
        now = self._clock()
        begins = phase != self._phase
        if begins:
            self._end()
            self._phase = phase
        self._line = line
        if (begins and at_once) or now - self._last >= (LIVELY if self._live else QUIET):
            self._last = now
            self._show()

    def _end(self) -> None:
        if self._live and self._shown:
            self._show()  # the last one may have come too soon after the one before
            tell(self._stream, "\n")
        self._phase = self._line = self._shown = ""

    def _show(self) -> None:
        line = safe(self._line)
        if not self._live:
            tell(self._stream, f"{line}\n")
            return
        # One column stays free: a full line would break, and its first half could not be taken back.
        room = terminal.width(self._stream) - 1
        shown = clip(line, room, "…" if terminal.unicode(self._stream) else "...")
        tell(self._stream, "\r" + pad(shown, len(self._shown)))
        self._shown = shown
