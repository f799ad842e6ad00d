"""Spans, and their context as the W3C `traceparent` string that events and messages carry."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, ConsoleSpanExporter
from opentelemetry.trace import Span, SpanKind
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from opentelemetry.util.types import AttributeValue

_PROPAGATOR = TraceContextTextMapPropagator()
_TRACER = "parley"


def setup_traces(service: str, worker: str, *, folder: str, otlp_endpoint: str) -> None:
    """Send finished spans to a folder (one JSON object a line, a file per worker), a collector, both or nowhere."""
    provider = TracerProvider(
        resource=Resource.create({"service.name": f"parley-{service}", "service.instance.id": worker})
    )
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
        lines = (Path(folder) / f"{service}-{worker}.jsonl").open("a", encoding="utf-8")
        provider.add_span_processor(BatchSpanProcessor(ConsoleSpanExporter(out=lines, formatter=_one_line)))
    if otlp_endpoint:
        provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=otlp_endpoint)))
    trace.set_tracer_provider(provider)


def shutdown_traces() -> None:
    """Write out what is still held."""
    provider = trace.get_tracer_provider()
    if isinstance(provider, TracerProvider):
        provider.shutdown()


@contextmanager
def span(
    name: str,
    *,
    parent: str = "",
    kind: SpanKind = SpanKind.INTERNAL,
    attributes: Mapping[str, AttributeValue] | None = None,
) -> Iterator[Span]:
    """Run the block in a new span, under `parent` (a traceparent) or else under the current span."""
    tracer = trace.get_tracer(_TRACER)
    context = _context(parent) if parent else None
    with tracer.start_as_current_span(name, context, kind=kind, attributes=attributes) as started:
        yield started


def start_span(
    name: str, *, parent: str = "", attributes: Mapping[str, AttributeValue] | None = None
) -> tuple[Span, str]:
    """Start a span that its owner ends, such as a whole call; returns it and its traceparent."""
    tracer = trace.get_tracer(_TRACER)
    started = tracer.start_span(name, _context(parent) if parent else None, attributes=attributes)
    carrier: dict[str, str] = {}
    _PROPAGATOR.inject(carrier, trace.set_span_in_context(started))
    return started, carrier.get("traceparent", "")


def current_traceparent() -> str:
    """The current span as a W3C traceparent; "" outside any span."""
    carrier: dict[str, str] = {}
    _PROPAGATOR.inject(carrier)
    return carrier.get("traceparent", "")


def _context(traceparent: str) -> Context:
    return _PROPAGATOR.extract({"traceparent": traceparent})


def _one_line(span: ReadableSpan) -> str:
    return str(span.to_json(indent=None)) + "\n"
