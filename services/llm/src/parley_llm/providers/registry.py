"""Which models this process has, by the name that agent documents use. Called by `app`."""

from parley_core.providers import Registry

from parley_llm.providers.base import ModelProvider
from parley_llm.providers.fake import FakePace, FakeProvider
from parley_llm.providers.rule_based.brain import RuleBasedProvider
from parley_llm.settings import LlmSettings

OPENAI_MODEL = "gpt-4.1-mini"


def build_registry(settings: LlmSettings, rule_based: RuleBasedProvider) -> Registry[ModelProvider]:
    """`rule_based` is always there, `openai` with a key or an address, `fake` where the settings choose it."""
    providers: list[ModelProvider] = [rule_based]
    openai = settings.vendors.endpoint("openai", "llm")
    if openai is not None:
        # Imported only here: the SDK costs a second of start and tens of megabytes that an offline process can spare.
        from parley_llm.providers.openai_compatible.provider import OpenAiProvider

        providers.append(
            OpenAiProvider(
                api_key=openai.key,
                base_url=openai.url,
                default_model=openai.model or OPENAI_MODEL,
            )
        )
    if settings.provider == "fake":  # never a fallback of a service that talks to callers
        providers.append(
            FakeProvider(
                FakePace(
                    first_token_ms=settings.fake.first_token_ms,
                    token_ms=settings.fake.token_ms,
                    tokens=settings.fake.tokens,
                    sentence_tokens=settings.fake.sentence_tokens,
                )
            )
        )
    return Registry("model", providers)
