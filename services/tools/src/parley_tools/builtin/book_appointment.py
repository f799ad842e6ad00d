"""book_appointment: take a slot of the calendar for a caller, once."""

from collections.abc import Mapping

from parley_core.clock import Clock
from parley_core.errors import BadInput
from parley_core.ids import new_id
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncConnection

from parley_tools.builtin.slots import refusal, taken
from parley_tools.calendar import Slot, at_us, spoken
from parley_tools.calendars import Calendars
from parley_tools.phone import PhoneBook
from parley_tools.schema import schema_of
from parley_tools.stores import appointments
from parley_tools.tool import CallContext, Fields, Outcome, ToolSpec, ok


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

        async def book(slot: Slot) -> appointments.Appointment | None:
            return await appointments.book(
                connection,
                calendar,
                slot,
                patient,
                tenant=context.tenant,
                call=context.call,
                appointment_id=new_id("apt-"),
                now_us=self._clock.time_us(),
            )

        booked = await taken(calendar, asked.start, now, doctors, book)
        if isinstance(booked, str):
            return await refusal(connection, calendar, asked.start, now, context.tenant, doctor, reason=booked)
        return ok(
            BookAppointmentResult(
                appointment_id=booked.appointment_id,
                when=booked.local_time,
                spoken=spoken(asked.start),
                doctor=booked.doctor_name,
                name=booked.name,
                phone=booked.phone,
            )
        )
