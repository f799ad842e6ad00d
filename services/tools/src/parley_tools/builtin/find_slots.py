"""find_slots: look into the calendar. Changes nothing."""

from collections.abc import Mapping
from datetime import timedelta

from parley_core.clock import Clock
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncConnection

from parley_tools.builtin.slots import SlotShown, alternatives, shown
from parley_tools.calendar import at_us, local_iso, nearest, spoken
from parley_tools.calendars import Calendars
from parley_tools.schema import schema_of
from parley_tools.stores import appointments
from parley_tools.tool import CallContext, Fields, Outcome, ToolSpec, ok


class FindSlotsArguments(Fields):
    when: str = Field("", max_length=40, description="Local date, or date and time, ISO 8601: 2026-11-24T10:30")
    doctor: str = Field("", max_length=100, description="A doctor's name or a part of it; empty: anyone")
    days: int = Field(7, ge=1, le=60, description="How many days to look at")
    limit: int = Field(3, ge=1, le=20, description="How many slots to return")


class FindSlotsResult(Fields):
    free: bool = Field(description="The time asked for can be booked; without one: there is a free slot")
    reason: str = Field(description="Why it cannot, in a sentence to say; empty when it can")
    when: str = Field(description="The time asked for, local ISO 8601; empty when none was")
    spoken: str = Field(description="The time asked for as it is said")
    doctor: str = Field(description="Who is free then; empty when nobody is")
    slots: list[SlotShown] = Field(description="Free slots in time's order: the one asked for, or the first ones")
    alternatives: list[SlotShown] = Field(description="Free slots nearest to a time that cannot be booked")
    timezone: str


class FindSlots:
    def __init__(self, calendars: Calendars, clock: Clock) -> None:
        self._calendars = calendars
        self._clock = clock
        self.spec = ToolSpec(
            name="find_slots",
            description="Look up free appointment slots: whether a time is free, and which others are.",
            parameters=schema_of(FindSlotsArguments),
            result=schema_of(FindSlotsResult),
            side_effects=False,
        )

    async def run(self, connection: AsyncConnection, context: CallContext, arguments: Mapping[str, object]) -> Outcome:
        given = FindSlotsArguments.read(arguments)
        calendar = self._calendars.of(context.tenant, context.agent)
        now = at_us(self._clock.time_us())
        doctor = calendar.doctor_named(given.doctor) if given.doctor else None
        doctors = [doctor] if doctor else calendar.document.doctors
        asked = calendar.asked(given.when) if given.when else None
        zone = calendar.document.timezone

        if asked is None or asked.whole_day:
            first = asked.start.date() if asked else now.astimezone(calendar.zone).date()
            days = 1 if asked else given.days
            every = list(calendar.slots(first, first + timedelta(days=days - 1), now, doctors))
            free = await appointments.free(connection, calendar, every, context.tenant)
            found = nearest(free, free[0].start, given.limit) if free else []
            reason, others = "", list[SlotShown]()
            if not found:
                reason = calendar.why_no_day(first, now, doctors) if asked else ""
                reason = reason or "Nothing is free then."
                start = asked.start if asked else now.astimezone(calendar.zone)
                others = await alternatives(connection, calendar, start, now, context.tenant, doctor)
            return ok(
                FindSlotsResult(
                    free=bool(found),
                    reason=reason,
                    when=f"{first}" if asked else "",
                    spoken=f"{first:%A}, {first:%B} {first.day}" if asked else "",
                    doctor="",
                    slots=[shown(slot) for slot in found],
                    alternatives=others,
                    timezone=zone,
                )
            )

        reason = calendar.why_not(asked.start, now, doctors)
        slot = None
        if not reason:
            of_day = [
                slot
                for slot in calendar.slots(asked.start.date(), asked.start.date(), now, doctors)
                if slot.start == asked.start
            ]
            slot = next(iter(await appointments.free(connection, calendar, of_day, context.tenant)), None)
            reason = "" if slot else "That time is already taken."
        return ok(
            FindSlotsResult(
                free=slot is not None,
                reason=reason,
                when=local_iso(asked.start),
                spoken=spoken(asked.start),
                doctor=slot.doctor.name if slot else "",
                slots=[shown(slot)] if slot else [],
                alternatives=await alternatives(connection, calendar, asked.start, now, context.tenant, doctor)
                if slot is None
                else [],
                timezone=zone,
            )
        )
