"""Letters and figures that callers dictate: a spelled word, a membership number. Pure.

Each word must be a letter, figures, or a way to say one of them. Words around the code are taken from its two ends
only: inside it, "a" and "o" are letters.
"""

import re
from dataclasses import dataclass, replace
from functools import lru_cache

from parley_core.languages.answers import folded
from parley_core.languages.carrier_words import Carriers
from parley_core.languages.pack import Pack
from parley_core.languages.registry import ENGLISH

from parley_llm.providers.rule_based.values.numbers import number_in
from parley_llm.providers.rule_based.values.phrase import aligned, corrections, denials
from parley_llm.providers.rule_based.values.spelling import letters
from parley_llm.providers.rule_based.words import plain

_LEAST = 2  # characters of a code
_WRITTEN = re.compile(r"\b(?=\w*\d)(?=\w*[^\W\d_])\w+\b|\b[A-ZÄÖÜÑ]{2,}\b")
_ZERO = ("o", "oh")


@dataclass(frozen=True, slots=True)
class Code:
    """`text`: upper-case letters and figures without signs; "" where none was read."""

    text: str = ""
    sure: bool = True
    zeros: bool = False  # it is only uncertain whether an "oh" is a letter or a figure

    def __bool__(self) -> bool:
        return bool(self.text)


def read_code(text: str, *, pattern: str = "", also: frozenset[str] = frozenset(), words: Pack = ENGLISH) -> Code:
    """`pattern`: what the whole code must match. `also`: words that say nothing of the code."""
    said = _prepared(text, words)
    # A "no" in front answers the question before: it corrects nothing of this phrase.
    said = without_denial(said, words)
    turns = [match for match in corrections(said, words.carriers) if match.group() not in words.carriers.around]
    pieces = _pieces(said, [match.span() for match in turns])
    within = [trimmed(piece.split(), words, also) for piece in pieces]
    read = [_code(piece, words) for piece in within]
    last = read[-1]
    tail = pieces[-1].split()[len(pieces[-1].split()) - _behind(pieces[-1].split(), within[-1]) :]
    goes_on = any(len(word) > 1 and word in words.naming.joins for word in tail)  # "… and something"
    if not last.text:
        return Code(sure=not any(one.text for one in read))
    if pattern and re.fullmatch(pattern, last.text) is None:
        return Code(sure=False)
    if pattern and last.zeros:
        last = replace(last, sure=True)  # the form says which of letter and figure it is
    # "A B C, no, D" corrects a letter, and it is not said which.
    whole = len(read) == 1 or len(last.text) == len(read[0].text)
    doubtful = any(match.group() in words.carriers.doubtful for match in turns)
    # "C de cincuenta": a letter as in a word, or two letters and a number.
    doubtful |= any(
        number_in([match.group().split()[-1]], 0, words)[1]
        for match in words.naming.as_in.finditer(aligned(plain(text)))
    )
    return Code(last.text, last.sure and whole and not goes_on and not doubtful and not denials(said, words.carriers))


def without_denial(said: str, words: Pack) -> str:
    """The phrase without the correction that it begins with."""
    first = next(iter(corrections(said, words.carriers)), None)
    return said[first.end() :] if first is not None and not said[: first.start()].strip() else said


def _prepared(text: str, words: Pack) -> str:
    """The phrase with every written code as its single characters."""
    spread = _WRITTEN.sub(lambda hit: f" {' '.join(hit.group())} ", text.replace("-", " ").replace("/", " "))
    said = plain(spread)
    for name, letter in words.naming.letters.items():
        if " " in name:  # "uve doble" doubles nothing
            said = re.sub(rf"\b{name}\b", letter, said)
    return letters(said, words)


def _pieces(said: str, cuts: list[tuple[int, int]]) -> list[str]:
    found, end = [], 0
    for start, behind in cuts:
        found.append(said[end:start])
        end = behind
    return [*found, said[end:]]


@lru_cache(maxsize=16)
def phrases(carriers: Carriers) -> frozenset[tuple[str, ...]]:
    """What may stand around a value, as words."""
    return frozenset(tuple(folded(phrase).split()) for phrase in carriers.around)


def trimmed(said: list[str], words: Pack, also: frozenset[str], *, front: bool = True) -> list[str]:
    """The words without those that stand around a value at the two ends. Letters, figures and their names stay."""
    known = phrases(words.carriers)
    bare = [folded(word) for word in said]
    start, end = 0, len(said)

    def around(part: list[str], inner: int) -> bool:
        """`inner`: which of the words stands beside the value."""
        if not part or any(_says_something(word, words, alone=word is part[inner]) for word in part):
            return False
        return tuple(part) in known or (len(part) == 1 and part[0] in also)

    while front and start < end:
        length = next((n for n in range(min(5, end - start), 0, -1) if around(bare[start : start + n], -1)), 0)
        if not length:
            break
        start += length
    while end > start:
        length = next((n for n in range(min(5, end - start), 0, -1) if around(bare[end - n : end], 0)), 0)
        if not length:
            break
        end -= length
    hesitations = {folded(word) for word in words.naming.hesitations}
    return [word for word, one in zip(said[start:end], bare[start:end], strict=True) if one not in hesitations]


def _behind(said: list[str], within: list[str]) -> int:
    """How many words stand behind those within."""
    if not within:
        return 0
    return next(at for at, word in enumerate(reversed(said)) if word == within[-1])


def _says_something(word: str, words: Pack, *, alone: bool) -> bool:
    """Whether a word may be a letter or a figure; within a phrase ("es ist") names of letters are words."""
    if word not in words.numbers.articles and (word in words.numbers.figures or number_in([word], 0, words)[1]):
        return True
    return alone and (len(word) == 1 or word in _ZERO or word.isdigit() or word in words.naming.letters)


def _code(said: list[str], words: Pack) -> Code:
    found: list[str] = []
    unknown: list[str] = []
    zeros = 0
    at = 0
    while at < len(said):
        if folded(said[at]) in _ZERO and words is ENGLISH:
            found.append("O")
            zeros, at = zeros + 1, at + 1
            continue
        chars, length = _chars(said, at, words)
        if not length:
            unknown.append(folded(said[at]))
            at += 1
            continue
        found += [chars]
        at += length
    text = "".join(found)
    others = [char for char in text if char != "O"]
    sure = True
    if zeros and any(char.isdigit() for char in others):
        text, sure = text.replace("O", "0"), not any(char.isalpha() for char in others)
    # The word itself, in front of its letters.
    unknown = [word for word in unknown if word != folded(text)]
    return Code(text if len(text) >= _LEAST else "", sure and not unknown, zeros=not sure and not unknown)


def _chars(said: list[str], at: int, words: Pack) -> tuple[str, int]:
    """What a word says of the code, and how many words say it."""
    word = folded(said[at])
    if len(said[at]) == 1 and said[at].isalpha():
        return said[at].upper(), 1
    if word.isdigit():
        return word, 1
    if word in words.numbers.between or word in words.addresses.signs:
        return "", 1
    if word in words.numbers.repeats:
        chars, length = _chars(said, at + 1, words) if at + 1 < len(said) else ("", 0)
        return (chars * words.numbers.repeats[word], length + 1) if len(chars) == 1 else ("", 0)
    if letter := words.naming.letters.get(said[at]) or words.naming.letters.get(word):
        return letter.upper(), 1
    if word in words.naming.alphabet:
        return word[0].upper(), 1
    if word in words.numbers.figures:
        return words.numbers.figures[word], 1
    value, length = number_in([folded(one) for one in said], at, words)
    return (value, length) if length and value.isdigit() and int(value) < 100 else ("", 0)
