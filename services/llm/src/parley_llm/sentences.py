"""Cuts a model's stream of text into sentences that can be spoken, as early as it is safe. Used by `reply.speech`.

A cut depends only on the text up to and a little behind it, never on how the text arrived: any chunking of the same
text gives the same sentences, and the sentences joined are the text, whitespace aside.
"""

import re

from parley_core.languages.full_stops import full_stops

MIN_CHARS = 10  # a shorter piece ("Yes.") waits for the next sentence instead of being spoken on its own
LONG_CHARS = 160  # from here on a sentence may be cut at a clause
HARD_CHARS = 320  # from here on at any space: a model that never punctuates is still spoken

_MARKS = ".!?…。！？।؟۔"
_ALWAYS = "。！？।"  # these need no space behind them
_CLOSERS = "\"'”’)]»"
ENDS = _MARKS + _CLOSERS  # what a whole sentence's last character is
_CLAUSES = ",;:—–"
_WORD_BEFORE = re.compile(r"([^\W\d_](?:[^\W\d_]|[.-])*)$")
_NUMBER_BEFORE = re.compile(r"(?:(\S+)\s+)?(?<![\d.,])\d{1,2}$")
_NEXT_WORD = re.compile(r"\s+([^\W\d_]+)(?=(\W?))")
_LIST_NUMBER = re.compile(r"(?:^|\n)\s*\d{1,2}$")


class SentenceCutter:
    """Feed deltas, get sentences; `flush` gives the tail. One cutter per reply."""

    def __init__(self, language: str = "en") -> None:
        self._stops = full_stops(language)
        self._text = ""
        self._scanned = 0  # no cut is possible before this position

    def feed(self, delta: str) -> list[str]:
        self._text += delta
        return self._take(final=False)

    def flush(self) -> list[str]:
        """The text is complete: return all that is left."""
        sentences = self._take(final=True)
        tail = self._text.strip()
        self._text, self._scanned = "", 0
        return [*sentences, tail] if tail else sentences

    def _take(self, *, final: bool) -> list[str]:
        sentences = []
        while (cut := self._next_cut(final=final)) is not None:
            sentence = self._text[:cut].strip()
            self._text, self._scanned = self._text[cut:], 0
            if sentence:
                sentences.append(sentence)
        return sentences

    def _next_cut(self, *, final: bool) -> int | None:
        """Position behind the first sentence; None when more text is needed to know."""
        text = self._text
        lead = len(text) - len(text.lstrip())
        at = max(self._scanned, lead)
        while at < len(text):
            # Positions are judged one by one and only with their full look-ahead (one character behind the mark, two
            # where only a capital tells), which makes cuts independent of chunks.
            end = self._end_of_closers(at + 1)
            if not final and end + self._look_ahead(at, end) > len(text):
                self._scanned = at
                return None
            if self._is_cut(at, end, lead):
                return end
            at += 1
        self._scanned = at
        return None

    def _end_of_closers(self, at: int) -> int:
        while at < len(self._text) and self._text[at] in _MARKS + _CLOSERS and self._text[at - 1] in _MARKS + _CLOSERS:
            at += 1
        return at

    def _is_cut(self, at: int, end: int, lead: int) -> bool:
        text = self._text
        char = text[at]
        length = at + 1 - lead
        behind = text[end : end + 2]
        if length < MIN_CHARS:
            return False
        if char == "\n":
            return True
        if char in _ALWAYS:
            return True
        spaced = behind == "" or behind[0].isspace()
        if char in "!?…؟۔" and spaced:
            return True
        if char == "." and spaced:
            return not self._abbreviates(at, end, behind)
        if char in _CLAUSES and spaced and length >= LONG_CHARS:
            return True
        return char.isspace() and length >= HARD_CHARS

    def _look_ahead(self, at: int, end: int) -> int:
        """How many characters behind a mark have to be there before it can be judged."""
        if self._text[at] != ".":
            return 1
        if self._stops.ordinals and self._number_before(at) is not None:
            following = _NEXT_WORD.match(self._text, end)  # the whole word: it may be a month
            return following.end() + 1 - end if following else 40
        if self._stops.small_letters or self._word_before(at) in self._stops.may_end:
            return 2
        return 1

    def _abbreviates(self, at: int, end: int, behind: str) -> bool:
        """Whether the full stop at `at` belongs to an abbreviation, an initial, a list number or an ordinal."""
        if _LIST_NUMBER.search(self._text[max(0, at - 8) : at]):
            return True
        stops, following = self._stops, behind.strip()[:1]
        if stops.small_letters and following.islower():
            return True
        if stops.ordinals and (number := self._number_before(at)) is not None:
            word = _NEXT_WORD.match(self._text, end)
            month = word is not None and word[1].lower() in stops.months
            return month or (word is not None and (number[1] or "").lower() in stops.ordinals_behind)
        word_before = self._word_before(at)
        if word_before in stops.may_end:
            return not (following.isupper() or following == "")
        if len(word_before) == 1 and (stops.small_letters or (word_before != "i" and self._text[at - 1].isupper())):
            return True  # an initial ("J. Smith"), or a part of "z. B."
        return word_before in stops.never

    def _number_before(self, at: int) -> "re.Match[str] | None":
        """A day or another small number that the full stop stands behind, with the word before it."""
        return _NUMBER_BEFORE.search(self._text[max(0, at - 24) : at])

    def _word_before(self, at: int) -> str:
        if self._text[at] != ".":
            return ""
        found = _WORD_BEFORE.search(self._text[max(0, at - 12) : at])
        return found.group(1).lower() if found else ""


def cut(text: str, language: str = "en") -> list[str]:
    """Cut a whole text."""
    cutter = SentenceCutter(language)
    return cutter.feed(text) + cutter.flush()
