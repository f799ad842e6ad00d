"""A text as tokens with their places, folded for comparison, and the numbers written or dictated in it. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from parley_core.languages.answers import folded

from parley_redaction.languages.words import PrivateWords

_TOKEN: Final = re.compile(r"\d+|[^\W\d_]+(?:['’][^\W\d_]+)*|[^\w\s]|_")
_WITHIN: Final = frozenset("-–./()+, ")
_MOST_BETWEEN: Final = 3  # tokens between two figures of one number
_LONGEST: Final = 7  # tokens of one number word: "quatre - vingt - dix - sept"


@dataclass(frozen=True, slots=True)
class Token:
    start: int
    end: int
    text: str  # folded


@dataclass(frozen=True, slots=True)
class Group:
    """Figures that were written or said as one: "4111", "twenty one"."""

    first: int  # tokens
    last: int
    figures: str


@dataclass(frozen=True, slots=True)
class Run:
    """A number: groups with nothing but separators and fillers between them."""

    groups: tuple[Group, ...]

    @property
    def figures(self) -> str:
        return "".join(group.figures for group in self.groups)

    @property
    def first(self) -> int:
        return self.groups[0].first

    @property
    def last(self) -> int:
        return self.groups[-1].last


def tokens_of(text: str) -> list[Token]:
    return [Token(match.start(), match.end(), folded(match[0])) for match in _TOKEN.finditer(text)]


def groups_of(tokens: list[Token], words: PrivateWords) -> list[Group]:
    """Every piece of figures, in order."""
    groups: list[Group] = []
    at = 0
    while at < len(tokens):
        times, begin = 1, at
        if tokens[at].text in words.repeats and at + 1 < len(tokens):
            times, at = words.repeats[tokens[at].text], at + 1
        figures, took = _figures(tokens, at, words)
        if not took:
            at = begin + 1
            continue
        at += took
        while at < len(tokens) and tokens[at].text in words.zeros and len(figures) <= 2:
            figures, at = figures + words.zeros[tokens[at].text], at + 1
        groups.append(Group(begin, at - 1, figures * times))
    return groups


def runs_of(tokens: list[Token], words: PrivateWords) -> list[Run]:
    """The numbers of the text. A comma divides numbers unless they are dictated figure by figure, or in long groups."""
    runs: list[list[Group]] = []
    for group in groups_of(tokens, words):
        if runs and _joined(tokens, runs[-1][-1], group, words):
            runs[-1].append(group)
        else:
            runs.append([group])
    return [Run(tuple(groups)) for groups in runs]


def _joined(tokens: list[Token], before: Group, behind: Group, words: PrivateWords) -> bool:
    between = [token.text for token in tokens[before.last + 1 : behind.first]]
    if len(between) > _MOST_BETWEEN or any(one not in _WITHIN and one not in words.within for one in between):
        return False
    if "," in between or ("." in between and tokens[before.last].end == tokens[behind.first].start - 2):
        sizes = {len(before.figures), len(behind.figures)}
        return sizes == {1} or min(sizes) >= 3 or tokens[before.last].text.isalpha()
    return True


def _figures(tokens: list[Token], at: int, words: PrivateWords) -> tuple[str, int]:
    """Figures that begin at this token, and how many tokens they take; "" and 0 where none do."""
    if at < len(tokens) and tokens[at].text.isdigit():
        return tokens[at].text, 1
    table, starts = _table(words)
    if at >= len(tokens) or tokens[at].text not in starts:
        return "", 0
    for took in range(min(_LONGEST, len(tokens) - at), 0, -1):
        figures = table.get(" ".join(token.text for token in tokens[at : at + took]))
        if figures is not None:
            return figures, took
    return "", 0


@lru_cache(maxsize=32)
def _table(words: PrivateWords) -> tuple[Mapping[str, str], frozenset[str]]:
    table = {folded(word): figures for word, figures in words.figures.items()}
    return table, frozenset(word.split()[0] for word in table)


def luhn(figures: str) -> bool:
    """ISO/IEC 7812 check digit."""
    total = 0
    for at, figure in enumerate(reversed(figures)):
        value = int(figure) * (2 if at % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


# First figures to lengths (ISO/IEC 7812; the networks' published ranges).
_CARDS: Final = (
    (re.compile(r"3[47]"), (15,)),
    (re.compile(r"3(?:0[0-5]|[689])"), (14, 16)),
    (re.compile(r"4"), (13, 16, 19)),
    (re.compile(r"5[1-5]|2[2-7]"), (16,)),
    (re.compile(r"5[06-9]|6"), (16, 17, 18, 19)),
    (re.compile(r"35"), (16,)),
)


def is_card(figures: str) -> bool:
    """Whether these figures are a payment card's number: its first figures, its length and its check digit."""
    fits = any(len(figures) in lengths and first.match(figures) for first, lengths in _CARDS)
    return fits and luhn(figures)


def is_iban(text: str) -> bool:
    """ISO 13616: the check digits of an IBAN, written without spaces."""
    if not re.fullmatch(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}", text):
        return False
    return int("".join(str(int(char, 36)) for char in text[4:] + text[:4])) % 97 == 1
