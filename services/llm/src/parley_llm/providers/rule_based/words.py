"""Recognised speech as tokens: lower case, no punctuation, numbers with their values. Used by every local parser.

Callers say numbers as words; text2num knows the words' values, and this module knows where one number ends: "ten
thirty" is two numbers, "twenty five" is one, "twenty first" is an ordinal.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from parley_core.languages.answers import folded
from parley_core.languages.registry import ENGLISH
from text_to_num import text2num  # type: ignore[import-untyped]

_CLEAN = re.compile(r"[^\w:'+#@.\- ]+")
_HALF_DAY = re.compile(r"(?<!\b[^\W\d_][ \-])\b([ap])\.?\s?m\b\.?(?![ \-][b-hj-z]\b)")  # no letters of a spelled word
_ORDINAL_FIGURE = re.compile(r"^(\d{1,2})(?:st|nd|rd|th)$")
_CLOCK = re.compile(r"^(\d{1,2})[:.](\d{2})(am|pm)?$")
_HOUR_MERIDIEM = re.compile(r"^(\d{1,2})(am|pm)$")

_ORDINAL_WORDS = {word: value for value, word in ENGLISH.numbers.ordinals.items() if " " not in word}
_TENS = frozenset(ENGLISH.numbers.tens[2:])


@dataclass(frozen=True, slots=True)
class Token:
    """`kind` is "word", "number", "ordinal" or "clock" (value: minutes since midnight as it was said)."""

    kind: str
    text: str
    value: int = 0


@lru_cache(maxsize=1024)
def _value(word: str) -> int | None:
    """The value of one English number word below 1000; None for another word."""
    if not word.isalpha():
        return None
    try:
        value = text2num(word, "en")
    except ValueError:
        return None
    return int(value) if 0 <= value < 1000 else None


def plain(text: str) -> str:
    """Lower case without punctuation; "p m" and "p.m." become "pm", "o'clock" becomes "oclock"."""
    text = unicodedata.normalize("NFC", text).lower().replace("’", "'")
    text = _HALF_DAY.sub(r"\1m", text)
    text = re.sub(r"\bo\s?'?\s?clock\b", "oclock", text)
    text = re.sub(r"(?<=\d)\s*-\s*(?=\d)", " ", text)
    text = re.sub(r"(?<=[^\W\d_])-(?=[^\W\d_])", " ", text)
    text = _CLEAN.sub(" ", text)
    text = re.sub(r"[.\-:](?=\s|$)", " ", text)
    return " ".join(text.split())


def bare(text: str) -> str:
    """The same without accents, as the packs' patterns are asked."""
    return plain(folded(text))


def tokens(text: str) -> list[Token]:
    words = plain(text).split()
    found: list[Token] = []
    at = 0
    while at < len(words):
        word = words[at]
        following = words[at + 1] if at + 1 < len(words) else ""
        if word in _TENS and following in _ORDINAL_WORDS and _ORDINAL_WORDS[following] < 10:
            found.append(Token("ordinal", f"{word} {following}", (_value(word) or 0) + _ORDINAL_WORDS[following]))
            at += 2
        elif word in _TENS and 1 <= (_value(following) or 0) <= 9:
            found.append(Token("number", f"{word} {following}", (_value(word) or 0) + (_value(following) or 0)))
            at += 2
        else:
            found.extend(_single(word))
            at += 1
    return found


def _single(word: str) -> list[Token]:
    if word in _ORDINAL_WORDS:
        return [Token("ordinal", word, _ORDINAL_WORDS[word])]
    if match := _ORDINAL_FIGURE.match(word):
        return [Token("ordinal", word, int(match.group(1)))]
    if match := _CLOCK.match(word):
        clock = Token("clock", word, int(match.group(1)) * 60 + int(match.group(2)))
        return [clock, Token("word", match.group(3))] if match.group(3) else [clock]
    if match := _HOUR_MERIDIEM.match(word):
        return [Token("number", match.group(1), int(match.group(1))), Token("word", match.group(2))]
    if word.isdigit() and len(word) <= 4:
        return [Token("number", word, int(word))]
    value = _value(word)
    if value is not None:
        return [Token("number", word, value)]
    return [Token("word", word)]
