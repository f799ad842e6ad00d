"""What of a phrase holds: its values, those taken back or denied, and whether every word is accounted for. Pure.

A parser finds the values of one kind and the words that each is made of. Corrections ("no wait", "make it") and denials
("not … but") are judged here, once for all kinds. A word that is neither a value nor one that stands around values
makes the reading unsure: the caller is asked, and no value passes silently.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from functools import lru_cache
from typing import Generic, TypeVar

from parley_core.languages.answers import folded
from parley_core.languages.carrier_words import Carriers
from parley_core.languages.registry import ENGLISH

T = TypeVar("T")


def _pattern(phrases: Iterable[str]) -> re.Pattern[str]:
    """Any of the phrases, the longest first."""
    return re.compile(rf"\b(?:{'|'.join(map(re.escape, sorted(phrases, key=len, reverse=True)))})\b")


@lru_cache(maxsize=16)
def _turns(words: Carriers) -> tuple[re.Pattern[str], frozenset[str], frozenset[str]]:
    """Where a phrase turns; which of those replace what stood before, and which deny what follows."""
    replacing = frozenset(map(folded, (*words.takes_back, *words.puts_right)))
    denying = frozenset(map(folded, words.nots))
    return _pattern([*replacing, *denying, *map(folded, words.but)]), replacing, denying


def corrections(said: str, words: Carriers = ENGLISH.carriers) -> list[re.Match[str]]:
    """Where a phrase corrects itself, for values that are words like any other: what follows is said anew."""
    pattern, replacing, _ = _turns(words)
    return [match for match in pattern.finditer(aligned(said)) if match.group() in replacing]


def denials(said: str, words: Carriers = ENGLISH.carriers) -> list[re.Match[str]]:
    """Where a phrase denies what follows."""
    pattern, _, denying = _turns(words)
    return [match for match in pattern.finditer(aligned(said)) if match.group() in denying]


def marked(text: str, words: Carriers) -> str:
    """A comma behind a word that may deny what follows says that it does not: "no, el martes"."""
    doubtful = "|".join(words.doubtful)
    return re.sub(rf"\b({doubtful}),", r"\1 \1", text, flags=re.IGNORECASE) if doubtful else text


def aligned(said: str) -> str:
    """The text without accents, each letter in its place: what is found in it is found in the text itself."""
    return "".join(bare if len(bare := folded(letter)) == 1 else letter for letter in said)


def without(pattern: re.Pattern[str], said: str, instead: str = "") -> str:
    """The text without what a pattern finds in it, whose words have no accents."""
    end, rest = 0, ""
    for match in pattern.finditer(aligned(said)):
        rest, end = f"{rest}{said[end : match.start()]}{instead}", match.end()
    return rest + said[end:]


@dataclass(frozen=True, slots=True)
class Span(Generic[T]):
    """A value and the words `start` to `end` that it is made of. Of one `part` a phrase means one value."""

    start: int
    end: int
    value: T
    part: str = ""


@dataclass(slots=True)
class Holding(Generic[T]):
    spans: list[Span[T]] = field(default_factory=list)  # in order
    replaced: list[Span[T]] = field(default_factory=list)  # corrected by a later one of their part
    taken_back: bool = False  # the last value was, and none follows it
    unknown: list[str] = field(default_factory=list)  # words that nothing accounts for

    @property
    def sure(self) -> bool:
        return not (self.taken_back or self.unknown)


class _Kind(Enum):
    AROUND = auto()
    TAKES_BACK = auto()
    PUTS_RIGHT = auto()
    NOT = auto()
    BUT = auto()
    OTHER = auto()


_Table = dict[str, list[tuple[tuple[str, ...], _Kind]]]


@lru_cache(maxsize=16)
def _table(words: Carriers) -> _Table:
    """The phrases by their first word, the longest first. Of the same phrase in two kinds the later kind counts."""
    kinds = (
        (_Kind.AROUND, words.around),
        (_Kind.BUT, words.but),
        (_Kind.TAKES_BACK, words.takes_back),
        (_Kind.PUTS_RIGHT, words.puts_right),
        (_Kind.NOT, words.nots),
        (_Kind.OTHER, words.unclear),
    )
    by_phrase: dict[tuple[str, ...], _Kind] = {}
    for kind, phrases in kinds:
        for phrase in phrases:
            key = tuple(folded(phrase).split())
            # "It's" stands around a value as well as behind a denied one: as BUT it does both.
            by_phrase[key] = kind
    table: _Table = {}
    for key, kind in sorted(by_phrase.items(), key=lambda item: len(item[0]), reverse=True):
        table.setdefault(key[0], []).append((key, kind))
    return table


def explained(texts: Iterable[str], words: Carriers = ENGLISH.carriers) -> frozenset[str]:
    """The words of the business's own texts, which say nothing of a value, except those that alter one. Folded."""
    alters = frozenset(map(folded, words.alters))
    return frozenset(word.strip(".,;:!?¿¡") for text in texts for word in folded(text).split()) - alters


