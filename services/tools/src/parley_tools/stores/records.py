"""What tools have written, for people to read: `rpc` asks for it. Newest first, one tenant's at a time."""

from collections.abc import Sequence

from parley.v1 import tools_pb2
from parley_core.errors import BadInput
from parley_store.engine import reading
from sqlalchemy import Column, Table, select
from sqlalchemy.ext.asyncio import AsyncEngine

from parley_tools.schema import canonical
from parley_tools.stores import tables

DEFAULT_LIMIT, MAX_LIMIT = 100, 1000
_Kind = tools_pb2.ListRecordsRequest
_KINDS: dict[int, tuple[Table, Column[int]]] = {
    _Kind.KIND_APPOINTMENTS: (tables.appointments, tables.appointments.c.created_us),
    _Kind.KIND_APPOINTMENT_CHANGES: (tables.appointment_changes, tables.appointment_changes.c.at_us),
    _Kind.KIND_MESSAGES: (tables.outbox, tables.outbox.c.created_us),
    _Kind.KIND_HANDOFFS: (tables.handoffs, tables.handoffs.c.created_us),
}


def checked_limit(limit: int) -> int:
    """Raises BadInput."""
    if limit > MAX_LIMIT:
        raise BadInput("limit", f"must be 1 to {MAX_LIMIT}, or 0 for {DEFAULT_LIMIT}")
    return limit or DEFAULT_LIMIT


async def records(database: AsyncEngine, tenant: str, kind: int, *, call: str, limit: int) -> Sequence[str]:
    """Rows as JSON objects without the tenant. Raises BadInput."""
    if kind not in _KINDS:
        raise BadInput("kind", "must be one of appointments, appointment changes, messages, handoffs")
    table, at = _KINDS[kind]
    wanted = [column for column in table.c if column.name != "tenant"]
    query = select(*wanted).where(table.c.tenant == tenant).order_by(at.desc()).limit(checked_limit(limit))
    if call:
        query = query.where(table.c.call == call)
    async with reading(database) as connection:
        return [canonical(dict(row._mapping)) for row in await connection.execute(query)]
