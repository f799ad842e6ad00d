"""What the speech service counts."""

from dataclasses import dataclass, field

from opentelemetry.metrics import Counter, Histogram
from parley_core import telemetry
from parley_core.providers import ProviderMetrics


@dataclass(frozen=True, slots=True)
class SpeechMetrics:
    providers: ProviderMetrics = field(default_factory=lambda: ProviderMetrics("tts"))
    first_audio: Histogram = field(
        default_factory=lambda: telemetry.histogram("parley_tts_first_audio", "Sentence received to first audio")
    )
    sentences: Counter = field(default_factory=lambda: telemetry.counter("parley_tts_sentences", "Sentences spoken"))
    failures: Counter = field(default_factory=lambda: telemetry.counter("parley_tts_failures", "Provider failures"))
    dropped: Counter = field(
        default_factory=lambda: telemetry.counter("parley_tts_dropped", "Sentences dropped: stopped, old or too many")
    )
    bad_messages: Counter = field(
        default_factory=lambda: telemetry.counter("parley_tts_bad_messages", "Bus messages that could not be read")
    )
