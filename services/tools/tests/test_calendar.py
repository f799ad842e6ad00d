import os
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from parley_core.errors import BadInput, NotFound
from parley_tools.calendar import Calendar, CalendarDocument, local_iso, nearest, spoken, unix_us
from parley_tools.calendars import Calendars, load_calendar

CLINIC = Path(__file__).parents[3] / "examples" / "clinic" / "calendar.yaml"
NOW = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)  # Monday, 9:00 in New York


@pytest.fixture
def clinic() -> Calendar:
    return load_calendar(CLINIC)


def always_open(zone: str) -> Calendar:
    hours = {day: ["00:00-24:00"] for day in ("sunday", "monday", "saturday")}
    return Calendar(
        CalendarDocument.model_validate(
            {"calendar": "night", "timezone": zone, "hours": hours, "doctors": [{"id": "a", "name": "Dr. Anna Abel"}]}
        )
    )


@pytest.mark.parametrize(
    ("when", "reason"),
    [
        ("2026-11-24T10:30", ""),
        ("2026-11-24T08:00", ""),
        ("2026-11-24T17:30", ""),
        ("2026-11-28T12:30", ""),
        ("2026-11-23T09:00", "That time has already passed."),
        ("2026-11-20T10:00", "That time has already passed."),
        ("2026-11-24T18:00", "On Tuesdays we are open from 8:00 AM to 6:00 PM."),
        ("2026-11-24T07:30", "On Tuesdays we are open from 8:00 AM to 6:00 PM."),
        ("2026-11-28T13:00", "On Saturdays we are open from 9:00 AM to 1:00 PM."),
        ("2026-11-29T10:00", "We are closed on Sunday, November 29."),
        ("2026-12-25T10:00", "We are closed on Friday, December 25."),
        ("2026-11-24T10:10", "Appointments begin every 30 minutes, starting at 8:00 AM."),
        ("2027-06-01T10:00", "We only book up to 90 days ahead."),
    ],
)
def test_what_can_be_booked_and_why_not(clinic: Calendar, when: str, reason: str) -> None:
    assert clinic.why_not(clinic.asked(when).start, NOW, clinic.document.doctors) == reason


def test_a_doctor_who_is_not_in_is_named(clinic: Calendar) -> None:
    document = clinic.document.model_dump()
    document["doctors"][2]["hours"] = {"monday": ["08:00-12:00"]}
    calendar = Calendar(CalendarDocument.model_validate(document))
    ruiz = calendar.doctor_named("ruiz")
    start = calendar.asked("2026-11-24T10:00").start
    assert calendar.why_not(start, NOW, [ruiz]) == "Dr. Elena Ruiz is not in on Tuesday, November 24."
    assert calendar.why_not(start, NOW, calendar.document.doctors) == ""


def test_slots_of_a_day_cover_its_hours_and_leave_out_what_has_passed(clinic: Calendar) -> None:
    chen = [clinic.doctor_named("chen")]
    tuesday = list(clinic.slots(date(2026, 11, 24), date(2026, 11, 24), NOW, chen))
    assert len(tuesday) == 20
    assert local_iso(tuesday[0].start) == "2026-11-24T08:00"
    assert local_iso(tuesday[-1].start) == "2026-11-24T17:30"
    today = list(clinic.slots(date(2026, 11, 23), date(2026, 11, 23), NOW, chen))
    assert local_iso(today[0].start) == "2026-11-23T09:30"
    assert list(clinic.slots(date(2026, 11, 29), date(2026, 11, 29), NOW, chen)) == []


def test_nearest_gives_each_time_once_in_order(clinic: Calendar) -> None:
    day = date(2026, 11, 24)
    slots = list(clinic.slots(day, day, NOW, clinic.document.doctors))
    found = nearest(slots, clinic.asked("2026-11-24T10:30").start, 3)
    assert [local_iso(slot.start) for slot in found] == ["2026-11-24T10:00", "2026-11-24T10:30", "2026-11-24T11:00"]


@pytest.mark.parametrize(
    ("heard", "name"),
    [
        ("chen", "Dr. Sarah Chen"),
        ("Doctor James Patel", "Dr. James Patel"),
        ("dr. elena", "Dr. Elena Ruiz"),
        ("doctor chan", "Dr. Sarah Chen"),
        ("RUIZ", "Dr. Elena Ruiz"),
    ],
)
def test_doctors_are_found_as_callers_name_them(clinic: Calendar, heard: str, name: str) -> None:
    assert clinic.doctor_named(heard).name == name


