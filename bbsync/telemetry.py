"""What happens in a run as OpenTelemetry's traces and metrics: one listener, told of events like any other.

A span for the command, within it one for each stage, and within reading one for each kind; counters for calls, gaps and
changes. Attributes are numbers, kinds and codes: no secret, and no name of a person or of what belongs to one.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping

from attrs import define, field
from opentelemetry.metrics import Counter, Histogram, Meter
from opentelemetry.trace import Span, StatusCode, Tracer, set_span_in_context

from bbsync.events import (
    Batch,
    Diagnostic,
    Event,
    Fetched,
    Gap,
    Guard,
    Job,
    Lock,
    RateLimited,
    Stage,
    Summary,
    Totals,
    Traffic,
)

Attributes = Mapping[str, str | int | bool]


@define(eq=False)
class Telemetry:
    """Makes spans and counts. Stages come from one thread; other events from any.

    `now` gives epoch nanoseconds.
    """

    tracer: Tracer
    meter: Meter
    now: Callable[[], int] = time.time_ns
    _open: list[tuple[str, Span, int]] = field(factory=list, init=False)
    _counters: dict[str, Counter] = field(factory=dict, init=False)
    _durations: Histogram = field(init=False)
    _lock: threading.RLock = field(factory=threading.RLock, init=False)

    @_durations.default
    def _seconds(self) -> Histogram:
        return self.meter.create_histogram("bbsync.stage.duration", "s", "How long a stage of a run took.")

    def begin(self, name: str) -> None:
        """A span begins; what follows lies within it, until it ends."""
        with self._lock:
            context = set_span_in_context(self._open[-1][1]) if self._open else None
            started = self.now()
            self._open.append((name, self.tracer.start_span(f"bbsync {name}", context, start_time=started), started))

    def end(self, *, failed: bool = False, attributes: Attributes | None = None) -> None:
        """The innermost span ends."""
        with self._lock:
            name, span, started = self._open.pop()
            ended = self.now()
            span.set_attributes(attributes or {})
            if failed:
                span.set_status(StatusCode.ERROR)
            span.end(ended)
            self._durations.record((ended - started) / 1e9, {"stage": name, "failed": failed})

    def close(self, exit_code: int) -> None:
        """The run is over: whatever is open ends."""
        while self._open:
            self.end(failed=exit_code not in (0, 2, 3), attributes={"bbsync.exit_code": exit_code})

    def __call__(self, event: Event) -> None:
        """Note the event, if it says something here."""
        match event:
            case Stage(name, "began"):
                self.begin(name)
            case Stage(_, state):
                self.end(failed=state == "failed")
            case Fetched():
                self._fetched(event)
            case Traffic(calls, refused, sent_again):
                self._count("bbsync.calls", calls)
                self._count("bbsync.calls.refused", refused)
                self._count("bbsync.calls.sent_again", sent_again)
            case Summary():
                self._summary(event)
            case _:
                self._note(event)

    def _fetched(self, event: Fetched) -> None:
        """A span that is told of when it is over."""
        ended = self.now()
        held: Attributes = {"bbsync.kind": event.kind, "bbsync.listings": event.listings, "bbsync.items": event.items}
        with self._lock:
            context = set_span_in_context(self._open[-1][1]) if self._open else None
            started = ended - event.milliseconds * 1_000_000
            span = self.tracer.start_span(f"bbsync fetch {event.kind}", context, attributes=held, start_time=started)
            span.end(ended)
        self._count("bbsync.items", event.items, {"kind": event.kind})
        self._count("bbsync.pages", event.pages, {"kind": event.kind})

    def _summary(self, event: Summary) -> None:
        self._within("plan made", {"bbsync.plan": event.plan_id, "bbsync.complete": event.complete})
        for what, totals in (("entity", event.entities), ("relationship", event.relationships)):
            for action, count in _fates(totals).items():
                self._count("bbsync.planned", count, {"element": what, "action": action})

    def _note(self, event: Event) -> None:
        """What is a point in time within the innermost span."""
        match event:
            case Gap(kind=kind, code=code, known=known):
                self._count("bbsync.gaps", 1, {"kind": kind, "code": code, "known": known})
            case RateLimited(consumer=consumer):
                self._count("bbsync.consumers.spent", 1, {"consumer": consumer})
                self._within("consumer spent", {"bbsync.consumer": consumer})
            case Guard(id=guard, tripped=True):
                self._count("bbsync.guards.tripped", 1, {"guard": guard})
                self._within("guard tripped", {"bbsync.guard": guard})
            case Lock(state=state):
                self._within(f"lease {state}", {})
            case Job(state=state):
                self._within(f"target {state}", {})
            case Batch(n=number, phase=phase, collection=collection, elements=elements):
                held: Attributes = {
                    "bbsync.batch": number,
                    "bbsync.collection": collection,
                    "bbsync.elements": elements,
                }
                self._within(f"batch {phase}", held)
            case Diagnostic(severity=severity, code=code):
                self._count("bbsync.messages", 1, {"severity": severity, "code": code})
                self._within(severity, {"bbsync.code": code})

    def _within(self, name: str, attributes: Attributes) -> None:
        with self._lock:
            if self._open:
                self._open[-1][1].add_event(name, attributes, self.now())

    def _count(self, name: str, amount: int, attributes: Attributes | None = None) -> None:
        with self._lock:
            if name not in self._counters:
                self._counters[name] = self.meter.create_counter(name)
            self._counters[name].add(amount, attributes)


def _fates(totals: Totals) -> dict[str, int]:
    return {
        "add": totals.add,
        "change": totals.change,
        "move": totals.move,
        "destroy": totals.destroy,
        "kept": totals.kept,
        "withheld": totals.withheld,
    }
