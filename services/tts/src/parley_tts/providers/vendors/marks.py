"""From what a vendor says of words to the times of the original ones; and the estimate where it says nothing.

A vendor's words are matched in order with those of the text that it was given, so that one which it writes otherwise,
leaves out or says twice moves nothing by more than a word.
"""

import re
import unicodedata
from bisect import bisect_right
from dataclasses import dataclass

from parley_tts.alignment import WordClock
from parley_tts.providers.base import SpokenWord
from parley_tts.text import Prepared

_AHEAD = 6  # words that a match may skip
_WORD = re.compile(r"\S+")
_FIRST_MS = 68.0  # for a character, blanks not counted: 165 English words a minute
_FORGETS = 0.3  # weight of the newest sentence
_FEW = 12  # characters: shorter sentences tell little of the pace


@dataclass(slots=True)
class Pace:
    """What a character takes in a voice, learnt from the sentences that it has said."""

    ms: float = _FIRST_MS
    sentences: int = 0

    def learn(self, characters: int, duration_ms: float) -> None:
        if characters < _FEW or duration_ms <= 0:
            return
        share = _FORGETS if self.sentences else 1.0
        self.ms += share * (duration_ms / characters - self.ms)
        self.sentences += 1


class Marks:
    """Of a vendor that gives times."""

    def __init__(self, prepared: Prepared) -> None:
        self._clock = WordClock(prepared)
        self._words = [(match.start(), _plain(match.group())) for match in _WORD.finditer(prepared.spoken)]
        tokens = [prepared.token_at(start) for start, _ in self._words]
        self._lasts = [at + 1 == len(tokens) or tokens[at + 1] != token for at, token in enumerate(tokens)]
        self._next = 0
        self._at_ms = 0.0  # of the newest word's beginning
        self._ends_ms = 0.0

    def heard(self, text: str, start_ms: float, end_ms: float) -> list[SpokenWord]:
        """The vendor says this word; returns the original words that this completes."""
        told: list[SpokenWord] = []
        for written in text.split():
            wanted = _plain(written)
            near = range(self._next, min(self._next + _AHEAD, len(self._words)))
            found = next((at for at in near if wanted and self._words[at][1] == wanted), None)
            if found is not None:
                told += self._said(found, start_ms, end_ms)
        return told

    def at(self, position: int, start_ms: float, end_ms: float) -> list[SpokenWord]:
        """Likewise, by the position of the word's first character."""
        found = bisect_right(self._words, position, key=lambda word: word[0]) - 1
        return self._said(found, start_ms, end_ms) if found >= self._next else []

    def until(self, heard_ms: float) -> list[SpokenWord]:
        """Audio up to here has come."""
        return []

    def finish(self, heard_ms: float) -> list[SpokenWord]:
        return self._clock.finish(heard_ms)

    def broken(self, heard_ms: float) -> list[SpokenWord]:
        """No more comes: the newest word counts where its audio is there to the end."""
        return self._clock.over(self._ends_ms) if self._ends_ms <= heard_ms else []

    def _said(self, word: int, start_ms: float, end_ms: float) -> list[SpokenWord]:
        self._next = word + 1
        self._at_ms = max(self._at_ms, start_ms)
        self._ends_ms = max(self._at_ms, end_ms)
        told = self._clock.word(self._words[word][0], self._at_ms)
        return told + self._clock.over(self._ends_ms) if self._lasts[word] else told


class PacedMarks:
    """Of a vendor that gives none: words take as long as they are long, at the pace of the voice so far."""

    def __init__(self, prepared: Prepared, pace: Pace) -> None:
        self._clock = WordClock(prepared)
        self._pace = pace
        self._starts = prepared.starts
        weights = [prepared.weight(token) for token in range(len(prepared.tokens))]
        self._characters = sum(weights)
        self._ends = [sum(weights[: at + 1]) * pace.ms for at in range(len(weights))]
        self._next = 0

    def heard(self, text: str, start_ms: float, end_ms: float) -> list[SpokenWord]:
        return []

    def at(self, position: int, start_ms: float, end_ms: float) -> list[SpokenWord]:
        return []

    def until(self, heard_ms: float) -> list[SpokenWord]:
        told: list[SpokenWord] = []
        while self._next < len(self._ends) and self._ends[self._next] <= heard_ms:
            begins_ms = self._ends[self._next - 1] if self._next else 0.0
            told += self._clock.word(self._starts[self._next], begins_ms)
            told += self._clock.over(self._ends[self._next])
            self._next += 1
        return told

    def finish(self, heard_ms: float) -> list[SpokenWord]:
        self._pace.learn(self._characters, heard_ms)
        return self._clock.finish(heard_ms)

    def broken(self, heard_ms: float) -> list[SpokenWord]:
        return []


def _plain(word: str) -> str:
    """A word as it is compared: without marks, case and accents' ways of writing."""
    return "".join(c for c in unicodedata.normalize("NFKC", word).casefold() if c.isalnum())
