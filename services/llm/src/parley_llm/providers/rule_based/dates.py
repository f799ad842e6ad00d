"""Dates and times as callers say them, relative to a moment and in business sense ("at two" is the afternoon). Pure.

The grammar here reads what is said on a telephone; forms written with figures that it does not know go to dateparser.
"""

import calendar
import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import dateparser  # type: ignore[import-untyped]
from parley_core.languages.registry import ENGLISH

from parley_llm.providers.rule_based.words import Token, plain, tokens

_WORDS = ENGLISH.calendar
_WEEKDAYS = {name: number for number, name in enumerate(_WORDS.weekdays)} | dict(_WORDS.weekday_forms)
_MONTHS = {name: number for number, name in enumerate(_WORDS.months, start=1)} | dict(_WORDS.month_forms)
_DAYPARTS = _WORDS.day_parts
_FIGURE_DATE = re.compile(r"\b\d{1,4}[/.\-]\d{1,2}(?:[/.\-]\d{1,4})?\b")
_EARLIEST_HOUR = 7  # a bare hour below this is taken as the afternoon


@dataclass(frozen=True, slots=True)
class When:
    """What was said of a moment; parts that were not said are None."""

    day: date | None = None
    at: time | None = None
    part: str = ""  # "morning", "afternoon" or "evening", where only that was said
    bare: bool = False  # the time is a lone number, which only counts where a time was asked for

    def __bool__(self) -> bool:
        return self.day is not None or self.at is not None or bool(self.part)


def find_when(text: str, now: datetime, *, expected: bool = False) -> When:
    """The date and time said in the text, in the future of `now`. `expected`: a moment was asked for."""
    found = tokens(text)
    at, bare, spent = _find_time(found, expected=expected)
    rest = [token for position, token in enumerate(found) if position not in spent]
    day = _find_day(rest, now.date())
    if day is None:
        day = _written_day(text, now)
    part = next((_part(token.text) for token in found if token.text in _DAYPARTS), "")
    if day is None and any(token.text == "tonight" for token in found):
        day = now.date()
    if bare and day is None and not expected:
        at = None
    return When(day, at, "" if at else part, bare)


def _part(word: str) -> str:
    return "evening" if word in ("tonight", "night") else word


# -- time of day ------------------------------------------------------------------------------------------------------


def _find_time(found: list[Token], *, expected: bool) -> tuple[time | None, bool, set[int]]:
    """The time, whether it was a lone number, and the positions of the tokens it was made of."""
    meridiem = _meridiem(found)
    for at in range(len(found)):
        for rule in (_named, _past_or_to, _clock, _hour_and_minute, _marked_hour):
            if (hit := rule(found, at)) is not None:
                hour, minute, length = hit
                moment = _settle(hour, minute, meridiem)
                if moment is not None:
                    return moment, False, set(range(at, at + length))
    if expected or meridiem:
        for at, token in enumerate(found):
            if token.kind == "number" and 1 <= token.value <= 12 and not _beside_month(found, at):
                if at > 0 and found[at - 1].kind == "ordinal":
                    continue  # "the second one"
                return _settle(token.value, 0, meridiem), True, {at}
    return None, False, set()


def _meridiem(found: list[Token]) -> str:
    for token in found:
        if token.text in ("am", "pm"):
            return token.text
    return next((_DAYPARTS[token.text] for token in found if token.text in _DAYPARTS), "")


def _settle(hour: int, minute: int, meridiem: str) -> time | None:
    if not (0 <= hour < 24 and 0 <= minute < 60):
        return None
    if (meridiem == "pm" and hour < 12) or (not meridiem and 1 <= hour < _EARLIEST_HOUR):
        hour += 12
    return time(hour % 24, minute)


def _word(found: list[Token], at: int, *texts: str) -> bool:
    return 0 <= at < len(found) and found[at].text in texts


def _number(found: list[Token], at: int, low: int, high: int) -> int | None:
    if 0 <= at < len(found) and found[at].kind == "number" and low <= found[at].value <= high:
        return found[at].value
    return None


