"""list_appointments, reschedule_appointment, cancel_appointment: what a caller has booked, moved or given back.

A caller names the patient and the number that the appointment was booked with; both must fit. Which of the two does not
is never said: that a person is a patient is nobody else's to know.
"""

from collections.abc import Mapping, Sequence

from parley_core.clock import Clock
from parley_core.errors import BadInput, NotFound
from parley_core.languages.answers import folded
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncConnection

from parley_tools.builtin.slots import refusal, taken
from parley_tools.calendar import Slot, at_us, spoken
from parley_tools.calendars import Calendars
from parley_tools.phone import PhoneBook
from parley_tools.schema import schema_of
from parley_tools.stores import appointments
from parley_tools.stores.appointments import Appointment
from parley_tools.tool import CallContext, Fields, Outcome, ToolSpec, ok, refused

_SEVERAL = "There is more than one appointment."


class WhoArguments(Fields):
    name: str = Field(min_length=2, max_length=200, description="The patient's full name")
    phone: str = Field(min_length=7, max_length=40, description="The phone number that it was booked with")


class WhichArguments(WhoArguments):
    appointment_id: str = Field("", max_length=64, description="From list_appointments; empty: the only one there is")


class RescheduleArguments(WhichArguments):
    when: str = Field(min_length=10, max_length=40, description="New local date and time, ISO 8601: 2026-11-24T10:30")
    doctor: str = Field("", max_length=100, description="A doctor's name or a part of it; empty: the same one")


class AppointmentShown(Fields):
    appointment_id: str
    when: str = Field(description="Local date and time, ISO 8601 without a zone")
    spoken: str = Field(description="The same as it is said")
    doctor: str


class AppointmentsResult(Fields):
    appointments: list[AppointmentShown]


class MovedResult(AppointmentShown):
    before: str = Field(description="The time that it had, as it is said")


class CancelledResult(AppointmentShown):
    cancelled: bool = True


class Ambiguous(Fields):
    reason: str = Field(description="Why nothing was done, in a sentence to say")
    appointments: list[AppointmentShown]


class _Booked:
    """What the three tools share: the upcoming appointments of the person who is named."""

    def __init__(self, calendars: Calendars, phones: PhoneBook, clock: Clock) -> None:
        self.calendars = calendars
        self.clock = clock
        self._phones = phones

    async def of(self, connection: AsyncConnection, context: CallContext, who: WhoArguments) -> list[Appointment]:
        """In the order of time. Raises NotFound."""
        phone = self._phones.normalise(who.phone, "phone")
        found = await appointments.upcoming(connection, context.tenant, phone, self.clock.time_us())
        calendar = self.calendars.of(context.tenant, context.agent)
        mine = [one for one in found if one.calendar == calendar.document.calendar and _same(one.name, who.name)]
        if not mine:
            raise NotFound("appointment", "that name and number")
        return mine


class ListAppointments:
    def __init__(self, calendars: Calendars, phones: PhoneBook, clock: Clock) -> None:
        self._booked = _Booked(calendars, phones, clock)
        self.spec = ToolSpec(
            name="list_appointments",
            description="Look up a caller's coming appointments by name and phone number.",
            parameters=schema_of(WhoArguments),
            result=schema_of(AppointmentsResult),
            side_effects=False,
            effects=("booked",),
        )

    async def run(self, connection: AsyncConnection, context: CallContext, arguments: Mapping[str, object]) -> Outcome:
        found = await self._booked.of(connection, context, WhoArguments.read(arguments))
        return ok(AppointmentsResult(appointments=[_shown(one) for one in found]))


class RescheduleAppointment:
    def __init__(self, calendars: Calendars, phones: PhoneBook, clock: Clock) -> None:
        self._booked = _Booked(calendars, phones, clock)
        self.spec = ToolSpec(
            name="reschedule_appointment",
            description="Move a caller's appointment to another time. Ask the caller to confirm the new time first.",
            parameters=schema_of(RescheduleArguments),
            result=schema_of(MovedResult),
            side_effects=True,
            effects=("moved",),
        )

    async def run(self, connection: AsyncConnection, context: CallContext, arguments: Mapping[str, object]) -> Outcome:
        given = RescheduleArguments.read(arguments)
        calendar = self._booked.calendars.of(context.tenant, context.agent)
        asked = calendar.asked(given.when)
        if asked.whole_day:
            raise BadInput("when", "needs a time of day")
        found = await self._booked.of(connection, context, given)
        one = _chosen(found, given.appointment_id)
        if one is None:
            return _ambiguous(found)
        doctor = calendar.doctor_named(given.doctor) if given.doctor else calendar.doctor_with(one.doctor)
        doctors = [doctor] if doctor else calendar.document.doctors
        now = at_us(self._booked.clock.time_us())

        async def move(slot: Slot) -> Appointment | None:
            now_us = self._booked.clock.time_us()
            return await appointments.move(
                connection, one, slot, tenant=context.tenant, call=context.call, now_us=now_us
            )

        moved = await taken(calendar, asked.start, now, doctors, move)
        if isinstance(moved, str):
            return await refusal(connection, calendar, asked.start, now, context.tenant, doctor, reason=moved)
        return ok(MovedResult(**_shown(moved).model_dump(), before=spoken(one.start)))


class CancelAppointment:
    def __init__(self, calendars: Calendars, phones: PhoneBook, clock: Clock) -> None:
        self._booked = _Booked(calendars, phones, clock)
        self.spec = ToolSpec(
            name="cancel_appointment",
            description="Cancel a caller's appointment. Ask the caller to confirm first.",
            parameters=schema_of(WhichArguments),
            result=schema_of(CancelledResult),
            side_effects=True,
            effects=("cancelled",),
        )

    async def run(self, connection: AsyncConnection, context: CallContext, arguments: Mapping[str, object]) -> Outcome:
        given = WhichArguments.read(arguments)
        found = await self._booked.of(connection, context, given)
        one = _chosen(found, given.appointment_id)
        if one is None:
            return _ambiguous(found)
        await appointments.cancel(
            connection, one, tenant=context.tenant, call=context.call, now_us=self._booked.clock.time_us()
        )
        return ok(CancelledResult(**_shown(one).model_dump()))


def _chosen(found: Sequence[Appointment], appointment_id: str) -> Appointment | None:
    """None: there are several, and none was named. Raises NotFound for one that is not among them."""
    if not appointment_id:
        return found[0] if len(found) == 1 else None
    for one in found:
        if one.appointment_id == appointment_id:
            return one
    raise NotFound("appointment", appointment_id)


def _ambiguous(found: Sequence[Appointment]) -> Outcome:
    return refused(_SEVERAL, Ambiguous(reason=_SEVERAL, appointments=[_shown(one) for one in found]))


def _shown(one: Appointment) -> AppointmentShown:
    return AppointmentShown(
        appointment_id=one.appointment_id, when=one.local_time, spoken=spoken(one.start), doctor=one.doctor_name
    )


def _same(booked: str, said: str) -> bool:
    """The same words in any order, without accents and case: "López, María" is Maria Lopez."""
    return sorted(folded(booked).replace(",", " ").split()) == sorted(folded(said).replace(",", " ").split())
