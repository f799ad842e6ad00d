"""Days as English callers say them: "Friday the eleventh", "in two weeks", "the day after tomorrow". Pure; for `dates`.

Forms written with figures go to dateparser.
"""

import calendar
import re
from dataclasses import replace
from datetime import date, datetime, timedelta

import dateparser  # type: ignore[import-untyped]
from parley_core.languages.registry import ENGLISH

from parley_llm.providers.rule_based.values.clock_times import DAY_PARTS, number, word
from parley_llm.providers.rule_based.values.days import Said, coming, resolved, together
from parley_llm.providers.rule_based.values.phrase import Span
from parley_llm.providers.rule_based.words import Token, tokens

_WORDS = ENGLISH.calendar
_WEEKDAYS = {name: number for number, name in enumerate(_WORDS.weekdays)} | dict(_WORDS.weekday_forms)
_MONTHS = {name: number for number, name in enumerate(_WORDS.months, start=1)} | dict(_WORDS.month_forms)
_NAMED_DAYS = _WORDS.named_days
# Written dates: with slashes in two or three parts, with dashes and stops in three.
_FIGURE_DATE = re.compile(
    r"(?<![\d/.\-])(?:\d{1,2}/\d{1,2}(?:/\d{2,4})?|\d{4}-\d{1,2}-\d{1,2}|\d{1,2}-\d{1,2}-\d{4}"
    r"|\d{1,2}\.\d{1,2}\.\d{2,4}|\d{4}\.\d{1,2}\.\d{1,2})(?![\d/\-])"
)


def read_figures(text: str, now: datetime) -> list[Token]:
    """Tokens, with dates that are written in figures as tokens of kind "date" with their ordinals."""
    found: list[Token] = []
    end = 0
    for match in _FIGURE_DATE.finditer(text):
        parsed = dateparser.parse(
            match.group(),
            languages=["en"],
            settings={
                "RELATIVE_BASE": now.replace(tzinfo=None),
                "PREFER_DATES_FROM": "future",
                "REQUIRE_PARTS": ["day", "month"],
            },
        )
        if parsed is None:
            continue
        found += [*tokens(text[end : match.start()]), Token("date", match.group(), parsed.date().toordinal())]
        end = match.end()
    return [*found, *tokens(text[end:])]


def find(found: list[Token], today: date) -> tuple[list[Token], list[Span[Said]]]:
    spans: list[Span[Said]] = []
    at = 0
    rules = (_figures, _day_after, _away, _month_day, _weekday, _week, _named, _ordinal)
    while at < len(found):
        for rule in rules:
            if (hit := rule(found, at, today)) is not None:
                said, length = hit
                _append(spans, Span(at, at + length, said))
                at += length
                break
        else:
            at += 1
    return found, spans


def _append(spans: list[Span[Said]], span: Span[Said]) -> None:
    """ "Friday the eleventh" is one expression, which is meant or denied as a whole."""
    last = spans[-1] if spans else None
    if last is None or last.end != span.start or last.value.shape & span.value.shape:
        spans.append(span)
        return
    whole = together([last.value, span.value])
    spans[-1] = Span(last.start, span.end, whole or span.value)


_Hit = tuple[Said, int] | None


def _figures(found: list[Token], at: int, today: date) -> _Hit:
    return (Said(exact=date.fromordinal(found[at].value)), 1) if found[at].kind == "date" else None


def _day_after(found: list[Token], at: int, today: date) -> _Hit:
    lead = 1 if word(found, at, "the") else 0
    if word(found, at + lead, "day") and word(found, at + lead + 1, "after") and word(found, at + lead + 2, "tomorrow"):
        return Said(exact=today + timedelta(days=2)), lead + 3
    return None


