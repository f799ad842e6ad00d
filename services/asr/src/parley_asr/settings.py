"""asr's settings. Each field reads PARLEY_ASR_<FIELD>."""

import os
from typing import ClassVar

from parley_core.providers.names import Names
from parley_core.settings import JsonPart, ServiceSettings, constants
from pydantic import Field


class FakeSettings(JsonPart):
    """What the provider `fake` hears, and when."""

    texts: str = Field("yes that is right", description="Texts of the utterances, in turn, separated by |")
    final_ms: int = Field(50, ge=0, le=60_000, description="From end of speech to the final transcript (ms)")
    word_ms: int = Field(
        0, ge=0, le=5000, description="From the first sound to the first word, and between words (ms); 0: by audio"
    )


class AsrSettings(ServiceSettings, service="asr"):
    provider: str = Field(
        "",
        pattern=f"^(|{'|'.join(sorted(Names().recogniser))})$",
        description="Speech recogniser; empty: Whisper, or PocketSphinx if Whisper's weights are not installed",
    )
    capacity: int = Field(32, ge=1, le=1000, description="Concurrent calls; a full worker answers no claim")
    models_dir: str = Field("var/asr/models", description="Folder for built language models; may be shared")
    weights_dir: str = Field(
        "var/models", description="Folder with Whisper's weights, before the installed packages; `parley models fetch`"
    )
    decoders: int = Field(
        default_factory=lambda: max(os.cpu_count() or 1, 1),
        ge=1,
        le=64,
        description="Utterances decoded at once: processes of PocketSphinx, threads of Whisper",
    )
    whisper_interims: bool = Field(True, description="Interim transcripts from Whisper while the caller speaks")
    fake: FakeSettings = Field(FakeSettings(), description="Script of the provider fake, JSON; for benches and tests")

    removed: ClassVar = {
        **constants("decode_timeout_s", "chunk_ms", "max_utterance_s", "missing_audio_ms", "transcriptions"),
        **dict.fromkeys(("fake_texts", "fake_final_ms", "fake_word_ms"), "set PARLEY_ASR_FAKE, a JSON object"),
        "whisper_threads": "set PARLEY_ASR_DECODERS",
        **dict.fromkeys(
            ("deepgram_api_key", "deepgram_url", "deepgram_model"),
            'set PARLEY_VENDORS, for example {"deepgram": {"key": "env:DEEPGRAM_API_KEY"}}',
        ),
    }
