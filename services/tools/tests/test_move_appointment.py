"""Appointments that callers look up, move and give back, called as the conversation calls them."""

import asyncio
import itertools

import pytest
from parley_store.engine import reading
from parley_tools.stores import tables
from sqlalchemy import select

MARIA = {"name": "Maria Lopez", "phone": "555 0142"}
BOOKING = {**MARIA, "when": "2026-11-24T10:30", "doctor": "chen"}


async def changes(desk) -> list[tuple[str, str, str]]:
    table = tables.appointment_changes.c
    async with reading(desk.database) as connection:
        rows = await connection.execute(
            select(table.change, table.local_before, table.local_after).order_by(table.change_id)
        )
        return [tuple(row) for row in rows]


async def booked_times(desk) -> list[tuple[str, str]]:
    table = tables.appointments.c
    async with reading(desk.database) as connection:
        rows = await connection.execute(select(table.local_time, table.doctor_name).order_by(table.starts_us))
        return [tuple(row) for row in rows]


async def test_an_appointment_is_moved_with_the_same_doctor(desk) -> None:
    await desk.call("book_appointment", BOOKING)
    result = await desk.call("reschedule_appointment", {**MARIA, "when": "2026-12-01T11:00"})
    moved = desk.content(result)
    assert desk.status(result) == "OK"
    assert (moved["when"], moved["doctor"]) == ("2026-12-01T11:00", "Dr. Sarah Chen")
    assert moved["before"] == "Tuesday, November 24 at 10:30 AM"
    assert await booked_times(desk) == [("2026-12-01T11:00", "Dr. Sarah Chen")]
    assert await changes(desk) == [
        ("booked", "", "2026-11-24T10:30"),
        ("moved", "2026-11-24T10:30", "2026-12-01T11:00"),
    ]


async def test_the_old_time_is_free_again_and_the_new_one_is_not(desk) -> None:
    await desk.call("book_appointment", BOOKING)
    await desk.call("reschedule_appointment", {**MARIA, "when": "2026-12-01T11:00"})
    other = {"name": "Ben Ode", "phone": "555 0199", "doctor": "chen"}
    assert desk.status(await desk.call("book_appointment", {**other, "when": "2026-12-01T11:00"})) == "CONFLICT"
    assert desk.status(await desk.call("book_appointment", {**other, "when": "2026-11-24T10:30"})) == "OK"


@pytest.mark.parametrize("when", ["2026-11-29T10:00", "2026-11-20T10:00", "2026-11-24T19:00"])
async def test_a_time_that_cannot_be_had_leaves_the_appointment_where_it_is(desk, when: str) -> None:
    await desk.call("book_appointment", BOOKING)
    result = await desk.call("reschedule_appointment", {**MARIA, "when": when})
    assert desk.status(result) == "CONFLICT"
    assert desk.content(result)["alternatives"]
    assert await booked_times(desk) == [("2026-11-24T10:30", "Dr. Sarah Chen")]


async def test_a_taken_time_leaves_both_appointments_where_they_are(desk) -> None:
    await desk.call("book_appointment", BOOKING)
    await desk.call("book_appointment", {**BOOKING, "name": "Ben Ode", "phone": "555 0199", "when": "2026-11-24T11:00"})
    result = await desk.call("reschedule_appointment", {**MARIA, "when": "2026-11-24T11:00"})
    assert desk.status(result) == "CONFLICT"
    assert len(await booked_times(desk)) == 2


async def test_the_same_wish_again_moves_once(desk) -> None:
    await desk.call("book_appointment", BOOKING)
    wish = {**MARIA, "when": "2026-12-01T11:00"}
    first = await desk.call("reschedule_appointment", wish, key="k")
    again = await desk.call("reschedule_appointment", wish, key="k")
    assert again.replayed
    assert again.result_json == first.result_json
    assert len(await changes(desk)) == 2


async def test_a_cancelled_appointment_is_gone_and_its_time_free(desk) -> None:
    await desk.call("book_appointment", BOOKING)
    result = await desk.call("cancel_appointment", MARIA)
    assert desk.status(result) == "OK"
    assert desk.content(result)["when"] == "2026-11-24T10:30"
    assert await booked_times(desk) == []
    assert desk.status(await desk.call("cancel_appointment", MARIA)) == "NOT_FOUND"
    assert (await changes(desk))[-1] == ("cancelled", "2026-11-24T10:30", "")


