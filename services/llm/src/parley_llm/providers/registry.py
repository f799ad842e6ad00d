"""Which models this process has, by the name that agent documents use. Called by `app`."""

from parley_core.providers import Registry

from parley_llm.providers.base import ModelProvider
from parley_llm.providers.fake import FakePace, FakeProvider
from parley_llm.providers.rule_based.brain import RuleBasedProvider
from parley_llm.settings import LlmSettings


def build_registry(settings: LlmSettings, rule_based: RuleBasedProvider) -> Registry[ModelProvider]:
    """`rule_based` is always there, `openai` with a key or an address, `fake` where the settings choose it."""
    providers: list[ModelProvider] = [rule_based]
    if settings.openai_api_key or settings.openai_base_url:
        # Imported only here: the SDK costs a second of start and tens of megabytes that an offline process can spare.
        from parley_llm.providers.openai_compatible.provider import OpenAiProvider

        providers.append(
            OpenAiProvider(
                api_key=settings.openai_api_key,
                base_url=settings.openai_base_url,
                default_model=settings.openai_model,
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
