"""From marks in audio to the times of the original words: `WordClock` is fed by a provider as its engine speaks.

An engine's words are not the conversation's: one token may be several engine words ("10:30"), several may be one
("of the"), and some are not said at all ("–").
"""

from parley_tts.providers.base import SpokenWord
from parley_tts.text import Prepared


class WordClock:
    """Gives every token of a prepared text a start and an end, in order; times in milliseconds."""

    def __init__(self, prepared: Prepared) -> None:
        self._prepared = prepared
        self._next = 0  # first token that has no times yet
        self._open = -1  # the token that the engine is saying
        self._open_at = 0.0

    @property
    def open_at_ms(self) -> float | None:
        """Where the words begin that have not been reported; None when there are none."""
        return self._open_at if self._open >= 0 else None

    def word(self, position: int, at_ms: float) -> list[SpokenWord]:
        """The engine begins a word at this character of the spoken text; returns the words that this completes."""
        token = self._prepared.token_at(position)
        if token < self._next or token <= self._open:
            return []
        told = self._tell(token, self._open_at, at_ms)
        self._open, self._open_at = token, at_ms
        return told

    def over(self, at_ms: float) -> list[SpokenWord]:
        """The token that the engine is saying ends here; returns it."""
        if self._open < 0:
            return []
        told = self._tell(self._open + 1, self._open_at, at_ms)
        self._open, self._open_at = -1, at_ms
        return told

    def finish(self, at_ms: float) -> list[SpokenWord]:
        """The end of the audio; returns the words that are left."""
        told = self._tell(len(self._prepared.tokens), self._open_at, at_ms)
        self._open = -1
        return told

    def _tell(self, upto: int, start_ms: float, end_ms: float) -> list[SpokenWord]:
        """Share out the time between the tokens that are due, by how much there is to say of each."""
        due = range(self._next, upto)
        self._next = max(upto, self._next)
        weights = [self._prepared.weight(token) for token in due]
        whole = sum(weights) or 1
        told: list[SpokenWord] = []
        passed = 0
        span = max(0.0, end_ms - start_ms)
        for token, weight in zip(due, weights, strict=True):
            begins = start_ms + span * passed / whole
            passed += weight
            ends = start_ms + span * passed / whole
            told.append(SpokenWord(token, self._prepared.tokens[token], round(begins), round(ends)))
        return told


def spread(prepared: Prepared, duration_ms: float) -> list[SpokenWord]:
    """Estimate every word's time from the measured length of the whole sentence."""
    return WordClock(prepared).finish(duration_ms)
