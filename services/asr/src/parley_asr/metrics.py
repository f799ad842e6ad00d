"""What asr counts. Names stand here once."""

from opentelemetry.metrics import Counter, Histogram
from parley_core import telemetry
from parley_core.providers import ProviderMetrics


class AsrMetrics:
    def __init__(self) -> None:
        self.providers = ProviderMetrics("asr")
        self.bad_messages: Counter = telemetry.counter("parley_asr_bad_messages", "Live messages that made no sense")
        self.duplicates: Counter = telemetry.counter("parley_asr_duplicate_audio", "Audio messages that came twice")
        self.lost: Counter = telemetry.counter("parley_asr_lost_audio", "Audio messages that never came")
        self.dropped: Counter = telemetry.counter(
            "parley_asr_dropped_utterances", "Utterances past the bound of a call"
        )
        self.retries: Counter = telemetry.counter("parley_asr_stream_retries", "Utterances given to a second stream")
        self.failures: Counter = telemetry.counter("parley_asr_failed_utterances", "Utterances without a final text")
        self.final_s: Histogram = telemetry.histogram("parley_asr_final", "From the end of speech to the final text")
