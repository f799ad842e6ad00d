"""Playout for callers whose carrier speaks: sentences go out as text, and the carrier reports what was heard.

Stands in `call.agent_side` where `playout.Playout` stands for audio, and calls the same object back. A carrier that
reports played words is believed; until it does, and where it does not, words pass at `WORDS_PER_S`, a little slower
than carriers' voices speak, so that a goodbye is not cut off. Nothing here makes or holds audio.
"""

import re
from dataclasses import replace

from parley.v1 import events_pb2, live_pb2
from parley_core.conversation import FIRST_NOTICE

from parley_gateway.scheduler import Scheduler, TimerHandle
from parley_gateway.speaking.playout_callbacks import PlayoutCallbacks
from parley_gateway.speaking.sentence import Sentence

WORDS_PER_S = 2.4
PAUSE_S = 0.4  # behind each sentence
PATIENCE = 2.0  # a carrier that tells is waited for so many times as long as its voice should take
_WORD = re.compile(r"[\w']+")


class TextPlayout:
    def __init__(self, scheduler: Scheduler, listener: PlayoutCallbacks) -> None:
        self._scheduler = scheduler
        self._listener = listener
        self._fence = 0
        self._waiting: dict[tuple[int, int], Sentence] = {}
        self._done: set[tuple[int, int]] = set()
        self._ends: dict[int, tuple[int, int]] = {}
        self._current: Sentence | None = None
        self._words_heard = 0  # of the current sentence, as the carrier told
        self._told = False  # this carrier tells
        self._speaking = False
        self._timer: TimerHandle | None = None
        self.dropped = 0

    @property
    def speaking(self) -> bool:
        return self._speaking

    @property
    def fence(self) -> int:
        return self._fence

    def waits_for_audio(self) -> bool:
        return False

    def expect(self, say: live_pb2.Say) -> None:
        """Take a sentence; the leg was given its text already."""
        key = (say.turn, say.sentence)
        current = self._current
        if say.turn < self._fence or key in self._done or (current and (current.turn, current.number) == key):
            return
        kind = say.kind or events_pb2.SAY_KIND_REPLY
        known = self._waiting.get(key, Sentence(say.turn, say.sentence, say.take))
        self._waiting[key] = replace(
            known, take=say.take, text=say.text, kind=kind, uninterruptible=say.uninterruptible, complete=True
        )
        self._next()

    def end(self, turn: int, sentences: int, then: int) -> None:
        if turn >= self._fence:
            self._ends[turn] = (sentences, then)
            self._check_finished(turn)

    def played(self, text: str) -> None:
        """The carrier has spoken these words."""
        self._told = True
        words = len(_WORD.findall(text))
        while words and self._current is not None:
            missing = len(_WORD.findall(self._current.text)) - self._words_heard
            if words < missing:
                self._words_heard += words
                return
            words -= missing
            self._heard(self._current)

    def all_played(self) -> None:
        """The carrier has spoken everything that it was given."""
        while self._current is not None:
            self._heard(self._current)

    def answered(self) -> None:
        """The caller speaks and nothing was cut off: all that could have been was heard before."""
        while self._current is not None and not self._current.uninterruptible:
            self._heard(self._current)

    def stopped_at(self, text: str) -> None:
        """The carrier's voice was cut off; `text` is what it had spoken of the utterance. `cut` follows."""
        if self._current is not None:
            self._words_heard = max(self._words_heard, _common(_WORD.findall(self._current.text), text))

    def cut(self, turn: int) -> None:
        now = self._scheduler.time()
        self._fence = max(self._fence, turn + 1)
        sentence, self._current = self._current, None
        if sentence is not None and sentence.started_at is not None:
            text = _first_words(sentence.text, self._words_so_far(sentence, now))
            self._listener.sentence_heard(
                sentence, text, complete=text == sentence.text, start=sentence.started_at, end=now
            )
        self._waiting = {key: one for key, one in self._waiting.items() if key[0] >= self._fence}
        self._ends = {number: end for number, end in self._ends.items() if number >= self._fence}
        self._done = {key for key in self._done if key[0] >= self._fence}
        self._stop_timer()
        self._speaking = False

    def recent_text(self, since: float) -> str:
        return ""  # no microphone of ours hears the carrier's voice

    def speech_lost(self) -> None:
        """The voice is the carrier's: no worker of ours speaks."""

    def add(self, audio: live_pb2.AudioOut) -> None:
        self.dropped += 1

    def hold(self, turn: int) -> None:
        """No draft is made for a caller whose pauses only the carrier hears."""

    def release(self) -> None:
        self._next()

    def drop_held(self) -> None:
        """Nothing is held."""

    def duck(self, *, down: bool) -> None:
        """The carrier's voice cannot be lowered."""

    def halt(self) -> None:
        """Nor halted: the carrier itself hears who speaks over it."""

    def go_on(self) -> None:
        """Nothing was halted."""

    def close(self) -> None:
        self._stop_timer()
        self._waiting.clear()
        self._current = None
        self._speaking = False

    def _next(self) -> None:
        if self._current is not None or not self._waiting:
            return
        key = min(self._waiting)
        if key[1] < FIRST_NOTICE and any((key[0], lower) not in self._done for lower in range(key[1])):
            return
        now = self._scheduler.time()
        sentence = self._current = self._waiting.pop(key)
        sentence.started_at = now
        self._words_heard = 0
        took_s = len(_WORD.findall(sentence.text)) / WORDS_PER_S + PAUSE_S
        self._timer = self._scheduler.call_at(now + took_s * (PATIENCE if self._told else 1.0), self._heard, sentence)
        if not self._speaking:
            self._speaking = True
            self._listener.voice_started(sentence, now)
        self._listener.sentence_started(sentence)

    def _heard(self, sentence: Sentence) -> None:
        if sentence is not self._current or sentence.started_at is None:
            return
        self._stop_timer()
        self._current = None
        self._done.add((sentence.turn, sentence.number))
        now = self._scheduler.time()
        self._listener.sentence_heard(sentence, sentence.text, complete=True, start=sentence.started_at, end=now)
        self._next()
        if self._current is None:
            self._speaking = False
            if not self._check_finished(sentence.turn):
                self._listener.starved(sentence.turn)

    def _check_finished(self, turn: int) -> bool:
        if turn not in self._ends or self._speaking or any(key[0] == turn for key in self._waiting):
            return False
        sentences, then = self._ends[turn]
        if any((turn, number) not in self._done for number in range(sentences)):
            return False
        del self._ends[turn]
        self._done = {key for key in self._done if key[0] >= turn}
        self._listener.finished(turn, then)
        return True

    def _words_so_far(self, sentence: Sentence, now: float) -> int:
        if self._told or self._words_heard or sentence.started_at is None:
            return self._words_heard
        return int((now - sentence.started_at) * WORDS_PER_S)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def _common(words: list[str], spoken: str) -> int:
    """How many of a sentence's first words end what was spoken; the utterance may have begun sentences earlier."""
    told = [word.casefold() for word in _WORD.findall(spoken)]
    mine = [word.casefold() for word in words]
    for count in range(min(len(mine), len(told)), 0, -1):
        if told[-count:] == mine[:count]:
            return count
    return 0


def _first_words(text: str, count: int) -> str:
    """The first words of a text with their punctuation."""
    ends = [match.end() for match in _WORD.finditer(text)]
    if count >= len(ends):
        return text
    return text[: ends[count - 1]] if count else ""
