"""Which models this process has, by the name that agent documents use. Called by `app`."""

from parley_core.providers import Registry
from parley_core.vendors import Endpoint

from parley_llm.providers.base import ModelProvider
from parley_llm.providers.fake import FakePace, FakeProvider
from parley_llm.providers.rule_based.brain import RuleBasedProvider
from parley_llm.settings import VENDORS, LlmSettings

OPENAI_MODEL = "gpt-4.1-mini"
WITH_SDK = ("anthropic", "google", "triton")


def build_registry(settings: LlmSettings, rule_based: RuleBasedProvider) -> Registry[ModelProvider]:
    """`rule_based` is always there, vendors with a key or an address, `fake` where the settings choose it.

    `openai` is there with any entry of PARLEY_VENDORS: documents may name each of them as its endpoint.
    """
    vendors = settings.vendors
    providers: list[ModelProvider] = [rule_based]
    if vendors.root:
        # Imported only here: an SDK costs a second of start and tens of megabytes that an offline process can spare.
        from parley_llm.providers.openai_compatible.provider import OpenAiProvider

        own = vendors.endpoint("openai", "llm") or Endpoint("", "", "")
        providers.append(
            OpenAiProvider(
                api_key=own.key,
                base_url=own.url,
                default_model=own.model or OPENAI_MODEL,
                endpoints=lambda name: vendors.endpoint(name, "llm"),
            )
        )
    for name in WITH_SDK:
        endpoint = vendors.endpoint(VENDORS.get(name, name), "llm")
        if endpoint is not None:
            providers.append(_vendor(name, endpoint))
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


def _vendor(name: str, endpoint: Endpoint) -> ModelProvider:
    match name:
        case "anthropic":
            from parley_llm.providers.anthropic import AnthropicProvider

            return AnthropicProvider(endpoint)
        case "google":
            from parley_llm.providers.google import GoogleProvider

            return GoogleProvider(endpoint)
        case _:
            from parley_llm.providers.triton import TritonProvider

            return TritonProvider(endpoint)