async def test_with_several_appointments_the_caller_is_asked_which(desk) -> None:
    await desk.call("book_appointment", BOOKING)
    await desk.call("book_appointment", {**BOOKING, "when": "2026-12-03T09:00"})
    for tool, more in (("cancel_appointment", {}), ("reschedule_appointment", {"when": "2026-12-01T11:00"})):
        result = await desk.call(tool, {**MARIA, **more})
        assert desk.status(result) == "CONFLICT"
        assert [one["when"] for one in desk.content(result)["appointments"]] == ["2026-11-24T10:30", "2026-12-03T09:00"]
    listed = desk.content(await desk.call("list_appointments", MARIA, key=""))["appointments"]
    chosen = {**MARIA, "appointment_id": listed[1]["appointment_id"]}
    assert desk.content(await desk.call("cancel_appointment", chosen))["when"] == "2026-12-03T09:00"
    assert await booked_times(desk) == [("2026-11-24T10:30", "Dr. Sarah Chen")]


@pytest.mark.parametrize("name", ["maria lopez", "María López", "Lopez, Maria", "LOPEZ MARIA"])
async def test_a_name_is_the_same_in_any_case_order_and_accent(desk, name: str) -> None:
    await desk.call("book_appointment", BOOKING)
    assert desk.status(await desk.call("list_appointments", {**MARIA, "name": name}, key="")) == "OK"


@pytest.mark.parametrize(
    "who",
    [
        {"name": "Maria Lopes", "phone": "555 0142"},
        {"name": "Maria", "phone": "555 0142"},
        {"name": "Maria Lopez", "phone": "555 0143"},
    ],
)
async def test_who_does_not_fit_both_name_and_number_learns_nothing(desk, who: dict[str, str]) -> None:
    await desk.call("book_appointment", BOOKING)
    for tool, more in (
        ("list_appointments", {}),
        ("cancel_appointment", {}),
        ("reschedule_appointment", {"when": "2026-12-01T11:00"}),
    ):
        result = await desk.call(tool, {**who, **more})
        assert (desk.status(result), result.result_json) == ("NOT_FOUND", "")
        assert "Lopez" not in result.error
    assert len(await booked_times(desk)) == 1


async def test_another_doctor_is_asked_only_when_the_caller_wishes_it(desk) -> None:
    await desk.call("book_appointment", BOOKING)
    wish = {**MARIA, "when": "2026-11-25T11:00"}  # a Wednesday, on which Dr. Chen is not in
    refused = desk.content(await desk.call("reschedule_appointment", wish))
    assert refused["reason"] == "Dr. Sarah Chen is not in on Wednesday, November 25."
    assert refused["alternatives"][0]["when"] == wish["when"]
    moved = desk.content(await desk.call("reschedule_appointment", {**wish, "doctor": "patel"}))
    assert (moved["when"], moved["doctor"]) == (wish["when"], "Dr. James Patel")


async def test_another_tenant_and_what_is_over_are_not_found(desk) -> None:
    await desk.call("book_appointment", BOOKING)
    desk.tenant = "t2"
    assert desk.status(await desk.call("cancel_appointment", MARIA)) == "NOT_FOUND"
    desk.tenant = "t1"
    desk.clock.now = desk.clock.now.replace(day=25)
    assert desk.status(await desk.call("list_appointments", MARIA, key="")) == "NOT_FOUND"


async def test_changes_of_mind_all_at_once_leave_one_appointment_at_a_time_that_was_wished(desk) -> None:
    await desk.call("book_appointment", BOOKING)
    days = ("2026-11-30", "2026-12-01", "2026-12-03")
    times = [f"{day}T{hour}:00" for day, hour in itertools.product(days, ("09", "10", "11"))]
    results = await asyncio.gather(*(desk.call("reschedule_appointment", {**MARIA, "when": when}) for when in times))
    assert {desk.status(result) for result in results} <= {"OK", "CONFLICT"}
    ((when, _),) = await booked_times(desk)
    history = await changes(desk)
    assert when in times
    assert history[-1][2] == when
    assert all(before[2] == after[1] for before, after in itertools.pairwise(history))