@pytest.mark.parametrize("heard", ["house", "doctor", "chen patel"])
def test_an_unknown_doctor_is_answered_with_the_names(clinic: Calendar, heard: str) -> None:
    with pytest.raises(BadInput, match=r"doctor: must be one of Dr\. Sarah Chen, Dr\. James Patel"):
        clinic.doctor_named(heard)


def test_times_with_an_offset_are_moved_to_the_wall_clock(clinic: Calendar) -> None:
    assert local_iso(clinic.asked("2026-11-24T15:30:00+00:00").start) == "2026-11-24T10:30"
    assert clinic.asked("2026-11-24").whole_day


@pytest.mark.parametrize("text", ["tomorrow", "2026-13-01", "2026-11-24T25:00", "2026-11-31"])
def test_other_times_are_refused_with_an_example(clinic: Calendar, text: str) -> None:
    with pytest.raises(BadInput, match="when: must be a local date and time such as 2026-11-24T10:30"):
        clinic.asked(text)


def test_wall_clock_times_keep_over_the_end_of_summer_time(clinic: Calendar) -> None:
    before, after = clinic.asked("2026-10-31T10:00").start, clinic.asked("2026-11-02T10:00").start
    assert unix_us(after) - unix_us(before) == 49 * 3600 * 1_000_000


def test_a_time_that_the_change_to_summer_time_skips_is_no_slot() -> None:
    calendar = always_open("America/New_York")
    now = datetime(2027, 3, 13, 12, 0, tzinfo=UTC)
    skipped = calendar.asked("2027-03-14T02:30").start
    assert "clocks change" in calendar.why_not(skipped, now, calendar.document.doctors)
    day = date(2027, 3, 14)
    times = [local_iso(slot.start) for slot in calendar.slots(day, day, now, calendar.document.doctors)]
    assert "2027-03-14T01:30" in times
    assert "2027-03-14T02:00" not in times
    assert "2027-03-14T02:30" not in times
    assert "2027-03-14T03:00" in times
    assert len(times) == 46


def test_the_hour_that_comes_twice_is_booked_once() -> None:
    calendar = always_open("America/New_York")
    now = datetime(2026, 10, 31, 12, 0, tzinfo=UTC)
    day = date(2026, 11, 1)
    slots = list(calendar.slots(day, day, now, calendar.document.doctors))
    assert len(slots) == len({slot.start_us for slot in slots}) == 48


def test_times_are_spoken_as_people_say_them(clinic: Calendar) -> None:
    assert spoken(clinic.asked("2026-11-24T10:30").start) == "Tuesday, November 24 at 10:30 AM"
    assert spoken(clinic.asked("2026-11-24T12:00").start) == "Tuesday, November 24 at 12:00 PM"


def test_the_agents_calendar_is_found_and_read_again_when_it_changes(tmp_path: Path) -> None:
    text = CLINIC.read_text()
    own = tmp_path / "acme" / "clinic" / "calendar.yaml"
    for path in (tmp_path / "clinic" / "calendar.yaml", own):
        path.parent.mkdir(parents=True)
        path.write_text(text)
    own.write_text(text.replace("riverside", "acme"))
    calendars = Calendars(tmp_path)
    assert calendars.of("other", "clinic").document.calendar == "riverside"
    assert calendars.of("acme", "clinic").document.calendar == "acme"
    first = calendars.of("acme", "clinic")
    assert calendars.of("acme", "clinic") is first
    own.write_text(text.replace("riverside", "acme-two"))

    os.utime(own, ns=(1, 1))
    assert calendars.of("acme", "clinic").document.calendar == "acme-two"
    with pytest.raises(NotFound, match="calendar of agent"):
        calendars.of("acme", "shop")
    with pytest.raises(BadInput, match="agent"):
        calendars.of("acme", "../clinic")
    assert Calendars(own).of("anyone", "anything").document.calendar == "acme-two"


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        (("timezone: America/New_York", "timezone: Mars/Olympus"), "timezone"),
        (('monday: ["08:00-18:00"]', 'monday: ["18:00-08:00"]'), "hours.monday"),
        (('monday: ["08:00-18:00"]', 'someday: ["08:00-18:00"]'), "hours"),
        (("slot_minutes: 30", "slot_minutes: 0"), "slot_minutes"),
        (("calendar: riverside", "colour: red"), "calendar"),
        (("hours:", "hours: [}"), "is not YAML"),
    ],
)
def test_a_wrong_calendar_is_named_with_its_field(tmp_path: Path, wrong: tuple[str, str], named: str) -> None:
    path = tmp_path / "calendar.yaml"
    path.write_text(CLINIC.read_text().replace(*wrong, 1))
    with pytest.raises(BadInput) as failure:
        load_calendar(path)
    assert str(path) in str(failure.value)
    assert named in str(failure.value)
