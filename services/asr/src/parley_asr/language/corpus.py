"""The sentences a language model is counted from: the agent's own words, and what callers of every business say.

`sentences_of` is pure: the same agent document gives the same sentences, which is what lets models be cached.
"""

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache

from parley_core.languages.registry import ENGLISH

from parley_asr.language.names import FIRST_NAME, LAST_NAME
from parley_asr.language.words import clock, ordinal, say_words, sentences, spoken

WEEKDAYS, MONTHS = ENGLISH.calendar.weekdays, ENGLISH.calendar.months
DIGITS = ENGLISH.numbers.ones[:10]
KNOWN = ENGLISH.recognition
MINUTES = (0, 0, 0, 5, 10, 15, 15, 20, 25, 30, 30, 40, 45, 45, 50, 55)

# How often a sentence counts: the words a business expects weigh more than what anybody may say.
PHRASE_WEIGHT = 300
FLOW_WEIGHT = 25
EVERYDAY_WEIGHT = 8
KNOWLEDGE_WEIGHT = 1

_PHONES = 1000
_TIMES = 1200
_FULL_NAMES = 0.85


@dataclass(frozen=True, slots=True)
class Speech:
    """What one agent's document says of its callers' words. Texts as they were written."""

    phrases: tuple[str, ...] = ()
    asks: tuple[str, ...] = ()  # what the agent asks: its words come back in answers
    starts_on: tuple[str, ...] = ()
    knowledge: tuple[str, ...] = ()


def sentences_of(speech: Speech) -> list[str]:
    """Return all sentences, spoken words joined by single spaces, repeated by weight."""
    lines: list[str] = []
    for text in speech.phrases:
        _add(lines, sentences(text), PHRASE_WEIGHT)
    for text in speech.starts_on:
        _add(lines, sentences(text), FLOW_WEIGHT)
    for text in (*speech.asks, *speech.knowledge):
        _add(lines, sentences(text), KNOWLEDGE_WEIGHT)
    _add(lines, (say_words(line) for line in KNOWN.everyday), EVERYDAY_WEIGHT)
    for text in (*speech.phrases, *speech.starts_on):
        _add(
            lines,
            ([*greeting.split(), *words] for words in sentences(text) for greeting in KNOWN.openers),
            1,
        )
    lines.extend(_generated())
    return lines


@cache
def everyday_words() -> frozenset[str]:
    """What callers of every business say, word by word."""
    return frozenset(word for line in KNOWN.everyday for word in say_words(line))


def _add(lines: list[str], said: Iterable[list[str]], weight: int) -> None:
    for words in said:
        lines.extend([" ".join(words)] * weight)


def _generated() -> Iterator[str]:
    chance = random.Random(20)  # noqa: S311 the same sentences every time; nothing here is a secret
    yield from _numbers(chance)
    yield from _moments(chance)
    yield from _people(chance)


def _numbers(chance: random.Random) -> Iterator[str]:
    for _ in range(_PHONES):
        count = chance.choice((7, 10, 10, 10))
        said = [chance.choice(DIGITS) for _ in range(count)]
        if chance.random() < 0.15:
            said = ["oh" if word == "zero" else word for word in said]
        yield f"{chance.choice(KNOWN.before_numbers)} {' '.join(said)}".strip()
    for digit in DIGITS:
        yield f"double {digit}"
        yield f"triple {digit}"
    for number in range(100):
        yield spoken(number)
        if number:
            yield ordinal(number)
    yield from KNOWN.numbers


def _moments(chance: random.Random) -> Iterator[str]:
    for _ in range(_TIMES):
        day, time = _day(chance), _time(chance)
        yield chance.choice(KNOWN.moments).format(day=day, time=time)


def _day(chance: random.Random) -> str:
    weekday, month = chance.choice(WEEKDAYS), chance.choice(MONTHS)
    date, part = ordinal(chance.randint(1, 31)), chance.choice(KNOWN.parts)
    return chance.choice(KNOWN.days).format(weekday=weekday, month=month, date=date, part=part)


def _time(chance: random.Random) -> str:
    hour, minute = chance.randint(1, 12), chance.choice(MINUTES)
    within, half, other_half = chance.choice(KNOWN.within), chance.choice(KNOWN.halves), chance.choice(KNOWN.halves)
    return chance.choice(KNOWN.times).format(
        exact=clock(hour, minute), hour=spoken(hour), within=within, half=half, other_half=other_half
    )


def _people(chance: random.Random) -> Iterator[str]:
    full = f"{FIRST_NAME} {LAST_NAME}"
    for front, count in KNOWN.introductions.items():
        for _ in range(count):
            yield f"{front} {full if chance.random() < _FULL_NAMES else FIRST_NAME}".strip()
