"""Who holds a lease: a name, a process, and whether that process can still be alive."""

from __future__ import annotations

import os
import socket
from pathlib import Path

from attrs import frozen

#: What is the same for two processes exactly if they see each other's ids: the running system, and its part we are in.
_SYSTEM = Path("/proc/sys/kernel/random/boot_id")
_PART = Path("/proc/self/ns/pid")


@frozen
class Holder:
    """A process that applies, as others see it.

    `place` is where its `pid` means something; `since` and `renewed` are epoch milliseconds.
    """

    name: str
    place: str
    pid: int
    ci_url: str
    since: int
    renewed: int

    @classmethod
    def here(cls, user: str, ci_url: str, now: int) -> Holder:
        """This process."""
        return cls(f"{user or 'unknown'}@{socket.gethostname()}", place(), os.getpid(), ci_url, now, now)

    @property
    def label(self) -> str:
        """The holder in a few words."""
        where = f"process {self.pid}, {self.ci_url}" if self.ci_url else f"process {self.pid}"
        return f"{self.name} ({where})"

    @property
    def is_dead(self) -> bool:
        """Whether the process has surely ended; nobody can tell of a process elsewhere."""
        return self.place == place() and not _runs(self.pid)


def place() -> str:
    """Names the ids of processes as this one sees them: two containers on one machine may use the same ones."""
    try:
        return f"{_SYSTEM.read_text(encoding='ascii').strip()} {_PART.readlink()}"
    except OSError:  # not a Linux
        return socket.gethostname()


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)  # asks, and sends nothing
    except ProcessLookupError:
        return False
    except OSError:  # it runs, and belongs to somebody else
        return True
    return True
