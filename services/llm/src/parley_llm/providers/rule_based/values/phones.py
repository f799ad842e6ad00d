"""Phone numbers as callers say them: digit words, "double five", "oh", in groups over several turns. Pure."""

import re
from dataclasses import dataclass, replace

import phonenumbers
from parley_core.languages.registry import ENGLISH

from parley_llm.providers.rule_based.values.phrase import Holding, Span, corrections, hold
from parley_llm.providers.rule_based.words import plain

_WORDS = ENGLISH.numbers
_DIGITS = _WORDS.figures
_TENS = {word: str(ten) for ten, word in enumerate(_WORDS.tens) if ten >= 2}
_SHORTEST = 7  # digits of a number that is said anew
_FIGURES = re.compile(r"^\+?\d+$")


@dataclass(frozen=True, slots=True)
class Digits:
    digits: str  # with a leading "+" where the caller said "plus"
    words: int  # words of the text that were part of the number
    others: int  # words that were not
    extension: str = ""
    sure: bool = True  # every word is a digit or stands around a number
    behind: str = ""  # the words behind the number
    last: bool = True  # the last digits that were said are part of it


def spoken_digits(text: str, *, also: frozenset[str] = frozenset()) -> Digits:
    """The digits said in the text, in order, as one number. `also`: words that say nothing of it."""
    said = plain(text).replace(".", " ")
    corrected = corrections(said)
    if corrected and len((anew := _number(said[corrected[-1].end() :], also)).digits) >= _SHORTEST and anew.sure:
        return anew
    return _number(said, also)


def _number(said: str, also: frozenset[str]) -> Digits:
    extension = _WORDS.extension.search(said)
    if extension is not None and (before := _digits(said[: extension.start()], also)).digits:
        behind = _digits(said[extension.end() :], also)
        # Of a number that was taken back it is no extension.
        sure = before.last and before.sure and behind.sure and bool(behind.digits) and len(behind.digits) <= 7
        return replace(before, extension=behind.digits, sure=sure, behind=behind.behind)
    return _digits(said, also)


def _digits(said: str, also: frozenset[str]) -> Digits:
    words = said.split()
    near = [word in _DIGITS or word in _TENS or word in _WORDS.repeats or bool(_FIGURES.match(word)) for word in words]
    spans: list[Span[str]] = []
    used, at, ambiguous = 0, 0, False
    while at < len(words):
        beside = (at > 0 and near[at - 1]) or (at + 1 < len(words) and near[at + 1])
        piece, took = _piece(words, at, beside)
        if not piece and words[at] == "plus" and not spans:
            piece, took = "+", 1
        if piece:
            # "Five hundred and twelve" is one number or two groups of digits.
            ambiguous |= (
                bool(spans) and words[at - 1] == "and" and at > 1 and words[at - 2] in (_WORDS.hundred, _WORDS.thousand)
            )
            spans.append(Span(at, at + took, piece))
            used += took
        at += took or 1
    unused = [word for place, word in enumerate(words) if not any(s.start <= place < s.end for s in spans)]
    others = sum(word not in _WORDS.fillers for word in unused)
    held = _held(words, spans, also)
    digits = "".join(span.value for span in held.spans)
    behind = " ".join(words[spans[-1].end :]) if spans else ""
    return Digits(
        "" if digits == "+" else digits,
        used,
        others,
        sure=held.sure and not ambiguous,
        behind=behind,
        last=bool(held.spans) and held.spans[-1] is spans[-1] and not behind,
    )


def _held(words: list[str], spans: list[Span[str]], also: frozenset[str]) -> Holding[str]:
    """The digits that hold: a correction begins the number anew, and what stood before it is no part of it."""
    groups: list[Span[list[Span[str]]]] = []
    for span in spans:
        between = words[groups[-1].end : span.start] if groups else []
        if groups and all(word in _WORDS.fillers | _WORDS.between for word in between):
            groups[-1] = Span(groups[-1].start, span.end, [*groups[-1].value, span])
        else:
            groups.append(Span(span.start, span.end, [span]))
    held = hold(words, groups, also=also | _WORDS.between | _WORDS.fillers)
    kept = Holding([one for group in held.spans for one in group.value], [], held.taken_back, list(held.unknown))
    lengths = [sum(len(one.value) for one in group.value) for group in held.replaced]
    # "… zero one four two, no, four three": the last figures are put right, not the number.
    if lengths and sum(len(one.value) for one in kept.spans) < max(lengths):
        kept.unknown.append("")
    return kept


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


def with_extension(digits: str, extension: str) -> str:
    """A number and its extension as RFC 3966 writes them."""
    return f"{digits};ext={extension}" if extension else digits


def parts(value: str) -> tuple[str, str]:
    """The number and its extension."""
    digits, _, extension = value.partition(";ext=")
    return digits, extension


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
