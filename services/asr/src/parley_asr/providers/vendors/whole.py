"""Recognisers that take an utterance whole, OpenAI-compatible endpoints and models on Triton: what they share.

The sound is kept until the utterance ends; the gateway's voice activity says when. There are no interim texts.
"""

from collections.abc import Awaitable, Callable, Sequence

from parley_core.errors import LimitReached

from parley_asr.language.spoken import spoken_words
from parley_asr.providers.base import Final, HeardWord

BYTES_PER_MS = 32
LONGEST_MS = 60_000  # of an utterance, as calls bound it
UNKNOWN_CONFIDENCE = 1.0

Transcribe = Callable[[bytes], Awaitable[Final]]


class WholeRecogniser:
    def __init__(self, name: str, transcribe: Transcribe) -> None:
        """`transcribe`: PCM16 mono 16 kHz in, words out; raises Parley's errors."""
        self.name = name
        self._transcribe = transcribe

    async def open_stream(self) -> "WholeStream":
        return WholeStream(self.name, self._transcribe)

    async def close(self) -> None:
        """Nothing is held."""


class WholeStream:
    def __init__(self, name: str, transcribe: Transcribe) -> None:
        self._name = name
        self._transcribe = transcribe
        self._chunks: list[bytes] = []
        self._bytes = 0

    async def accept(self, pcm: bytes) -> str:
        self._bytes += len(pcm)
        if self._bytes > LONGEST_MS * BYTES_PER_MS:
            raise LimitReached(f"{self._name}: milliseconds of an utterance", LONGEST_MS)
        self._chunks.append(pcm)
        return ""

    async def finish(self) -> Final:
        if not self._bytes:
            return Final()
        return await self._transcribe(b"".join(self._chunks))

    async def drop(self) -> None:
        self._chunks = []


def timed(words: Sequence[tuple[str, float, float, float]], language: str, length_ms: int, told: str = "") -> Final:
    """Words as (text, start_ms, end_ms, confidence) made spoken ones inside the utterance."""
    found = [
        HeardWord(one, _within(start, length_ms), _within(end, length_ms), confidence)
        for text, start, end, confidence in words
        for one in spoken_words(text, told or language)
    ]
    return _final(found, told)


def untimed(text: str, language: str, length_ms: int, confidence: float, told: str = "") -> Final:
    """Words spread over the utterance, where only the text is known."""
    texts = spoken_words(text, told or language)
    step = length_ms / max(len(texts), 1)
    found = [HeardWord(one, round(at * step), round((at + 1) * step), confidence) for at, one in enumerate(texts)]
    return _final(found, told)


def _within(ms: float, length_ms: int) -> int:
    return min(max(round(ms), 0), length_ms)


def _final(words: list[HeardWord], told: str) -> Final:
    if not words:
        return Final()
    return Final(tuple(words), sum(word.confidence for word in words) / len(words) or UNKNOWN_CONFIDENCE, told)


def together(
    said: Sequence[tuple[str, Sequence[tuple[str, float, float, float]], float]], language: str, length_ms: int
) -> Final:
    """Results as (text, words, confidence), one behind the other. Where one has no times, all are spread."""
    if all(words for _, words, _ in said):
        return timed([word for _, words, _ in said for word in words], language, length_ms)
    confidence = sum(one for _, _, one in said) / len(said)
    return untimed(" ".join(text for text, _, _ in said), language, length_ms, confidence)
