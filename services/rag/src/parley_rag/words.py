"""The words of questions and sentences, as far as answers depend on them: stems, days, numbers and proper names.

Pure. Questions come from a recogniser: lower case, no punctuation, numbers as words; documents come as people write.
Both are brought to one form here.
"""

import itertools
import re
from collections.abc import Iterable
from dataclasses import dataclass

from parley_core.languages.registry import ENGLISH

_WORD = re.compile(r"[a-z0-9]+(?:[.'][a-z0-9]+)*")

_WORDS = ENGLISH.search
DAYS = ENGLISH.calendar.weekdays
_DAY_FORMS = {form: at for at, day in enumerate(DAYS) for form in (day, f"{day}s", f"{day}'s")} | dict(
    _WORDS.weekday_forms
)
_WEEKDAYS = frozenset(range(5))
_WEEKEND = frozenset({5, 6})

_NUMBERS = {word: at for at, word in enumerate(ENGLISH.numbers.ones)} | {
    word: 10 * at for at, word in enumerate(ENGLISH.numbers.tens) if at >= 2
}
# "one" is as often a pronoun, and "a second" no number: neither may be demanded of an answer.
_NOT_DEMANDED = frozenset({1})

STOP = _WORDS.stop  # words that carry no topic
_OPENING_WORDS = 4  # "um hi so which"


@dataclass(frozen=True, slots=True)
class Reading:
    """What one text says, for matching. `days` has 0 for Monday; `names` only words that the knowledge capitalises."""

    stems: frozenset[str]
    pairs: frozenset[tuple[str, str, str]]  # neighbours and the one word they would make: wheel, chair, wheelchair
    days: frozenset[int]
    numbers: frozenset[int]
    names: frozenset[str]
    denies: bool
    open: bool  # asks which, what or who rather than whether


def read(text: str, known_names: frozenset[str] = frozenset()) -> Reading:
    words = split(text)
    stems = [stem(word) for word in words if word not in STOP and word not in _DAY_FORMS]
    if ("how", "much") in itertools.pairwise(words):
        stems.append(_WORDS.same["cost"])
    return Reading(
        stems=frozenset(stems),
        pairs=frozenset((one, two, stem(one + two)) for one, two in itertools.pairwise(stems)),
        days=_days(words),
        numbers=frozenset(_numbers(words)) - _NOT_DEMANDED,
        names=frozenset(word for word in map(_bare, words) if word in known_names),
        open=not _WORDS.open.isdisjoint(words[:_OPENING_WORDS]),
        denies=any(word in _WORDS.denials or word.endswith("n't") for word in words),
    )


def split(text: str) -> list[str]:
    return _WORD.findall(text.lower().replace("’", "'"))


def names_of(sentences: Iterable[str]) -> frozenset[str]:
    """Words that are always capitalised inside a sentence: names, as far as the texts show."""
    capital: set[str] = set()
    small: set[str] = set()
    for sentence in sentences:
        for at, word in enumerate(re.findall(r"[A-Za-z][A-Za-z'’-]*", sentence)):
            if word[0].islower():
                small.add(word.lower())
            elif at and len(word) > 1:
                capital.add(_bare(word.lower().replace("’", "'")))
    return frozenset(word for word in capital - small - STOP if word not in _DAY_FORMS and word not in _WORDS.titles)


def stem(word: str) -> str:
    """A light English stemmer: enough that plurals, tenses and the synonyms above meet."""
    word = _bare(word)
    for ending, least in (("ations", 4), ("ation", 4), ("ings", 4), ("ing", 4), ("ies", 3), ("ed", 3), ("es", 4)):
        if word.endswith(ending) and len(word) - len(ending) >= least - 1:
            word = word[: -len(ending)] + {"ies": "y", "ations": "at", "ation": "at"}.get(ending, "")
            break
    else:
        if word.endswith("s") and not word.endswith("ss") and len(word) > 3:
            word = word[:-1]
    if len(word) > 4 and word.endswith("l" * 2):
        word = word[:-1]
    if len(word) > 4 and word.endswith("e"):
        word = word[:-1]
    return _WORDS.same.get(word, word)


def _bare(word: str) -> str:
    return word.removesuffix("'s").replace("'", "").replace(".", "")


def _days(words: list[str]) -> frozenset[int]:
    """Days that are named, also as a range ("Monday to Friday") or a group ("weekend")."""
    found: set[int] = set()
    for at, word in enumerate(words):
        if word in ("weekday", "weekdays"):
            found |= _WEEKDAYS
        elif word in ("weekend", "weekends"):
            found |= _WEEKEND
        day = _DAY_FORMS.get(word)
        if day is None:
            continue
        found.add(day)
        last = _DAY_FORMS.get(words[at + 2]) if len(words) > at + 2 and words[at + 1] in _WORDS.ranges else None
        while last is not None and day != last:
            day = (day + 1) % len(DAYS)
            found.add(day)
    return frozenset(found)


def _numbers(words: list[str]) -> Iterable[int]:
    """Numbers below one hundred thousand, from digits or words; "ten thirty" gives 10 and 30."""
    at = 0
    while at < len(words):
        word = words[at]
        if word.isdigit() and len(word) <= 5:
            yield int(word)
        elif word in _NUMBERS:
            value = _NUMBERS[word]
            if value >= 20 and at + 1 < len(words) and 0 < _NUMBERS.get(words[at + 1], 0) < 10:
                at += 1
                value += _NUMBERS[words[at]]
            if at + 1 < len(words) and words[at + 1] == ENGLISH.numbers.hundred:
                at += 1
                value *= 100
                rest = words[at + 1 : at + 4]
                rest = rest[1:] if rest[:1] == ["and"] else rest
                if rest and rest[0] in _NUMBERS:
                    value += _NUMBERS[rest[0]]
                    at += words[at + 1 : at + 4].index(rest[0]) + 1
            yield value
        at += 1
