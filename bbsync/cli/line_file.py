"""A file, FIFO or device that lines are added to as they come."""

from __future__ import annotations

import contextlib
import os
import select
import stat
from pathlib import Path

from attrs import define, field

from bbsync.cli.signals import Stopping

#: Where links are the system's own, such as /dev/stderr and /dev/fd/3, and what they lead to has been opened for us.
SYSTEM = ("dev", "proc")


@define(eq=False)
class LineFile:
    """Takes whole lines. Of a line that could not be written, nothing is left in a file of ours."""

    handle: int
    is_ours: bool
    _length: int = field(default=0, init=False)

    @classmethod
    def open(cls, path: Path, stopping: Stopping) -> LineFile:
        """Empty the file, and let nobody else read it; wait for the reader of a FIFO, or for a signal.

        Raises:
            OSError: it cannot be opened; a link is not followed.
        """
        system = path.parts[1:2] and path.parts[1] in SYSTEM
        how = 0 if system else os.O_NOFOLLOW | os.O_TRUNC
        with stopping.at_once():
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | how, 0o600)
        is_ours = not system and stat.S_ISREG(os.fstat(handle).st_mode)
        if is_ours:
            with contextlib.suppress(OSError):  # somebody else's, who lets us write it
                os.fchmod(handle, 0o600)
        return cls(handle, is_ours)

    def write(self, line: bytes) -> None:
        """Write all of it.

        Raises:
            OSError: it could not be written.
        """
        rest = memoryview(line)
        try:
            while rest:
                rest = rest[os.write(self.handle, rest) :]
        except OSError:
            self._take_back()
            raise
        self._length += len(line)

    def is_ready(self) -> bool:
        """Whether a line would be taken at once: who reads a FIFO may be slow."""
        return bool(select.select([], [self.handle], [], 0)[1])

    def close(self) -> None:
        """Let go of it."""
        os.close(self.handle)

    def _take_back(self) -> None:
        if self.is_ours:
            with contextlib.suppress(OSError):
                os.ftruncate(self.handle, self._length)
