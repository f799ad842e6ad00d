"""Settings of the speech service."""

from typing import ClassVar

from parley_core.settings import JsonPart, ServiceSettings, constants
from pydantic import Field


class FakeSettings(JsonPart):
    """Pace of the provider `fake`."""

    first_ms: float = Field(50.0, ge=0, le=10_000, description="Delay of the first audio (ms)")
    times_real_time: float = Field(10.0, gt=0, le=10_000, description="Speed after the first audio")
    word_ms: int = Field(300, ge=20, le=5000, description="Length of every word (ms)")


class TtsSettings(ServiceSettings, service="tts"):
    """Fields read `PARLEY_TTS_<FIELD>`."""

    provider: str = Field(
        "",
        pattern="^(|hibari|espeak|piper|pyttsx3|azure|cartesia|deepgram|elevenlabs|google|openai|sarvam|triton|fake)$",
        description="Synthesiser used before the agents' own; empty: theirs",
    )
    capacity: int = Field(64, ge=1, le=10_000, description="Concurrent calls")
    weights_dir: str = Field(
        "var/models",
        description="Folder with voices' weights, before the installed packages; piper/ in it has Piper's voices",
    )
    fake: FakeSettings = Field(FakeSettings(), description="Pace of the provider fake, JSON; for benches and tests")

    removed: ClassVar = constants(
        "first_chunk_ms", "chunk_ms", "sentence_gap_ms", "first_audio_timeout_s", "next_audio_timeout_s"
    ) | dict.fromkeys(("fake_first_ms", "fake_times_real_time", "fake_word_ms"), "set PARLEY_TTS_FAKE, a JSON object")
