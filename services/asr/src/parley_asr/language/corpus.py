"""The sentences a language model is counted from: the agent's own words, and what callers of every business say.

`sentences_of` is pure: the same agent document gives the same sentences, which is what lets models be cached.
"""

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources

from parley_core.languages.registry import ENGLISH

from parley_asr.language.names import FIRST_NAME, LAST_NAME
from parley_asr.language.words import clock, ordinal, say_words, sentences, spoken

WEEKDAYS, MONTHS = ENGLISH.calendar.weekdays, ENGLISH.calendar.months
DIGITS = ENGLISH.numbers.ones[:10]
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
    _add(lines, (say_words(line) for line in _everyday()), EVERYDAY_WEIGHT)
    for text in (*speech.phrases, *speech.starts_on):
        _add(
            lines,
            ([*greeting.split(), *words] for words in sentences(text) for greeting in ENGLISH.recognition.openers),
            1,
        )
    lines.extend(_generated())
    return lines


@cache
def everyday_words() -> frozenset[str]:
    """What callers of every business say, word by word."""
    return frozenset(word for line in _everyday() for word in say_words(line))


def _everyday() -> list[str]:
    return resources.files("parley_asr.language").joinpath("everyday.txt").read_text("utf-8").splitlines()


def _add(lines: list[str], said: Iterable[list[str]], weight: int) -> None:
    for words in said:
        lines.extend([" ".join(words)] * weight)


def _generated() -> Iterator[str]:
    chance = random.Random(20)  # noqa: S311 the same sentences every time; nothing here is a secret
    yield from _numbers(chance)
    yield from _moments(chance)
    yield from _people(chance)


def _numbers(chance: random.Random) -> Iterator[str]:
    fronts = ("my phone number is", "my number is", "it is", "it's", "the number is", "sure it's", "", "", "")
    for _ in range(_PHONES):
        count = chance.choice((7, 10, 10, 10))
        said = [chance.choice(DIGITS) for _ in range(count)]
        if chance.random() < 0.15:
            said = ["oh" if word == "zero" else word for word in said]
        yield f"{chance.choice(fronts)} {' '.join(said)}".strip()
    for digit in DIGITS:
        yield f"double {digit}"
        yield f"triple {digit}"
    for number in range(100):
        yield spoken(number)
        if number:
            yield ordinal(number)
    yield from ("one hundred", "two hundred", "five hundred", "one thousand", "area code five one zero")


def _moments(chance: random.Random) -> Iterator[str]:
    for _ in range(_TIMES):
        day, time = _day(chance), _time(chance)
        yield chance.choice(
            (
                f"{day} at {time}",
                f"{day} at {time}",
                f"{day} at {time} please",
                f"on {day} at {time}",
                f"for {day} at {time}",
                f"i would like to book an appointment for {day} at {time}",
                f"can i come {day} at {time}",
                f"how about {day} at {time}",
                f"at {time} on {day}",
                f"at {time}",
                time,
                f"{time} please",
                day,
                f"{day} please",
                f"on {day}",
                f"is {day} possible",
                f"are you open on {day}",
                f"are you open {day}",
                f"what are your opening hours on {day}",
                f"what are your hours on {day}",
                f"what about {day}",
                f"do you have anything {day}",
                f"do you have anything on {day} at {time}",
            )
        )


def _day(chance: random.Random) -> str:
    weekday, month = chance.choice(WEEKDAYS), chance.choice(MONTHS)
    date = ordinal(chance.randint(1, 31))
    return chance.choice(
        (
            weekday,
            weekday,
            f"next {weekday}",
            f"next {weekday}",
            f"next {weekday}",
            f"this {weekday}",
            f"this coming {weekday}",
            f"{weekday} next week",
            "tomorrow",
            "today",
            "the day after tomorrow",
            "next week",
            f"{weekday} {chance.choice(('morning', 'afternoon', 'evening'))}",
            f"{weekday} the {date}",
            f"{month} {date}",
            f"the {date} of {month}",
            f"{weekday} {month} {date}",
            f"the {date}",
        )
    )


def _time(chance: random.Random) -> str:
    hour, minute = chance.randint(1, 12), chance.choice(MINUTES)
    exact = clock(hour, minute)
    part = chance.choice(("in the morning", "in the morning", "in the afternoon", "in the evening"))
    return chance.choice(
        (
            exact,
            exact,
            f"{exact} {part}",
            f"{exact} {part}",
            f"{exact} {chance.choice(('a m', 'p m'))}",
            f"{exact} {chance.choice(('a m', 'p m'))}",
            f"{spoken(hour)} o'clock",
            f"{spoken(hour)} o'clock {part}",
            f"half past {spoken(hour)}",
            f"quarter past {spoken(hour)}",
            f"quarter to {spoken(hour)}",
            "noon",
        )
    )


def _people(chance: random.Random) -> Iterator[str]:
    full = f"{FIRST_NAME} {LAST_NAME}"
    for front, count in ENGLISH.recognition.introductions.items():
        for _ in range(count):
            yield f"{front} {full if chance.random() < _FULL_NAMES else FIRST_NAME}".strip()
