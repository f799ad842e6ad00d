"""Two hundred callers who change their minds, while their requests are cut off, repeated, and run in processes that
die: in the end the calendar holds what each of them wanted last, once, and nothing else.

The conversation's side is played by its rules: one wish has one key, an answer that did not come is asked for again
with it, and a change of mind moves or gives back what the receipt names.
"""

import asyncio
import random
from collections.abc import Mapping
from dataclasses import dataclass

import pytest
from parley_store.engine import reading
from parley_tools.stores import tables
from sqlalchemy import select

CALLERS = 200
AT_ONCE = 8
NOWHERE = ""


@dataclass
class Caller:
    number: int
    chance: random.Random
    wants: str = NOWHERE  # the last time that was asked for; nowhere: no appointment
    has: str = NOWHERE
    appointment: str = ""
    asked: int = 0

    @property
    def who(self) -> dict[str, str]:
        letters = "".join(chr(ord("a") + int(digit)) for digit in f"{self.number:03d}")
        return {"name": f"Maria {letters.title()}", "phone": f"+1212555{self.number:04d}"}


class Line:
    """Asks until there is an answer, as `llm` does: requests are cut off on their way, and processes die."""

    def __init__(self, desk) -> None:
        self.desk = desk
        self.cut = self.repeated = self.killed = self.failed = 0
        self.receipts: dict[str, str] = {}

    async def ask(self, caller: Caller, tool: str, arguments: Mapping[str, object]) -> tuple[str, dict[str, object]]:
        caller.asked += 1
        key = f"call-{caller.number}-{caller.asked}"
        while True:
            calling = asyncio.create_task(self.desk.call(tool, arguments, key=key))
            for _ in range(caller.chance.choice((0, 0, 0, 1, 3, 7, 15, 31))):
                await asyncio.sleep(0)
            match caller.chance.randrange(6):
                case 0:  # interrupted: whoever waited is gone
                    self.cut += 1
                    calling.cancel()
                    await asyncio.gather(calling, return_exceptions=True)
                    continue
                case 1:  # the process dies with everything in it
                    self.killed += 1
                    calling.cancel()
                    await asyncio.gather(calling, return_exceptions=True)
                    self.desk.use(None)
                    continue
            result = await calling
            if caller.chance.random() < 0.3:  # the answer was lost on its way
                self.repeated += 1
                again = await self.desk.call(tool, arguments, key=key)
                assert (again.status, again.result_json, again.replayed) == (result.status, result.result_json, True)
            status = self.desk.status(result)
            return status, self.desk.content(result) if result.result_json else {}


async def life(line: Line, caller: Caller, times: list[str]) -> None:
    for _ in range(caller.chance.randrange(1, 4)):
        when = caller.chance.choice([*times, NOWHERE])
        caller.wants = when
        if when == caller.has:
            continue
        if when == NOWHERE:
            status, _ = await line.ask(caller, "cancel_appointment", caller.who)
            caller.has = NOWHERE if status == "OK" else caller.has
        elif caller.has == NOWHERE:
            status, found = await line.ask(caller, "book_appointment", {**caller.who, "when": when})
            caller.has = when if status == "OK" else NOWHERE
            caller.appointment = str(found.get("appointment_id", ""))
        else:
            which = {**caller.who, "appointment_id": caller.appointment, "when": when}
            status, _ = await line.ask(caller, "reschedule_appointment", which)
            caller.has = when if status == "OK" else caller.has
        # What failed has had no effect, which the calendar shows in the end.
        assert status in ("OK", "CONFLICT", "FAILED")
        line.failed += status == "FAILED"
        caller.wants = caller.has  # who cannot have it was told so


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
async def test_the_calendar_holds_what_callers_wanted_last(desk, seed: int) -> None:
    line, turns = Line(desk), asyncio.Semaphore(AT_ONCE)
    times = [
        f"2026-{day}T{hour:02d}:{minute}"
        for day in ("11-24", "11-25", "11-30")
        for hour in range(9, 12)
        for minute in ("00", "30")
    ]
    callers = [Caller(number, random.Random(seed * 1000 + number)) for number in range(CALLERS // 2)]

    async def one(caller: Caller) -> None:
        async with turns:
            await life(line, caller, times)

    await asyncio.gather(*(one(caller) for caller in callers))
    wanted = sorted((caller.who["phone"], caller.wants) for caller in callers if caller.wants != NOWHERE)
    async with reading(desk.database) as connection:
        rows = (await connection.execute(select(tables.appointments))).all()
        changes = (await connection.execute(select(tables.appointment_changes))).all()
    assert sorted((row.phone, row.local_time) for row in rows) == wanted
    assert len({(row.doctor, row.starts_us) for row in rows}) == len(rows)
    assert len([one for one in changes if one.change == "booked"]) - len(rows) == len(
        [one for one in changes if one.change == "cancelled"]
    )
    assert line.failed < len(callers) / 10, "failures are for machines that are much too slow"
    assert min(line.cut, line.killed, line.repeated) > 5, "it was a hard time"
