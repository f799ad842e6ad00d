"""Traces, metrics and logs of a process. One trace per call: its context travels in events, headers and metadata."""

from opentelemetry.metrics import Counter

from parley_core.telemetry.logs import setup_logs
from parley_core.telemetry.metrics import counter, gauge, histogram, setup_metrics
from parley_core.telemetry.traces import current_traceparent, setup_traces, shutdown_traces, span, start_span

__all__ = [
    "Counter",
    "counter",
    "current_traceparent",
    "gauge",
    "histogram",
    "setup_logs",
    "setup_metrics",
    "setup_traces",
    "shutdown_traces",
    "span",
    "start_span",
]
