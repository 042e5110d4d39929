"""Send traces and metrics where OTEL_EXPORTER_OTLP_ENDPOINT says, and nowhere where it says nothing.

All else that is usual holds, as OpenTelemetry itself reads it: OTEL_SERVICE_NAME, OTEL_EXPORTER_OTLP_HEADERS and so on.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from attrs import define, field

from bbsync import __version__
from bbsync.errors import ExitCode

if TYPE_CHECKING:  # an extra
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
    from opentelemetry.sdk.trace import TracerProvider

    from bbsync.events import Event
    from bbsync.telemetry import Telemetry

ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"
TRACES, METRICS = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT"

#: Seconds that a run waits at its end for a collector, unless OTEL_EXPORTER_OTLP_TIMEOUT says otherwise.
PATIENCE = 3.0
TIMEOUT = "OTEL_EXPORTER_OTLP_TIMEOUT"

NOT_INSTALLED = f"{ENDPOINT} is set, and nothing can be sent there: install bbsync with its extra, bbsync[otel]."


@define(eq=False)
class Exporting:
    """Telemetry, and what sends it."""

    telemetry: Telemetry
    tracers: TracerProvider
    meters: MeterProvider
    _is_over: bool = field(default=False, init=False)

    def __call__(self, event: Event) -> None:
        self.telemetry(event)

    def end(self, code: ExitCode) -> None:
        """End what is open, and send the rest; a collector that does not answer is not waited for long."""
        if self._is_over:
            return
        self._is_over = True
        self.telemetry.close(int(code))
        self.tracers.shutdown()
        self.meters.shutdown()


def is_wanted(environ: Mapping[str, str]) -> bool:
    """Whether the environment says where to send anything."""
    disabled = environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true"
    return not disabled and any(environ.get(name, "").strip() for name in (ENDPOINT, TRACES, METRICS))


def export(environ: Mapping[str, str], command: str, complain: Callable[[str], None]) -> Exporting | None:
    """Begin to send, with a span for the command; None where the extra is missing, which is said."""
    try:
        tracers, meters = _providers(environ)
        from bbsync.telemetry import Telemetry  # an extra
    except ImportError:
        complain(NOT_INSTALLED)
        return None
    _say_once(complain)
    named = "bbsync", __version__
    telemetry = Telemetry(tracers.get_tracer(*named), meters.get_meter(*named))
    if command != "watch":  # there each run has a trace of its own
        telemetry.begin(command)
    return Exporting(telemetry, tracers, meters)


def _providers(environ: Mapping[str, str]) -> tuple[TracerProvider, MeterProvider]:
    from opentelemetry.sdk.metrics import MeterProvider  # an extra
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider

    resource = Resource.create({"service.name": environ.get("OTEL_SERVICE_NAME", "bbsync")})
    resource = resource.merge(Resource({"service.version": __version__}))
    tracers = TracerProvider(resource=resource, shutdown_on_exit=False)
    if _goes(environ, TRACES, "OTEL_TRACES_EXPORTER"):
        _send_traces(tracers, _patience(environ))
    readers = [_reader(_patience(environ))] if _goes(environ, METRICS, "OTEL_METRICS_EXPORTER") else []
    return tracers, MeterProvider(readers, resource=resource, shutdown_on_exit=False)


def _goes(environ: Mapping[str, str], endpoint: str, exporter: str) -> bool:
    """Whether one of the two is sent."""
    named = any(environ.get(name, "").strip() for name in (ENDPOINT, endpoint))
    return named and environ.get(exporter, "otlp") == "otlp"


def _patience(environ: Mapping[str, str]) -> float | None:
    """How long sending may take; None where the environment says it."""
    return None if environ.get(TIMEOUT) else PATIENCE


def _send_traces(tracers: TracerProvider, patience: float | None) -> None:
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # an extra
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    tracers.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(timeout=patience)))


def _reader(patience: float | None) -> PeriodicExportingMetricReader:
    from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter  # an extra
    from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader

    return PeriodicExportingMetricReader(OTLPMetricExporter(timeout=patience))


def _say_once(complain: Callable[[str], None]) -> None:
    """Say the first thing that goes wrong with sending, in a line; OpenTelemetry would log it with a traceback."""
    logger = logging.getLogger("opentelemetry")
    logger.propagate = False
    logger.handlers[:] = [_Once(complain)]


class _Once(logging.Handler):
    def __init__(self, complain: Callable[[str], None]) -> None:
        super().__init__(logging.WARNING)
        self._complain = complain
        self._said = False

    def emit(self, _record: logging.LogRecord) -> None:
        """Say that something went wrong, the first time; what OpenTelemetry says of it is for its developers."""
        if not self._said:
            self._said = True
            self._complain("Traces or metrics could not be sent; the run goes on without.")
