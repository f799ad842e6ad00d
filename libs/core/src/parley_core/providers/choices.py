"""What an agent document says of its recogniser, its models and its voice. Part of `parley_core.agents`."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, field_validator

from parley_core.providers.names import canonical

# Servers of OpenAI's protocol whose differences are known: `parley_llm.providers.openai_compatible.servers`.
Server = Literal[
    "",
    "openai",
    "azure",
    "vllm",
    "sglang",
    "tgi",
    "tensorrt_llm",
    "nim",
    "ollama",
    "lm_studio",
    "llama_cpp",
    "groq",
    "cerebras",
    "mistral",
    "openrouter",
    "together",
    "fireworks",
    "deepseek",
]
CONVERSATIONS = frozenset({"model", "messages", "tools", "stream"})  # parameters that are not the document's to set


class Part(BaseModel):
    """A part of an agent document. Unknown fields are refused, so that a misspelt one is not silently ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Recogniser(Part):
    """Speech recognition."""

    provider: str = Field("", description="Provider; empty: `PARLEY_ASR_PROVIDER` of the asr service")
    model: str = Field("", description="Name of the model, as the provider spells it; empty: the provider's default")
    fallbacks: list[str] = Field(
        default_factory=list, description="Providers to try next; they get the utterance from its start"
    )


class Voice(Part):
    provider: str = Field("", description="Provider of speech synthesis; empty: the best of the platform's own")
    name: str = Field("", description="Name of the voice, as the provider spells it; empty: its own for the language")
    model: str = Field("", description="Name of the model, as the provider spells it; empty: the provider's default")
    words_per_minute: int = Field(165, ge=80, le=450, description="Speaking rate")
    fallbacks: list[str] = Field(
        default_factory=list, description="Providers to try next, also in mid-sentence; behind them the platform's own"
    )


class ModelChoice(Part):
    provider: str = Field(
        description="`rule_based`, `anthropic`, `google`, `triton`, or `openai` for any OpenAI-compatible endpoint"
    )
    endpoint: str = Field(
        "",
        pattern="^[a-z0-9_-]*$",
        description="With `openai`: entry of `PARLEY_VENDORS` with address and key, such as `groq`; empty: `openai`",
    )
    server: Server = Field(
        "", description="With `openai`: what answers there, for its differences; empty: by the endpoint's name"
    )
    model: str = Field("", description="Name of the model, as the provider spells it")
    temperature: float = Field(0.3, ge=0, le=2, description="Sampling temperature")
    max_tokens: int = Field(300, ge=1, le=8000, description="Maximum length of a reply, in tokens")
    first_token_ms: int = Field(
        2500, ge=100, le=60000, description="Timeout for the first token; after it the next model is tried"
    )

    parameters: dict[str, JsonValue] = Field(
        {}, description="With `openai`: further parameters of the request; `null` leaves one out that would be sent"
    )

    @property
    def account(self) -> str:
        """Who is asked with one key: the provider, or its endpoint."""
        return f"{self.provider}@{self.endpoint}" if self.endpoint else self.provider

    @field_validator("parameters")
    @classmethod
    def _own_parameters(cls, value: dict[str, JsonValue]) -> dict[str, JsonValue]:
        if taken := sorted(CONVERSATIONS & set(value)):
            raise ValueError(f"{taken[0]!r} is the conversation's")
        return value

    @field_validator("provider")
    @classmethod
    def _canonical(cls, value: str) -> str:
        return canonical(value)
