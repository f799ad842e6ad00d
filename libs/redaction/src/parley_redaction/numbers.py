"""Which numbers of a text are personal: by their length and check digits, and by what is said beside them. Pure."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from parley_core.languages.answers import folded

from parley_redaction.findings import Finding, Kind
from parley_redaction.languages.words import PrivateWords
from parley_redaction.tokens import Run, Token, is_card, is_iban, runs_of, tokens_of

CODE: Final = "code"  # of a card; found as a card
HARMLESS: Final = "harmless"
Cue = str

_BEFORE: Final = 70  # characters before a number in which a word may say what it is
_BEHIND: Final = 40
_WRITTEN_IBAN: Final = re.compile(r"\b[A-Za-z]{2}\d{2}(?:[ -]?[A-Za-z0-9]{1,4}){3,8}\b")
_WRITTEN_SOCIAL: Final = re.compile(r"\b\d{3}-\d{2}-\d{4}\b")
_MONEY: Final = re.compile(r"[$€£¥]\s*$")
_CLOCK: Final = re.compile(r"\b\d{1,2}:\d{2}\b")
_SEVERAL: Final = 3  # figures that are a group of a written number
_LETTERS: Final = 2  # tokens of letters that stand between the figures of an account or a record


@dataclass(frozen=True, slots=True)
class Numbered:
    """A number of a text with what it is; `kind` is None for one that is not personal, as far as its text says."""

    run: Run
    start: int
    end: int
    kind: Kind | None
    cue: Cue = ""
    alone: bool = False  # its text holds nothing else that counts


@dataclass(frozen=True, slots=True)
class Read:
    """A text's tokens and numbers."""

    text: str
    tokens: list[Token] = field(default_factory=list)
    numbers: list[Numbered] = field(default_factory=list)


def cue_patterns(words: PrivateWords) -> dict[Cue, re.Pattern[str]]:
    return {
        CODE: words.code,
        Kind.CARD: words.card,
        Kind.ACCOUNT: words.account,
        Kind.SOCIAL: words.social,
        Kind.RECORD: words.record,
        Kind.BIRTH: words.birth,
        Kind.PHONE: words.phone,
        HARMLESS: words.harmless,
    }


def asked_for(text: str, words: PrivateWords) -> Cue:
    """What a sentence of the agent asks for: the last kind of number that it speaks of; "" for none."""
    return _nearest(folded(text), words, len(folded(text)), _BEFORE * 3)


def read_numbers(text: str, words: PrivateWords, *, asked: Cue = "") -> Read:
    """Every number of the text. `asked`: what the agent had just asked for."""
    tokens = tokens_of(text)
    runs = runs_of(tokens, words)
    plain = same_length(text)
    found = [_numbered(text, plain, tokens, run, words, asked) for run in runs]
    return Read(text, tokens, found)


def number_findings(read: Read, words: PrivateWords) -> Iterator[Finding]:
    for one in read.numbers:
        if one.kind is not None:
            yield Finding(one.start, one.end, one.kind)
    for match in _WRITTEN_IBAN.finditer(read.text):
        if is_iban(re.sub(r"[ -]", "", match[0]).upper()):
            yield Finding(match.start(), match.end(), Kind.ACCOUNT)
    for match in _WRITTEN_SOCIAL.finditer(read.text):
        yield Finding(match.start(), match.end(), Kind.SOCIAL)


def _numbered(text: str, plain: str, tokens: list[Token], run: Run, words: PrivateWords, asked: Cue) -> Numbered:
    start, end = tokens[run.first].start, tokens[run.last].end
    before = _nearest(plain, words, start, _BEFORE)
    cue = before or _following(plain, words, end) or asked
    kind = _kind(text, plain, run, start, cue, words)
    if kind in (Kind.ACCOUNT, Kind.RECORD, Kind.SOCIAL):
        start, end = _with_letters(tokens, run)
    elif kind is Kind.PHONE and start and text[start - 1] in "+(":
        start -= 2 if text[max(0, start - 2) : start] == "+(" else 1
    others = len(tokens) - (run.last - run.first + 1)
    return Numbered(run, start, end, kind, cue, alone=others <= max(3, run.last - run.first + 1))


