"""SIGINT and SIGTERM: the first one ends the run in good order, the second one at once.

A signal is only noted when it comes, and the run ends where it next looks: before it sleeps, tells its progress, or
asks Bitbucket for more. An exception out of the blue would come in the middle of whatever Python happens to do, such
as starting a thread, which then is nobody's and reads from a database that is closed under it.
"""

from __future__ import annotations

import os
import select
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import IO

from bbsync.errors import ExitCode

_CODES = {signal.SIGINT: ExitCode.INTERRUPTED, signal.SIGTERM: ExitCode.TERMINATED}

#: Seconds that a run has to come to its end by itself, once what it is for has happened.
GRACE = 60

#: Seconds after which a sleeping thread notices at the latest that the run is to end.
NOTICE = 0.1

_PATIENCE = b"\nStopping when what is under way is done; once more stops at once.\n"


class Stopped(BaseException):
    """Somebody wants the run to end."""

    def __init__(self, code: ExitCode) -> None:
        super().__init__(code.name.lower())
        self.code = code


class Stopping:
    """Whether the run is to end, and with which code. (No attrs class, as `--help` would wait for attrs.)

    `last_words` are said before a run that is told twice ends at once.
    """

    def __init__(self) -> None:
        self.code: ExitCode | None = None
        self.last_words: Callable[[ExitCode], None] = lambda _code: None
        self._at_once = False
        self._grace = 0
        self._until = 0.0

    def listen(self) -> None:
        """Take both signals from now on; one that the parent had us ignore (`nohup`) stays ignored."""
        for number in _CODES:
            if signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, self._stop)

    def check(self) -> None:
        """Raise Stopped if the run is to end."""
        if self.code is not None and time.monotonic() >= self._until:
            raise Stopped(self.code)

    def finish(self) -> None:
        """From now on the first signal leaves the run a minute: what cannot be undone is under way, or done."""
        self._grace = GRACE
        if self.code is not None:
            self._until = time.monotonic() + GRACE

    def sleep(self, seconds: float) -> None:
        """Sleep in any thread, and not a moment longer than the run lasts."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            self.check()
            time.sleep(min(left, NOTICE))

    def clock(self) -> float:
        """Epoch seconds. For the threads that read there is no time after the end.

        The main thread may ask for it still: it may have to note that a plan is in the graph.
        """
        if threading.current_thread() is not threading.main_thread():
            self.check()
        return time.time()

    def wait_for(self, keyboard: IO[str]) -> None:
        """Wait until something has been typed, and not a moment longer than the run lasts.

        A read that blocks would do, but for a signal that comes just before it does: the read then never hears of it.
        """
        self.check()
        while not select.select([keyboard], [], [], NOTICE)[0]:
            self.check()

    @contextmanager
    def at_once(self) -> Iterator[None]:
        """Within the block, which waits for somebody else, a signal ends the run wherever it is."""
        self._at_once = True
        try:
            self.check()
            yield
        finally:
            self._at_once = False

    def _stop(self, number: int, _frame: FrameType | None) -> None:
        code = _CODES[signal.Signals(number)]
        if self.code is not None:
            self.last_words(code)
            os._exit(code)  # the second time: whatever is being put in order is left as it is
        self.code = code
        self._until = time.monotonic() + self._grace
        if self._at_once:
            raise Stopped(code)
        if sys.__stderr__ is not None and os.isatty(sys.__stderr__.fileno()):
            os.write(sys.__stderr__.fileno(), _PATIENCE)  # past the stream, which may be in the middle of a write
