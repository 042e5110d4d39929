"""stderr as JSON Lines, for collectors of logs: all that people would be told, and what they would read in the plan."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from typing import IO

from attrs import define, field

from bbsync.cli.streams import tell
from bbsync.events import Diagnostic, Event, Gap, Guard, RateLimited
from bbsync.planfile.reading import write_moment


@define(eq=False)
class JsonLog:
    """A stream that makes a line of JSON of every line that is written to it. May be told from several threads.

    It is no terminal: nothing moves in it, and nobody is asked there.
    """

    stream: IO[str]
    clock: Callable[[], float]
    run: str
    encoding: str = field(default="utf-8", init=False)
    _begun: str = field(default="", init=False)
    _lock: threading.RLock = field(factory=threading.RLock, init=False)

    def line(self, level: str, message: str, **more: str) -> None:
        """Write a line; of `more`, what says something."""
        at = write_moment(int(self.clock() * 1000))
        told = {name: text for name, text in more.items() if text}
        text = json.dumps({"at": at, "level": level, "run": self.run, "message": message, **told})
        with self._lock:
            tell(self.stream, text.replace("\x7f", "\\u007f") + "\n")

    def __call__(self, event: Event) -> None:
        """Warn of events that people learn from the plan or from the table of messages."""
        match event:
            case Gap(known=False):
                self.line("warning", f"{event.where}: {event.detail}", code=event.code, kind=event.kind)
            case Guard(tripped=True):
                told = (
                    f"{event.value:,} of {event.of:,} {event.element_type or 'elements'} is more than {event.limit:,}"
                )
                self.line("warning", f"the guard {event.id} stands in the way: {told}", code="BB-GUARD")
            case RateLimited() if event.consumer:
                told = f"consumer {event.consumer} has no calls left until {event.until}"
                self.line("warning", told, code="BB-RATE-LIMIT")
            case Diagnostic(severity="warning"):
                self.line("warning", event.what, code=event.code, why=event.why, next=event.next)

    def write(self, text: str) -> int:
        """What has come to the end of its line is written; the rest waits for it."""
        with self._lock:
            *lines, self._begun = (self._begun + text).split("\n")
            for each in filter(str.strip, lines):
                self.line("info", each.strip())
        return len(text)

    def flush(self) -> None:
        """Every line is written at once."""

    def isatty(self) -> bool:
        """Whatever the stream is, nobody is to be asked there."""
        return False

    def fileno(self) -> int:
        """That of the stream."""
        return self.stream.fileno()
