"""Events as traces and metrics, kept in memory by OpenTelemetry's own exporters."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from attrs import frozen
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from bbsync.events import Diagnostic, Fetched, Gap, Lock, RateLimited, Stage, Summary, Totals, Traffic
from bbsync.telemetry import Telemetry

MINUTE = 60_000_000_000


@frozen
class Memory:
    """What was told, and who is told."""

    telemetry: Telemetry
    exporter: InMemorySpanExporter
    reader: InMemoryMetricReader

    def spans(self) -> dict[str, ReadableSpan]:
        """Those that ended, by name."""
        return {span.name: span for span in self.exporter.get_finished_spans()}

    def counted(self) -> dict[tuple[str, frozenset[tuple[str, object]]], float]:
        """What the counters say, by name and attributes."""
        found = self.reader.get_metrics_data()
        metrics = [metric for one in found.resource_metrics for scope in one.scope_metrics for metric in scope.metrics]
        return {
            (metric.name, frozenset((point.attributes or {}).items())): getattr(point, "value", 0)
            for metric in metrics
            for point in metric.data.data_points
        }


@pytest.fixture(name="memory")
def _memory() -> Iterator[Memory]:
    exporter, reader, time = InMemorySpanExporter(), InMemoryMetricReader(), iter(range(0, 10**15, MINUTE))
    tracers, meters = TracerProvider(shutdown_on_exit=False), MeterProvider([reader], shutdown_on_exit=False)
    tracers.add_span_processor(SimpleSpanProcessor(exporter))
    yield Memory(Telemetry(tracers.get_tracer("test"), meters.get_meter("test"), lambda: next(time)), exporter, reader)
    tracers.shutdown()
    meters.shutdown()


def test_stages_lie_within_the_command(memory: Memory) -> None:
    """One trace: the command, in it a stage, in it a kind, which began as long ago as it says."""
    memory.telemetry.begin("plan")
    memory.telemetry(Stage("read_bitbucket", "began"))
    memory.telemetry(Fetched("repository", 1, 8, 2, milliseconds=30_000))
    memory.telemetry(Stage("read_bitbucket", "ended"))
    memory.telemetry.close(0)

    spans = memory.spans()
    plan, reading, kind = (spans[f"bbsync {name}"] for name in ("plan", "read_bitbucket", "fetch repository"))
    assert plan.parent is None
    assert (reading.parent, kind.parent) == (plan.context, reading.context)
    assert (kind.end_time or 0) - (kind.start_time or 0) == MINUTE // 2
    assert dict(kind.attributes or {}) == {"bbsync.kind": "repository", "bbsync.listings": 1, "bbsync.items": 8}
    assert (plan.attributes or {})["bbsync.exit_code"] == 0


def test_what_fails_is_marked(memory: Memory) -> None:
    """The stage and the command are errors; the message is there by its code alone."""
    memory.telemetry.begin("apply")
    memory.telemetry(Stage("write", "began"))
    memory.telemetry(Diagnostic("error", "BB-TARGET", "secret words", "more of them", "and more"))
    memory.telemetry(Stage("write", "failed"))
    memory.telemetry.close(1)

    spans = memory.spans()
    assert not any(span.status.is_ok for span in spans.values())
    assert [(event.name, dict(event.attributes or {})) for event in spans["bbsync write"].events] == [
        ("error", {"bbsync.code": "BB-TARGET"})
    ]


def test_a_run_that_ends_in_the_middle_leaves_nothing_open(memory: Memory) -> None:
    """A signal ends stages that did not come to their end."""
    memory.telemetry.begin("apply")
    memory.telemetry(Stage("apply", "began"))
    memory.telemetry(Stage("write", "began"))
    memory.telemetry.close(130)

    assert {span.name: span.status.is_ok for span in memory.exporter.get_finished_spans()} == {
        "bbsync apply": False,
        "bbsync write": False,
    }


def test_rounds_have_traces_of_their_own(memory: Memory) -> None:
    """Where no command is open, each stage begins a trace."""
    for _round in range(2):
        memory.telemetry(Stage("round", "began"))
        memory.telemetry(Stage("round", "ended"))

    first, second = memory.exporter.get_finished_spans()
    assert first.context.trace_id != second.context.trace_id


def test_counters_count(memory: Memory) -> None:
    """Calls, refusals, repetitions, items and pages by kind, gaps by code, changes by action."""
    nothing = Totals(0, 0, 0, 0, 0, 0)
    memory.telemetry(Traffic(118, 3, 2))
    memory.telemetry(Fetched("user", 1, 5, 1, 10))
    memory.telemetry(Gap("permission", "acme/api", "", "BB-FETCH-403", "no", known=False))
    memory.telemetry(RateLimited(2, "2026-01-01T00:00:00Z"))
    memory.telemetry(Summary("1a2b3c4d", True, 9, 9, Totals(4, 3, 1, 1, 0, 2), nothing))

    counted = memory.counted()
    assert counted["bbsync.calls", frozenset()] == 118
    assert counted["bbsync.calls.refused", frozenset()] == 3
    assert counted["bbsync.calls.sent_again", frozenset()] == 2
    assert counted["bbsync.items", frozenset({("kind", "user")})] == 5
    gap = {("kind", "permission"), ("code", "BB-FETCH-403"), ("known", False)}
    assert counted["bbsync.gaps", frozenset(gap)] == 1
    assert counted["bbsync.consumers.spent", frozenset({("consumer", 2)})] == 1
    assert counted["bbsync.planned", frozenset({("element", "entity"), ("action", "add")})] == 4


def test_no_name_is_in_it(memory: Memory) -> None:
    """Neither who holds the lease nor what could not be read is an attribute."""
    memory.telemetry.begin("apply")
    memory.telemetry(Lock("waiting", "ada@laptop (process 7)"))
    memory.telemetry(Gap("permission", "acme/secret-project", "{ada}", "BB-FETCH-403", "ada may not", known=False))
    memory.telemetry.close(6)

    told = f"{memory.spans()['bbsync apply'].to_json()}{memory.counted()}"
    assert "lease waiting" in told
    assert not any(name in told for name in ("ada", "secret-project"))
