"""Traces and metrics of a run, sent to a collector on loopback.

The command and the variable are those of specs/operating.md.
"""

from __future__ import annotations

import gzip
import time
from collections.abc import Iterator

import httpx
import pytest
from attrs import define, field
from cli_rig import CONSUMERS, Desk, Ended, run_here
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from bbsync.cli.exporting import ENDPOINT, is_wanted
from bbsync.sandbox.server import serve


@define
class Collector:
    """Takes what is sent, and answers with a status."""

    status: int = 200
    origin: str = ""
    bodies: dict[str, list[bytes]] = field(factory=dict)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        content = request.content
        packed = request.headers.get("content-encoding") == "gzip"
        self.bodies.setdefault(request.url.path, []).append(gzip.decompress(content) if packed else content)
        return httpx.Response(self.status)

    def spans(self) -> list[str]:
        """Names, in the order of their ends."""
        documents = map(ExportTraceServiceRequest.FromString, self.bodies.get("/v1/traces", []))
        return [
            span.name
            for document in documents
            for resource in document.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]

    def metrics(self) -> set[str]:
        """Names."""
        documents = map(ExportMetricsServiceRequest.FromString, self.bodies.get("/v1/metrics", []))
        return {
            metric.name
            for document in documents
            for resource in document.resource_metrics
            for scope in resource.scope_metrics
            for metric in scope.metrics
        }


@pytest.fixture(name="collector")
def _collector() -> Iterator[Collector]:
    collector = Collector()
    with serve(collector) as origin:
        collector.origin = origin
        yield collector


def sent(desk: Desk, collector: Collector, **others: str) -> Ended:
    return desk.process("apply", "--auto-approve", environ={ENDPOINT: collector.origin, **others})


def test_an_apply_is_one_trace_with_its_stages(desk: Desk, collector: Collector) -> None:
    """Reading by kind, planning and applying as spans, calls and changes as metrics; the command is as ever."""
    ended = sent(desk, collector)

    spans = collector.spans()
    assert ended.code == 0, ended.err
    assert spans[-1] == "bbsync apply"
    assert {"bbsync read_graph", "bbsync read_bitbucket", "bbsync plan", "bbsync write"} <= set(spans)
    assert {"bbsync fetch repository", "bbsync fetch permission", "bbsync fetch pull_request"} <= set(spans)
    assert {"bbsync.calls", "bbsync.items", "bbsync.planned", "bbsync.stage.duration"} <= collector.metrics()


def test_nothing_that_is_sent_is_secret(desk: Desk, collector: Collector) -> None:
    """Neither secrets nor names of people or repositories leave the machine that way."""
    sent(desk, collector)

    everything = b"".join(body for bodies in collector.bodies.values() for body in bodies)
    people = [person.account.display_name for person in desk.bitbucket.world.workspaces[0].members]
    words = [*(consumer.secret for consumer in CONSUMERS), *desk.repositories(), *people]
    assert b"bbsync.calls" in everything
    assert not [word for word in words if word.encode() in everything]


def test_a_collector_that_refuses_is_said_once(desk: Desk, collector: Collector) -> None:
    """The run is what it is, and says in a line that nobody took what it told."""
    collector.status = 400

    ended = sent(desk, collector)

    assert ended.code == 0
    assert ended.err.count("Traces or metrics could not be sent; the run goes on without.") == 1
    assert "Traceback" not in ended.err


def test_a_collector_that_is_down_is_not_waited_for_long(desk: Desk) -> None:
    """Nobody listens there: some seconds later the run is over."""
    began = time.monotonic()

    ended = desk.process("plan", environ={ENDPOINT: "http://127.0.0.1:9"})

    assert ended.code == 0
    assert time.monotonic() - began < 30


def test_without_the_extra_it_is_one_sentence(desk: Desk) -> None:
    """What is missing is named, and the run goes on."""
    hidden = desk.directory / "opentelemetry"
    hidden.mkdir()
    (hidden / "__init__.py").write_text("raise ImportError('not installed')\n", encoding="utf-8")
    path = f"{desk.directory}:{desk.variables({})['PYTHONPATH']}"

    ended = desk.process("plan", environ={ENDPOINT: "http://127.0.0.1:9", "PYTHONPATH": path})

    assert ended.code == 0
    assert "install bbsync with its extra, bbsync[otel]." in ended.err


@pytest.mark.parametrize(
    ("environ", "wanted"),
    [
        ({}, False),
        ({ENDPOINT: ""}, False),
        ({ENDPOINT: "http://127.0.0.1:4318"}, True),
        ({"OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": "http://127.0.0.1:4318/v1/metrics"}, True),
        ({ENDPOINT: "http://127.0.0.1:4318", "OTEL_SDK_DISABLED": "true"}, False),
    ],
)
def test_it_is_off_unless_an_address_is_set(environ: dict[str, str], *, wanted: bool) -> None:
    """No variable, no telemetry."""
    assert is_wanted(environ) is wanted


def test_help_sends_nothing(collector: Collector) -> None:
    """Whoever asks what is possible is not counted."""
    run_here(["plan", "--help"], {ENDPOINT: collector.origin})

    assert collector.bodies == {}
