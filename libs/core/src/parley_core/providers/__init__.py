"""What asr, llm and tts share about their providers: names, registry, attempts, failures. See decision 28."""

from parley_core.providers.attempts import Attempt, Attempts
from parley_core.providers.candidates import Candidates
from parley_core.providers.failures import FailureKind, kind_of, refusal
from parley_core.providers.health import ProviderHealth, Refused
from parley_core.providers.metrics import ProviderMetrics
from parley_core.providers.names import Names, canonical
from parley_core.providers.registry import Provider, Registry

__all__ = [
    "Attempt",
    "Attempts",
    "Candidates",
    "FailureKind",
    "Names",
    "Provider",
    "ProviderHealth",
    "ProviderMetrics",
    "Refused",
    "Registry",
    "canonical",
    "kind_of",
    "refusal",
]
