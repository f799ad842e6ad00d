"""Traces, metrics and logs of a process. One trace per call: its context travels in events, headers and metadata."""

from opentelemetry.metrics import Counter

from parley_core.telemetry.logs import setup_logs
from parley_core.telemetry.metrics import Level, counter, gauge, histogram, level, setup_metrics
from parley_core.telemetry.traces import current_traceparent, setup_traces, shutdown_traces, span, start_span

__all__ = [
    "Counter",
    "Level",
    "counter",
    "current_traceparent",
    "gauge",
    "histogram",
    "level",
    "setup_logs",
    "setup_metrics",
    "setup_traces",
    "shutdown_traces",
    "span",
    "start_span",
]
