"""Whisper as the service sees it: a recogniser per call, a stream per utterance; `decoder` has sounds decoded.

A stream decodes twice. While the caller speaks, interim texts come from the small model; words on which two of them in
a row agree are shown (LocalAgreement-2: Macháček, Dabre, Bojar 2023). The final text comes from the large one: its
decode begins as soon as it is quiet and is dropped when the caller goes on, so that it is mostly there when the pause
is over. Long utterances are cut at quiet places and their first pieces decoded meanwhile.

A gateway ends an utterance at every short pause. Whisper hears "five five five, zero one" badly without what comes
before it, so an utterance that soon follows another is decoded behind that one's sound and text.
"""

import asyncio
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from parley_core.errors import BadInput
from parley_core.languages.registry import primary

from parley_asr.language.words import say_words
from parley_asr.providers.base import AUDIO_SENT, Final, HeardWord, RecogniserRequest
from parley_asr.providers.whisper.decoder import Decoding, WhisperDecoder
from parley_asr.providers.whisper.hot_words import hot_words
from parley_asr.providers.whisper.wire import Wish, Word

BYTES_PER_MS = 32
FRAME_MS = 20
_FRAME_BYTES = FRAME_MS * BYTES_PER_MS
# Interim texts: the first ones soon, since an interruption waits for a word.
FIRST_INTERIMS_MS = (240, 420, 700, 1000)  # of sound; later ones leave a busy machine time
INTERIM_EVERY_MS = 320
_SURE = 0.75  # confidence from which the first text is shown before a second one agrees, but for its last word
_INTERIM_QUIET_MS = 60  # from then on the final text may be near
_INTERIM_SHARE = 0.4  # of the time that passes may be spent on interim texts: less where the machine is busy
QUIET_MS = 120  # then the final decode begins
_QUIETEST_SOUND = 30.0  # root mean square of 16-bit samples
_SOUND_OF_LOUDEST = 0.08
PIECE_MS = 24_000  # longer utterances are cut
_INTERIM_PIECE_MS = 8_000
_SEARCH_MS = 6_000  # where a quiet place to cut is looked for: this much at the end
FOLLOWS_WITHIN_S = 0.8  # of the text of the one before
_MOST_BEFORE_MS = 7_000
_WITH_BEFORE_MS = 9_500  # together with what comes before it: a longer one is heard well without

_SPELLED_DOT = re.compile(r"(?<=[a-z])\.(?=[a-z]{2})", re.IGNORECASE)
_MAIL_SERVICE = re.compile(r"\b(gmail|yahoo|hotmail|outlook|icloud|aol)com\b", re.IGNORECASE)
_LETTERS = re.compile(r"\b[A-Z]{2,6}\b")
_NO_LETTERS = frozenset({"OK", "PIN", "ZIP", "ASAP", "NASA", "LASIK", "COVID", "AIDS", "NATO", "FAQ"})
_OTHER_WORD = re.compile(r"[^\W_]+(?:['’.,:@-][^\W_]+)*")


class WhisperProvider:
    name = "whisper"
    billing = AUDIO_SENT
    model = "base"

    def __init__(self, decoder: WhisperDecoder, *, interims: bool = True) -> None:
        self._decoder = decoder
        self._interims = interims

    def hears(self, language: str) -> bool:
        return primary(language) in self._decoder.languages

    async def start(self) -> None:
        await self._decoder.start()

    async def open(self, request: RecogniserRequest) -> "WhisperRecogniser":
        language, others = request.language or "en", request.others
        if not self.hears(language):
            raise BadInput("language", f"{language!r} is not known to Whisper")
        wish = Wish(
            primary(language),
            others=sorted({primary(tag) for tag in others} - {primary(language)}),
            hot_words=hot_words(request.speech, language),
        )
        return WhisperRecogniser(self._decoder, wish, {primary(tag): tag for tag in others}, interims=self._interims)

    async def close(self) -> None:
        await self._decoder.close()


@dataclass(frozen=True, slots=True)
class _Before:
    """What was said just before an utterance."""

    pcm: bytes = b""
    text: str = ""

    @property
    def length_ms(self) -> int:
        return len(self.pcm) // BYTES_PER_MS


class WhisperRecogniser:
    def __init__(self, decoder: WhisperDecoder, wish: Wish, tags: dict[str, str], *, interims: bool) -> None:
        self._decoder = decoder
        self._wish = wish
        self._tags = tags
        self._interims = interims
        self._before = _Before()
        self._heard_at = 0.0

    async def open_stream(self) -> "WhisperStream":
        follows = self._before.text and asyncio.get_running_loop().time() - self._heard_at < FOLLOWS_WITHIN_S
        before = self._before if follows else _Before()
        return WhisperStream(
            self._decoder, self._wish, self._tags, before=before, heard=self._heard, interims=self._interims
        )

    def _heard(self, said: _Before) -> None:
        self._before = said if said.length_ms <= _MOST_BEFORE_MS else _Before()
        self._heard_at = asyncio.get_running_loop().time()

    async def close(self) -> None:
        return None


