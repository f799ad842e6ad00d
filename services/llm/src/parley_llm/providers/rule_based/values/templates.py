"""Days and times by a pack's templates: expressions over the phrase's words, with numbers as figures. Pure.

Used by `dates` for every language whose pack has templates. At each word the longest expression counts. What a template
says is in the names of its groups:

- of a day: `weekday`, `day`, `month`, `year`, `named` ("tomorrow"), `today`, `count` and `unit` (ahead of today, or of
  the weekday or named day beside it), `next_week`, `this`, `this_month`, `next_month`, `past` (the last such weekday),
  `next` (the coming weekday, unless it is in this week: then it is unclear), `month_number`, `unclear`;
- of a time: `hour`, `clock`, `noon`, `midnight`, `plus` and `minus` (minutes), `p15`, `m30` and their like (the same,
  where a word stands for them), `half` ("am", "pm"), `unclear_time`;
- of either: `part`, a part of the day.
"""

import calendar as months
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, time, timedelta
from functools import lru_cache

from parley_core.languages.answers import folded
from parley_core.languages.pack import Pack
from parley_core.languages.value_words import Calendar

from parley_llm.providers.rule_based.values.clock_times import ClockTime
from parley_llm.providers.rule_based.values.days import Said
from parley_llm.providers.rule_based.values.number_words import tokens
from parley_llm.providers.rule_based.values.phrase import Span
from parley_llm.providers.rule_based.words import Token

_ARTICLE = "01"
Moment = Said | ClockTime | str
_EARLIEST_HOUR = 7  # a bare hour below this is taken as the afternoon
# Written dates, the day first: with slashes in two or three parts, with stops in two, with dashes in three.
_FIGURES = re.compile(
    r"(?<![\w/.\-])(?:(?P<year>\d{4})[.-](?P<month>\d{1,2})[.-](?P<day>\d{1,2})|"
    r"(?P<first>\d{1,2})(?:/(?P<second>\d{1,2})(?:/(?P<third>\d{4}|\d{2}))?|"
    r"\.(?P<second_>\d{1,2})\.(?P<third_>\d{4}|\d{2})?|-(?P<second__>\d{1,2})-(?P<third__>\d{4})))(?![\w/\-])"
)
_PLACE = re.compile(r"(?<!\?P)<([a-z]+)>")
_SAME = {"ordinal": "day"}
_SHIFT = re.compile(r"([pm])(\d+)")


@lru_cache(maxsize=16)
def _rules(calendar: Calendar) -> tuple[re.Pattern[str], ...]:
    def any_of(words: Mapping[str, object] | frozenset[str]) -> str:
        return "|".join(re.escape(folded(word)) for word in sorted(words, key=len, reverse=True))

    weekdays = {word: 0 for word in (*calendar.weekdays, *calendar.weekday_forms)}
    names = {word: 0 for word in (*calendar.months, *calendar.month_forms)}
    places = {
        "weekday": any_of(weekdays),
        "month": any_of(names),
        "named": any_of(calendar.named_days),
        "unit": any_of(calendar.units),
        "part": any_of(calendar.day_parts),
        "noon": any_of(calendar.noon),
        "count": r"\d{1,2}",
        "day": r"\d{1,2}(?:th)?",
        "ordinal": r"\d{1,2}th",
        "year": r"(?:19|20|21)\d\d",
        "hour": r"\d{1,2}",
        "plus": rf"(?!{_ARTICLE}\b)\d{{1,2}}",
        "minus": rf"(?!{_ARTICLE}\b)\d{{1,2}}",
        "clock": r"\d{1,2}:\d\d",
    }

    def filled(template: str) -> re.Pattern[str]:
        taken: Counter[str] = Counter()

        def group(match: re.Match[str]) -> str:
            name = _SAME.get(match.group(1), match.group(1))
            taken[name] += 1
            return f"(?P<{name}{'_' * (taken[name] - 1)}>{places[match.group(1)]})"

        return re.compile(f"(?:{_PLACE.sub(group, template)})(?= |$)")

    return tuple(filled(template) for template in calendar.templates)


