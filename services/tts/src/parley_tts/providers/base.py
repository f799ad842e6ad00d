"""What every voice offers: a provider turns one sentence at a time into audio with the times of its words.

`call.py` and `rpc.py` call it. Each vendor is one file beside this one; all pass the same contract test,
`tests/contract/test_providers.py`.
"""

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import numpy.typing as npt

SAMPLE_RATE_HZ = 16_000
SAMPLES_PER_MS = SAMPLE_RATE_HZ // 1000

Pcm = npt.NDArray[np.int16]


@dataclass(frozen=True, slots=True)
class SpeechRequest:
    """One sentence. An empty `voice` is the engine's own for the language, an empty `model` its own; 0 words a minute:
    the voice's own pace."""

    text: str
    voice: str = ""
    language: str = "en-US"
    words_per_minute: int = 0
    pronunciations: Mapping[str, str] = field(default_factory=dict)  # the agent's: see `parley_tts.text.prepare`
    model: str = ""


@dataclass(frozen=True, slots=True)
class SpokenWord:
    """`text` is the token of the request's text at `index`; times count from the first sample of the sentence."""

    index: int
    text: str
    start_ms: int
    end_ms: int


@dataclass(frozen=True, slots=True)
class Charge:
    """What a vendor charges for a sentence, in thousandths of the meter's unit."""

    meter: str
    quantity: int
    model: str = ""


@dataclass(frozen=True, slots=True)
class SpeechChunk:
    """PCM16 mono 16 kHz, the words that begin in it, and what became due with it.

    A sentence without any charge costs the characters of its text.
    """

    pcm: Pcm
    words: tuple[SpokenWord, ...] = ()
    charges: tuple[Charge, ...] = ()


@dataclass(frozen=True, slots=True)
class VoiceInfo:
    provider: str
    name: str
    language: str


class SpeechProvider(Protocol):
    """Errors are Parley's: NotFound for a voice it does not have, Rejected, Unavailable, TimedOut, LimitReached."""

    @property
    def name(self) -> str:
        """As agent documents, the log and the bill call it."""
        ...

    def speaks(self, language: str) -> bool:
        """Whether it has a voice for this language (BCP 47), as far as it knows once it is started."""
        ...

    async def start(self) -> None:
        """Make ready; called once, before anything else."""
        ...

    async def close(self) -> None:
        """Give back what is held. May be called twice, and without `start`."""
        ...

    def synthesise(self, request: SpeechRequest) -> AsyncGenerator[SpeechChunk, None]:
        """Yield the sentence in order, as it is made. Closing the generator ends the work at once.

        All tokens of the text are reported as words, in order, each once, when the generator ends.
        """
        ...

    async def voices(self) -> list[VoiceInfo]: ...
