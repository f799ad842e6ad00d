"""Which recognisers this process has, by the name that agent documents use. Called by `app`."""

from collections.abc import Callable, Mapping
from pathlib import Path

from parley_core.errors import BadInput
from parley_core.providers import Registry
from parley_core.vendors import Endpoint

from parley_asr.providers.base import RecogniserProvider
from parley_asr.providers.pocketsphinx import PocketSphinxProvider
from parley_asr.providers.whisper.decoder import WhisperDecoder
from parley_asr.providers.whisper.provider import WhisperProvider
from parley_asr.settings import AsrSettings

# A decoder that needs longer for a tenth of a second of audio hangs: it is replaced.
DECODE_TIMEOUT_S = 5.0


def _deepgram(at: Endpoint) -> RecogniserProvider:
    from parley_asr.providers.vendors.deepgram import DeepgramProvider

    return DeepgramProvider(at)


def _assemblyai(at: Endpoint) -> RecogniserProvider:
    from parley_asr.providers.vendors.assemblyai import assemblyai

    return assemblyai(at)


def _deepgram_flux(at: Endpoint) -> RecogniserProvider:
    from parley_asr.providers.vendors.deepgram_flux import deepgram_flux

    return deepgram_flux(at)


def _openai_realtime(at: Endpoint) -> RecogniserProvider:
    from parley_asr.providers.vendors.openai_realtime import openai_realtime

    return openai_realtime(at)


def _soniox(at: Endpoint) -> RecogniserProvider:
    from parley_asr.providers.vendors.soniox import soniox

    return soniox(at)


def _speechmatics(at: Endpoint) -> RecogniserProvider:
    from parley_asr.providers.vendors.speechmatics import speechmatics

    return speechmatics(at)


def _sarvam(at: Endpoint) -> RecogniserProvider:
    from parley_asr.providers.vendors.sarvam import sarvam

    return sarvam(at)


def _openai(at: Endpoint) -> RecogniserProvider:
    from parley_asr.providers.vendors.openai import OpenAiProvider

    return OpenAiProvider(at)


def _triton(at: Endpoint) -> RecogniserProvider:
    from parley_asr.providers.vendors.triton import TritonProvider

    return TritonProvider(at)


def _azure(at: Endpoint) -> RecogniserProvider:
    from parley_asr.providers.vendors.azure import azure

    return azure(at)


def _google(at: Endpoint) -> RecogniserProvider:
    from parley_asr.providers.vendors.google import GoogleProvider

    return GoogleProvider(at)


def _riva(at: Endpoint) -> RecogniserProvider:
    from parley_asr.providers.vendors.riva import RivaProvider

    return RivaProvider(at)


# By provider: its entry in PARLEY_VENDORS, and what makes it, which imports the vendor's client.
VENDORS: Mapping[str, tuple[str, Callable[[Endpoint], RecogniserProvider]]] = {
    "deepgram": ("deepgram", _deepgram),
    "assemblyai": ("assemblyai", _assemblyai),
    "deepgram_flux": ("deepgram", _deepgram_flux),
    "openai": ("openai", _openai),
    "openai_realtime": ("openai", _openai_realtime),
    "soniox": ("soniox", _soniox),
    "speechmatics": ("speechmatics", _speechmatics),
    "sarvam": ("sarvam", _sarvam),
    "triton": ("triton", _triton),
    "riva": ("riva", _riva),
    "google": ("google", _google),
    "azure": ("azure", _azure),
}


def build_registry(settings: AsrSettings) -> Registry[RecogniserProvider]:
    """`pocketsphinx` and `whisper` (which starts where its weights are) are always there, those of vendors with a
    key or an address, `fake` where the settings choose it. Raises BadInput where what they choose is not there."""
    providers: list[RecogniserProvider] = [
        PocketSphinxProvider(Path(settings.models_dir), decoders=settings.decoders, decode_timeout_s=DECODE_TIMEOUT_S),
        WhisperProvider(
            WhisperDecoder(Path(settings.weights_dir), threads=settings.decoders, timeout_s=DECODE_TIMEOUT_S),
            interims=settings.whisper_interims,
        ),
    ]
    for name, (vendor, make) in VENDORS.items():
        if (at := settings.vendors.endpoint(vendor, "asr")) is not None:
            providers.append(make(at))
        elif settings.provider == name:
            raise BadInput("PARLEY_VENDORS", f"has no key of {vendor}, which the provider {name} needs")
    if settings.provider == "fake":  # never a fallback of a service that hears callers
        from parley_asr.providers.fake import FakeProvider, Script

        fake = settings.fake
        texts = tuple(text.strip() for text in fake.texts.split("|"))
        script = Script(texts, final_s=fake.final_ms / 1000, word_s=fake.word_ms / 1000)
        providers.append(FakeProvider(script))
    return Registry("recogniser", providers)
