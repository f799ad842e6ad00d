"""What the calendar's tools share: the slots they show, and the search for free ones near a time."""

from datetime import datetime, timedelta

from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncConnection

from parley_tools.calendar import Calendar, Doctor, Slot, local_iso, nearest, spoken
from parley_tools.stores import appointments
from parley_tools.tool import Fields

ALTERNATIVES = 3
_RADII = (timedelta(days=2), timedelta(days=14), timedelta(days=730))  # most often the first is enough


class SlotShown(Fields):
    when: str = Field(description="Local date and time, ISO 8601 without a zone")
    spoken: str = Field(description="The same as it is said")
    doctor: str


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
