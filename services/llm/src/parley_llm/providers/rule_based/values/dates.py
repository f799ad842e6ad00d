"""Dates and times as callers say them, relative to a moment and in business sense ("at two" is the afternoon). Pure.

The grammar finds every day and time in a phrase; `phrase` says which of them hold and whether every word is accounted
for. Days are made of all that is said of them: "Friday the eleventh" must be both. Forms written with figures go to
dateparser. `clock_times` finds the times.
"""

import calendar
import re
from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from datetime import date, datetime, time, timedelta

import dateparser  # type: ignore[import-untyped]
from parley_core.languages.registry import ENGLISH

from parley_llm.providers.rule_based.values import clock_times
from parley_llm.providers.rule_based.values.clock_times import DAY_PARTS, ClockTime, number, word
from parley_llm.providers.rule_based.values.phrase import Holding, Span, hold
from parley_llm.providers.rule_based.words import Token, plain, tokens

_WORDS = ENGLISH.calendar
_WEEKDAYS = {name: number for number, name in enumerate(_WORDS.weekdays)} | dict(_WORDS.weekday_forms)
_MONTHS = {name: number for number, name in enumerate(_WORDS.months, start=1)} | dict(_WORDS.month_forms)
_NAMED_DAYS = {"today": 0, "tonight": 0, "tomorrow": 1}
# Written dates: with slashes in two or three parts, with dashes and stops in three.
_FIGURE_DATE = re.compile(
    r"(?<![\d/.\-])(?:\d{1,2}/\d{1,2}(?:/\d{2,4})?|\d{4}-\d{1,2}-\d{1,2}|\d{1,2}-\d{1,2}-\d{4}"
    r"|\d{1,2}\.\d{1,2}\.\d{2,4}|\d{4}\.\d{1,2}\.\d{1,2})(?![\d/\-])"
)
_LONGEST_AHEAD = 14  # months in which a day of the month is looked for


@dataclass(frozen=True, slots=True)
class When:
    """What was said of a moment; parts that were not said are None."""

    day: date | None = None
    at: time | None = None
    part: str = ""  # "morning", "afternoon" or "evening", where only that was said
    bare: bool = False  # the time is a lone number, which only counts where a time was asked for
    sure: bool = True  # every word of the phrase is accounted for, and all of them agree
    words: frozenset[str] = frozenset()  # those that the moment is made of

    def __bool__(self) -> bool:
        return self.day is not None or self.at is not None or bool(self.part)


@dataclass(frozen=True, slots=True)
class _Said:
    """What one expression says of a day. Several are put together."""

    exact: date | None = None
    weekday: int | None = None
    day: int | None = None  # of the month
    month: int | None = None
    year: int | None = None
    next_week: bool | None = None
    this: bool | None = None  # "this Saturday" may be today
    unclear: bool | None = None  # people differ in what they mean by it

    @property
    def shape(self) -> set[str]:
        return {one.name for one in fields(self) if getattr(self, one.name) is not None}


_Found = Span[_Said | ClockTime | str]


def find_when(text: str, now: datetime, *, expected: bool = False, also: frozenset[str] = frozenset()) -> When:
    """The date and time said in the text, in the future of `now`. `expected`: a moment was asked for. `also`: words
    that say nothing of a moment."""
    found, spans = _days(_read_figures(text, now), now.date())
    held = _held(found, spans, expected=expected, also=also)
    day, clear = _day(held, now.date())
    at, bare, part, timely = _time(held)
    if bare and day is None and not expected:
        at = None
    used = frozenset(one for span in spans for token in found[span.start : span.end] for one in token.text.split())
    return When(day, at, "" if at else part, bare, held.sure and clear and timely, used)


def _held(
    found: list[Token], days: list[Span[_Said]], *, expected: bool, also: frozenset[str]
) -> Holding[_Said | ClockTime | str]:
    taken = {at for span in days for at in range(span.start, span.end)}
    free = [Token("taken", "") if at in taken else token for at, token in enumerate(found)]
    spans: list[_Found] = [Span(span.start, span.end, span.value, "day") for span in days]
    for span in clock_times.times(free, expected=expected):
        spans.append(Span(span.start, span.end, span.value, "time"))
        free[span.start : span.end] = [Token("taken", "")] * (span.end - span.start)
    spans += [Span(one.start, one.end, one.value, "part") for one in clock_times.parts(free)]
    # "Tonight" is a day and a part of it.
    spans += [Span(one.end, one.end, "tonight", "part") for one in days if found[one.start].text == "tonight"]
    return hold([token.text for token in found], spans, also=also)