@dataclass(slots=True)
class _Piece:
    """A stretch of the utterance whose final decode has begun."""

    start_ms: int
    end_ms: int
    decoding: Decoding


class WhisperStream:
    def __init__(
        self,
        decoder: WhisperDecoder,
        wish: Wish,
        tags: dict[str, str],
        *,
        before: _Before,
        heard: Callable[[_Before], None],
        interims: bool,
    ) -> None:
        """`heard` gets the utterance's sound and text behind those of `before`, for the one that may follow."""
        self._decoder = decoder
        self._wish = wish
        self._tags = tags
        self._before = before
        self._heard = heard
        self._pcm = bytearray()
        self._levels: list[float] = []  # of each 20 ms
        self._loudest = 0.0
        self._sound_from_ms = 0  # end of the first frame that sounds; 0: none yet
        self._sound_until_ms = 0  # and of the last one
        self._done: list[_Piece] = []  # of a long utterance, in order
        self._early: _Piece | None = None  # the rest of it, as long as nothing follows
        self._interims = (
            _Interims(decoder, replace(wish, beam=1, timed=False, others=(), hot_words="")) if interims else None
        )

    async def accept(self, pcm: bytes) -> str:
        self._pcm += pcm
        self._listen()
        heard_ms = len(self._levels) * FRAME_MS
        start_ms = self._done[-1].end_ms if self._done else 0
        if heard_ms - start_ms >= PIECE_MS:
            cut_ms = quietest_ms(self._levels, heard_ms - _SEARCH_MS, heard_ms)
            self._forget_early()
            self._done.append(self._piece(start_ms, cut_ms))
        elif self._early is None and self._sound_until_ms > start_ms and heard_ms - self._sound_until_ms >= QUIET_MS:
            self._early = self._piece(start_ms, heard_ms)
        if self._interims is None:
            return ""
        if self._sound_until_ms and heard_ms - self._sound_until_ms < _INTERIM_QUIET_MS:
            self._interims.follow(self._pcm, self._levels, self._sound_from_ms)
        return self._interims.text

    async def finish(self) -> Final:
        if self._interims is not None:
            self._interims.close()
        start_ms = self._done[-1].end_ms if self._done else 0
        if self._early is None and self._sound_until_ms > start_ms:
            self._early = self._piece(start_ms, len(self._pcm) // BYTES_PER_MS)
        pieces = [*self._done, *([self._early] if self._early is not None else [])]
        try:
            decoded = [await piece.decoding for piece in pieces]
        except BaseException:
            await self.drop()
            raise
        words = [
            heard
            for piece, found in zip(pieces, decoded, strict=True)
            for word in found.words
            for heard in _spoken(word, piece.start_ms, found.language or self._wish.language)
        ]
        if not words:
            return Final()
        written = " ".join(word.text for found in decoded for word in found.words)
        self._heard(_Before(self._before.pcm + bytes(self._pcm), _goes_on(self._before.text, written)))
        told = next((found.language for found in decoded if found.language), "")
        whole = sum(found.confidence * len(found.words) for found in decoded)
        confidence = whole / max(sum(len(found.words) for found in decoded), 1)
        return Final(tuple(words), confidence, self._tags.get(told, told))

    async def drop(self) -> None:
        if self._interims is not None:
            self._interims.close()
        self._forget_early()
        for piece in self._done:
            piece.decoding.cancel()

    def _listen(self) -> None:
        """Measure the frames that are complete, and find out whether the caller goes on."""
        new = memoryview(self._pcm)[len(self._levels) * _FRAME_BYTES :]
        count = len(new) // _FRAME_BYTES
        frames = np.frombuffer(new[: count * _FRAME_BYTES], "<i2").reshape(count, _FRAME_BYTES // 2).astype(np.float32)
        del new  # the buffer cannot grow as long as somebody looks at it
        for level in np.sqrt(np.mean(frames * frames, axis=1)).tolist() if count else ():
            self._levels.append(level)
            self._loudest = max(self._loudest, level)
            if level > max(_QUIETEST_SOUND, self._loudest * _SOUND_OF_LOUDEST):
                self._sound_until_ms = len(self._levels) * FRAME_MS
                self._sound_from_ms = self._sound_from_ms or self._sound_until_ms
        if self._early is not None and self._sound_until_ms > self._early.end_ms:
            self._forget_early()

    def _piece(self, start_ms: int, end_ms: int) -> _Piece:
        pcm = bytes(self._pcm[start_ms * BYTES_PER_MS : end_ms * BYTES_PER_MS])
        wish, before = self._wish, self._before
        if before.text and start_ms == 0 and before.length_ms + end_ms <= _WITH_BEFORE_MS:
            pcm = before.pcm + pcm
            wish = replace(wish, before=before.text, before_ms=before.length_ms)
        return _Piece(start_ms, end_ms, self._decoder.decode(pcm, wish))

    def _forget_early(self) -> None:
        if self._early is not None:
            self._early.decoding.cancel()
            self._early = None


class _Interims:
    """The text so far of one utterance. Only one decode at a time; a skipped or failed one is nothing."""

    def __init__(self, decoder: WhisperDecoder, wish: Wish) -> None:
        self._decoder = decoder
        self._wish = wish
        self._decoding: Decoding | None = None
        self._made = 0
        self._next_ms = 0
        self._began_ms, self._began_at = 0, 0.0
        self._start_ms = 0  # of what is decoded again and again; what lies before stays as it is
        self._settled: list[str] = []
        self._agreed: list[str] = []
        self._before: list[str] = []

    @property
    def text(self) -> str:
        return " ".join((*self._settled, *self._agreed))

    def follow(self, pcm: bytearray, levels: list[float], sound_from_ms: int) -> None:
        """Decode again where it is time to."""
        heard_ms = len(levels) * FRAME_MS
        if self._made < len(FIRST_INTERIMS_MS):
            self._next_ms = max(self._next_ms, sound_from_ms + FIRST_INTERIMS_MS[self._made])
        if heard_ms < self._next_ms or (self._decoding is not None and not self._decoding.done()):
            return
        self._began_ms = heard_ms
        self._began_at = asyncio.get_running_loop().time()
        self._next_ms = heard_ms + (INTERIM_EVERY_MS if self._made else 0)
        self._made += 1
        end_ms, last = heard_ms, heard_ms - self._start_ms > _INTERIM_PIECE_MS
        if last:
            end_ms = quietest_ms(levels, self._start_ms + _INTERIM_PIECE_MS // 2, heard_ms)
        cut = bytes(pcm[self._start_ms * BYTES_PER_MS : end_ms * BYTES_PER_MS])
        self._decoding = self._decoder.decode(cut, self._wish, interim=True)
        self._decoding.add_done_callback(lambda done: self._decoded(done, end_ms if last else None))

    def _decoded(self, decoding: Decoding, ends_piece_ms: int | None) -> None:
        took_ms = (asyncio.get_running_loop().time() - self._began_at) * 1000
        if self._made >= len(FIRST_INTERIMS_MS):
            self._next_ms = max(self._next_ms, self._began_ms + round(took_ms / _INTERIM_SHARE))
        if decoding.cancelled() or decoding.exception() is not None:
            return
        found = decoding.result()
        words = [heard.text for word in found.words for heard in _spoken(word, 0, self._wish.language)]
        if ends_piece_ms is not None:
            self._settled += words
            self._start_ms, self._agreed, self._before = ends_piece_ms, [], []
            return
        alike = 0
        while alike < min(len(words), len(self._before)) and words[alike] == self._before[alike]:
            alike += 1
        if not self._before and found.confidence >= _SURE:
            alike = max(len(words) - 1, 0)
        # Never fewer than were shown: what is taken back would end an interruption that it began.
        if alike >= len(self._agreed):
            self._agreed = words[:alike]
        self._before = words

    def close(self) -> None:
        if self._decoding is not None:
            self._decoding.cancel()


def quietest_ms(levels: Sequence[float], start_ms: int, end_ms: int) -> int:
    """The middle of the quietest 100 ms between two places."""
    width = 5
    part: NDArray[np.float64] = np.asarray(levels[start_ms // FRAME_MS : end_ms // FRAME_MS], np.float64)
    if len(part) < width:
        return end_ms
    sums = np.convolve(part, np.ones(width), "valid")
    return start_ms + (int(np.argmin(sums)) + width // 2) * FRAME_MS


def _goes_on(before: str, text: str) -> str:
    """Both texts as one that is not at its end: behind a full stop the model would write nothing more."""
    return f"{before} {text.rstrip('.?!,;: ')}".strip()


def _spoken(word: Word, offset_ms: int, language: str) -> list[HeardWord]:
    """A written word as the words that were said, its time shared out among them."""
    if language == "en":
        text = _SPELLED_DOT.sub(" dot ", _MAIL_SERVICE.sub(r"\1.com", word.text))
        said = say_words(_LETTERS.sub(lambda found: found[0] if found[0] in _NO_LETTERS else " ".join(found[0]), text))
    else:
        said = _OTHER_WORD.findall(word.text.lower())
    step = (word.end_ms - word.start_ms) / max(len(said), 1)
    start_ms = offset_ms + word.start_ms
    return [
        HeardWord(text, start_ms + round(at * step), start_ms + round((at + 1) * step), word.confidence)
        for at, text in enumerate(said)
    ]