def find(text: str, today: date, words: Pack, *, expected: bool) -> tuple[list[str], list[Span[Moment]]]:
    """The phrase's words, and every day, time and part of a day in them. `expected`: lone numbers are times."""
    found = [token for token in _read_figures(text, words) if token.text not in words.naming.hesitations]
    line, starts = _line(found, words)
    ends = {
        start + len(_shown(token, words)): at + 1 for at, (start, token) in enumerate(zip(starts, found, strict=True))
    }
    spans: list[Span[Moment]] = []
    lone: list[int] = []
    at = 0
    while at < len(found):
        hits = [hit for rule in _rules(words.calendar) if (hit := rule.match(line, starts[at])) is not None]
        made = [(ends[hit.end()], said) for hit in hits if hit.end() in ends and (said := _meaning(hit, words, today))]
        if made:
            end, said = max(made, key=lambda one: one[0])
            spans += [Span(at, end, value, part) if nth == 0 else Span(end, end, value, part)
                      for nth, (part, value) in enumerate(said)]  # fmt: skip
            at = end
            continue
        if found[at].kind == "date":
            spans += [Span(at, at + 1, said, "day") for said in [_figures(found[at].text)] if said is not None]
        elif _is_lone(found, at, words):
            lone.append(at)
        at += 1
    if expected or any(span.part in ("time", "part") for span in spans):
        spans += [Span(at, at + 1, ClockTime(found[at].value, 0, bare=True), "time") for at in lone]
    return [token.text for token in found], sorted(spans, key=lambda span: span.start)


def _shown(token: Token, words: Pack) -> str:
    match token.kind:
        case "number":
            # An article is a number in "in einer Woche", and no minute in "um zwei Uhr einen Termin".
            return _ARTICLE if token.text in words.numbers.articles else str(token.value)
        case "ordinal":
            return f"{token.value}th"
        case "clock":
            return f"{token.value // 60}:{token.value % 60:02d}"
        case _:
            return token.text


def _line(found: list[Token], words: Pack) -> tuple[str, list[int]]:
    """The words as the templates know them, and where each begins."""
    starts, line = [], ""
    for token in found:
        starts.append(len(line))
        line += _shown(token, words) + " "
    return line.rstrip(), starts


def _read_figures(text: str, words: Pack) -> list[Token]:
    """Tokens, with dates that are written in figures as tokens of kind "date"."""
    found: list[Token] = []
    end = 0
    for match in _FIGURES.finditer(text):
        if _figures(match.group()) is not None:
            found += [*tokens(text[end : match.start()], words), Token("date", match.group())]
            end = match.end()
    return [*found, *tokens(text[end:], words)]


def _figures(written: str) -> Said | None:
    if (match := _FIGURES.fullmatch(written)) is None:
        return None
    said = {name.rstrip("_"): int(value) for name, value in match.groupdict().items() if value is not None}
    day, month = said.get("day") or said.get("first", 0), said.get("month") or said.get("second", 0)
    year = said.get("year") or said.get("third")
    if not (1 <= day <= 31 and 1 <= month <= 12):
        return None
    return Said(day=day, month=month, year=year if year is None or year > 99 else 2000 + year)


def _is_lone(found: list[Token], at: int, words: Pack) -> bool:
    token = found[at]
    if token.kind != "number" or not 1 <= token.value <= 23 or token.text in words.numbers.articles:
        return False
    near = [found[one] for one in (at - 1, at + 1) if 0 <= one < len(found)]
    counted = at + 1 < len(found) and found[at + 1].text in words.calendar.counted
    return not counted and all(one.kind not in ("number", "ordinal") for one in near)


# -- what a match says ------------------------------------------------------------------------------------------------


def _meaning(hit: re.Match[str], words: Pack, today: date) -> list[tuple[str, Moment]]:
    """Parts of the moment with their values; none where the figures can be no day and no time."""
    said = {name.rstrip("_"): value for name, value in hit.groupdict().items() if value is not None}
    found: list[tuple[str, Moment]] = []
    if said.keys() & {"hour", "clock", "noon", "midnight"}:
        at = _time_of(said, words.calendar)
        if at is None:
            return []
        found.append(("time", at))
    elif "part" in said:
        found.append(("part", said["part"]))
    if said.keys() & {"weekday", "day", "month", "named", "today", "count", "next_week"}:
        day = _day_of(said, words.calendar, today)
        if day is None:
            return []
        found.insert(0, ("day", day))
    return found