def _away(found: list[Token], at: int, today: date) -> _Hit:
    """ "In two weeks", "three days from today", "a week from Friday", "a month from now", "tomorrow week"."""
    lead = 1 if word(found, at, "in") else 0
    amount, took = _amount(found, at + lead)
    unit = at + lead + took
    if amount is None or unit >= len(found):
        return None
    end = unit + 1
    days = _WORDS.units.get(found[unit].text)
    months = 1 if found[unit].text in ("month", "months") else 0
    if days is None and not months:
        return None
    if amount > 20 and number(found, at - 1, 1, 23) is not None:
        return Said(unclear=True), end - at  # "at nine thirty five weeks from now"
    if word(found, end, "from", "after") and (base := _base(found, end + 1, today)) is not None:
        start, length = base
        return _later(start, amount, days, months), end + 1 + length - at
    if days and amount == 1 and not lead and (base := _base(found, end, today)) is not None and days == 7:
        start, length = base
        return _later(start, amount, days, months), end + length - at  # British: "a week today", "a week tomorrow"
    if word(found, end, "later", "time", "hence"):
        return _later(today, amount, days, months), end + 1 - at
    if lead:
        said = _later(today, amount, days, months)
        on = end + 1 if word(found, end, "on") else end
        # "In two weeks on Friday" is a Friday of that week or two weeks after the coming one.
        return (replace(said, unclear=True) if word(found, on, *_WEEKDAYS) else said), end - at
    if days == 7 and word(found, end, "on") and word(found, end + 1, *_WEEKDAYS):
        start = coming(_WEEKDAYS[found[end + 1].text], Said(), today)
        return _later(start, amount, days, months), end + 2 - at
    return None


def _amount(found: list[Token], at: int) -> tuple[int | None, int]:
    if word(found, at, "a") and word(found, at + 1, "couple"):
        return 2, 3 if word(found, at + 2, "of") else 2
    if word(found, at, "a", "an"):
        return 1, 1
    return number(found, at, 1, 99), 1


def _base(found: list[Token], at: int, today: date) -> tuple[date, int] | None:
    """The day that is counted from, and how many words it takes."""
    if at >= len(found):
        return None
    if word(found, at, "now"):
        return today, 1
    lead = 1 if word(found, at, "this", "next", "coming") else 0
    if lead == 0 and (hit := _day_after(found, at, today) or _month_day(found, at, today)) is not None:
        day, _ = resolved(hit[0], today)
        return None if day is None else (day, hit[1])
    if word(found, at + lead, *_WEEKDAYS):
        return coming(_WEEKDAYS[found[at + lead].text], Said(), today), lead + 1
    if lead == 0 and word(found, at, *_NAMED_DAYS):
        return today + timedelta(days=_NAMED_DAYS[found[at].text]), 1
    return None


def _later(start: date, amount: int, days: int | None, months: int) -> Said:
    if days:
        return Said(exact=start + timedelta(days=amount * days))
    year, month0 = divmod(start.year * 12 + start.month - 1 + amount * months, 12)
    last = calendar.monthrange(year, month0 + 1)[1]
    return Said(exact=date(year, month0 + 1, min(start.day, last)), unclear=True if start.day > last else None)


def _month_day(found: list[Token], at: int, today: date) -> _Hit:
    """ "December first", "December the first", "the first of December", "2 December 2027"."""
    if word(found, at, *_MONTHS):
        behind = at + 2 if word(found, at + 1, "the") else at + 1
        if (day := _day_number(found, behind)) is None:
            return None
        return _with_year(found, at, behind + 1, Said(day=day, month=_MONTHS[found[at].text]), today)
    lead = 1 if word(found, at, "the") else 0
    day = _day_number(found, at + lead)
    month = at + lead + (2 if word(found, at + lead + 1, "of") else 1)
    if day is None or not word(found, month, *_MONTHS):
        if day is not None and found[at + lead].kind == "ordinal" and word(found, month, "next", "this"):
            return _of_month(found, at, month, day, today)
        return None
    if found[at + lead].kind == "number":
        # "At ten December first": the number is a time where another day stands behind the month.
        behind = month + 2 if word(found, month + 1, "the") else month + 1
        if _day_number(found, behind) is not None and (
            found[behind].kind == "ordinal" or word(found, at - 1, "at", "around", "about")
        ):
            return None
        if word(found, at - 1, "at", "around", "about"):
            return None
    if month == at + lead + 1 and month + 1 < len(found) and found[month + 1].kind == "ordinal":
        return None  # "not the 4th, March twenty seventh": the month is the second one's
    return _with_year(found, at, month + 1, Said(day=day, month=_MONTHS[found[month].text]), today)


