"""Postal addresses as callers say them: "twelve Main Street, Springfield", "Hauptstraße zwölf, 10115 Berlin". Pure.

An address has a street of a known kind and its number. The words behind them are taken as they are: a town may be
called anything. What denies, compares or corrects in part leads to a question.
"""

import re
from dataclasses import dataclass

from parley_core.languages.answers import folded
from parley_core.languages.pack import Pack
from parley_core.languages.registry import ENGLISH

from parley_llm.providers.rule_based.values.codes import phrases, trimmed, without_denial
from parley_llm.providers.rule_based.values.numbers import number_in
from parley_llm.providers.rule_based.values.phrase import aligned, corrections, denials
from parley_llm.providers.rule_based.words import plain

_LONGEST_NUMBER = 4  # figures of a house's number in words: more may be a postal code beside it
_MOST_WORDS = 14
_NAME_WORDS = 4  # of a street, beside its kind
_LETTER = re.compile(r"\d+[a-z]")


@dataclass(frozen=True, slots=True)
class Address:
    """`text`: the address with figures and capitals; "" where none was read."""

    text: str = ""
    sure: bool = True

    def __bool__(self) -> bool:
        return bool(self.text)


def read_address(text: str, *, also: frozenset[str] = frozenset(), words: Pack = ENGLISH) -> Address:
    """`also`: words that say nothing of the address."""
    said = " , ".join(plain(part) for part in text.replace(";", ",").split(","))
    said = without_denial(said, words)
    turns = corrections(said, words.carriers)
    pieces, end = [], 0
    for match in turns:
        pieces.append(said[end : match.start()])
        end = match.end()
    pieces.append(said[end:])
    last = _parts(pieces[-1], also, words)
    if not _whole(last, words):
        # Without its street or number it may be a part of an address, or the correction of one.
        known = len(pieces) == 1 and len(last) > 1 and any(char.isdigit() for char in " ".join(last))
        return Address(_shown(last) if known else "", sure=False)
    beside = bool({folded(one) for one in pieces[-1].split()} & words.details.near)
    doubtful = (
        beside
        or bool(denials(said, words.carriers))
        or any(match.group() in words.carriers.doubtful for match in turns)
    )
    return Address(_shown(last), not doubtful and len(last) <= _MOST_WORDS)


def is_address(text: str) -> bool:
    return bool(re.search(r"\d", text)) and bool(re.search(r"[^\W\d_]{2,}", text))


def _parts(piece: str, also: frozenset[str], words: Pack) -> list[str]:
    """The words with their numbers in figures. A number that is too long for one is marked by a leading "?"."""
    piece = piece.strip(" ,")
    while (lead := words.details.address_lead.match(aligned(piece))) is not None and lead.end():
        piece = piece[lead.end() :].strip(" ,")
    said = trimmed(piece.split(), words, _plain_words(also, words), front=False)
    bare = [folded(word) for word in said]
    found: list[str] = []
    at = 0
    while at < len(said):
        figures, end, pieces = "", at, 0
        while end < len(said) and (hit := _figures(bare, end, words)):
            figures, end, pieces = figures + hit[0], end + hit[1], pieces + 1
        if not figures:
            found.append(said[at])
            at += 1
            continue
        found.append(figures if pieces == 1 or len(figures) <= _LONGEST_NUMBER else f"?{figures}")
        at = end
    return found


def _plain_words(also: frozenset[str], words: Pack) -> frozenset[str]:
    """Words of the business's own sentences that are no part of an address."""
    return frozenset(word for word in also if word != "," and not words.details.streets.search(word))


def _figures(said: list[str], at: int, words: Pack) -> tuple[str, int] | None:
    word = said[at]
    if word.isdigit():
        return word, 1
    if word in words.numbers.articles or word in ("a", "o", "y"):
        return None
    if word in words.numbers.repeats and at + 1 < len(said) and (one := words.numbers.figures.get(said[at + 1])):
        return one * words.numbers.repeats[word], 2
    if word in words.numbers.figures:
        value, length = number_in(said, at, words)
        return (value, length) if length > 1 and value.isdigit() else (words.numbers.figures[word], 1)
    value, length = number_in(said, at, words)
    return (value, length) if length and value.isdigit() else None


def _whole(said: list[str], words: Pack) -> bool:
    """Whether the words have one street of a known kind, with its number where the language has it."""
    kinds = [at for at, word in enumerate(said) if words.details.streets.search(folded(word))]
    numbers = [at for at, word in enumerate(said) if word.isdigit() or _LETTER.fullmatch(word)]
    if len(kinds) != 1 or not numbers:
        return False
    kind = kinds[0]
    if not words.details.number_last:
        in_front = said[: kind + 1]
        return (
            numbers[0] == 0
            and len(said[0]) <= _LONGEST_NUMBER + 1
            and 1 <= kind <= 1 + _NAME_WORDS
            and not _marked(in_front)
        )
    behind = [at for at in numbers if kind < at <= kind + 2 + _NAME_WORDS]
    if not behind or len(said[behind[0]].rstrip("abcdefgh")) > _LONGEST_NUMBER or kind > _NAME_WORDS:
        return False
    # Words of a sentence in front of the street are none of its name.
    name = {(folded(word),) for word in said[:kind]} - {(word,) for word in words.details.in_names}
    return not _marked(said[: behind[0] + 1]) and not name & phrases(words.carriers)


def _marked(said: list[str]) -> bool:
    return any(word.startswith("?") for word in said)


def _shown(said: list[str]) -> str:
    text = " ".join(word.removeprefix("?") if word == "," or not word[0].isalpha() else _capital(word) for word in said)
    return re.sub(r"\s+,", ",", text).strip(" ,")


def _capital(word: str) -> str:
    return word[0].upper() + word[1:]
