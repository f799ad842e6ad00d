"""The service's own numbers. Names are here alone."""

from opentelemetry.metrics import Counter, Histogram
from parley_core import telemetry


class RagMetrics:
    def __init__(self) -> None:
        self.answer_confidence: Histogram = telemetry.histogram(
            "parley.rag.answer.confidence", "How sure the answers were, 0 to 1", unit="1"
        )
        self.chunks: Counter = telemetry.counter("parley.rag.chunks.written", "Chunks written at ingest")
        self.duration: Histogram = telemetry.histogram("parley.rag.duration", "Time of one request, by rpc")
