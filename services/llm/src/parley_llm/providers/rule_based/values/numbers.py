"""Numbers as callers say them: "one hundred and twenty", "twenty five hundred", "two and a half". Pure."""

import re
from dataclasses import dataclass
from functools import partial

from parley_core.languages.answers import folded
from parley_core.languages.pack import Pack
from parley_core.languages.registry import ENGLISH
from text_to_num import text2num  # type: ignore[import-untyped]

from parley_llm.providers.rule_based.values.number_words import number_at
from parley_llm.providers.rule_based.values.phrase import Span, hold
from parley_llm.providers.rule_based.words import plain

_TENS = frozenset(ENGLISH.numbers.tens[2:])
_SCALES = {ENGLISH.numbers.hundred: 100, ENGLISH.numbers.thousand: 1_000, "million": 1_000_000}
_FIGURE = re.compile(r"^\d+(?:\.\d+)?$")


@dataclass(frozen=True, slots=True)
class Number:
    """`text` is "" where no number was read."""

    text: str = ""
    sure: bool = True

    def __bool__(self) -> bool:
        return bool(self.text)


def read_number(text: str, *, also: frozenset[str] = frozenset(), words: Pack = ENGLISH) -> Number:
    """`also`: words that say nothing of the number."""
    said = folded(plain(figures_plain(text, words))).split()
    spans = _spans(said, words)
    held = hold(said, spans, also=also, words=words.carriers)
    values = {span.value for span in held.spans}
    if len(values) != 1:
        return Number(sure=not spans)
    return Number(values.pop(), held.sure)


def figures_plain(text: str, words: Pack) -> str:
    """Written figures without the marks of thousands, and with a point before decimals."""
    if not words.numbers.decimal_comma:
        return re.sub(r"(?<=\d),(?=\d{3}\b)", "", text)
    return re.sub(r"(?<=\d),(?=\d)", ".", re.sub(r"(?<=\d)\.(?=\d{3}\b)", "", text))


def number_in(said: list[str], at: int, words: Pack) -> tuple[str, int]:
    """The number that begins at a word, with its half, and how many words it takes; 0 for none."""
    read = _number if words is ENGLISH else partial(_number_of, words=words)
    value, length = _named(said, at, words) or read(said, at)
    end = at + length
    for half in [folded(phrase).split() for phrase in words.numbers.and_half]:
        if length and said[end : end + len(half)] == half and "." not in value:
            value, end = value + ".5", end + len(half)
    return value, end - at


def _spans(said: list[str], words: Pack) -> list[Span[str]]:
    spans: list[Span[str]] = []
    at = 0
    while at < len(said):
        value, length = number_in(said, at, words)
        if not length:
            at += 1
            continue
        end = at + length
        if at > 0 and said[at - 1] in words.numbers.minus:
            value, at = "-" + value, at - 1
        beside = bool(spans) and spans[-1].end == at
        # Numbers in a row are figures of one, or of several: which is not said.
        spans.append(Span(at, end, value, "beside" if beside else ""))
        at = end
    if any(span.part for span in spans):
        return [Span(span.start, span.end, span.value) for span in spans]
    return spans


def _named(said: list[str], at: int, words: Pack) -> tuple[str, int] | None:
    for length in (3, 2, 1):
        phrase = " ".join(said[at : at + length])
        if phrase in words.numbers.counts:
            return words.numbers.counts[phrase], len(phrase.split())
    return None


def _number_of(said: list[str], at: int, words: Pack) -> tuple[str, int]:
    """The same by a pack's own number words."""
    if _FIGURE.match(said[at]):
        value, end = said[at], at + 1
        if end < len(said) and said[end] == folded(words.numbers.thousand) and "." not in value:
            return str(int(value) * 1000), 2
        return str(int(value)) if value.isdigit() else value, 1
    whole, length = number_at(said, at, words.numbers)
    end = at + length
    if length and said[end : end + 1] and said[end] in words.numbers.point:
        decimals, more = "", end + 1
        while more < len(said) and (digit := number_at(said, more, words.numbers))[1] and not decimals.endswith(" "):
            decimals += str(digit[0])
            more += digit[1]
        if decimals:
            return f"{whole}.{decimals}", more - at
    return (str(whole), length) if length else ("", 0)


def _number(said: list[str], at: int) -> tuple[str, int]:
    """The number that begins at a word, and how many words it takes; 0 for none."""
    if _FIGURE.match(said[at]):
        end = at + 1
        value = said[at]
        while end < len(said) and said[end] in _SCALES and "." not in value:
            value = str(int(value) * _SCALES[said[end]])
            end += 1
        return str(int(value)) if value.isdigit() else value, end - at
    whole, end = _words(said, at)
    if end == at:
        return "", 0
    value = str(whole)
    if end + 1 < len(said) and said[end] == "point":
        decimals, at_end = "", end + 1
        while at_end < len(said) and (figure := _figure(said[at_end])) is not None:
            decimals += str(figure)
            at_end += 1
        if decimals:
            return f"{value}.{decimals}", at_end - at
    return value, end - at


def _words(said: list[str], at: int) -> tuple[int, int]:
    """A whole number in words, and its end."""
    total, group, end, small = 0, 0, at, False
    begun = False
    while end < len(said):
        word = said[end]
        value = _value(word)
        if word in ("a", "an") and not begun and end + 1 < len(said) and said[end + 1] in _SCALES:
            group, begun, small = 1, True, True
        elif word == "and" and begun and said[end - 1] in _SCALES and end + 1 < len(said) and _value(said[end + 1]):
            if said[end + 1 : end + 2] == ["a"]:
                break
        elif word == "hundred" and begun and 0 < group < 100:
            group, small = group * 100, False
        elif word in ("thousand", "million") and begun and group:
            total, group, small = total + group * _SCALES[word], 0, False
        elif value is not None and value < 100 and _joins(said, at, end, group, small=small):
            group, begun, small = group + value, True, True
        else:
            break
        end += 1
    if end > at and said[end - 1] == "and":
        end -= 1
    return total + group, end


def _joins(said: list[str], at: int, end: int, group: int, *, small: bool) -> bool:
    """Whether a number below a hundred goes on the one before it: behind a scale, or ones behind tens."""
    if not small:
        return True
    value = _value(said[end])
    return said[end - 1] in _TENS and value is not None and 1 <= value <= 9


def _figure(word: str) -> int | None:
    value = _value(word)
    return value if value is not None and value < 10 else None


def _value(word: str) -> int | None:
    if word.isdigit() and len(word) <= 2:
        return int(word)
    if not word.isalpha() or word in _SCALES:
        return None
    try:
        return int(text2num(word, "en"))
    except ValueError:
        return None
