"""book_appointment: take a slot of the calendar for a caller, once."""

from collections.abc import Mapping

from parley_core.clock import Clock
from parley_core.errors import BadInput
from parley_core.ids import new_id
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncConnection

from parley_tools.builtin.slots import SlotShown, alternatives
from parley_tools.calendar import at_us, local_iso, spoken
from parley_tools.calendars import Calendars
from parley_tools.phone import PhoneBook
from parley_tools.schema import schema_of
from parley_tools.stores import appointments
from parley_tools.tool import CallContext, Fields, Outcome, ToolSpec, ok, refused


class BookAppointmentArguments(Fields):
    when: str = Field(min_length=10, max_length=40, description="Local date and time, ISO 8601: 2026-11-24T10:30")
    name: str = Field(min_length=2, max_length=200, description="The patient's full name")
    phone: str = Field(min_length=7, max_length=40, description="The patient's phone number")
    reason: str = Field("", max_length=500, description="What the visit is for, in the patient's words")
    doctor: str = Field("", max_length=100, description="A doctor's name or a part of it; empty: whoever is free")


class BookAppointmentResult(Fields):
    appointment_id: str
    when: str = Field(description="Local date and time, ISO 8601 without a zone")
    spoken: str = Field(description="The same as it is said")
    doctor: str
    name: str
    phone: str = Field(description="E.164")


class Refusal(Fields):
    reason: str = Field(description="Why it cannot be booked, in a sentence to say")
    when: str
    spoken: str
    alternatives: list[SlotShown]


class BookAppointment:
    def __init__(self, calendars: Calendars, phones: PhoneBook, clock: Clock) -> None:
        self._calendars = calendars
        self._phones = phones
        self._clock = clock
        self.spec = ToolSpec(
            name="book_appointment",
            description="Book an appointment at a time that is free. Ask the patient to confirm first.",
            parameters=schema_of(BookAppointmentArguments),
            result=schema_of(BookAppointmentResult),
            side_effects=True,
            effects=("booked",),
        )

    async def run(self, connection: AsyncConnection, context: CallContext, arguments: Mapping[str, object]) -> Outcome:
        given = BookAppointmentArguments.read(arguments)
        calendar = self._calendars.of(context.tenant, context.agent)
        asked = calendar.asked(given.when)
        if asked.whole_day:
            raise BadInput("when", "needs a time of day")
        patient = appointments.Patient(given.name, self._phones.normalise(given.phone, "phone"), given.reason)
        doctor = calendar.doctor_named(given.doctor) if given.doctor else None
        doctors = [doctor] if doctor else calendar.document.doctors

        now = at_us(self._clock.time_us())
        reason = calendar.why_not(asked.start, now, doctors)
        if not reason:
            day = asked.start.date()
            for slot in calendar.slots(day, day, now, doctors):
                if slot.start != asked.start:
                    continue
                booked = await appointments.book(
                    connection,
                    calendar,
                    slot,
                    patient,
                    tenant=context.tenant,
                    call=context.call,
                    appointment_id=new_id("apt-"),
                    now_us=self._clock.time_us(),
                )
                if booked:
                    return ok(
                        BookAppointmentResult(
                            appointment_id=booked.appointment_id,
                            when=booked.local_time,
                            spoken=spoken(slot.start),
                            doctor=booked.doctor_name,
                            name=booked.name,
                            phone=booked.phone,
                        )
                    )
            reason = "That time is already taken."
        return refused(
            reason,
            Refusal(
                reason=reason,
                when=local_iso(asked.start),
                spoken=spoken(asked.start),
                alternatives=await alternatives(connection, calendar, asked.start, now, context.tenant, doctor),
            ),
        )
