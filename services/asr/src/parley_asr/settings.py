"""asr's settings. Each field reads PARLEY_ASR_<FIELD>."""

import os

from parley_core.settings import ServiceSettings
from pydantic import Field


class AsrSettings(ServiceSettings, service="asr"):
    provider: str = Field(
        "pocketsphinx", pattern="^(whisper|pocketsphinx|deepgram|fake)$", description="Who recognises speech"
    )
    capacity: int = Field(32, ge=1, le=1000, description="Calls at once; a worker without room answers no claim")
    models_dir: str = Field("var/asr/models", description="Folder for built language models; may be shared")
    weights_dir: str = Field(
        "var/models", description="Folder with Whisper's weights, before the installed packages; `parley models fetch`"
    )
    whisper_threads: int = Field(
        default_factory=lambda: max(os.cpu_count() or 1, 1),
        ge=1,
        le=64,
        description="Utterances that Whisper decodes at once",
    )
    whisper_interims: bool = Field(True, description="Whisper writes along while the caller speaks")
    decoders: int = Field(
        default_factory=lambda: max(os.cpu_count() or 1, 1),
        ge=1,
        le=64,
        description="Decoder processes of PocketSphinx",
    )
    decode_timeout_s: float = Field(
        5.0,
        gt=0,
        le=60,
        description="A decoder that needs longer for a tenth of a second of audio is replaced, seconds",
    )
    chunk_ms: int = Field(100, ge=20, le=500, description="Audio given to the recogniser at once, milliseconds")
    max_utterance_s: int = Field(60, ge=5, le=300, description="Audio beyond it is not recognised, seconds")
    missing_audio_ms: int = Field(
        300, ge=0, le=5000, description="How long a final waits for announced audio that has not come, milliseconds"
    )
    transcriptions: int = Field(2, ge=1, le=64, description="Recordings transcribed at once; more wait")
    deepgram_api_key: str = Field("", repr=False, description="Needed by the provider deepgram")
    deepgram_url: str = Field("wss://api.deepgram.com", pattern="^wss?://", description="Address of its sockets")
    deepgram_model: str = Field("nova-3", description="Its model")
    fake_texts: str = Field("yes that is right", description="What the provider fake hears, in turn, separated by |")
    fake_final_ms: int = Field(50, ge=0, le=60000, description="Its time from end of speech to text, milliseconds")
    fake_word_ms: int = Field(
        0,
        ge=0,
        le=5000,
        description="Its time from the first sound to the first word, and between words; 0: a word for every 300 ms",
    )
