"""Traces and metrics by OpenTelemetry, where they are asked for; else nothing is imported or done.

``ENERGYKIT_TELEMETRY=otlp`` turns it on, for the client and, through the environment, for the
services that it starts. Where the collector is, and everything else, is said by OpenTelemetry's own
variables, such as ``OTEL_EXPORTER_OTLP_ENDPOINT`` [1]_. One run is one trace: the run, a span for
each stage, and below it the span of the service that executed it, joined by the header
``traceparent`` [2]_.

References
----------
.. [1] OpenTelemetry, OTLP exporter configuration.
.. [2] W3C Recommendation, Trace Context.
"""

from __future__ import annotations

import contextlib
import functools
import os
from typing import TYPE_CHECKING, Any

from energykit.errors import MissingPackageError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["SILENT", "VARIABLE", "Span", "is_on", "record_stage", "start_span"]

VARIABLE = "ENERGYKIT_TELEMETRY"
"""Environment variable that turns telemetry on."""

_WAY = "otlp"
_NAME = "energykit"


class Span:
    """What happens between two moments; this one records nothing.

    Attributes that are not known when it starts are given to it later.
    """

    headers: tuple[tuple[str, str], ...] = ()
    """gRPC metadata that joins what a service does to this span."""
    trace_id: str = ""
    """Hexadecimal id of the trace; empty where nothing is recorded."""

    def set(self, **attributes: Any) -> None:
        """Add attributes; names get the prefix ``energykit.``."""

    def fail(self, message: str) -> None:
        """Mark the span as failed."""

    @contextlib.contextmanager
    def start_child(self, name: str, **attributes: Any) -> Iterator[Span]:
        """Record a part of this span, also from another thread."""
        yield self


SILENT = Span()
"""The span that records nothing."""


def is_on() -> bool:
    """Whether telemetry is asked for.

    Raises
    ------
    UsageError
        The variable has a value that means nothing.
    """
    value = os.environ.get(VARIABLE, "")
    if value not in {"", "0", _WAY}:
        raise UsageError(
            f"{VARIABLE} = {value!r} is not possible",
            where="environment",
            hint=f"set it to {_WAY!r}, or not at all",
        )
    return value == _WAY


@contextlib.contextmanager
def start_span(
    name: str,
    *,
    service: str = _NAME,
    headers: Iterable[tuple[str, str | bytes]] = (),
    **attributes: Any,
) -> Iterator[Span]:
    """Record a span where telemetry is on.

    Parameters
    ----------
    name
        What is done.
    service
        Who does it, unless ``OTEL_SERVICE_NAME`` says so.
    headers
        gRPC metadata of a call that this span answers.
    attributes
        Facts; names get the prefix ``energykit.``.

    Raises
    ------
    MissingPackageError
        Telemetry is on, and OpenTelemetry is not installed.
    """
    if not is_on():
        yield SILENT
        return
    carrier = {key: value for key, value in headers if isinstance(value, str)}
    with _recorder(service).start(name, _read_context(carrier), attributes) as span:
        yield span


def record_stage(stage: str, seconds: float, rows: dict[str, int], *, status: str) -> None:
    """Count a stage that has ended: its duration, its rows, its outcome.

    Parameters
    ----------
    stage
        Its id.
    seconds
        How long it took [s].
    rows
        Rows by what became of them: ``in``, ``out``, ``skipped``.
    status
        ``succeeded``, ``failed``, ``reused`` or ``skipped``.
    """
    if not is_on():
        return
    recorder, facts = _recorder(_NAME), {"energykit.stage": stage, "energykit.status": status}
    recorder.duration.record(seconds, facts)
    for direction, count in rows.items():
        recorder.rows.add(count, facts | {"energykit.direction": direction})


def _read_context(carrier: dict[str, str]) -> Any:
    from opentelemetry import propagate

    return propagate.extract(carrier) if carrier else None


class _RecordedSpan(Span):
    """A span that OpenTelemetry records."""

    def __init__(self, recorder: _Recorder, span: Any) -> None:
        from opentelemetry import propagate, trace

        self._recorder = recorder
        self._span = span
        self._context = trace.set_span_in_context(span)
        carrier: dict[str, str] = {}
        propagate.inject(carrier, self._context)
        self.headers = tuple(carrier.items())
        self.trace_id = trace.format_trace_id(span.get_span_context().trace_id)

    def set(self, **attributes: Any) -> None:
        self._span.set_attributes(_name_attributes(attributes))

    def fail(self, message: str) -> None:
        from opentelemetry.trace import StatusCode

        self._span.set_status(StatusCode.ERROR, message)

    @contextlib.contextmanager
    def start_child(self, name: str, **attributes: Any) -> Iterator[Span]:
        with self._recorder.start(name, self._context, attributes) as span:
            yield span


class _Recorder:
    """OpenTelemetry's tracer and instruments of one service.

    Parameters
    ----------
    service
        Its name.
    """

    def __init__(self, service: str) -> None:
        try:
            from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
            from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
            from opentelemetry.sdk.metrics import MeterProvider
            from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
            from opentelemetry.sdk.resources import Resource
            from opentelemetry.sdk.trace import TracerProvider
            from opentelemetry.sdk.trace.export import BatchSpanProcessor
        except ImportError:
            raise MissingPackageError(
                "opentelemetry-sdk", extra="telemetry", needed_for=f"{VARIABLE}={_WAY}"
            ) from None
        resource = Resource.create({"service.name": os.environ.get("OTEL_SERVICE_NAME", service)})
        traces = TracerProvider(resource=resource)  # flushed when the process ends
        traces.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
        reader = PeriodicExportingMetricReader(OTLPMetricExporter())
        meter = MeterProvider(resource=resource, metric_readers=[reader]).get_meter(_NAME)
        self._tracer = traces.get_tracer(_NAME)
        self.duration = meter.create_histogram(
            "energykit.stage.duration", unit="s", description="how long a stage took"
        )
        self.rows = meter.create_counter(
            "energykit.stage.rows", unit="{row}", description="rows read, written and left out"
        )

    @contextlib.contextmanager
    def start(self, name: str, context: Any, attributes: dict[str, Any]) -> Iterator[Span]:
        """Record a span; an exception marks it as failed and goes on.

        It is never the current one of its thread: a run that is stepped through by hand ends in
        another context than it began in.
        """
        span = self._tracer.start_span(
            name, context=context, attributes=_name_attributes(attributes)
        )
        recorded = _RecordedSpan(self, span)
        try:
            yield recorded
        except BaseException as exc:
            span.record_exception(exc)
            recorded.fail(repr(exc))
            raise
        finally:
            span.end()


@functools.cache
def _recorder(service: str) -> _Recorder:
    return _Recorder(service)


def _name_attributes(attributes: dict[str, Any]) -> dict[str, Any]:
    return {f"energykit.{name}": value for name, value in attributes.items()}
