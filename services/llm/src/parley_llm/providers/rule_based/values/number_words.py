"""Numbers in words by a pack's own: which of a phrase's words are numbers, and the numbers' values. Pure.

Used by the parsers of every language whose pack lists its number words; English has its own ways (`words.tokens`).
"""

import re
from collections.abc import Sequence
from functools import lru_cache

from parley_core.languages.answers import folded
from parley_core.languages.pack import Pack
from parley_core.languages.value_words import Calendar, Numbers

from parley_llm.providers.rule_based.words import Token, plain

_CLOCK = re.compile(r"(\d{1,2})[:.](\d{2})h?")
_HOURS = re.compile(r"(\d{1,2})h(?:s|rs)?")
_HALF = re.compile(r"(\d{1,2})(am|pm)")
_MOST_WORDS = 6


@lru_cache(maxsize=16)
def _values(numbers: Numbers) -> dict[tuple[str, ...], int]:
    return {tuple(folded(phrase).split()): value for phrase, value in numbers.values.items()}


@lru_cache(maxsize=16)
def _ordinals(numbers: Numbers) -> dict[str, int]:
    return {folded(word): value for word, value in numbers.ordinal_forms.items()}


@lru_cache(maxsize=16)
def _parts(calendar: Calendar) -> frozenset[str]:
    return frozenset(map(folded, calendar.day_parts))


def number_at(words: Sequence[str], at: int, numbers: Numbers) -> tuple[int, int]:
    """The number that begins at a word, and how many words it takes; (0, 0) for none. The words are folded."""
    value, length = _below_thousand(words, at, numbers)
    if numbers.glued and length <= 1 and at < len(words) and (whole := _glued(words[at], numbers)) is not None:
        return whole, 1
    if at + length < len(words) and words[at + length] == folded(numbers.thousand) and (length == 0 or value > 1):
        rest, more = _below_thousand(words, at + length + 1, numbers)
        small = more if rest < 1000 and not (more == 1 and words[at + length + 1] in numbers.articles) else 0
        return (value if length else 1) * 1000 + (rest if small else 0), length + 1 + small
    return value, length


def _glued(word: str, numbers: Numbers) -> int | None:
    """ "Siebzehntausenddreihundert" as its number."""
    left, thousand, right = word.partition(folded(numbers.thousand))
    values = _values(numbers)
    many, rest = values.get((left,), 0), values.get((right,), 0)
    if not thousand or (left and not many) or (right and not rest) or rest > 999:
        return None
    return (many or 1) * 1000 + rest


def _below_thousand(words: Sequence[str], at: int, numbers: Numbers) -> tuple[int, int]:
    for length in range(min(_MOST_WORDS, len(words) - at), 0, -1):
        value = _values(numbers).get(tuple(words[at : at + length]))
        if value is not None:
            return value, length
    return 0, 0


def tokens(text: str, words: Pack) -> list[Token]:
    """Lower case without accents and marks, numbers with their values."""
    said = folded(plain(text)).split()
    found: list[Token] = []
    at = 0
    while at < len(said):
        value, length = number_at(said, at, words.numbers)
        if length:
            found.append(Token("number", " ".join(said[at : at + length]), value))
        else:
            found += _single(said[at], words)
        at += length or 1
    return found


def _single(word: str, words: Pack) -> list[Token]:
    for weekday in map(folded, words.calendar.weekdays):
        if word != weekday and word.startswith(weekday) and word.removeprefix(weekday) in _parts(words.calendar):
            return [Token("word", weekday), Token("word", word.removeprefix(weekday))]  # "freitagnachmittag"
    if word in _ordinals(words.numbers):
        return [Token("ordinal", word, _ordinals(words.numbers)[word])]
    if match := words.numbers.ordinal_figure.fullmatch(word):
        return [Token("ordinal", word, int(match.group(1)))]
    if (match := _CLOCK.fullmatch(word)) and int(match.group(1)) < 25 and int(match.group(2)) < 60:
        return [Token("clock", word, int(match.group(1)) * 60 + int(match.group(2)))]
    if match := _HOURS.fullmatch(word):
        return [Token("clock", word, int(match.group(1)) * 60)]
    if match := _HALF.fullmatch(word):
        return [Token("number", match.group(1), int(match.group(1))), Token("word", match.group(2))]
    if word.isdigit() and len(word) <= 4:
        return [Token("number", word, int(word))]
    return [Token("word", word)]
