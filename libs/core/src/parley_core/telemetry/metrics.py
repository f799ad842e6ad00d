"""Metric instruments, served in Prometheus' format on the health port and pushed to a collector where one is set."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from opentelemetry import metrics
from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.prometheus import PrometheusMetricReader
from opentelemetry.metrics import Counter, Histogram, UpDownCounter
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import MetricReader, PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource

_METER = "parley"
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1, 1.5, 2.5, 5, 10, 30, 60, 300, 1800)
_SHARES = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1)


def setup_metrics(service: str, worker: str, *, otlp_endpoint: str) -> None:
    readers: list[MetricReader] = [PrometheusMetricReader()]
    if otlp_endpoint:
        readers.append(PeriodicExportingMetricReader(OTLPMetricExporter(endpoint=otlp_endpoint)))
    resource = Resource.create({"service.name": f"parley-{service}", "service.instance.id": worker})
    metrics.set_meter_provider(MeterProvider(metric_readers=readers, resource=resource))


def counter(name: str, description: str, unit: str = "1") -> Counter:
    return metrics.get_meter(_METER).create_counter(name, unit, description)


def gauge(name: str, description: str, unit: str = "1") -> UpDownCounter:
    """A number that goes up and down, such as running calls."""
    return metrics.get_meter(_METER).create_up_down_counter(name, unit, description)


class Level(Protocol):
    """A number that is set as a whole."""

    def set(self, amount: float, attributes: Mapping[str, str] | None = None) -> None: ...


def level(name: str, description: str, unit: str = "1") -> Level:
    return metrics.get_meter(_METER).create_gauge(name, unit, description)


def histogram(name: str, description: str, unit: str = "s", *, buckets: Sequence[float] = ()) -> Histogram:
    """`buckets`: upper bounds in the unit; empty: those for seconds from a millisecond up, or for shares of one."""
    bounds = buckets or (_SECONDS if unit == "s" else _SHARES)
    return metrics.get_meter(_METER).create_histogram(
        name, unit, description, explicit_bucket_boundaries_advisory=list(bounds)
    )
