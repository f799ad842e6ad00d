"""What expressions say of a day, put together, and the day that is meant: "Friday the eleventh" must be both. Pure.

Used by `dates`; the expressions are found by `english_days` and by `templates`.
"""

import calendar
from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from datetime import date, timedelta

_LONGEST_AHEAD = 14  # months in which a day of the month is looked for


@dataclass(frozen=True, slots=True)
class Said:
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


def together(said: Iterable[Said]) -> Said | None:
    """One description out of several; None where they contradict each other."""
    whole = Said()
    for one in said:
        for name in one.shape:
            known, new = getattr(whole, name), getattr(one, name)
            if known is not None and known != new:
                return None
            whole = replace(whole, **{name: new})
    return whole


def completed(said: Said, replaced: list[Said]) -> tuple[Said, bool]:
    """ "Friday the fourth of January, no, the fifth" corrects the day and keeps the month. Whether that is certain."""
    old = together(replaced) if replaced else None
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


def resolved(said: Said, today: date) -> tuple[date | None, bool]:
    clear = not said.unclear
    if said.exact is not None:
        return said.exact, clear and _fits(said, said.exact, today)
    if said.day is not None and said.month is not None:
        day = _date_of(said.day, said.month, said.year, today)
        return day, clear and day is not None and _fits(said, day, today)
    if said.day is not None:
        return _day_of_month(said.day, said, today)
    if said.weekday is not None and said.month is None and said.year is None:
        return coming(said.weekday, said, today), clear
    return None, False  # "next week", "next month": a day is missing


def _fits(said: Said, day: date, today: date) -> bool:
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


def _day_of_month(number_said: int, said: Said, today: date) -> tuple[date | None, bool]:
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


def coming(weekday: int, said: Said, today: date) -> date:
    """The coming weekday, strictly after today: the read-back tells the caller which date that is."""
    if said.next_week:
        return today + timedelta(days=7 - today.weekday() + weekday)
    ahead = (weekday - today.weekday() - 1) % 7 + 1
    return today if said.this and ahead == 7 else today + timedelta(days=ahead)