def _of_month(found: list[Token], at: int, month: int, day: int, today: date) -> _Hit:
    """ "The fifth of next month"."""
    if not word(found, month + 1, "month"):
        return None
    year, month0 = divmod(today.year * 12 + today.month - 1 + (1 if word(found, month, "next") else 0), 12)
    return Said(day=day, month=month0 + 1, year=year), month + 2 - at


def _day_number(found: list[Token], at: int) -> int | None:
    if 0 <= at < len(found) and found[at].kind in ("ordinal", "number") and 1 <= found[at].value <= 31:
        return found[at].value
    return None


def _with_year(found: list[Token], at: int, end: int, said: Said, today: date) -> _Hit:
    year, length = None, 0
    if (figure := number(found, end, 2000, 2199)) is not None:
        year, length = figure, 1
    elif word(found, end, "twenty") and (rest := number(found, end + 1, 20, 99)) is not None:
        year, length = 2000 + rest, 2
    elif number(found, end, 2, 2) and word(found, end + 1, "thousand"):
        joined = end + 3 if word(found, end + 2, "and") else end + 2
        rest = number(found, joined, 1, 99)
        year, length = (2000, 2) if rest is None else (2000 + rest, joined + 1 - end)
    elif word(found, end, "next", "this") and word(found, end + 1, "year"):
        year, length = today.year + (1 if word(found, end, "next") else 0), 2
    return replace(said, year=year), end + length - at


def _weekday(found: list[Token], at: int, today: date) -> _Hit:
    """ "Friday", "next Friday", "this coming Friday", "Friday next week", "Friday week"."""
    if word(found, at, "next") and word(found, at + 1, "week"):
        return None
    lead = 0
    while word(found, at + lead, "the", "this", "next", "coming", "following", "upcoming"):
        lead += 1
    if not word(found, at + lead, *_WEEKDAYS):
        return None
    said = Said(weekday=_WEEKDAYS[found[at + lead].text], this=True if word(found, at, "this") else None)
    end = at + lead + 1
    if word(found, end, "week") and not word(found, end + 1, "from", "after"):
        # British for a week after the coming one; others mean Thursday of next week.
        return replace(
            _later(coming(_WEEKDAYS[found[at + lead].text], said, today), 1, 7, 0), unclear=True
        ), end + 1 - at
    of = end + 1 if word(found, end, "of", "in", "the") else end
    if word(found, of, "next") and word(found, of + 1, "week"):
        return replace(said, next_week=True), of + 2 - at
    if word(found, of, "this") and word(found, of + 1, "week"):
        return said, of + 2 - at
    return said, end - at


def _week(found: list[Token], at: int, today: date) -> _Hit:
    if word(found, at, "next") and word(found, at + 1, "week"):
        return Said(next_week=True), 2
    return None


def _named(found: list[Token], at: int, today: date) -> _Hit:
    if word(found, at, *_NAMED_DAYS):
        return Said(exact=today + timedelta(days=_NAMED_DAYS[found[at].text])), 1
    if word(found, at, "this") and word(found, at + 1, *DAY_PARTS):
        return Said(exact=today), 1
    return None


def _ordinal(found: list[Token], at: int, today: date) -> _Hit:
    """ "The eleventh", "the 11"; not "the second one"."""
    lead = 1 if word(found, at, "the") else 0
    place = at + lead
    if place >= len(found) or not 1 <= found[place].value <= 31 or word(found, place + 1, *_WORDS.counted):
        return None
    token = found[place]
    beside = word(found, at - 1, *_WEEKDAYS)
    if token.kind == "ordinal" and (lead or beside or token.text not in ("first", "second", "third")):
        return Said(day=token.value), lead + 1
    if token.kind == "number" and lead and beside:
        return Said(day=token.value), lead + 1
    return None
