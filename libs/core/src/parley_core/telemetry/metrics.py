"""Metric instruments, served in Prometheus' format on the health port and pushed to a collector where one is set."""

from opentelemetry import metrics
from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.prometheus import PrometheusMetricReader
from opentelemetry.metrics import Counter, Histogram, UpDownCounter
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import MetricReader, PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource

_METER = "parley"


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


def histogram(name: str, description: str, unit: str = "s") -> Histogram:
    return metrics.get_meter(_METER).create_histogram(name, unit, description)