def hold(
    said: Sequence[str],
    spans: Iterable[Span[T]],
    *,
    also: frozenset[str] = frozenset(),
    words: Carriers = ENGLISH.carriers,
) -> Holding[T]:
    """`said`: the phrase's words. `also`: further words that say nothing of a value, folded."""
    return _Judgement(said, sorted(spans, key=lambda span: span.start), also, words).held


class _Judgement(Generic[T]):
    """One pass over a phrase, from its first word to its last."""

    def __init__(self, said: Sequence[str], spans: list[Span[T]], also: frozenset[str], words: Carriers) -> None:
        self.held: Holding[T] = Holding()
        self._said = [folded(word) for word in said]
        self._also = also
        self._table = _table(words)
        self._turning = words.turning
        self._doubtful = words.doubtful
        self._doubt = ""  # a word before this place that may deny what follows
        self._doubted: list[tuple[str, Span[T]]] = []  # such words with the values that they may deny
        self._denies: set[str] | None = None  # parts that the running denial has denied
        self._denied = False  # a denial stands before this place
        self._beside: list[tuple[Span[T], bool]] = []  # behind a denied value, and whether one that holds stood before
        self._replaces = 0  # values before this place are replaced by those behind it
        self._open = False  # something was taken back, and nothing has taken its place
        at = 0
        for span in [*spans, None]:
            self._between(at, span.start if span is not None else len(said))
            if span is not None:
                self._take(span)
                at = span.end
        self._keep_beside()
        self.held.unknown += [word for word, span in self._doubted if span not in self.held.replaced]
        self.held.taken_back = self._open or self._denied_at_end

    @property
    def _denied_at_end(self) -> bool:
        """ "Friday at ten, maybe not": a denial with nothing behind it denies what stood before."""
        return self._denies is not None and not self._denies and bool(self.held.spans)

    def _between(self, at: int, end: int) -> None:
        while at < end:
            kind, length = self._kind(at, end)
            self._step(kind, self._said[at], length)
            at += length

    def _kind(self, at: int, end: int) -> tuple[_Kind, int]:
        for phrase, kind in self._table.get(self._said[at], ()):
            if len(phrase) <= end - at and tuple(self._said[at : at + len(phrase)]) == phrase:
                return kind, len(phrase)
        return (_Kind.AROUND if self._said[at] in self._also else _Kind.OTHER), 1

    def _step(self, kind: _Kind, word: str, length: int) -> None:
        if kind not in (_Kind.AROUND, _Kind.OTHER):
            self._doubt = word if length == 1 and word in self._doubtful else ""
        match kind:
            case _Kind.NOT:
                self._denies, self._denied = set(), True
            case _Kind.BUT if self._denied:
                self._denies = None
            case _Kind.BUT if word in self._turning and self.held.spans:
                self.held.unknown.append(word)
            case _Kind.TAKES_BACK | _Kind.PUTS_RIGHT:
                self._denies = None
                if self.held.spans:
                    self._replaces = len(self.held.spans)
                    self._open |= kind is _Kind.TAKES_BACK
            case _Kind.OTHER:
                self.held.unknown.append(word)

    def _keep_beside(self) -> None:
        """ "Wednesday instead of Monday at nine" is Wednesday at nine. In "not Monday at nine" that is not certain."""
        for span, follows in self._beside:
            if all(one.part != span.part for one in self.held.spans):
                self.held.spans.append(span)
                if not follows:
                    self.held.unknown.extend(self._said[span.start : span.end])

    def _take(self, span: Span[T]) -> None:
        if self._doubt:
            self._doubted.append((self._doubt, span))
            self._doubt = ""
        if self._denies is not None:
            if span.part not in self._denies:
                if self._denies:
                    self._beside.append((span, bool(self.held.spans)))
                self._denies.add(span.part)
                return
            self._denies = None
        self._open = False
        older = [one for one in self.held.spans[: self._replaces] if one.part == span.part]
        for one in older:
            self.held.spans.remove(one)
            self.held.replaced.append(one)
        self._replaces -= len(older)
        self.held.spans.append(span)