def _time(held: Holding[_Said | ClockTime | str]) -> tuple[time | None, bool, str, bool]:
    """The time, whether it is a lone number, the part of the day, and whether all that was said agrees."""
    said = [span.value for span in held.spans if isinstance(span.value, ClockTime)]
    parts = {span.value for span in held.spans if isinstance(span.value, str)}
    part = clock_times.named(parts.pop()) if len(parts) == 1 else ""
    if not said:
        return None, False, part, len(parts) == 0
    settled = [clock_times.settle(one, part) for one in said]
    moments = {at for at, _ in settled}
    if len(moments) != 1 or parts:
        return None, False, part, False
    return settled[0][0], all(one.bare for one in said), part, all(clear for _, clear in settled)


# -- the day ----------------------------------------------------------------------------------------------------------


def _day(held: Holding[_Said | ClockTime | str], today: date) -> tuple[date | None, bool]:
    """The day that fits everything said of it, and whether there is no other."""
    said = [span.value for span in held.spans if isinstance(span.value, _Said)]
    if not said:
        return None, True
    whole = _together(said)
    if whole is None:
        return None, False
    whole, complete = _completed(whole, [span.value for span in held.replaced if isinstance(span.value, _Said)])
    day, clear = _resolved(whole, today)
    return day, clear and complete


def _together(said: Iterable[_Said]) -> _Said | None:
    """One description out of several; None where they contradict each other."""
    whole = _Said()
    for one in said:
        for name in one.shape:
            known, new = getattr(whole, name), getattr(one, name)
            if known is not None and known != new:
                return None
            whole = replace(whole, **{name: new})
    return whole


def _completed(said: _Said, replaced: list[_Said]) -> tuple[_Said, bool]:
    """ "Friday the fourth of January, no, the fifth" corrects the day and keeps the month. Whether that is certain."""
    old = _together(replaced) if replaced else None
    if replaced and old is None:
        return said, said.exact is not None or {"day", "month"} <= said.shape
    if old is None or said.exact is not None or {"day", "month"} <= said.shape or said.shape == old.shape:
        return said, True
    kept = {"day": ("month", "year"), "weekday": ("next_week",)}
    for name, context in kept.items():
        if name in said.shape:
            said = replace(
                said, **{one: getattr(old, one) for one in context if getattr(said, one) is None and one in old.shape}
            )
    certain = old.shape <= {"weekday", "day", "exact"} and not (old.shape & {"day"} and "weekday" in said.shape)
    return said, certain and not old.unclear


def _resolved(said: _Said, today: date) -> tuple[date | None, bool]:
    clear = not said.unclear
    if said.exact is not None:
        return said.exact, clear and _fits(said, said.exact, today)
    if said.day is not None and said.month is not None:
        day = _date_of(said.day, said.month, said.year, today)
        return day, clear and day is not None and _fits(said, day, today)
    if said.day is not None:
        return _day_of_month(said.day, said, today)
    if said.weekday is not None and said.month is None and said.year is None:
        return _coming(said.weekday, said, today), clear
    return None, False  # "next week", "next month": a day is missing


def _fits(said: _Said, day: date, today: date) -> bool:
    pairs = ((said.weekday, day.weekday()), (said.day, day.day), (said.month, day.month), (said.year, day.year))
    monday = today + timedelta(days=7 - today.weekday())
    in_week = not said.next_week or monday <= day < monday + timedelta(days=7)
    return in_week and all(wanted is None or wanted == actual for wanted, actual in pairs)


def _date_of(day: int, month: int, year: int | None, today: date) -> date | None:
    years = [year] if year is not None else range(today.year, today.year + 9)  # 29 February may be far
    for one in years:
        try:
            candidate = date(one, month, day)
        except ValueError:
            continue
        if candidate >= today or year is not None:
            return candidate
    return None


def _day_of_month(number_said: int, said: _Said, today: date) -> tuple[date | None, bool]:
    """The next day of that number. Where a weekday was said and does not fit it, the next one that does is a guess."""
    first: date | None = None
    for ahead in range(_LONGEST_AHEAD):
        year, month0 = divmod(today.year * 12 + today.month - 1 + ahead, 12)
        if number_said > calendar.monthrange(year, month0 + 1)[1]:
            continue
        candidate = date(year, month0 + 1, number_said)
        if candidate < today:
            continue
        first = first or candidate
        if said.weekday in (None, candidate.weekday()):
            return candidate, candidate == first and not said.unclear and said.next_week is None and said.year is None
    return first, False


def _coming(weekday: int, said: _Said, today: date) -> date:
    """The coming weekday, strictly after today: the read-back tells the caller which date that is."""
    if said.next_week:
        return today + timedelta(days=7 - today.weekday() + weekday)
    ahead = (weekday - today.weekday() - 1) % 7 + 1
    return today if said.this and ahead == 7 else today + timedelta(days=ahead)


# -- what is said of days ---------------------------------------------------------------------------------------------


def _read_figures(text: str, now: datetime) -> list[Token]:
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


def _days(found: list[Token], today: date) -> tuple[list[Token], list[Span[_Said]]]:
    spans: list[Span[_Said]] = []
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


