"""One utterance on a socket: parts as they come, words at the end. Made by `session` for each `open_stream`."""

import asyncio
import contextlib
import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from parley_core.errors import ParleyError, TimedOut, Unavailable

from parley_asr.language.spoken import spoken_words
from parley_asr.providers.base import Final, HeardWord
from parley_asr.providers.vendors.sockets.dialect import UNKNOWN_CONFIDENCE, Alive, Part, Recognised, Turn, TurnSign

log = logging.getLogger(__name__)

FINAL_TIMEOUT_S = 1.8  # below the deadline of a call that has another recogniser to ask


class Line(Protocol):
    """What an utterance needs of its connection."""

    @property
    def name(self) -> str: ...

    @property
    def language(self) -> str: ...

    @property
    def sent_ms(self) -> float: ...

    async def send(self, pcm: bytes) -> None: ...

    async def flush(self, *, wanted: bool) -> None: ...

    def give_up(self, error: ParleyError) -> None: ...


class SocketStream:
    """Takes only what comes between the answers to the flush before it and to its own (`number`)."""

    def __init__(self, line: Line, number: int) -> None:
        self._line = line
        self._number = number
        self._offset_ms = line.sent_ms
        self._settled: list[Part] = []
        self._unsettled: Sequence[Part] = ()
        self._end_of_turn = 0.0  # how sure the vendor is of it, by its newest word
        self._answers = False  # something came for this utterance
        self._over = False
        self._flushed: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def accept(self, pcm: bytes) -> str:
        await self._line.send(pcm)
        return " ".join(word for text, language in self._texts() for word in spoken_words(text, language))

    async def finish(self) -> Final:
        await self._line.flush(wanted=True)
        try:
            async with asyncio.timeout(FINAL_TIMEOUT_S):
                await asyncio.shield(self._flushed)
        except asyncio.CancelledError:
            self._line.give_up(Unavailable(self._line.name, "its answer was not waited for"))
            raise
        except TimeoutError:
            # The count of answers is off from here on: the next utterance has another connection.
            self._line.give_up(TimedOut(self._line.name, FINAL_TIMEOUT_S))
            if not self._answers:
                raise TimedOut(self._line.name, FINAL_TIMEOUT_S) from None
            log.warning("flush unanswered", extra={"provider": self._line.name, "unsettled": len(self._unsettled)})
            self._settled.extend(self._unsettled)
        self._over = True
        final = _final(self._settled, self._line.language, self._offset_ms, self._line.sent_ms)
        return replace(final, end_of_turn=self._end_of_turn) if final.words else final

    async def drop(self) -> None:
        self._over = True
        with contextlib.suppress(ParleyError):
            await self._line.flush(wanted=False)

    def take(self, event: Recognised | Alive | Turn, answered: int) -> None:
        """`answered`: how many flushes of the connection are answered by now."""
        if self._over or answered != self._number - 1:
            return
        self._answers = True
        match event:
            case Recognised():
                self._recognised(event)
            case Turn():
                self._end_of_turn = 0.0 if event.sign is TurnSign.RESUMED else event.confidence

    def _recognised(self, event: Recognised) -> None:
        # What ends before this utterance began belongs to an earlier one, also where it comes late.
        parts = [part for part in event.parts if part.end_ms is None or part.end_ms > self._offset_ms]
        if event.settled:
            self._settled.extend(parts)
            self._unsettled = ()
        else:
            self._unsettled = parts

    def flushed(self, answered: int) -> None:
        if answered >= self._number and not self._flushed.done():
            self._answers = True
            self._flushed.set_result(None)

    def lost(self, error: ParleyError) -> None:
        if not self._flushed.done():
            self._flushed.set_exception(error)
            self._flushed.exception()  # it may be that nobody waits for it yet

    def _texts(self) -> list[tuple[str, str]]:
        return [
            (part.text, part.language or self._line.language) for part in _joined([*self._settled, *self._unsettled])
        ]


def _joined(parts: Sequence[Part]) -> list[Part]:
    """Pieces of words put together."""
    joined: list[Part] = []
    for part in parts:
        if not (part.glued and joined):
            joined.append(part)
            continue
        head = joined[-1]
        joined[-1] = Part(
            head.text + part.text, head.start_ms, part.end_ms, min(head.confidence, part.confidence), head.language
        )
    return joined


def _final(parts: Sequence[Part], language: str, offset_ms: float, sent_ms: float) -> Final:
    """Words with times inside the utterance. Parts without times are spread over what lies between those that have."""
    length_ms = max(round(sent_ms - offset_ms), 0)
    languages: Counter[str] = Counter()
    words: list[HeardWord] = []
    joined = _joined(parts)
    for at, part in enumerate(joined):
        texts = spoken_words(part.text, part.language or language)
        if part.language:
            languages[part.language] += len(texts)
        if part.start_ms is None or part.end_ms is None:
            untimed = sum(len(one.text.split()) for one in joined[at:])
            start = words[-1].end_ms if words else 0
            end = start + (length_ms - start) * len(part.text.split()) // max(untimed, 1)
        else:
            start, end = round(part.start_ms - offset_ms), round(part.end_ms - offset_ms)
        start, end = min(max(start, 0), length_ms), min(max(end, 0), length_ms)
        step = 0.0 if part.start_ms is not None else (end - start) / max(len(texts), 1)
        for place, text in enumerate(texts):
            first = round(start + place * step)
            words.append(HeardWord(text, first, round(first + step) if step else end, part.confidence))
    if not words:
        return Final()
    told = languages.most_common(1)[0][0] if languages else ""
    confidence = sum(word.confidence for word in words) / len(words)
    return Final(tuple(words), confidence or UNKNOWN_CONFIDENCE, told)
