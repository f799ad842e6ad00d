"""Which voices this process has, by the name that agent documents use. Called by `app`."""

from parley_core.providers import Registry

from parley_tts.providers.base import SpeechProvider
from parley_tts.providers.espeak import EspeakProvider
from parley_tts.providers.fake import FakePace, FakeProvider
from parley_tts.providers.pyttsx3 import Pyttsx3Provider
from parley_tts.settings import TtsSettings


def build_registry(settings: TtsSettings) -> Registry[SpeechProvider]:
    """`espeak` and `pyttsx3` are always there, `fake` where the settings choose it."""
    providers: list[SpeechProvider] = [EspeakProvider(), Pyttsx3Provider()]
    if settings.provider == "fake":  # never a fallback of a service that callers hear
        pace = FakePace(settings.fake.first_ms, settings.fake.times_real_time, settings.fake.word_ms)
        providers.append(FakeProvider(pace))
    return Registry("voice", providers)
