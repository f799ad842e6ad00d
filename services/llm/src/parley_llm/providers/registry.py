"""Which providers this process has, by the name that agent documents use. Called by `app`."""

from parley_llm.providers.base import JsonModel, ModelProvider
from parley_llm.providers.fake import FakeProvider
from parley_llm.providers.rule_based.brain import RuleBasedProvider
from parley_llm.settings import LlmSettings


def build_providers(
    settings: LlmSettings, local: RuleBasedProvider
) -> tuple[dict[str, ModelProvider], JsonModel | None]:
    """`openai` is there when a key or an address is set; a document that names it falls back to its next model else.
    Also returns the model that writes summaries, if there is one.
    """
    providers: dict[str, ModelProvider] = {local.name: local}
    writer: JsonModel | None = None
    if settings.openai_api_key or settings.openai_base_url:
        # Imported only here: the SDK costs a second of start and tens of megabytes that an offline process can spare.
        from parley_llm.providers.openai_compatible import OpenAiProvider

        openai = OpenAiProvider(
            api_key=settings.openai_api_key,
            base_url=settings.openai_base_url,
            default_model=settings.openai_model,
            connect_s=settings.openai_connect_s,
        )
        providers[openai.name] = writer = openai
    if settings.provider == "fake":
        providers["fake"] = FakeProvider(
            first_token_ms=settings.fake_first_token_ms,
            token_ms=settings.fake_token_ms,
            tokens=settings.fake_tokens,
            sentence_tokens=settings.fake_first_sentence_tokens,
        )
    return providers, writer
