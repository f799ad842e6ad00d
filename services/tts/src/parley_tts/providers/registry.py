"""Which voices this process has, by the name that agent documents use. Called by `app`."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from parley_core.errors import BadInput, NotFound, ParleyError
from parley_core.providers import Registry
from parley_core.vendors import Endpoint

from parley_tts.providers.base import SpeechProvider
from parley_tts.providers.espeak import EspeakProvider
from parley_tts.providers.fake import FakePace, FakeProvider
from parley_tts.providers.hibari import HibariProvider
from parley_tts.providers.piper import PiperProvider
from parley_tts.providers.pyttsx3 import Pyttsx3Provider
from parley_tts.providers.vendors.aura import Aura
from parley_tts.providers.vendors.azure import Azure
from parley_tts.providers.vendors.cartesia import Cartesia
from parley_tts.providers.vendors.elevenlabs import ElevenLabs
from parley_tts.providers.vendors.google import Google
from parley_tts.providers.vendors.openai import OpenAiSpeech
from parley_tts.providers.vendors.sarvam import Sarvam
from parley_tts.providers.vendors.triton import TritonSpeech
from parley_tts.providers.vendors.voice import VendorEngine, VendorVoice
from parley_tts.settings import TtsSettings

OWN = ("hibari", "espeak", "pyttsx3")  # the platform's own, best first
_HEAVY = frozenset({"hibari"})  # over 100 MB

# By provider: its entry in PARLEY_VENDORS, and the engine that speaks the vendor's protocol.
VENDORS: Mapping[str, tuple[str, Callable[[Endpoint], VendorEngine]]] = {
    "azure": ("azure", Azure),
    "cartesia": ("cartesia", Cartesia),
    "deepgram": ("deepgram", Aura),
    "elevenlabs": ("elevenlabs", ElevenLabs),
    "google": ("google", Google),
    "openai": ("openai", OpenAiSpeech),
    "sarvam": ("sarvam", Sarvam),
    "triton": ("triton", TritonSpeech),
}


def build_registry(settings: TtsSettings) -> Registry[SpeechProvider]:
    """The platform's own are always there (`hibari` starts where its weights are), `piper` where it has files, those of
    vendors with a key or an address, `fake` where it is chosen. Raises BadInput where what they choose is not there."""
    weights, espeak = Path(settings.weights_dir), EspeakProvider()
    providers: list[SpeechProvider] = [HibariProvider(weights), espeak, Pyttsx3Provider()]
    if settings.provider == "piper" or PiperProvider.files(weights / "piper"):
        providers.append(PiperProvider(weights / "piper", espeak))
    for name, (vendor, engine) in VENDORS.items():
        if (at := settings.vendors.endpoint(vendor, "tts")) is not None:
            providers.append(VendorVoice(engine(at)))
        elif settings.provider == name:
            raise BadInput("PARLEY_VENDORS", f"has no key of {vendor}, which the provider {name} needs")
    if settings.provider == "fake":  # never a fallback of a service that callers hear
        pace = FakePace(settings.fake.first_ms, settings.fake.times_real_time, settings.fake.word_ms)
        providers.append(FakeProvider(pace))
    return Registry("voice", providers)


async def voices_of(registry: Registry[SpeechProvider], names: Sequence[str], language: str) -> list[SpeechProvider]:
    """The named providers that speak a language, and behind them the platform's own. Raises NotFound: none does.

    A heavy fallback that was not started with the process is left out while another speaks the language: loading a
    model takes seconds, and a claim waits for this.
    """
    named = [*filter(None, names)]
    behind = [name for name in OWN if name not in _HEAVY or registry.started(name)]
    found = await _that_speak(registry, [*named, *behind], language)
    found = found or await _that_speak(registry, [*named, *OWN], language)
    if not found:
        raise NotFound("voice for the language", language)
    return found


async def _that_speak(registry: Registry[SpeechProvider], names: Sequence[str], language: str) -> list[SpeechProvider]:
    try:
        return [one for one in await registry.chain(names) if one.speaks(language)]
    except ParleyError:
        return []
