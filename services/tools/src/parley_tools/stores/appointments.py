"""Booked appointments. A doctor's time is booked once: the table's unique constraint decides."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import delete, insert, select, update
from sqlalchemy.engine import Row
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from parley_tools.calendar import Calendar, Slot, local_iso
from parley_tools.stores.tables import appointment_changes, appointments


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
    calendar: str = ""
    doctor: str = ""  # id in the calendar
    starts_us: int = 0

    @property
    def start(self) -> datetime:
        """In the calendar's zone."""
        return datetime.fromtimestamp(self.starts_us / 1e6, ZoneInfo(self.timezone))


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
    await _changed(connection, tenant, appointment_id, "booked", "", local_iso(slot.start), call, now_us)
    return await find(connection, tenant, appointment_id)


async def move(
    connection: AsyncConnection, one: Appointment, slot: Slot, *, tenant: str, call: str, now_us: int
) -> Appointment | None:
    """Give an appointment another time in the caller's transaction; None when that is taken, or when the appointment
    has been changed meanwhile."""
    then = local_iso(slot.start)
    try:
        async with connection.begin_nested():
            moved = await connection.execute(
                update(appointments)
                .where(
                    appointments.c.tenant == tenant,
                    appointments.c.appointment_id == one.appointment_id,
                    appointments.c.starts_us == one.starts_us,
                )
                .values(doctor=slot.doctor.id, doctor_name=slot.doctor.name, starts_us=slot.start_us, local_time=then)
            )
    except IntegrityError:
        return None
    if moved.rowcount != 1:
        return None
    await _changed(connection, tenant, one.appointment_id, "moved", one.local_time, then, call, now_us)
    return await find(connection, tenant, one.appointment_id)


async def cancel(connection: AsyncConnection, one: Appointment, *, tenant: str, call: str, now_us: int) -> None:
    """Give the time back in the caller's transaction. Doing it twice changes nothing."""
    gone = await connection.execute(
        delete(appointments).where(appointments.c.tenant == tenant, appointments.c.appointment_id == one.appointment_id)
    )
    if gone.rowcount:
        await _changed(connection, tenant, one.appointment_id, "cancelled", one.local_time, "", call, now_us)


async def upcoming(connection: AsyncConnection, tenant: str, phone: str, now_us: int) -> list[Appointment]:
    """Those of a phone number (E.164) that are not over, in the order of time."""
    rows = await connection.execute(
        select(appointments)
        .where(appointments.c.tenant == tenant, appointments.c.phone == phone, appointments.c.starts_us >= now_us)
        .order_by(appointments.c.starts_us)
    )
    return [_appointment(row) for row in rows]


async def _changed(
    connection: AsyncConnection,
    tenant: str,
    appointment_id: str,
    change: str,
    before: str,
    after: str,
    call: str,
    at: int,
) -> None:
    """Changes are only ever added: they say how an appointment came to be what it is."""
    await connection.execute(
        insert(appointment_changes).values(
            tenant=tenant,
            appointment_id=appointment_id,
            change=change,
            local_before=before,
            local_after=after,
            call=call,
            at_us=at,
        )
    )


async def find(connection: AsyncConnection, tenant: str, appointment_id: str) -> Appointment | None:
    row = (
        await connection.execute(
            select(appointments).where(appointments.c.tenant == tenant, appointments.c.appointment_id == appointment_id)
        )
    ).one_or_none()
    return None if row is None else _appointment(row)


def _appointment(row: Row[Any]) -> Appointment:
    return Appointment(
        appointment_id=row.appointment_id,
        local_time=row.local_time,
        timezone=row.timezone,
        minutes=row.minutes,
        doctor_name=row.doctor_name,
        name=row.name,
        phone=row.phone,
        reason=row.reason,
        calendar=row.calendar,
        doctor=row.doctor,
        starts_us=row.starts_us,
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
