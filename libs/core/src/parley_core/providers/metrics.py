"""What every service counts about its providers. A service's `metrics.py` holds one; `Attempts` counts into it."""

from opentelemetry.metrics import Counter, Histogram

from parley_core import telemetry


class ProviderMetrics:
    def __init__(self, service: str) -> None:
        """`service`: part of the names, for example "asr"."""
        name = f"parley_{service}_provider"
        self.requests: Counter = telemetry.counter(
            f"{name}_requests", "Requests to providers, by provider and outcome: ok, cancelled, or the kind of failure"
        )
        self.fallbacks: Counter = telemetry.counter(
            f"{name}_fallbacks", "Requests given to the next provider, by the one that failed and the next"
        )
        self.first_result: Histogram = telemetry.histogram(
            f"{name}_first_result", "From the request (asr: from the end of the audio) to the first result, by provider"
        )
