"""Personal data in one text, and in the texts of a call: numbers that are said over several turns or keyed.

`find` is for a text alone. `Call` follows a conversation: what the agent asks for says what the answer is, and groups
of figures in successive turns are one number. Pure; the words of a language are in `languages`.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from parley_redaction.findings import ALL, Finding, Kind, without_overlaps
from parley_redaction.languages.registry import words_of
from parley_redaction.languages.words import PrivateWords
from parley_redaction.numbers import (
    CODE,
    HARMLESS,
    Cue,
    Numbered,
    Read,
    asked_for,
    holds_card,
    number_findings,
    read_numbers,
)
from parley_redaction.tokens import Run
from parley_redaction.words import address_findings, birth_findings, email_findings, known_name_findings, name_findings

_REMEMBERED: Final = 4096  # texts whose findings are kept: a running call is looked at again and again
_NEAR: Final = 3  # tokens before or behind a number that goes on in another turn
_PATIENCE: Final = 2  # turns without figures inside a number
_SHORT_WORDS: Final = 8  # of an agent's sentence that asks for nothing new: "go on", "and then?"
_PART: Final = 3  # figures of a known number that are told again
_OPEN: Final = 2  # figures of a number that may go on

_ASKED_LENGTHS: Final = {
    Kind.CARD: (8, 30),
    Kind.PHONE: (6, 15),
    Kind.ACCOUNT: (5, 34),
    Kind.SOCIAL: (6, 15),
    Kind.RECORD: (4, 20),
}


def find(text: str, language: str, *, asked: Cue = "") -> tuple[Finding, ...]:
    """What is personal in a text. `asked`: what the agent had just asked for (`asked_for`)."""
    return tuple(without_overlaps(_find(text, words_of(language), asked)))


@lru_cache(maxsize=_REMEMBERED)
def _find(text: str, words: PrivateWords, asked: Cue) -> tuple[Finding, ...]:
    read = _read(text, words, asked)
    found = [
        *number_findings(read, words),
        *email_findings(read, words),
        *birth_findings(read, words, asked=asked == Kind.BIRTH),
        *address_findings(read, words),
        *name_findings(read, words),
    ]
    return tuple(found)


@lru_cache(maxsize=_REMEMBERED)
def _read(text: str, words: PrivateWords, asked: Cue) -> Read:
    return read_numbers(text, words, asked=asked)


def masked(text: str, findings: Iterable[Finding], kinds: Collection[Kind] = ALL) -> str:
    """The text with a typed token in place of what is of these kinds."""
    parts, at = [], 0
    for one in without_overlaps(findings, kinds):
        parts += [text[at : one.start], f"[{one.kind}]"]
        at = one.end
    return "".join([*parts, text[at:]])


@dataclass(slots=True)
class _Chain:
    """A number that successive turns of the caller make up."""

    numbers: list[Numbered] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    silent: int = 0  # turns without figures since

    def joined(self) -> Run:
        return Run(tuple(group for one in self.numbers for group in one.run.groups))


@dataclass(slots=True)
class Call:
    """A conversation as it goes on. Give it each line once, in order; then ask it about any text of the call."""

    language: str
    undecided: bool = False  # also hide numbers of which it is not known yet what they are: for sinks of running calls
    _asked: Cue = ""
    _chain: _Chain = field(default_factory=_Chain)
    _lines: list[list[Finding]] = field(default_factory=list)
    _secrets: dict[str, Kind] = field(default_factory=dict)  # figures
    _names: set[str] = field(default_factory=set)

    def agent(self, text: str) -> None:
        words = words_of(self.language)
        asked = asked_for(text, words)
        if asked or len(text.split()) > _SHORT_WORDS:
            self._asked = asked

    def caller(self, text: str) -> int:
        """Take the caller's words, or the keys that they pressed; returns the line's number for `line`."""
        words = words_of(self.language)
        read = _read(text, words, self._asked)
        line = len(self._lines)
        found = list(_find(text, words, self._asked))
        self._lines.append(found)
        for one in found:
            if one.kind is Kind.NAME:
                self._names.add(text[one.start : one.end].casefold())
        for number in read.numbers:
            if number.kind is not None:
                self._secrets[number.run.figures] = number.kind
        self._follow(read, line)
        return line

    def line(self, number: int) -> list[Finding]:
        """All findings of a caller's line, with what later lines have shown; they may overlap."""
        return self._lines[number]

    def text(self, text: str) -> list[Finding]:
        """All findings of any other text of the call: the agent's words, arguments of tools, notes."""
        words = words_of(self.language)
        read = _read(text, words, "")
        known = [Finding(one.start, one.end, kind) for one in read.numbers for kind in self._known(one.run.figures)]
        return [*_find(text, words, ""), *known, *known_name_findings(text, frozenset(self._names))]

    def _known(self, figures: str) -> set[Kind]:
        """What these figures are a part, or the whole, of."""
        if len(figures) < _PART:
            return set()
        return {kind for secret, kind in self._secrets.items() if figures in secret}

    def _follow(self, read: Read, line: int) -> None:
        if not read.numbers:
            self._chain.silent += 1
            if self._chain.silent > _PATIENCE:
                self._chain = _Chain()
            return
        first, last = read.numbers[0], read.numbers[-1]
        goes_on = self._chain.numbers and first.run.first <= _NEAR and first.cue != HARMLESS
        if not goes_on:
            self._chain = _Chain()
        self._chain.silent = 0
        self._add(first, line)
        if last is not first:
            self._chain = _Chain()
            self._add(last, line)
        if len(read.tokens) - 1 - last.run.last > _NEAR:
            self._chain = _Chain()  # other words follow: the number is over

    def _add(self, number: Numbered, line: int) -> None:
        chain = self._chain
        chain.numbers.append(number)
        chain.lines.append(line)
        kind = self._kind_of(chain)
        if kind is not None:
            self._secrets[chain.joined().figures] = kind
            for one, place in zip(chain.numbers, chain.lines, strict=True):
                self._lines[place].append(Finding(one.start, one.end, kind))
        # What looks like a phone number by now may still become a card's.
        if self.undecided and kind is not Kind.CARD and number.cue != HARMLESS and self._may_go_on(number):
            self._lines[line].append(Finding(number.start, number.end, Kind.NUMBER))

    def _may_go_on(self, number: Numbered) -> bool:
        return len(number.run.figures) >= _OPEN and (number.alone or len(number.run.groups) >= _PART)

    def _kind_of(self, chain: _Chain) -> Kind | None:
        joined = chain.joined()
        if holds_card(joined):
            return Kind.CARD
        cue = next((one.cue for one in chain.numbers if one.cue), "")
        count = len(joined.figures)
        if cue == CODE:
            return Kind.CARD if 3 <= count <= 4 else None
        if cue in _ASKED_LENGTHS:
            low, high = _ASKED_LENGTHS[Kind(cue)]
            return Kind(cue) if low <= count <= high and len(chain.numbers) > 1 else None
        if cue or len(chain.numbers) < 2 or not all(one.alone for one in chain.numbers):
            return None
        return Kind.PHONE if 9 <= count <= 13 else None


def mask_all(lines: Sequence[tuple[str, str]], language: str) -> list[str]:
    """Speaker ("caller", "agent") and text of each line, masked with the knowledge of the whole call."""
    call = Call(language)
    numbers = []
    for speaker, text in lines:
        if speaker == "caller":
            numbers.append(call.caller(text))
        else:
            call.agent(text)
            numbers.append(-1)
    return [
        masked(text, [*(call.line(number) if number >= 0 else []), *call.text(text)])
        for (_, text), number in zip(lines, numbers, strict=True)
    ]
