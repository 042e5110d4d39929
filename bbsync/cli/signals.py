"""SIGINT and SIGTERM: the first one ends the run in good order, the second one at once."""

from __future__ import annotations

import os
import signal
import time
from types import FrameType

from attrs import define, field

from bbsync.errors import ExitCode

_CODES = {signal.SIGINT: ExitCode.INTERRUPTED, signal.SIGTERM: ExitCode.TERMINATED}

#: Seconds after which a sleeping thread notices at the latest that the run is to end.
NOTICE = 0.1


class Stopped(BaseException):
    """Somebody wants the run to end."""

    def __init__(self, code: ExitCode) -> None:
        super().__init__(code.name.lower())
        self.code = code


@define(eq=False)
class Stopping:
    """Whether the run is to end, and with which code."""

    code: ExitCode | None = field(default=None, init=False)

    def listen(self) -> None:
        """Take both signals from now on; one that the parent had us ignore (`nohup`) stays ignored."""
        for number in _CODES:
            if signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, self._stop)

    def sleep(self, seconds: float) -> None:
        """Sleep in any thread, and not a moment longer than the run lasts."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            if self.code is not None:
                raise Stopped(self.code)
            time.sleep(min(left, NOTICE))

    def _stop(self, number: int, _frame: FrameType | None) -> None:
        code = _CODES[signal.Signals(number)]
        if self.code is not None:
            os._exit(code)  # the second time: whatever is being put in order is left as it is
        self.code = code
        raise Stopped(code)
