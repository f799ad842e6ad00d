from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import pytest
from parley_llm.providers.rule_based.spoken import say_datetime, say_digits, say_list, say_ordinal, say_time
from parley_llm.providers.rule_based.values.dates import find_when

SATURDAY = datetime(2026, 11, 21, 9, 0, tzinfo=ZoneInfo("America/New_York"))


def d(text: str) -> date:
    return date.fromisoformat(text)


@pytest.mark.parametrize(
    ("said", "day", "at"),
    [
        ("next tuesday at ten thirty in the morning", "2026-11-24", "10:30"),
        ("i would like to book an appointment for next tuesday at ten thirty", "2026-11-24", "10:30"),
        ("i would like to book a appointment for next tuesday at ten thirty", "2026-11-24", "10:30"),
        ("tomorrow at half past nine", "2026-11-22", "09:30"),
        ("the day after tomorrow at noon", "2026-11-23", "12:00"),
        ("the third of december at two p m", "2026-12-03", "14:00"),
        ("the third of december at two p.m.", "2026-12-03", "14:00"),
        ("december third at two pm", "2026-12-03", "14:00"),
        ("december the third two in the afternoon", "2026-12-03", "14:00"),
        ("december twenty first at a quarter to three", "2026-12-21", "14:45"),
        ("tuesday the first of december at ten thirty", "2026-12-01", "10:30"),
        ("tuesday december first at ten thirty in the morning", "2026-12-01", "10:30"),
        ("on the fifth at nine oh five", "2026-12-05", "09:05"),
        ("a week from tuesday at noon", "2026-12-01", "12:00"),
        ("in two weeks at eleven", "2026-12-05", "11:00"),
        ("in ten days at four", "2026-12-01", "16:00"),
        ("monday at nine a.m.", "2026-11-23", "09:00"),
        ("monday nine am", "2026-11-23", "09:00"),
        ("monday at 9", "2026-11-23", "09:00"),
        ("thursday next week around four oclock", "2026-11-26", "16:00"),
        ("thursday at four o'clock", "2026-11-26", "16:00"),
        ("wednesday at quarter past eight", "2026-11-25", "08:15"),
        ("wednesday at five past eight", "2026-11-25", "08:05"),
        ("twenty five past ten on friday", "2026-11-27", "10:25"),
        ("twenty to eleven on friday", "2026-11-27", "10:40"),
        ("ten minutes to four on friday", "2026-11-27", "15:50"),
        ("friday at half nine", "2026-11-27", "09:30"),
        ("2026-12-01 at 14:30", "2026-12-01", "14:30"),
        ("12/1 at 3", "2026-12-01", "15:00"),
        ("uh friday um at like one thirty", "2026-11-27", "13:30"),
        ("january second at eight", "2027-01-02", "08:00"),
        ("november first at eight", "2027-11-01", "08:00"),
        ("saturday at ten", "2026-11-28", "10:00"),
        ("this saturday at eleven", "2026-11-21", "11:00"),
        ("seven in the evening tomorrow", "2026-11-22", "19:00"),
        ("do you have something on wednesday at eleven", "2026-11-25", "11:00"),
        ("what are your opening hours on saturday", "2026-11-28", None),
        ("next friday", "2026-11-27", None),
        ("today", "2026-11-21", None),
        ("at two", None, "14:00"),
        ("two thirty", None, "14:30"),
        ("around nine forty five", None, "09:45"),
        ("twelve fifteen", None, "12:15"),
        ("at twelve", None, "12:00"),
        ("ten thirty works", None, "10:30"),
        ("i need to see a doctor", None, None),
        ("i may need a doctor for my son", None, None),
        ("my phone number is five five five zero one four two", None, None),
        ("one moment please", None, None),
        ("are you open from nine to five", None, None),
    ],
)
def test_reads_what_callers_say(said, day, at):
    when = find_when(said, SATURDAY)
    assert when.day == (d(day) if day else None)
    assert when.at == (time.fromisoformat(at) if at else None)


@pytest.mark.parametrize(
    ("said", "at"),
    [("ten", "10:00"), ("can you do ten instead", "10:00"), ("three would be good", "15:00"), ("the second one", None)],
)
def test_a_lone_number_is_a_time_only_where_one_was_asked_for(said, at):
    assert find_when(said, SATURDAY).at is None
    when = find_when(said, SATURDAY, expected=True)
    assert when.at == (time.fromisoformat(at) if at else None)
    assert when.bare is (at is not None)


def test_a_part_of_the_day_is_kept_where_no_time_was_said():
    when = find_when("friday morning", SATURDAY)
    assert (when.day, when.at, when.part) == (d("2026-11-27"), None, "morning")


@pytest.mark.parametrize(
    ("moment", "said"),
    [
        ("2026-12-01T10:30", "Tuesday, December first at ten thirty in the morning"),
        ("2026-11-24T14:00", "Tuesday, November twenty fourth at two in the afternoon"),
        ("2026-11-30T09:05", "Monday, November thirtieth at nine oh five in the morning"),
        ("2026-12-12T12:00", "Saturday, December twelfth at noon"),
        ("2026-12-20T18:45", "Sunday, December twentieth at six forty five in the evening"),
    ],
)
def test_says_moments_as_people_do(moment, said):
    assert say_datetime(datetime.fromisoformat(moment)) == said


@pytest.mark.parametrize("hour", range(1, 24))
@pytest.mark.parametrize("minute", [0, 5, 15, 30, 45, 59])
def test_every_time_that_is_said_is_read_back(hour, minute):
    moment = time(hour, minute)
    assert find_when(f"at {say_time(moment)}", SATURDAY).at == moment


def test_every_day_that_is_said_is_read_back():
    for ordinal in range(SATURDAY.date().toordinal(), SATURDAY.date().toordinal() + 364):
        day = date.fromordinal(ordinal)
        assert find_when(f"{day:%A} {day:%B} {say_ordinal(day.day)}", SATURDAY).day == day


def test_groups_digits_and_joins_lists():
    assert say_digits("5550142") == "five five five, zero one four two"
    assert say_digits("2125550142") == "two one two, five five five, zero one four two"
    assert say_digits("+12125550142").startswith("plus one, two one two")
    assert say_list(["a", "b", "c"]) == "a, b or c"
