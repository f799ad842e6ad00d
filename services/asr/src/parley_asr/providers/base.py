"""What every recogniser offers: a provider opens a recogniser per call, a recogniser opens a stream per utterance.

`call.py` and `transcribing.py` call it; each vendor is one file beside this one, and all pass the same contract test.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from parley_asr.language.corpus import Speech


@dataclass(frozen=True, slots=True)
class HeardWord:
    """A word in lower case; times in milliseconds since the utterance's first sample; confidence 0 to 1."""

    text: str
    start_ms: int
    end_ms: int
    confidence: float


@dataclass(frozen=True, slots=True)
class Final:
    """What one utterance was. No words: nothing was said in it."""

    words: tuple[HeardWord, ...] = ()
    confidence: float = 0.0
    language: str = ""  # BCP 47, as told from the sound; "" where the recogniser does not tell

    @property
    def text(self) -> str:
        return " ".join(word.text for word in self.words)


class Stream(Protocol):
    """One utterance. Not used again after `finish` or `drop`.

    Every method raises Unavailable or TimedOut when the recogniser was lost: open another stream and give it the
    utterance from the start. All have a deadline of their own.
    """

    async def accept(self, pcm: bytes) -> str:
        """Take the next audio (PCM16 mono 16 kHz, any length) and return the text so far, "" where there is none."""
        ...

    async def finish(self) -> Final: ...

    async def drop(self) -> None:
        """Forget the utterance; never raises."""
        ...


class Recogniser(Protocol):
    """One call's recogniser. Has one stream open at a time; may keep what it learnt of the speaker and the line."""

    async def open_stream(self) -> Stream: ...

    async def close(self) -> None: ...


class Provider(Protocol):
    @property
    def name(self) -> str:
        """Goes on the log and on the bill."""
        ...

    @property
    def model(self) -> str: ...

    def hears(self, language: str) -> bool:
        """Whether it recognises this language (BCP 47), as far as can be known without asking anybody."""
        ...

    async def open(self, speech: Speech, language: str, *, others: Sequence[str] = ()) -> Recogniser:
        """Prepare for one call. `others`: languages that the caller may turn to, for a recogniser that hears several.

        Raises BadInput for a language it does not know, Unavailable when it cannot now.
        """
        ...

    async def close(self) -> None: ...
