"""Write events down as they happen, a line each, for whoever watches or looks later."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Protocol
from uuid import uuid4

from attrs import define, field

from bbsync import __version__
from bbsync.cli.invocation import Invocation
from bbsync.cli.line_file import LineFile
from bbsync.errors import BbsyncError, ExitCode
from bbsync.events import Done, Event, FetchProgress, Line, Start
from bbsync.planfile.reading import write_moment

#: Seconds between two lines about reading.
SECOND = 1.0

#: Seconds that a run which is to end at once waits for a line that is being written.
PATIENCE = 0.2


class EventsError(BbsyncError):
    """Nothing can be written where the events were to go."""

    default_code = "BB-EVENTS"


class Sink(Protocol):
    """Where lines go."""

    def write(self, line: bytes) -> None:
        """Write it, or raise OSError."""
        ...

    def is_ready(self) -> bool:
        """Whether it would be written at once."""
        ...

    def close(self) -> None:
        """No more lines come."""
        ...


@define(eq=False)
class Recorder:
    """Numbers events and writes each as a line. May be told from several threads.

    When a line cannot be written, that is said once, and the run goes on; of the later ones only the last is tried.
    """

    sink: Sink
    clock: Callable[[], float]
    complain: Callable[[str], None]
    run: str = field(factory=lambda: uuid4().hex)
    _seq: int = field(default=0, init=False)
    _told: float = field(default=float("-inf"), init=False)
    _failed: bool = field(default=False, init=False)
    _done: bool = field(default=False, init=False)
    _lock: threading.RLock = field(factory=threading.RLock, init=False)

    def start(self, command: str) -> None:
        """Write the first line.

        Raises:
            OSError: it cannot be written.
        """
        with self._lock:
            self.sink.write(self._line(Start(__version__, command)))

    def __call__(self, event: Event) -> None:
        """Write the event down, unless it is one of too many about reading."""
        with self._lock:
            if self._done or (isinstance(event, FetchProgress) and not self._is_due()):
                return
            line = self._line(event)
            if not self._failed:
                self._try(line)

    def end(self, code: ExitCode) -> None:
        """Write the last line."""
        with self._lock:
            if self._done:
                return
            self._done = True
            line = self._line(Done(int(code)))
            with contextlib.suppress(OSError):  # nobody would know but for the missing line
                self.sink.write(line)
            with contextlib.suppress(OSError):
                self.sink.close()

    def end_at_once(self, code: ExitCode) -> None:
        """The same where nothing may be waited for."""
        if self.sink.is_ready() and self._lock.acquire(timeout=PATIENCE):
            self.end(code)

    def _is_due(self) -> bool:
        now = self.clock()
        due = not 0 <= now - self._told < SECOND
        self._told = now if due else self._told
        return due

    def _line(self, event: Event) -> bytes:
        self._seq += 1
        return Line(self._seq, write_moment(int(self.clock() * 1000)), self.run, event).encode()

    def _try(self, line: bytes) -> None:
        try:
            self.sink.write(line)
        except OSError as error:
            self._failed = True
            why = error.strerror or type(error).__name__
            self.complain(f"Events can no longer be written ({why}); the run goes on without.")


@define(eq=False)
class _Stderr:
    """stderr, between the lines for people."""

    invocation: Invocation

    def write(self, line: bytes) -> None:
        self.invocation.put_line(line.decode())

    def is_ready(self) -> bool:
        return False  # the signal may have come in the middle of a write

    def close(self) -> None:
        """It is needed still."""


def record(place: str, command: str, invocation: Invocation) -> Recorder:
    """A recorder that writes there, or on stderr for "-", and has written its first line.

    Raises:
        EventsError: nothing can be written there.
    """
    try:
        sink: Sink = _Stderr(invocation) if place == "-" else LineFile.open(Path(place), invocation.stopping)
        recorder = Recorder(sink, invocation.clock, invocation.say, invocation.run_id)
        recorder.start(command)
    except OSError as error:
        raise EventsError(
            f"{place} cannot take the events",
            why=f"{error.strerror or type(error).__name__}.",
            next_step="Name another file, or leave --events out, and run the same command again.",
        ) from error
    return recorder
