"""Booked appointments. A doctor's time is booked once: the table's unique constraint decides."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from parley_tools.calendar import Calendar, Slot, local_iso
from parley_tools.stores.tables import appointments


@dataclass(frozen=True, slots=True)
class Appointment:
    """A booking as it is stored."""

    appointment_id: str
    local_time: str
    timezone: str
    minutes: int
    doctor_name: str
    name: str
    phone: str
    reason: str


@dataclass(frozen=True, slots=True)
class Patient:
    name: str
    phone: str
    reason: str


async def book(
    connection: AsyncConnection,
    calendar: Calendar,
    slot: Slot,
    patient: Patient,
    *,
    tenant: str,
    call: str,
    appointment_id: str,
    now_us: int,
) -> Appointment | None:
    """Book the slot in the caller's transaction; None when it is taken."""
    document = calendar.document
    row = {
        "appointment_id": appointment_id,
        "tenant": tenant,
        "calendar": document.calendar,
        "doctor": slot.doctor.id,
        "starts_us": slot.start_us,
        "minutes": document.slot_minutes,
        "local_time": local_iso(slot.start),
        "timezone": document.timezone,
        "doctor_name": slot.doctor.name,
        "name": patient.name,
        "phone": patient.phone,
        "reason": patient.reason,
        "call": call,
        "created_us": now_us,
    }
    try:
        async with connection.begin_nested():
            await connection.execute(insert(appointments).values(row))
    except IntegrityError:
        return None
    return await find(connection, tenant, appointment_id)


async def find(connection: AsyncConnection, tenant: str, appointment_id: str) -> Appointment | None:
    row = (
        await connection.execute(
            select(appointments).where(appointments.c.tenant == tenant, appointments.c.appointment_id == appointment_id)
        )
    ).one_or_none()
    if row is None:
        return None
    return Appointment(
        appointment_id=row.appointment_id,
        local_time=row.local_time,
        timezone=row.timezone,
        minutes=row.minutes,
        doctor_name=row.doctor_name,
        name=row.name,
        phone=row.phone,
        reason=row.reason,
    )


async def free(connection: AsyncConnection, calendar: Calendar, slots: Sequence[Slot], tenant: str) -> list[Slot]:
    """The free ones of these slots, in the order given."""
    if not slots:
        return []
    taken = await connection.execute(
        select(appointments.c.doctor, appointments.c.starts_us).where(
            appointments.c.tenant == tenant,
            appointments.c.calendar == calendar.document.calendar,
            appointments.c.starts_us >= min(slot.start_us for slot in slots),
            appointments.c.starts_us <= max(slot.start_us for slot in slots),
        )
    )
    busy = {(row.doctor, row.starts_us) for row in taken}
    return [slot for slot in slots if (slot.doctor.id, slot.start_us) not in busy]
