"""Makes the provider that the settings name."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from parley_core.errors import BadInput

from parley_asr.providers.base import Provider
from parley_asr.settings import AsrSettings


@asynccontextmanager
async def open_provider(settings: AsrSettings) -> AsyncIterator[Provider]:
    """Yield the provider, ready for calls. Imports only that vendor's client."""
    provider = await _make(settings)
    try:
        yield provider
    finally:
        await provider.close()


async def _make(settings: AsrSettings) -> Provider:
    if settings.provider == "whisper":
        from parley_asr.providers.whisper.child import WhisperChild
        from parley_asr.providers.whisper.provider import WhisperProvider

        child = WhisperChild(
            Path(settings.weights_dir), threads=settings.whisper_threads, timeout_s=settings.decode_timeout_s
        )
        await child.start()
        return WhisperProvider(child, interims=settings.whisper_interims)
    if settings.provider == "pocketsphinx":
        from parley_asr.providers.decoder_pool import DecoderPool
        from parley_asr.providers.pocketsphinx import PocketSphinxProvider

        pool = DecoderPool(settings.decoders, timeout_s=settings.decode_timeout_s)
        await pool.start()
        return PocketSphinxProvider(pool, Path(settings.models_dir))
    if settings.provider == "deepgram":
        from parley_asr.providers.deepgram import DeepgramProvider

        if not settings.deepgram_api_key:
            raise BadInput("PARLEY_ASR_DEEPGRAM_API_KEY", "is needed by the provider deepgram")
        return DeepgramProvider(settings.deepgram_api_key, settings.deepgram_url, settings.deepgram_model)
    from parley_asr.providers.fake import FakeProvider, Script

    texts = tuple(text.strip() for text in settings.fake_texts.split("|"))
    return FakeProvider(Script(texts, final_s=settings.fake_final_ms / 1000, word_s=settings.fake_word_ms / 1000))