def _named(found: list[Token], at: int) -> tuple[int, int, int] | None:
    if _word(found, at, *_WORDS.noon):
        return 12, 0, 1
    return None


def _past_or_to(found: list[Token], at: int) -> tuple[int, int, int] | None:
    """ "half past nine", "quarter to three", "twenty five past ten", "ten minutes to four"."""
    if _word(found, at, "half"):
        minutes = 30
    elif _word(found, at, "quarter"):
        minutes = 15
    elif (said := _number(found, at, 1, 29)) is not None:
        minutes = said
    else:
        return None
    following = at + 1
    plainly = found[at].kind == "number" and not _word(found, following, "minutes", "minute")
    if _word(found, following, "minutes", "minute"):
        following += 1
    if _word(found, following, "past", "after"):
        hour = _number(found, following + 1, 1, 12)
        return None if hour is None else (hour, minutes, following + 2 - at)
    if _word(found, following, "to", "of", "before", "till", "til") and minutes != 30:
        if plainly and (minutes % 5 or minutes < 5 or _word(found, following, "of")):
            return None
        hour = _number(found, following + 1, 1, 12)
        # "nine to five" are opening hours and "from ten to twelve" is a span, not five minutes before something.
        if hour is None or (plainly and (_word(found, at - 1, "from", "between") or (minutes == 10 and hour == 12))):
            return None
        return (hour - 1) or 12, 60 - minutes, following + 2 - at
    if _word(found, at, "half") and (hour := _number(found, following, 1, 12)) is not None:
        return hour, 30, 2  # British: "half nine"
    return None


def _clock(found: list[Token], at: int) -> tuple[int, int, int] | None:
    if found[at].kind == "clock":
        return found[at].value // 60, found[at].value % 60, 1
    return None


def _hour_and_minute(found: list[Token], at: int) -> tuple[int, int, int] | None:
    """ "ten thirty", "two oh five", "nine forty five"."""
    hour = _number(found, at, 1, 23)
    if hour is None or found[at].text.startswith("twenty ") or _beside_month(found, at):
        return None
    padded = _word(found, at + 1, "oh", "o", "zero")
    length = 3 if padded else 2
    minute = _number(found, at + 2, 1, 9) if padded else _number(found, at + 1, 10, 59)
    # Three numbers in a row are digits of something else.
    more = _number(found, at + length, 0, 999) is not None or _word(found, at + length, "oh", "zero")
    if minute is None or more or _number(found, at - 1, 0, 999) is not None:
        return None
    return hour, minute, length


def _marked_hour(found: list[Token], at: int) -> tuple[int, int, int] | None:
    """ "at two", "two oclock", "two pm", "around nine", "ten in the morning"."""
    hour = _number(found, at, 1, 23)
    if hour is None:
        return None
    if _word(found, at + 1, "oclock", "am", "pm"):
        return hour, 0, 2
    if _word(found, at + 1, "in") and _word(found, at + 2, "the") and _word(found, at + 3, *_DAYPARTS):
        return hour, 0, 1
    before = _word(found, at - 1, "at", "around", "about", "by", "after", "before")
    behind = _number(found, at + 1, 0, 999) is not None or _word(found, at + 1, "of", "or", "days", "weeks")
    if before and not behind and not _beside_month(found, at):
        return hour, 0, 1
    return None


def _beside_month(found: list[Token], at: int) -> bool:
    """Whether the number at `at` is a day of the month: "december two", "two december"."""
    if at > 0 and found[at - 1].text in _MONTHS:
        return True
    if at > 1 and _word(found, at - 1, "the") and found[at - 2].text in _MONTHS:
        return True
    following = at + 2 if _word(found, at + 1, "of") else at + 1
    return following < len(found) and found[following].text in _MONTHS and found[following].text != "may"


# -- day --------------------------------------------------------------------------------------------------------------


def _find_day(found: list[Token], today: date) -> date | None:
    words = [token.text for token in found]
    joined = " ".join(words)
    if "day after tomorrow" in joined:
        return today + timedelta(days=2)
    return (
        _month_day(found, today)
        or _relative(found, joined, today)
        or _weekday(words, joined, today)
        or _simple(words, today)
        or _day_of_month(found, today)
    )


