"""What llm counts. Names stand here once."""

from opentelemetry.metrics import Counter, Histogram
from parley_core import telemetry
from parley_core.providers import ProviderMetrics


class LlmMetrics:
    def __init__(self) -> None:
        self.providers = ProviderMetrics("llm")
        self.replies: Counter = telemetry.counter("parley_llm_replies", "Replies, by how they finished")
        self.faults: Counter = telemetry.counter(
            "parley_llm_faults", "Turns that could not be answered as they should, by stage and what was done about it"
        )
        self.cached_tokens: Counter = telemetry.counter(
            "parley_llm_cached_tokens", "Tokens of prompts that vendors had in their cache, by provider"
        )
        self.first_token_s: Histogram = telemetry.histogram(
            "parley_llm_first_token", "From the committed turn to the first token of its answer"
        )
