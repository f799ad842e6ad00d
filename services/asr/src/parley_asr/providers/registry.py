"""Which recognisers this process has, by the name that agent documents use. Called by `app`."""

from pathlib import Path

from parley_core.errors import BadInput
from parley_core.providers import Registry

from parley_asr.providers.base import RecogniserProvider
from parley_asr.providers.pocketsphinx import PocketSphinxProvider
from parley_asr.providers.whisper.child import WhisperChild
from parley_asr.providers.whisper.provider import WhisperProvider
from parley_asr.settings import AsrSettings

# A decoder that needs longer for a tenth of a second of audio hangs: it is replaced.
DECODE_TIMEOUT_S = 5.0


def build_registry(settings: AsrSettings) -> Registry[RecogniserProvider]:
    """`pocketsphinx` and `whisper` (which starts where its weights are) are always there, `deepgram` with a key, `fake`
    where the settings choose it. Raises BadInput where what the settings choose is not there."""
    providers: list[RecogniserProvider] = [
        PocketSphinxProvider(Path(settings.models_dir), decoders=settings.decoders, decode_timeout_s=DECODE_TIMEOUT_S),
        WhisperProvider(
            WhisperChild(Path(settings.weights_dir), threads=settings.decoders, timeout_s=DECODE_TIMEOUT_S),
            interims=settings.whisper_interims,
        ),
    ]
    if settings.deepgram_api_key:
        from parley_asr.providers.deepgram import DeepgramProvider

        providers.append(DeepgramProvider(settings.deepgram_api_key, settings.deepgram_url, settings.deepgram_model))
    elif settings.provider == "deepgram":
        raise BadInput("PARLEY_ASR_DEEPGRAM_API_KEY", "is needed by the provider deepgram")
    if settings.provider == "fake":  # never a fallback of a service that hears callers
        from parley_asr.providers.fake import FakeProvider, Script

        fake = settings.fake
        texts = tuple(text.strip() for text in fake.texts.split("|"))
        script = Script(texts, final_s=fake.final_ms / 1000, word_s=fake.word_ms / 1000)
        providers.append(FakeProvider(script))
    return Registry("recogniser", providers)
