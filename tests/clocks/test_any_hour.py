"""Scripted callers say the business's dates: at any hour, in any zone, the day that is said is the day looked up.

`make test-clocks` plays a whole spoken booking under faked clocks; these tests hold the part that goes wrong by the
clock alone, for many more moments, in milliseconds.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from parley_cli.slots import first_free, spoken_time
from parley_llm.providers.rule_based.values.dates import find_when

# A month's and a year's end, a leap day, both changes of the clock in Europe and America, a day before a closed one.
DAYS = ["2026-12-31", "2027-02-28", "2028-02-29", "2027-03-14", "2027-03-28", "2026-10-25", "2026-11-01", "2026-11-25"]
BUSINESSES = ["America/New_York", "Europe/London", "Asia/Tokyo", "America/Los_Angeles", "Pacific/Kiritimati", "UTC"]
OPENS = [time(8, 0), time(10, 30), time(12, 15), time(16, 45), time(17, 0)]


def moments(day: str) -> Iterator[datetime]:
    midnight = datetime.fromisoformat(day).replace(tzinfo=UTC)
    yield from (midnight + timedelta(minutes=30 * half_hour) for half_hour in range(-24, 48))


@pytest.mark.parametrize("business", BUSINESSES)
@pytest.mark.parametrize("day", DAYS)
def test_what_a_scripted_caller_says_is_the_time_that_was_looked_up(day: str, business: str) -> None:
    for moment in moments(day):
        now = moment.astimezone(ZoneInfo(business))
        for ahead in range(1, 8):
            for opens in OPENS:
                when = datetime.combine(now.date() + timedelta(days=ahead), opens)
                said = spoken_time(when, now)
                understood = find_when(said.lower(), now, expected=True)
                assert (understood.day, understood.at) == (when.date(), when.time()), f"{said!r} at {now}"


@pytest.mark.parametrize("machine", ["2026-12-31T00:30+00:00", "2026-12-31T04:59+00:00", "2026-12-30T23:30+00:00"])
def test_a_day_that_is_today_at_the_business_is_not_offered(machine: str) -> None:
    now = datetime.fromisoformat(machine).astimezone(ZoneInfo("America/New_York"))
    assert now.date().isoformat() == "2026-12-30"
    listed = [datetime.fromisoformat(one) for one in ("2026-12-30T16:30", "2026-12-31T09:00", "2026-12-31T10:30")]
    assert first_free(listed, now) == listed[2]
    assert first_free(listed[:1], now) is None
