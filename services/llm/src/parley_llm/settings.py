"""The llm service's settings; see `parley_core.settings` for how they are read."""

from parley_core.settings import ServiceSettings
from pydantic import Field


class LlmSettings(ServiceSettings, service="llm"):
    capacity: int = Field(200, ge=1, le=10_000, description="Calls at once")
    provider: str = Field(
        "", pattern="^(|rule_based|local|openai|fake)$", description="Overrides every agent document's models"
    )
    openai_api_key: str = Field("", description="Key of the OpenAI-compatible endpoint; local servers need none")
    openai_base_url: str = Field("", description="For example http://127.0.0.1:8000/v1; empty: api.openai.com")
    openai_model: str = Field("gpt-4.1-mini", description="Where the agent document names no model")
    openai_connect_s: float = Field(5.0, gt=0, le=60, description="Seconds to wait for a connection")
    fake_first_token_ms: int = Field(100, ge=0, le=60_000, description="Fake model: delay of the first token")
    fake_token_ms: int = Field(10, ge=0, le=10_000, description="Fake model: delay of each further token")
    fake_tokens: int = Field(40, ge=1, le=10_000, description="Fake model: tokens in a reply")
    fake_first_sentence_tokens: int = Field(8, ge=1, le=1000, description="Fake model: tokens in each sentence")
    token_gap_s: float = Field(5.0, gt=0, le=60, description="A stream that is silent for so long has failed")
    turn_s: float = Field(30.0, gt=0, le=300, description="A turn that is not answered in so long is apologised for")
    filler_ms: int = Field(1500, ge=0, le=30_000, description="Silence before a filler is said; 0: never")
    tool_s: float = Field(10.0, gt=0, le=120, description="Deadline of one tool call")
    rag_s: float = Field(1.5, gt=0, le=30, description="Deadline of one knowledge look-up")
    claim_seen_s: float = Field(
        2.0, gt=0, le=30, description="Wait for one's own claim on the log before acting anyway"
    )
    listener_s: float = Field(
        3.0, gt=0, le=30, description="Wait for the call's tts before the greeting is said anyway"
    )