def _time_of(said: dict[str, str], calendar: Calendar) -> ClockTime | None:
    half = said.get("part", "") or said.get("half", "")
    if "noon" in said:
        return ClockTime(12, 0, half)
    if "midnight" in said:
        return ClockTime(0, 0, half)
    hour, minute = map(int, said["clock"].split(":")) if "clock" in said else (int(said["hour"]), 0)
    total = hour * 60 + minute + int(said.get("plus", 0)) - int(said.get("minus", 0))
    for name in said:
        if shift := _SHIFT.fullmatch(name):
            total += int(shift.group(2)) * (1 if shift.group(1) == "p" else -1)
    if total < 60 and 1 <= hour <= 12:
        total += 12 * 60  # "half one" is half past twelve
    if hour > 24 or minute > 59 or int(said.get("plus", 0)) > 59 or total < 0:
        return None
    return ClockTime(total // 60 % 24, total % 60, half, unclear="unclear_time" in said)


def _day_of(said: dict[str, str], calendar: Calendar, today: date) -> Said | None:
    weekday = _number(said.get("weekday"), calendar.weekdays, calendar.weekday_forms, first=0)
    unclear = True if "unclear" in said else None
    if "count" in said:
        return _ahead(said, calendar, weekday, today)
    if "named" in said:
        offset = _folded(calendar.named_days)[said["named"]]
        return Said(exact=today + timedelta(days=offset), weekday=weekday, unclear=unclear)
    if "today" in said:
        return Said(exact=today, weekday=weekday)
    if "past" in said and weekday is not None:
        return Said(exact=today - timedelta(days=(today.weekday() - weekday - 1) % 7 + 1))
    day = int(said["day"].removesuffix("th")) if "day" in said else None
    if day is not None and not 1 <= day <= 31:
        return None
    month = _number(said.get("month"), calendar.months, calendar.month_forms, first=1)
    if "month_number" in said:
        month = int(said["month_number"].removesuffix("th"))
        if not 1 <= month <= 12:
            return None
    if "next" in said and weekday is not None and weekday > today.weekday():
        unclear = True  # of this week or of the next one
    whole = Said(
        weekday=weekday,
        day=day,
        month=month,
        year=int(said["year"]) if "year" in said else None,
        next_week=True if "next_week" in said else None,
        this=True if "this" in said else None,
        unclear=unclear,
    )
    if "this_month" in said or "next_month" in said:
        year, month0 = divmod(today.year * 12 + today.month - 1 + ("next_month" in said), 12)
        whole = replace(whole, month=month0 + 1, year=year)
    return whole


def _ahead(said: dict[str, str], calendar: Calendar, weekday: int | None, today: date) -> Said | None:
    count, unit = int(said["count"]), _folded(calendar.units)[said["unit"]]
    start, unclear = today, "unclear" in said
    if "named" in said:
        start += timedelta(days=_folded(calendar.named_days)[said["named"]])
    elif weekday is not None:
        start += timedelta(days=(weekday - today.weekday() - 1) % 7 + 1)
    if unit == 1 and count in calendar.idioms:
        count, unclear = calendar.idioms[count], True
    if unit >= 1:
        return Said(exact=start + timedelta(days=count * unit), unclear=unclear or None)
    year, month0 = divmod(start.year * 12 + start.month - 1 + count, 12)  # a unit of 0 is a month
    last = months.monthrange(year, month0 + 1)[1]
    return Said(exact=date(year, month0 + 1, min(start.day, last)), unclear=unclear or start.day > last or None)


def _number(word: str | None, names: tuple[str, ...], forms: Mapping[str, int], *, first: int) -> int | None:
    if word is None:
        return None
    return _folded({name: at for at, name in enumerate(names, start=first)} | dict(forms))[word]


def _folded(table: Mapping[str, int]) -> dict[str, int]:
    return {folded(word): value for word, value in table.items()}


# -- which time is meant ----------------------------------------------------------------------------------------------


def settle(said: ClockTime, part: str, calendar: Calendar) -> tuple[time | None, bool]:
    """The time that is meant, and whether nothing speaks against it. `part`: a part of the day said elsewhere."""
    half = said.half or part
    both = [said.hour] if said.hour > 12 or said.hour == 0 else [said.hour, (said.hour + 12) % 24]
    if half in ("am", "pm"):
        fitting = [hour for hour in both if (hour < 12) == (half == "am")]
    elif half:
        first, last = {folded(word): hours for word, hours in calendar.part_hours.items()}[half]
        fitting = [hour for hour in both if (first <= hour <= last if first <= last else not last < hour < first)]
    else:
        fitting = [said.hour + 12 if 1 <= said.hour < _EARLIEST_HOUR else said.hour]
    agrees = (not part or not said.half or said.half == part) and (said.hour, fitting) != (12, [0])  # of which day?
    return time((fitting or both)[0], said.minute), len(fitting) == 1 and agrees and not said.unclear


def named(part: str, calendar: Calendar) -> str:
    """ "morning", "afternoon" or "evening"."""
    return {folded(word): name for word, name in calendar.day_parts.items()}[part]
