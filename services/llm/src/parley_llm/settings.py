"""The llm service's settings; see `parley_core.settings` for how they are read."""

from typing import ClassVar

from parley_core.providers.news import fingerprint
from parley_core.settings import JsonPart, ServiceSettings, constants
from pydantic import Field

# Entries of PARLEY_VENDORS that are called otherwise than the provider. Google's is another than for speech, whose key
# is a service account's file.
VENDORS = {"google": "gemini"}


class FakeSettings(JsonPart):
    """Pace of the provider `fake`."""

    first_token_ms: int = Field(100, ge=0, le=60_000, description="Delay of the first token (ms)")
    token_ms: int = Field(10, ge=0, le=10_000, description="Delay of each further token (ms)")
    tokens: int = Field(40, ge=1, le=10_000, description="Tokens in a reply")
    sentence_tokens: int = Field(8, ge=1, le=1000, description="Tokens in each sentence")


class LlmSettings(ServiceSettings, service="llm"):
    capacity: int = Field(200, ge=1, le=10_000, description="Concurrent calls")
    provider: str = Field(
        "",
        pattern="^(|rule_based|local|openai|anthropic|google|triton|fake)$",
        description="Model that replaces those of all agent documents",
    )
    fake: FakeSettings = Field(FakeSettings(), description="Pace of the provider fake, JSON; for benches and tests")

    removed: ClassVar = constants(
        "openai_connect_s", "token_gap_s", "turn_s", "filler_ms", "tool_s", "rag_s", "claim_seen_s", "listener_s"
    ) | dict.fromkeys(
        ("fake_first_token_ms", "fake_token_ms", "fake_tokens", "fake_first_sentence_tokens"),
        "set PARLEY_LLM_FAKE, a JSON object",
    )
    removed |= dict.fromkeys(
        ("openai_api_key", "openai_base_url", "openai_model"),
        'set PARLEY_VENDORS, for example {"openai": {"key": "env:OPENAI_API_KEY"}}',
    )

    def access(self, account: str) -> str:
        """Fingerprint of the address and key that this process asks an account with; see `ModelChoice.account`."""
        provider, _, named = account.partition("@")
        endpoint = self.vendors.endpoint(named or VENDORS.get(provider, provider), "llm")
        return fingerprint(endpoint.url, endpoint.key) if endpoint is not None else ""
