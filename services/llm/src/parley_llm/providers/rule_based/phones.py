"""Phone numbers as callers say them: digit words, "double five", "oh", in groups over several turns. Pure."""

import re
from dataclasses import dataclass

import phonenumbers
from parley_core.languages.registry import ENGLISH

from parley_llm.providers.rule_based.words import plain

_WORDS = ENGLISH.numbers
_DIGITS = _WORDS.figures
_TENS = {word: str(ten) for ten, word in enumerate(_WORDS.tens) if ten >= 2}
_FIGURES = re.compile(r"^\+?\d+$")


@dataclass(frozen=True, slots=True)
class Digits:
    digits: str  # with a leading "+" where the caller said "plus"
    words: int  # words of the text that were part of the number
    others: int  # words that were not


def spoken_digits(text: str) -> Digits:
    """All digits said in the text, in order."""
    words = plain(text).replace(".", " ").split()
    near = [word in _DIGITS or word in _TENS or word in _WORDS.repeats or bool(_FIGURES.match(word)) for word in words]
    digits, used, others, at = "", 0, 0, 0
    while at < len(words):
        word = words[at]
        beside = (at > 0 and near[at - 1]) or (at + 1 < len(words) and near[at + 1])
        piece, took = _piece(words, at, beside)
        if piece:
            digits += piece
            used += took
            at += took
            continue
        if word == "plus" and not digits:
            digits = "+"
            used += 1
        elif word not in _WORDS.fillers:
            others += 1
        at += 1
    return Digits("" if digits == "+" else digits, used, others)


def digit_runs(text: str) -> list[str]:
    """The digits of each stretch of number words and figures in the text; any other word ends a stretch."""
    words = plain(text).replace(".", " ").split()
    runs = [""]
    at = 0
    while at < len(words):
        piece, took = _piece(words, at, beside=bool(runs[-1]))
        if piece:
            runs[-1] += piece.lstrip("+")
        elif words[at] not in _WORDS.fillers and runs[-1]:
            runs.append("")
        at += took or 1
    return [run for run in runs if run]


def _piece(words: list[str], at: int, beside: bool) -> tuple[str, int]:
    """Digits that begin at word `at` and how many words they took; ("", 0) for none."""
    word = words[at]
    following = words[at + 1] if at + 1 < len(words) else ""
    if word in _WORDS.repeats and following in _DIGITS and len(_DIGITS[following]) == 1:
        return _DIGITS[following] * _WORDS.repeats[word], 2
    if _FIGURES.match(word):
        return word.lstrip("+") if at else word, 1
    if word in ("o", "oh") and not beside:
        return "", 0
    if word in _DIGITS:
        if following == _WORDS.hundred and word != "zero":
            return _DIGITS[word] + "00", 2
        if following == _WORDS.thousand:
            return _DIGITS[word] + "000", 2
        return _DIGITS[word], 1
    if word in _TENS:
        if following in _DIGITS and len(_DIGITS[following]) == 1 and following not in ("oh", "o", "zero"):
            return _TENS[word] + _DIGITS[following], 2
        return _TENS[word] + "0", 1
    if beside and word in _WORDS.misheard:
        return _WORDS.misheard[word], 1
    return "", 0


def complete(digits: str, region: str) -> bool:
    """Whether the digits are as many as a phone number of the region, local ones included, has."""
    try:
        number = phonenumbers.parse(digits, region)
    except phonenumbers.NumberParseException:
        return False
    reason = phonenumbers.is_possible_number_with_reason(number)
    if reason == phonenumbers.ValidationResult.IS_POSSIBLE:
        return True
    return reason == phonenumbers.ValidationResult.IS_POSSIBLE_LOCAL_ONLY and len(digits.lstrip("+")) >= 7


def may_grow(digits: str, region: str) -> bool:
    """Whether further digits can still make a number of the region."""
    try:
        number = phonenumbers.parse(digits, region)
    except phonenumbers.NumberParseException:
        return len(digits) < 4
    return phonenumbers.is_possible_number_with_reason(number) != phonenumbers.ValidationResult.TOO_LONG


def region_of(language: str) -> str:
    """The country of a BCP 47 tag, "US" where it names none."""
    for part in language.split("-")[1:]:
        if len(part) == 2 and part.isalpha():
            return part.upper()
    return "US"
