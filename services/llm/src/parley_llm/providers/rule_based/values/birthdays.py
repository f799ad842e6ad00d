"""Dates of birth as callers say them: a day, a month and a year of the past. Pure.

Nothing is completed: without its year a birthday is asked for again. Two figures of a year are taken where only one
century fits a living person.
"""

import re
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from parley_core.languages.answers import folded
from parley_core.languages.pack import Pack
from parley_core.languages.registry import ENGLISH
from parley_core.languages.value_words import Calendar, Details

from parley_llm.providers.rule_based.values import number_words
from parley_llm.providers.rule_based.values.phrase import Span, hold
from parley_llm.providers.rule_based.words import Token, tokens

OLDEST = 120  # years
_FIGURES = re.compile(
    r"(?<![\w/.\-])(?:(?P<y>\d{4})[-./](?P<m>\d{1,2})[-./](?P<d>\d{1,2})|"
    r"(?P<one>\d{1,2})(?P<sign>[-./])\s?(?P<two>\d{1,2})(?P=sign)\s?(?P<year>\d{4}|\d{2}))(?![\w/\-])"
)


@dataclass(frozen=True, slots=True)
class Birthday:
    """`text` is the day, as ISO 8601; "" for none."""

    text: str = ""
    sure: bool = True

    def __bool__(self) -> bool:
        return bool(self.text)


@dataclass(frozen=True, slots=True)
class _Born:
    day: date | None
    clear: bool = True


def read_birthday(text: str, today: date, *, also: frozenset[str] = frozenset(), words: Pack = ENGLISH) -> Birthday:
    """`also`: words that say nothing of the day."""
    found, spans = _written(text, today, words)
    line, starts = _line(found)
    for match in _pattern(words.details, words.calendar).finditer(line):
        first, last = starts.index(match.start()), sum(start < match.end() for start in starts)
        if not any(span.start < last and first < span.end for span in spans):
            spans.append(Span(first, last, _said(match, today, words)))
    held = hold([token.text for token in found], spans, also=also, words=words.carriers)
    days = {span.value.day for span in held.spans}
    if len(days) != 1 or (day := days.pop()) is None:
        return Birthday(sure=not spans)
    return Birthday(day.isoformat(), held.sure and all(span.value.clear for span in held.spans))


def is_birthday(text: str, today: date) -> bool:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return False
    return _living(day, today)


def _living(day: date, today: date) -> bool:
    return today.year - OLDEST <= day.year and day <= today


def _written(text: str, today: date, words: Pack) -> tuple[list[Token], list[Span[_Born]]]:
    """Tokens, and the days that are written in figures."""
    found: list[Token] = []
    spans: list[Span[_Born]] = []
    end = 0
    for match in _FIGURES.finditer(text):
        found += _tokens(text[end : match.start()], words)
        spans.append(Span(len(found), len(found) + 1, _in_figures(match, today, words)))
        found.append(Token("date", match.group()))
        end = match.end()
    return [*found, *_tokens(text[end:], words)], spans


def _tokens(text: str, words: Pack) -> list[Token]:
    text = text.replace(",", " ")
    return tokens(folded(text)) if words is ENGLISH else number_words.tokens(text, words)


def _in_figures(match: re.Match[str], today: date, words: Pack) -> _Born:
    if match["y"]:
        return _Born(_day(int(match["y"]), int(match["m"]), int(match["d"]), today))
    one, two = int(match["one"]), int(match["two"])
    years = _years(match["year"], today)
    day, month = (one, two) if words.details.day_first or one > 12 else (two, one)
    either = not words.details.day_first and one <= 12 and two <= 12 and one != two
    days = [day_ for year in years if (day_ := _day(year, month, day, today)) is not None]
    return _Born(days[0] if days else None, clear=len(days) == 1 and not either)


def _line(found: list[Token]) -> tuple[str, list[int]]:
    starts, line = [], ""
    for token in found:
        starts.append(len(line))
        line += (f"{token.value}th" if token.kind == "ordinal" else str(token.value) if token.kind == "number" else
                 token.text) + " "  # fmt: skip
    return line.rstrip(), starts


@lru_cache(maxsize=16)
def _months(calendar: Calendar) -> dict[str, int]:
    names = {name: at for at, name in enumerate(calendar.months, start=1)} | dict(calendar.month_forms)
    return {folded(name): value for name, value in names.items()}


@lru_cache(maxsize=16)
def _pattern(details: Details, calendar: Calendar) -> re.Pattern[str]:
    months = "|".join(sorted(map(re.escape, _months(calendar)), key=len, reverse=True))
    places = {
        "<day>": r"(?P<day>\d{1,2})(?:th)?",
        "<ordinal>": r"(?P<day>\d{1,2})th",
        "<month>": f"(?P<month>{months})",
    }
    rules = []
    for born in details.born:
        for year in details.years:
            rule = born.replace("<year>", year)
            for place, expression in places.items():
                rule = rule.replace(place, expression)
            rules.append(rule)
    # One group name may stand in one place of an expression only.
    numbered = [re.sub(r"\(\?P<(\w+)>", rf"(?P<\1__{at}>", rule) for at, rule in enumerate(rules)]
    return re.compile(rf"(?<!\S)(?:{'|'.join(numbered) or '(?!)'})(?!\S)")


def _said(match: re.Match[str], today: date, words: Pack) -> _Born:
    said = {name.split("__")[0]: value for name, value in match.groupdict().items() if value is not None}
    month = int(said["month_number"][:-2]) if "month_number" in said else _months(words.calendar)[said["month"]]
    if "year" in said:
        years = [int(said["year"])]
    elif "century" in said:
        years = [int(said["century"]) * (1000 if said["century"] == "2" else 100) + int(said.get("rest") or 0)]
    else:
        years = _years(said["rest"], today)
    days = [day for year in years if (day := _day(year, month, int(said["day"]), today)) is not None]
    return _Born(days[0] if days else None, clear=len(days) == 1)


def _years(figures: str, today: date) -> list[int]:
    if len(figures) == 4:
        return [int(figures)]
    return [
        century + int(figures) for century in (1900, 2000) if today.year - 100 < century + int(figures) <= today.year
    ]


def _day(year: int, month: int, day: int, today: date) -> date | None:
    try:
        found = date(year, month, day)
    except ValueError:
        return None
    return found if _living(found, today) else None
