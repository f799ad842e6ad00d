"""A business's calendar: who can be booked when. Pure: it is given the time and what is taken, and does no I/O.

Times are the wall clock's at the business. They become Unix microseconds through the zone's rules, so that an
appointment keeps its wall-clock time over a change to summer time.
"""

import difflib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Final
from zoneinfo import ZoneInfo

from parley_core.errors import BadInput
from parley_core.languages.registry import PACKS
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator

DAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_TITLES: Final = frozenset().union(*(pack.naming.titles for pack in PACKS.values()))
_CLOSE_ENOUGH: Final = 0.75


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        raise ValueError(f"{name!r} is not a time zone such as America/New_York") from None
    return name


def _span(text: str) -> str:
    match = re.fullmatch(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-4]):([0-5]\d)", text)
    if match is None or _minutes(text[:5]) >= _minutes(text[6:]) or _minutes(text[6:]) > 24 * 60:
        raise ValueError(f"{text!r} is not a span of a day such as 08:00-18:00")
    return text


Zone = Annotated[str, AfterValidator(_zone)]
Hours = dict[str, list[Annotated[str, AfterValidator(_span)]]]


class _Document(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Doctor(_Document):
    id: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$", description="Stored with an appointment; keep it")
    name: str = Field(min_length=1, max_length=200, description="As it is spoken; callers may say a part of it")
    hours: Hours | None = Field(None, description="Hours by weekday; unset: the calendar's")


class CalendarDocument(_Document):
    """What stands in a calendar's YAML file."""

    calendar: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$", description="Name; stored with an appointment")
    timezone: Zone = Field(description="IANA name; all times are local to it")
    slot_minutes: int = Field(30, ge=5, le=480, description="Length of an appointment (min)")
    bookable_days: int = Field(90, ge=1, le=730, description="How far ahead an appointment may be (days)")
    hours: Hours = Field(description='Spans by weekday, such as `monday: ["08:00-12:00", "13:00-17:00"]`; else closed')
    closed: list[date] = Field(default=[], description="Dates without appointments, such as `2026-12-25`")
    doctors: list[Doctor] = Field(min_length=1, description="Who can be booked (below)")

    @field_validator("hours")
    @classmethod
    def _days(cls, hours: Hours) -> Hours:
        for day in hours:
            if day not in DAYS:
                raise ValueError(f"{day!r} is not a day; write {', '.join(DAYS)}")
        return hours


@dataclass(frozen=True, slots=True)
class Slot:
    """One doctor's time. `start` carries the calendar's zone; `start_us` is the same moment."""

    start: datetime
    start_us: int
    doctor: Doctor


@dataclass(frozen=True, slots=True)
class Asked:
    """What a caller asked for: a moment, or a whole day."""

    start: datetime
    whole_day: bool


class Calendar:
    """Answers what may be booked. Callers hand in `now`, a datetime with a zone."""

    def __init__(self, document: CalendarDocument) -> None:
        self.document = document
        self.zone = ZoneInfo(document.timezone)

    def asked(self, text: str) -> Asked:
        """Read an ISO date, or date and time, local to the calendar unless it has an offset. Raises BadInput."""
        try:
            if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
                return Asked(datetime.combine(date.fromisoformat(text), time(), self.zone), whole_day=True)
            moment = datetime.fromisoformat(text)
        except ValueError:
            raise BadInput("when", "must be a local date and time such as 2026-11-24T10:30") from None
        moment = moment.replace(tzinfo=self.zone) if moment.tzinfo is None else moment.astimezone(self.zone)
        return Asked(moment.replace(second=0, microsecond=0), whole_day=False)

    def doctor_named(self, text: str) -> Doctor:
        """Find a doctor by any part of the name, also when it was heard a little wrong. Raises BadInput."""
        words = _words(text)
        fitting = [doctor for doctor in self.document.doctors if words and words <= _words(doctor.name)]
        if not fitting:
            fitting = [doctor for doctor in self.document.doctors if _sounds_like(words, doctor)]
        if len(fitting) != 1:
            names = ", ".join(doctor.name for doctor in fitting or self.document.doctors)
            raise BadInput("doctor", f"must be one of {names}")
        return fitting[0]

    def doctor_with(self, doctor_id: str) -> Doctor | None:
        """None: not in this calendar any more."""
        return next((doctor for doctor in self.document.doctors if doctor.id == doctor_id), None)

    def why_no_day(self, day: date, now: datetime, doctors: Sequence[Doctor]) -> str:
        """A sentence to speak on why these doctors have no appointments that day; "" if they have some."""
        today = now.astimezone(self.zone).date()
        if day < today:
            return "That day has already passed."
        if day > today + timedelta(days=self.document.bookable_days):
            return f"We only book up to {self.document.bookable_days} days ahead."
        if any(self._spans(doctor, day) for doctor in doctors):
            return ""
        named = f"{day:%A}, {day:%B} {day.day}"
        if any(self._spans(doctor, day) for doctor in self.document.doctors):
            return f"{doctors[0].name} is not in on {named}."
        return f"We are closed on {named}."

    def why_not(self, start: datetime, now: datetime, doctors: Sequence[Doctor]) -> str:
        """Say why nothing can be booked then, as `why_no_day` does; "" when it can if it is not taken."""
        if unix_us(start) <= unix_us(now):
            return "That time has already passed."
        if reason := self.why_no_day(start.date(), now, doctors):
            return reason
        if not _exists(start):
            return "The clocks change at that time, so it does not exist."
        spans = [span for doctor in doctors for span in self._spans(doctor, start.date())]
        minute, length = start.hour * 60 + start.minute, self.document.slot_minutes
        within = [(opens, closes) for opens, closes in spans if opens <= minute < closes]
        if not within:
            opens, closes = min(opens for opens, _ in spans), max(closes for _, closes in spans)
            return f"On {start:%A}s we are open from {_clock(opens)} to {_clock(closes)}."
        if any((minute - opens) % length == 0 and minute + length <= closes for opens, closes in within):
            return ""
        return f"Appointments begin every {length} minutes, starting at {_clock(within[0][0])}."

    def slots(self, first: date, last: date, now: datetime, doctors: Sequence[Doctor]) -> Iterator[Slot]:
        """Every slot of these doctors from `first` to `last` that is still to come, in time's order."""
        today, now_us = now.astimezone(self.zone).date(), unix_us(now)
        day, last = max(first, today), min(last, today + timedelta(days=self.document.bookable_days))
        length = self.document.slot_minutes
        while day <= last:
            of_day: list[Slot] = []
            for doctor in doctors:
                for opens, closes in self._spans(doctor, day):
                    for minute in range(opens, closes - length + 1, length):
                        start = datetime.combine(day, time(minute // 60, minute % 60), self.zone)
                        of_day.append(Slot(start, unix_us(start), doctor))
            of_day.sort(key=lambda slot: slot.start_us)
            yield from (slot for slot in of_day if slot.start_us > now_us and _exists(slot.start))
            day += timedelta(days=1)

    def _spans(self, doctor: Doctor, day: date) -> list[tuple[int, int]]:
        """Opening and closing, in minutes of the day."""
        if day in self.document.closed:
            return []
        hours = self.document.hours if doctor.hours is None else doctor.hours
        return [(_minutes(span[:5]), _minutes(span[6:])) for span in hours.get(DAYS[day.weekday()], [])]


def nearest(free: Sequence[Slot], start: datetime, limit: int) -> list[Slot]:
    """Of these free slots, one for each time, the `limit` nearest to `start`; in time's order."""
    by_time: dict[int, Slot] = {}
    for slot in free:
        by_time.setdefault(slot.start_us, slot)
    wanted = unix_us(start)
    closest = sorted(by_time.values(), key=lambda slot: (abs(slot.start_us - wanted), slot.start_us))[:limit]
    return sorted(closest, key=lambda slot: slot.start_us)


def unix_us(moment: datetime) -> int:
    since = moment.astimezone(UTC) - datetime(1970, 1, 1, tzinfo=UTC)
    return since // timedelta(microseconds=1)


def at_us(time_us: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=time_us)


def local_iso(moment: datetime) -> str:
    """The wall clock's time, without a zone: 2026-11-24T10:30."""
    return f"{moment:%Y-%m-%dT%H:%M}"


def spoken(moment: datetime) -> str:
    """As it is said: "Tuesday, November 24 at 10:30 AM"."""
    return f"{moment:%A}, {moment:%B} {moment.day} at {_clock(moment.hour * 60 + moment.minute)}"


def _clock(minute: int) -> str:
    hour = minute // 60 % 24
    return f"{hour % 12 or 12}:{minute % 60:02d} {'AM' if hour < 12 else 'PM'}"


def _minutes(text: str) -> int:
    return int(text[:2]) * 60 + int(text[3:])


def _exists(moment: datetime) -> bool:
    # A wall-clock time that the change to summer time skips does not survive the way to UTC and back.
    return moment.astimezone(UTC).astimezone(moment.tzinfo).replace(tzinfo=None) == moment.replace(tzinfo=None)


def _sounds_like(words: frozenset[str], doctor: Doctor) -> bool:
    return any(difflib.get_close_matches(word, _words(doctor.name), 1, _CLOSE_ENOUGH) for word in words)


def _words(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"[^\W\d_]+", text.lower())) - _TITLES
