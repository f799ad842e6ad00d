"""Two processes on one database, and a process that is killed in the middle: nothing is done twice, nothing is lost."""

import asyncio
import json
import sys
from asyncio.subprocess import PIPE, Process
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from parley_store.engine import reading
from parley_tools.stores import tables
from sqlalchemy import select

pytestmark = pytest.mark.outside

PROGRAM = Path(__file__).parent / "processes" / "book.py"
EXAMPLES = Path(__file__).parents[3] / "examples"
BOOKING = {"when": "2026-11-24T10:30", "name": "Maria Lopez", "phone": "5550142", "doctor": "chen"}


@asynccontextmanager
async def started(mode: str, url: str, *more: str) -> AsyncIterator[Process]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(PROGRAM), mode, url, str(EXAMPLES), *more, stdin=PIPE, stdout=PIPE
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def line(process: Process) -> str:
    assert process.stdout is not None
    return (await asyncio.wait_for(process.stdout.readline(), 60)).decode().strip()


def go(process: Process) -> None:
    assert process.stdin is not None
    process.stdin.write(b"go\n")


async def test_fifty_bookings_of_one_slot_from_two_processes_book_it_once(desk, url: str) -> None:
    async with started("many", url, "25", "a") as first, started("many", url, "25", "b") as second:
        assert [await line(first), await line(second)] == ["ready", "ready"]
        go(first)
        go(second)
        statuses = Counter(json.loads(await line(first)) + json.loads(await line(second)))
    assert statuses == {"TOOL_STATUS_OK": 1, "TOOL_STATUS_CONFLICT": 49}
    assert await desk.count(tables.appointments) == 1


@pytest.mark.parametrize(("where", "replayed"), [("inside", False), ("after", True)])
async def test_a_booking_whose_process_is_killed_is_done_once(desk, url: str, where: str, replayed: bool) -> None:
    async with started(where, url, "key-1") as process:
        assert await line(process) == where
        process.kill()
        await asyncio.wait_for(process.wait(), 30)

    result = await desk.call("book_appointment", BOOKING, key="key-1")
    assert (desk.status(result), result.replayed) == ("OK", replayed)
    async with reading(desk.database) as connection:
        rows = (await connection.execute(select(tables.appointments))).all()
    assert [row.appointment_id for row in rows] == [desk.content(result)["appointment_id"]]
    assert (await desk.call("book_appointment", BOOKING, key="key-1")).replayed
