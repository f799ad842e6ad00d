"""Settings of the speech service."""

from parley_core.settings import ServiceSettings
from pydantic import Field


class TtsSettings(ServiceSettings, service="tts"):
    """Fields read `PARLEY_TTS_<FIELD>`."""

    provider: str = Field(
        "", pattern="^(|espeak|pyttsx3|fake)$", description="Used before what agents name; empty: agents choose"
    )
    capacity: int = Field(64, ge=1, le=10_000, description="Calls held at a time")
    first_chunk_ms: int = Field(60, ge=20, le=400, description="First audio of a sentence, in milliseconds")
    chunk_ms: int = Field(160, ge=20, le=400, description="Audio in each further message, in milliseconds")
    sentence_gap_ms: int = Field(120, ge=0, le=2000, description="Silence behind every sentence, in milliseconds")
    first_audio_timeout_s: float = Field(3.0, gt=0, le=60, description="Then the next provider says it, in seconds")
    next_audio_timeout_s: float = Field(5.0, gt=0, le=60, description="The same between two pieces, in seconds")
    fake_first_ms: float = Field(50.0, ge=0, le=10_000, description="fake: delay of the first audio, in milliseconds")
    fake_times_real_time: float = Field(10.0, gt=0, le=10_000, description="fake: speed after the first audio")
    fake_word_ms: int = Field(300, ge=20, le=5000, description="fake: length of every word, in milliseconds")
