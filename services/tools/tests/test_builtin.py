"""The built-in tools, called as the conversation calls them."""

import pytest
from parley_store.engine import reading
from parley_tools.stores import tables
from sqlalchemy import select

BOOKING = {"when": "2026-11-24T10:30", "name": "Maria Lopez", "phone": "555 0142"}


async def test_find_slots_offers_the_next_free_ones(desk) -> None:
    found = desk.content(await desk.call("find_slots", {"limit": 2}))
    assert [slot["when"] for slot in found["slots"]] == ["2026-11-23T09:30", "2026-11-23T10:00"]
    assert found["timezone"] == "America/New_York"


async def test_find_slots_says_that_a_time_is_free(desk) -> None:
    found = desk.content(await desk.call("find_slots", {"when": "2026-11-24T10:30", "doctor": "Ruiz"}))
    assert (found["free"], found["doctor"], found["reason"]) == (True, "Dr. Elena Ruiz", "")
    assert found["spoken"] == "Tuesday, November 24 at 10:30 AM"


async def test_find_slots_says_why_not_and_offers_the_nearest(desk) -> None:
    await desk.call("book_appointment", {**BOOKING, "doctor": "chen"})
    found = desk.content(await desk.call("find_slots", {"when": "2026-11-24T10:30", "doctor": "chen"}))
    assert (found["free"], found["reason"]) == (False, "That time is already taken.")
    offered = [(slot["when"], slot["doctor"]) for slot in found["alternatives"]]
    assert offered == [
        ("2026-11-24T10:30", "Dr. Elena Ruiz"),
        ("2026-11-24T10:00", "Dr. Sarah Chen"),
        ("2026-11-24T11:00", "Dr. Sarah Chen"),
    ]


@pytest.mark.parametrize(
    ("when", "reason"),
    [
        ("2026-11-29T10:00", "We are closed on Sunday, November 29."),
        ("2026-11-29", "We are closed on Sunday, November 29."),
        ("2026-11-20T10:00", "That time has already passed."),
        ("2026-11-20", "That day has already passed."),
        ("2028-01-03T10:00", "We only book up to 90 days ahead."),
    ],
)
async def test_find_slots_refuses_in_words_and_still_offers(desk, when: str, reason: str) -> None:
    found = desk.content(await desk.call("find_slots", {"when": when}))
    assert (found["free"], found["reason"]) == (False, reason)
    assert len(found["alternatives"]) == 3


async def test_find_slots_shows_a_day(desk) -> None:
    found = desk.content(await desk.call("find_slots", {"when": "2026-11-28", "limit": 20}))
    assert found["spoken"] == "Saturday, November 28"
    assert [slot["when"][-5:] for slot in found["slots"]] == [
        f"{hour:02d}:{minute}" for hour in range(9, 13) for minute in ("00", "30")
    ]


async def test_a_booking_is_stored_and_read_back(desk) -> None:
    result = await desk.call("book_appointment", {**BOOKING, "reason": "a cough"})
    booked = desk.content(result)
    assert desk.status(result) == "OK"
    assert (booked["when"], booked["doctor"], booked["phone"]) == ("2026-11-24T10:30", "Dr. Sarah Chen", "+12125550142")
    read = desk.content(await desk.call("get_appointment", {"appointment_id": booked["appointment_id"]}, key=""))
    assert read == {
        "appointment_id": booked["appointment_id"],
        "when": "2026-11-24T10:30",
        "timezone": "America/New_York",
        "minutes": 30,
        "doctor": "Dr. Sarah Chen",
        "name": "Maria Lopez",
        "phone": "+12125550142",
        "reason": "a cough",
    }


async def test_another_tenant_does_not_see_a_booking(desk) -> None:
    booked = desk.content(await desk.call("book_appointment", {**BOOKING, "doctor": "chen"}))
    desk.tenant = "t2"
    assert desk.status(await desk.call("get_appointment", {"appointment_id": booked["appointment_id"]})) == "NOT_FOUND"
    assert desk.status(await desk.call("book_appointment", {**BOOKING, "doctor": "chen"})) == "OK"


async def test_without_a_doctor_whoever_is_free_is_booked_until_nobody_is(desk) -> None:
    results = [await desk.call("book_appointment", BOOKING) for _ in range(3)]
    assert [desk.status(result) for result in results] == ["OK", "OK", "CONFLICT"]
    assert {desk.content(result)["doctor"] for result in results[:2]} == {"Dr. Sarah Chen", "Dr. Elena Ruiz"}
    refused = desk.content(results[2])
    assert refused["reason"] == "That time is already taken."
    assert [slot["when"] for slot in refused["alternatives"]] == [
        "2026-11-24T09:30",
        "2026-11-24T10:00",
        "2026-11-24T11:00",
    ]


@pytest.mark.parametrize("when", ["2026-11-29T10:00", "2026-11-20T10:00", "2026-11-24T19:00", "2026-11-24T10:05"])
async def test_what_cannot_be_booked_is_a_conflict_with_a_reason_and_alternatives(desk, when: str) -> None:
    result = await desk.call("book_appointment", {**BOOKING, "when": when})
    assert desk.status(result) == "CONFLICT"
    assert desk.content(result)["reason"] == result.error
    assert desk.content(result)["alternatives"]
    assert await desk.count(tables.appointments) == 0


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"when": "tuesday at ten"}, "when: must be a local date and time"),
        ({"when": "2026-11-24"}, "when: needs a time of day"),
        ({"phone": "55501429999999"}, "phone: has too many digits"),
        ({"doctor": "house"}, "doctor: must be one of Dr. Sarah Chen"),
        ({"name": "    "}, "name: String should have at least 2 characters"),
    ],
)
async def test_arguments_that_fit_the_schema_and_are_wrong_all_the_same(desk, change, problem: str) -> None:
    result = await desk.call("book_appointment", BOOKING | change)
    assert desk.status(result) == "INVALID_ARGUMENTS"
    assert problem in result.error
    assert await desk.count(tables.calls) == 0


async def test_send_sms_puts_the_message_into_the_outbox(desk) -> None:
    result = await desk.call("send_sms", {"to": "555-0142", "text": "You are booked."})
    async with reading(desk.database) as connection:
        row = (await connection.execute(select(tables.outbox))).one()
    assert row.message_id == desk.content(result)["message_id"]
    assert (row.recipient, row.text, row.state, row.tenant) == ("+12125550142", "You are booked.", "waiting", "t1")


async def test_hand_off_leaves_the_summary_for_the_person(desk) -> None:
    result = await desk.call("hand_off", {"reason": "asked", "summary": "Wants a refill", "target": "front-desk"})
    async with reading(desk.database) as connection:
        row = (await connection.execute(select(tables.handoffs))).one()
    assert row.handoff_id == desk.content(result)["handoff_id"]
    assert (row.reason, row.summary, row.target, row.call) == ("asked", "Wants a refill", "front-desk", desk.call_id)
