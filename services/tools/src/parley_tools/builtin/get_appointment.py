"""get_appointment: read a booking back from where it is stored. Changes nothing."""

from collections.abc import Mapping

from parley_core.errors import NotFound
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncConnection

from parley_tools.schema import schema_of
from parley_tools.stores import appointments
from parley_tools.tool import CallContext, Fields, Outcome, ToolSpec, ok


class GetAppointmentArguments(Fields):
    appointment_id: str = Field(min_length=1, max_length=64)


class GetAppointmentResult(Fields):
    appointment_id: str
    when: str = Field(description="Local date and time, ISO 8601 without a zone")
    timezone: str
    minutes: int
    doctor: str
    name: str
    phone: str
    reason: str


class GetAppointment:
    def __init__(self) -> None:
        self.spec = ToolSpec(
            name="get_appointment",
            description="Read a booked appointment by its id.",
            parameters=schema_of(GetAppointmentArguments),
            result=schema_of(GetAppointmentResult),
            side_effects=False,
            effects=("booked",),
        )

    async def run(self, connection: AsyncConnection, context: CallContext, arguments: Mapping[str, object]) -> Outcome:
        given = GetAppointmentArguments.read(arguments)
        found = await appointments.find(connection, context.tenant, given.appointment_id)
        if found is None:
            raise NotFound("appointment", given.appointment_id)
        return ok(
            GetAppointmentResult(
                appointment_id=found.appointment_id,
                when=found.local_time,
                timezone=found.timezone,
                minutes=found.minutes,
                doctor=found.doctor_name,
                name=found.name,
                phone=found.phone,
                reason=found.reason,
            )
        )