def _simple(words: list[str], today: date) -> date | None:
    if "today" in words:
        return today
    if "tomorrow" in words:
        return today + timedelta(days=1)
    return None


def _month_day(found: list[Token], today: date) -> date | None:
    for at, token in enumerate(found):
        month = _MONTHS.get(token.text)
        if month is None:
            continue
        day = None
        behind = at + 2 if _word(found, at + 1, "the") else at + 1
        before = at - 2 if _word(found, at - 1, "of") else at - 1
        if before >= 0 and (found[before].kind == "ordinal" or (found[before].kind == "number" and month)):
            day = found[before].value
        elif behind < len(found) and found[behind].kind in ("ordinal", "number"):
            day = found[behind].value
        if day is None:
            continue
        return _next_date(today, month, day)
    return None


def _next_date(today: date, month: int, day: int) -> date | None:
    for year in range(today.year, today.year + 9):  # 29 February may be up to eight years away
        try:
            candidate = date(year, month, day)
        except ValueError:
            continue
        if candidate >= today:
            return candidate
    return None


def _relative(found: list[Token], joined: str, today: date) -> date | None:
    for at, token in enumerate(found):
        amount = token.value if token.kind == "number" else 1 if token.text in ("a", "an") else None
        if amount is None or at + 1 >= len(found):
            continue
        unit = _WORDS.units.get(found[at + 1].text)
        if unit is None:
            continue
        base = today
        if _word(found, at + 2, "from") and at + 3 < len(found):
            base = _weekday([found[at + 3].text], "", today) or _simple([found[at + 3].text], today) or today
        elif not _word(found, at - 1, "in") and not _word(found, at + 2, "later", "on"):
            continue
        return base + timedelta(days=amount * unit)
    if "next week" in joined and not any(word in _WEEKDAYS for word in joined.split()):
        return None
    return None


def _weekday(words: list[str], joined: str, today: date) -> date | None:
    """The coming one, strictly after today; the read-back names its date."""
    for at, word in enumerate(words):
        if word not in _WEEKDAYS:
            continue
        ahead = (_WEEKDAYS[word] - today.weekday() - 1) % 7 + 1
        day = today + timedelta(days=ahead)
        if at > 0 and words[at - 1] == "this" and ahead == 7:
            return today
        in_next_week = "next week" in joined or (at + 1 < len(words) and words[at + 1] == "week")
        if in_next_week:
            monday = today - timedelta(days=today.weekday()) + timedelta(days=7)
            return monday + timedelta(days=_WEEKDAYS[word])
        return day
    return None


def _day_of_month(found: list[Token], today: date) -> date | None:
    for at, token in enumerate(found):
        if token.kind != "ordinal" or not 1 <= token.value <= 31:
            continue
        if token.text in ("first", "second", "third") and not _word(found, at - 1, "the"):
            continue
        if at + 1 < len(found) and found[at + 1].text in _WORDS.counted:
            continue
        for ahead in range(14):
            month0 = today.month - 1 + ahead
            year, month = today.year + month0 // 12, month0 % 12 + 1
            if token.value <= calendar.monthrange(year, month)[1]:
                candidate = date(year, month, token.value)
                if candidate >= today:
                    return candidate
    return None


def _written_day(text: str, now: datetime) -> date | None:
    match = _FIGURE_DATE.search(text)
    if match is None or ":" in match.group(0):
        return None
    parsed = dateparser.parse(
        match.group(0),
        languages=["en"],
        settings={
            "RELATIVE_BASE": now.replace(tzinfo=None),
            "PREFER_DATES_FROM": "future",
            "REQUIRE_PARTS": ["day", "month"],
        },
    )
    return parsed.date() if parsed is not None else None


def words_about_time(text: str) -> bool:
    """Whether the text speaks of days or times at all, also where no moment could be made of it."""
    said = set(plain(text).split())
    return bool(
        said & (_WEEKDAYS.keys() | _MONTHS.keys() - _WORDS.ambiguous_months | _DAYPARTS.keys() | {"today", "tomorrow"})
    )
