"""Phone numbers as callers say them: digit words, "double five", "oh", in groups over several turns. Pure."""

import re
from dataclasses import dataclass, replace

import phonenumbers
from parley_core.languages.answers import folded
from parley_core.languages.pack import Pack
from parley_core.languages.registry import ENGLISH

from parley_llm.providers.rule_based.values.number_words import number_at
from parley_llm.providers.rule_based.values.phrase import Holding, Span, aligned, corrections, hold
from parley_llm.providers.rule_based.words import plain

_WORDS = ENGLISH.numbers
_DIGITS = _WORDS.figures
_TENS = {word: str(ten) for ten, word in enumerate(_WORDS.tens) if ten >= 2}
_FIRST_JOINED = 20  # tens from here on may be joined with the figure behind them
_LONGEST = 8  # words of one piece
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


def spoken_digits(text: str, *, also: frozenset[str] = frozenset(), words: Pack = ENGLISH) -> Digits:
    """The digits said in the text, in order, as one number. `also`: words that say nothing of it."""
    said = plain(text).replace(".", " ")
    corrected = corrections(said, words.carriers)
    if corrected:
        anew = _number(said[corrected[-1].end() :], also, words)
        if len(anew.digits) >= _SHORTEST and anew.sure:
            return anew
    return _number(said, also, words)


def _number(said: str, also: frozenset[str], pack: Pack) -> Digits:
    extension = pack.numbers.extension.search(aligned(said))
    if extension is not None and (before := _digits(said[: extension.start()], also, pack)).digits:
        behind = _digits(said[extension.end() :], also, pack)
        # Of a number that was taken back it is no extension.
        sure = before.last and before.sure and behind.sure and bool(behind.digits) and len(behind.digits) <= 7
        return replace(before, extension=behind.digits, sure=sure, behind=behind.behind)
    return _digits(said, also, pack)


def _digits(said: str, also: frozenset[str], pack: Pack) -> Digits:
    words, numbers = said.split(), pack.numbers
    near = [_is_near(words, at, pack) for at in range(len(words))]
    spans: list[Span[str]] = []
    used, at, ambiguous = 0, 0, False
    while at < len(words):
        beside = (at > 0 and near[at - 1]) or (at + 1 < len(words) and near[at + 1])
        piece, took = _piece(words, at, beside, pack)
        if not piece and folded(words[at]) in numbers.plus and not spans:
            piece, took = "+", 1
        if piece:
            ambiguous |= bool(spans) and _is_ambiguous(words, at, spans[-1], piece, pack)
            spans.append(Span(at, at + took, piece))
            used += took
        at += took or 1
    unused = [word for place, word in enumerate(words) if not any(s.start <= place < s.end for s in spans)]
    others = sum(folded(word) not in numbers.fillers for word in unused)
    held = _held(words, spans, also, pack)
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


def _is_near(words: list[str], at: int, pack: Pack) -> bool:
    """Whether a word is one of a number's: words beside it that may be figures are."""
    if pack is not ENGLISH:
        return bool(_piece(words, at, False, pack)[0])
    word = words[at]
    return word in _DIGITS or word in _TENS or word in _WORDS.repeats or bool(_FIGURES.match(word))


def _is_ambiguous(words: list[str], at: int, before: Span[str], piece: str, pack: Pack) -> bool:
    """ "Five hundred and twelve" is one number or two groups of digits, and "veinte cinco" 25 or 205."""
    if pack is ENGLISH:
        return words[at - 1] == "and" and at > 1 and words[at - 2] in (_WORDS.hundred, _WORDS.thousand)
    value, length = number_at([folded(word) for word in words[before.start : before.end]], 0, pack.numbers)
    tens = length == before.end - before.start and value >= _FIRST_JOINED and value % 10 == 0
    return before.end == at and tens and len(piece) == 1 and piece != "0"


def _held(words: list[str], spans: list[Span[str]], also: frozenset[str], pack: Pack) -> Holding[str]:
    """The digits that hold: a correction begins the number anew, and what stood before it is no part of it."""
    around = pack.numbers.fillers | pack.numbers.between
    groups: list[Span[list[Span[str]]]] = []
    for span in spans:
        between = words[groups[-1].end : span.start] if groups else []
        if groups and all(folded(word) in around for word in between):
            groups[-1] = Span(groups[-1].start, span.end, [*groups[-1].value, span])
        else:
            groups.append(Span(span.start, span.end, [span]))
    held = hold(words, groups, also=also | around, words=pack.carriers)
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
        piece, took = _english_piece(words, at, beside=bool(runs[-1]))
        if piece:
            runs[-1] += piece.lstrip("+")
        elif words[at] not in _WORDS.fillers and runs[-1]:
            runs.append("")
        at += took or 1
    return [run for run in runs if run]


def _piece(words: list[str], at: int, beside: bool, pack: Pack) -> tuple[str, int]:
    """Digits that begin at word `at` and how many words they took; ("", 0) for none."""
    if pack is ENGLISH:
        return _english_piece(words, at, beside)
    said, numbers = [folded(word) for word in words[at : at + _LONGEST]], pack.numbers
    for phrase, times in numbers.repeats.items():
        length = len(phrase.split())
        if " ".join(said[:length]) == phrase:
            digit, took = number_at(said, length, numbers)
            if took == 1 and digit < 10:
                return str(digit) * times, length + 1
    if _FIGURES.match(said[0]):
        return said[0].lstrip("+") if at else said[0], 1
    if figures := numbers.figures.get(words[at]) or numbers.figures.get(said[0]):
        return figures, 1
    if said[0] in numbers.articles and not beside:
        return "", 0
    value, took = number_at(said, 0, numbers)
    return (str(value), took) if took else ("", 0)


def _english_piece(words: list[str], at: int, beside: bool) -> tuple[str, int]:
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
