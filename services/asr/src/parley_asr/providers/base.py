"""What every recogniser offers: a provider opens a recogniser per call, a recogniser opens a stream per utterance.

`call.py` and `transcribing.py` call it. Each vendor is one file beside this one; all pass the same contract test,
`tests/contract/test_providers.py`.
"""

from dataclasses import dataclass
from typing import Protocol

from parley_asr.language.corpus import Speech


@dataclass(frozen=True, slots=True)
class RecogniserRequest:
    """What one call needs. `others`: languages that the caller may turn to, for a provider that hears several at once.
    An empty `model` is the provider's own."""

    speech: Speech
    language: str
    others: tuple[str, ...] = ()
    model: str = ""


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
    end_of_turn: float = 0.0  # how sure a vendor's own model is that the caller has finished; 0 where it does not say

    @property
    def text(self) -> str:
        return " ".join(word.text for word in self.words)


@dataclass(frozen=True, slots=True)
class Billing:
    """What a vendor counts. `connected`: the time of the connection, silence included; else the audio of each stream,
    rounded up to `step_ms`."""

    connected: bool = False
    step_ms: int = 1

    def of(self, ms: int) -> int:
        return -(-ms // self.step_ms) * self.step_ms


AUDIO_SENT = Billing()


class Stream(Protocol):
    """One utterance. Not used again after `finish` or `drop`.

    `accept` and `finish` raise Unavailable (or one of its kinds) or TimedOut when the recogniser was lost: another
    stream, of this provider or of another, is given the utterance from its start. The caller has a deadline for each
    call and cancels what takes longer; a provider that must clean up after a hang has a shorter one of its own.
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

    async def close(self) -> None:
        """Give back what the call held; may be called twice."""
        ...


class RecogniserProvider(Protocol):
    """Errors are Parley's: BadInput for a language it does not know, Rejected, Unavailable, TimedOut, LimitReached."""

    @property
    def name(self) -> str:
        """As agent documents, the log and the bill call it."""
        ...

    @property
    def model(self) -> str:
        """Its own, where a request names none."""
        ...

    @property
    def billing(self) -> Billing: ...

    def hears(self, language: str) -> bool:
        """Whether it recognises this language (BCP 47), as far as is known without a request."""
        ...

    async def start(self) -> None:
        """Make ready; called once, before `open`."""
        ...

    async def open(self, request: RecogniserRequest) -> Recogniser:
        """Prepare for one call."""
        ...

    async def close(self) -> None:
        """Give back what is held. May be called twice, and without `start`."""
        ...
