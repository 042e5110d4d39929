"""What happens in a run, for programs that watch it: one class for each type of event."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import ClassVar

from attrs import asdict, frozen

from bbsync.errors import BbsyncError

#: Readers ignore types and fields that they do not know, and a higher minor version; another major version they refuse.
VERSION = "1.0"


@frozen
class Event:
    """Something that happened. Its fields are those of its line; times are RFC 3339 in UTC."""

    @classmethod
    def type(cls) -> str:
        """How its line names it: FetchProgress is `fetch_progress`."""
        return re.sub(r"\B(?=[A-Z])", "_", cls.__name__).lower()


@frozen
class Start(Event):
    """The first line: who writes, and which command."""

    bbsync: str
    command: str


@frozen
class Stage(Event):
    """A part of the run: it `began`, `ended`, or `failed`. Parts lie within each other, and never overlap."""

    name: str
    state: str


@frozen
class FetchProgress(Event):
    """So many of so many listings and items are read; once a second at most."""

    what: str
    done: int
    total: int


@frozen
class Fetched(Event):
    """All listings of a kind are read, or given up; `milliseconds` begin with the first listing of its level."""

    kind: str
    listings: int
    items: int
    pages: int
    milliseconds: int


@frozen
class RateLimited(Event):
    """The consumer at that place in the settings rests until then; 0: all do, and the run waits for the first."""

    consumer: int
    until: str


@frozen
class Gap(Event):
    """A listing, or one `item` of it, could not be read; `where` names what the listing belongs to."""

    kind: str
    where: str
    item: str
    code: str
    detail: str
    known: bool


@frozen
class Guard(Event):
    """What a guard found of a type, or of all where that is empty: it tripped where `value` is more than `limit`."""

    id: str
    element_type: str
    value: int
    of: int
    limit: int
    tripped: bool


@frozen
class Planned(Event):
    """One change of the plan, in its order; `element_type` is the type of the element."""

    index: int
    action: str
    element_type: str
    key: str
    label: str


@frozen
class Totals:
    """How many elements have which fate."""

    add: int
    change: int
    move: int
    destroy: int
    kept: int
    withheld: int


@frozen
class Summary(Event):
    """The plan in numbers. `told` of its `changes` came as `planned`: the plan file has all of them."""

    plan_id: str
    complete: bool
    changes: int
    told: int
    entities: Totals
    relationships: Totals


@frozen
class Differing(Event):
    """One difference of an audit, in its order; `next` is what the next apply does about it, empty for nothing."""

    index: int
    sort: str
    element_type: str
    key: str
    label: str
    next: str


@frozen
class Audit(Event):
    """The audit in numbers. `told` of its differences came as `differing`: the file of the audit has all of them."""

    snapshot: str
    conclusive: bool
    pending: int
    tampered: int
    missing: int
    unmanaged: int
    ignored: int
    told: int


@frozen
class Traffic(Event):
    """What reading took: requests to Bitbucket, those that were refused (429), and those that were sent again."""

    calls: int
    refused: int
    sent_again: int


@frozen
class Lock(Event):
    """The lease: `waiting`, `taking_over`, `held`, `lost` or `released`; `holder` is who has it, if not this run."""

    state: str
    holder: str = ""


@frozen
class Batch(Event):
    """A batch is about to be uploaded (`sending`), or has arrived (`sent`)."""

    n: int
    phase: str
    collection: str
    elements: int


@frozen
class Job(Event):
    """How far the target is with the change: `opened`, `finalizing`, `ended`, `committed` and the like."""

    state: str
    detail: str = ""


@frozen
class Diagnostic(Event):
    """A message: what, why, what to do; `severity` is `error` or `warning`, `code` stands on the page of codes."""

    severity: str
    code: str
    what: str
    why: str = ""
    next: str = ""

    @classmethod
    def of(cls, error: BbsyncError, severity: str = "error") -> Diagnostic:
        """What an error says."""
        return cls(severity, error.code, error.what, error.why, error.next_step)


@frozen
class NextRun(Event):
    """A run of `bbsync watch` is over, and ended with that exit code; the next one begins then."""

    exit_code: int
    begins_at: str


@frozen
class Done(Event):
    """The last line. Where it is missing, the process died or the file could not be written to its end."""

    exit_code: int


#: Told about events as they happen, from any thread.
Happened = Callable[[Event], None]


def unheard(_event: Event) -> None:
    """Nobody watches."""


@contextmanager
def stage(name: str, happened: Happened) -> Iterator[None]:
    """Tell when the block begins, and how it ends."""
    happened(Stage(name, "began"))
    try:
        yield
    except BaseException:  # a signal ends a stage, too; it goes on its way
        happened(Stage(name, "failed"))
        raise
    happened(Stage(name, "ended"))


@frozen
class Line:
    """An event with its number and time, in the run that it belongs to."""

    version: ClassVar[str] = VERSION
    seq: int
    at: str
    run: str
    event: Event

    def encode(self) -> bytes:
        """The line. It is ASCII, and nothing in it moves a cursor: whatever would is escaped."""
        head = {"v": self.version, "seq": self.seq, "at": self.at, "run": self.run, "type": self.event.type()}
        text = json.dumps(head | asdict(self.event), separators=(",", ":"))
        return text.replace("\x7f", "\\u007f").encode("ascii") + b"\n"