def _kind(text: str, plain: str, run: Run, start: int, cue: Cue, words: PrivateWords) -> Kind | None:
    figures = run.figures
    count = len(figures)
    if holds_card(run):
        return Kind.CARD
    if words.last_figures.search(plain[max(0, start - 30) : start]):
        return Kind.SOCIAL if cue == Kind.SOCIAL else None
    lengths = {CODE: (3, 4), Kind.CARD: (8, 19), Kind.SOCIAL: (6, 15), Kind.ACCOUNT: (5, 34), Kind.RECORD: (4, 20)}
    if cue in lengths:
        low, high = lengths[cue]
        if low <= count <= high:
            return Kind.CARD if cue == CODE else Kind(cue)
        return None
    if cue in (HARMLESS, Kind.BIRTH) or _MONEY.search(text[max(0, start - 3) : start]):
        return None
    if cue == Kind.PHONE:
        return Kind.PHONE if 6 <= count <= 15 else None
    return Kind.PHONE if _looks_like_phone(run, text[max(0, start - 1) : start]) else None


def holds_card(run: Run) -> bool:
    """Whether whole groups of the number are a payment card's: from its beginning on, or from a group of several."""
    groups = [group.figures for group in run.groups]
    for first in range(len(groups)):
        if first and len(groups[first]) < _SEVERAL:
            continue
        figures = ""
        for group in groups[first:]:
            figures += group
            if is_card(figures):
                return True
    return False


def _looks_like_phone(run: Run, before: str) -> bool:
    count, sizes = len(run.figures), [len(group.figures) for group in run.groups]
    if before == "+":
        return 7 <= count <= 15
    if count in (7, 8):  # as it is dictated, or written 555-0142
        return all(size == 1 for size in sizes) or sizes in ([3, 4], [4, 4], [2, 2, 2, 2], [3, 2, 2])
    return 9 <= count <= 13 and (len(sizes) > 1 or count in (10, 11, 9))


def _nearest(plain: str, words: PrivateWords, at: int, reach: int) -> Cue:
    """The kind that is spoken of last before a place; of two that end together the longer phrase."""
    near = plain[max(0, at - reach) : at]
    best: tuple[int, int, Cue] = (-1, 0, "")
    for cue, pattern in cue_patterns(words).items():
        for match in pattern.finditer(near):
            best = max(best, (match.end(), match.end() - match.start(), cue))
    return best[2]


def _following(plain: str, words: PrivateWords, end: int) -> Cue:
    """ "… is my phone number": the kind that is spoken of first behind a number, in its sentence."""
    behind = re.split(r"[.?!;](?:\s|$)", plain[end : end + _BEHIND])[0]
    found = [(match.start(), cue) for cue, pattern in cue_patterns(words).items() if (match := pattern.search(behind))]
    return min(found)[1] if found else ""


def _with_letters(tokens: list[Token], run: Run) -> tuple[int, int]:
    """The number with single letters beside it: "d e eight nine …", "m r 4471 b"."""
    first, last = run.first, run.last
    while first > 0 and _is_letters(tokens[first - 1], tokens[first]):
        first -= 1
    while last + 1 < len(tokens) and _is_letters(tokens[last + 1], tokens[last]):
        last += 1
    return tokens[first].start, tokens[last].end


def _is_letters(token: Token, beside: Token) -> bool:
    if not token.text.isalpha():
        return False
    touches = token.end == beside.start or beside.end == token.start
    return len(token.text) == 1 or (touches and len(token.text) <= _LETTERS)


def same_length(text: str) -> str:
    """Without accents and in lower case, with every character where it was."""
    return "".join(unicodedata.normalize("NFKD", char.lower().replace("’", "'"))[0] for char in text)
