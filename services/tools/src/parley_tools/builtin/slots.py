"""What the calendar's tools share: the slots they show, taking one, and the search for free ones near a time."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta

from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncConnection

from parley_tools.calendar import Calendar, Doctor, Slot, local_iso, nearest, spoken
from parley_tools.stores import appointments
from parley_tools.stores.appointments import Appointment
from parley_tools.tool import Fields, Outcome, refused

ALTERNATIVES = 3
_RADII = (timedelta(days=2), timedelta(days=14), timedelta(days=730))  # most often the first is enough


class SlotShown(Fields):
    when: str = Field(description="Local date and time, ISO 8601 without a zone")
    spoken: str = Field(description="The same as it is said")
    doctor: str


class Refusal(Fields):
    reason: str = Field(description="Why the time cannot be had, in a sentence to say")
    when: str
    spoken: str
    alternatives: list[SlotShown]


async def taken(
    calendar: Calendar,
    start: datetime,
    now: datetime,
    doctors: Sequence[Doctor],
    take: Callable[[Slot], Awaitable[Appointment | None]],
) -> Appointment | str:
    """The appointment that `take` makes of the first of the doctors' slots at `start` that it can have; or why there is
    none, in a sentence to say."""
    reason = calendar.why_not(start, now, doctors)
    if reason:
        return reason
    day = start.date()
    for slot in calendar.slots(day, day, now, doctors):
        if slot.start == start and (made := await take(slot)) is not None:
            return made
    return "That time is already taken."


async def refusal(
    connection: AsyncConnection,
    calendar: Calendar,
    start: datetime,
    now: datetime,
    tenant: str,
    doctor: Doctor | None,
    *,
    reason: str,
) -> Outcome:
    """A time that cannot be had, with others that can. `doctor`: the one who was asked for, where one was."""
    others = await alternatives(connection, calendar, start, now, tenant, doctor)
    body = Refusal(reason=reason, when=local_iso(start), spoken=spoken(start), alternatives=others)
    return refused(reason, body)


def shown(slot: Slot) -> SlotShown:
    return SlotShown(when=local_iso(slot.start), spoken=spoken(slot.start), doctor=slot.doctor.name)


async def alternatives(
    connection: AsyncConnection, calendar: Calendar, start: datetime, now: datetime, tenant: str, doctor: Doctor | None
) -> list[SlotShown]:
    """Free slots near `start`: another doctor at the same time first, then the nearest times, in time's order."""
    moment = max(start, now.astimezone(calendar.zone))
    same_time: list[Slot] = []
    others: list[Slot] = []
    for radius in _RADII:
        near = calendar.slots((moment - radius).date(), (moment + radius).date(), now, calendar.document.doctors)
        free = await appointments.free(connection, calendar, list(near), tenant)
        same_time = [slot for slot in free if slot.start == start][:1]
        others = [slot for slot in free if slot.start != start and (doctor is None or slot.doctor.id == doctor.id)]
        if len({slot.start_us for slot in others}) >= ALTERNATIVES:
            break
    return [shown(slot) for slot in [*same_time, *nearest(others, moment, ALTERNATIVES - len(same_time))]]
