"""Calls that wait for a decision, and decisions that their callers have not heard of. `approvals` calls."""

from dataclasses import dataclass
from typing import Any

from parley_core.clock import Clock
from parley_store.engine import reading, transaction
from sqlalchemy import ColumnElement, Select, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from parley_tools.stores.calls import DONE, WAITING, StoredCall, stored_call
from parley_tools.stores.tables import calls

UNTOLD, LOGGED, TOLD = (
    "",
    "logged",
    "told",
)  # the caller knows nothing; the live conversation was told; the caller knows


@dataclass(frozen=True, slots=True)
class Pending:
    call: StoredCall
    told: str
    reminders: int


class ApprovalStore:
    def __init__(self, database: AsyncEngine, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def waiting(self, limit: int) -> list[Pending]:
        """Of all tenants, the oldest first."""
        return await self._found(select(calls).where(calls.c.state == WAITING).order_by(calls.c.updated_us), limit)

    async def untold(self, limit: int) -> list[Pending]:
        """Decided, and the caller may not know it."""
        query = select(calls).where(calls.c.state == DONE, calls.c.decided_by != "", calls.c.told != TOLD)
        return await self._found(query.order_by(calls.c.updated_us), limit)

    async def reminded(self, one: Pending) -> bool:
        """Count a reminder; False where another process has."""
        return await self._changed(one, calls.c.reminders == one.reminders, reminders=one.reminders + 1)

    async def told(self, one: Pending, how: str) -> bool:
        return await self._changed(one, calls.c.told == one.told, told=how)

    async def _changed(self, one: Pending, condition: ColumnElement[bool], **values: object) -> bool:
        context = one.call.context
        async with transaction(self._database) as connection:
            changed = await connection.execute(
                update(calls)
                .where(calls.c.tenant == context.tenant, calls.c.idempotency_key == context.idempotency_key, condition)
                .values(**values)
            )
        return changed.rowcount == 1

    async def _found(self, query: Select[Any], limit: int) -> list[Pending]:
        async with reading(self._database) as connection:
            rows = await connection.execute(query.limit(limit))
            return [Pending(stored_call(row), row.told, row.reminders) for row in rows]