def _append(spans: list[Span[_Said]], span: Span[_Said]) -> None:
    """ "Friday the eleventh" is one expression, which is meant or denied as a whole."""
    last = spans[-1] if spans else None
    if last is None or last.end != span.start or last.value.shape & span.value.shape:
        spans.append(span)
        return
    whole = _together([last.value, span.value])
    spans[-1] = Span(last.start, span.end, whole or span.value)


_Hit = tuple[_Said, int] | None


def _figures(found: list[Token], at: int, today: date) -> _Hit:
    return (_Said(exact=date.fromordinal(found[at].value)), 1) if found[at].kind == "date" else None


def _day_after(found: list[Token], at: int, today: date) -> _Hit:
    lead = 1 if word(found, at, "the") else 0
    if word(found, at + lead, "day") and word(found, at + lead + 1, "after") and word(found, at + lead + 2, "tomorrow"):
        return _Said(exact=today + timedelta(days=2)), lead + 3
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
        return _Said(unclear=True), end - at  # "at nine thirty five weeks from now"
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
        start = _coming(_WEEKDAYS[found[end + 1].text], _Said(), today)
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
        day, _ = _resolved(hit[0], today)
        return None if day is None else (day, hit[1])
    if word(found, at + lead, *_WEEKDAYS):
        return _coming(_WEEKDAYS[found[at + lead].text], _Said(), today), lead + 1
    if lead == 0 and word(found, at, *_NAMED_DAYS):
        return today + timedelta(days=_NAMED_DAYS[found[at].text]), 1
    return None


def _later(start: date, amount: int, days: int | None, months: int) -> _Said:
    if days:
        return _Said(exact=start + timedelta(days=amount * days))
    year, month0 = divmod(start.year * 12 + start.month - 1 + amount * months, 12)
    last = calendar.monthrange(year, month0 + 1)[1]
    return _Said(exact=date(year, month0 + 1, min(start.day, last)), unclear=True if start.day > last else None)


def _month_day(found: list[Token], at: int, today: date) -> _Hit:
    """ "December first", "December the first", "the first of December", "2 December 2027"."""
    if word(found, at, *_MONTHS):
        behind = at + 2 if word(found, at + 1, "the") else at + 1
        if (day := _day_number(found, behind)) is None:
            return None
        return _with_year(found, at, behind + 1, _Said(day=day, month=_MONTHS[found[at].text]), today)
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
    return _with_year(found, at, month + 1, _Said(day=day, month=_MONTHS[found[month].text]), today)


def _of_month(found: list[Token], at: int, month: int, day: int, today: date) -> _Hit:
    """ "The fifth of next month"."""
    if not word(found, month + 1, "month"):
        return None
    year, month0 = divmod(today.year * 12 + today.month - 1 + (1 if word(found, month, "next") else 0), 12)
    return _Said(day=day, month=month0 + 1, year=year), month + 2 - at


def _day_number(found: list[Token], at: int) -> int | None:
    if 0 <= at < len(found) and found[at].kind in ("ordinal", "number") and 1 <= found[at].value <= 31:
        return found[at].value
    return None


def _with_year(found: list[Token], at: int, end: int, said: _Said, today: date) -> _Hit:
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
    said = _Said(weekday=_WEEKDAYS[found[at + lead].text], this=True if word(found, at, "this") else None)
    end = at + lead + 1
    if word(found, end, "week") and not word(found, end + 1, "from", "after"):
        # British for a week after the coming one; others mean Thursday of next week.
        return replace(
            _later(_coming(_WEEKDAYS[found[at + lead].text], said, today), 1, 7, 0), unclear=True
        ), end + 1 - at
    of = end + 1 if word(found, end, "of", "in", "the") else end
    if word(found, of, "next") and word(found, of + 1, "week"):
        return replace(said, next_week=True), of + 2 - at
    if word(found, of, "this") and word(found, of + 1, "week"):
        return said, of + 2 - at
    return said, end - at


def _week(found: list[Token], at: int, today: date) -> _Hit:
    if word(found, at, "next") and word(found, at + 1, "week"):
        return _Said(next_week=True), 2
    return None


def _named(found: list[Token], at: int, today: date) -> _Hit:
    if word(found, at, *_NAMED_DAYS):
        return _Said(exact=today + timedelta(days=_NAMED_DAYS[found[at].text])), 1
    if word(found, at, "this") and word(found, at + 1, *DAY_PARTS):
        return _Said(exact=today), 1
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
        return _Said(day=token.value), lead + 1
    if token.kind == "number" and lead and beside:
        return _Said(day=token.value), lead + 1
    return None


def words_about_time(text: str) -> bool:
    """Whether the text speaks of days or times at all, also where no moment could be made of it."""
    said = set(plain(text).split())
    return bool(
        said & (_WEEKDAYS.keys() | _MONTHS.keys() - _WORDS.ambiguous_months | DAY_PARTS.keys() | {"today", "tomorrow"})
    )
