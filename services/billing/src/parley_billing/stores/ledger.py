"""The ledger in SQL: usage, invoices and lines. The only module of the service that speaks SQL."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from parley_core.clock import Clock
from parley_store.engine import reading, transaction
from sqlalchemy import Table, and_, delete, insert, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from parley_billing.ports import Decision, Invoice, Known, UsageOf
from parley_billing.rating import Line, Rate, Subject
from parley_billing.stores.tables import invoices, lines, usage
from parley_billing.usage import Usage

_ROWS: Final = 500  # in one statement; SQLite bounds the number of its parameters


class SqlLedger:
    """See `ports.Ledger`."""

    def __init__(self, database: AsyncEngine, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def add(self, used: Iterable[UsageOf]) -> int:
        async with transaction(self._database) as connection:
            return await _add(connection, used)

    async def find(self, tenant: str, call: str) -> Invoice | None:
        async with reading(self._database) as connection:
            return await _invoice(connection, tenant, call)

    async def settle(self, tenant: str, call: str, used: Sequence[Usage], decide: Decision) -> Invoice:
        async with transaction(self._database) as connection:
            if connection.dialect.name == "postgresql":
                # SQLite's transactions hold the write lock; here settlings of one call take turns at this lock.
                await connection.exec_driver_sql(
                    "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", (f"billing/{tenant}/{call}",)
                )
            await _add(connection, (UsageOf(tenant, call, one) for one in used))
            found = await connection.execute(select(usage).where(*_of(usage, tenant, call)))
            known = Known(await _invoice(connection, tenant, call), [_usage(row) for row in found.mappings()])
            invoice, store = decide(known)
            if store:
                await self._store(connection, tenant, call, invoice)
            return invoice

    async def _store(self, connection: AsyncConnection, tenant: str, call: str, invoice: Invoice) -> None:
        key = {"tenant": tenant, "call": call}
        for table in (lines, invoices):
            await connection.execute(delete(table).where(*_of(table, tenant, call)))
        head = {
            "currency": invoice.currency,
            "started_us": invoice.started_us,
            "duration_ms": invoice.duration_ms,
            "usage_events": invoice.usage_events,
            "rated_us": self._clock.time_us(),
        }
        await connection.execute(insert(invoices).values(key | head))
        if invoice.lines:
            await connection.execute(insert(lines), [key | _line_row(line) for line in invoice.lines])


async def _add(connection: AsyncConnection, used: Iterable[UsageOf]) -> int:
    rows = [
        {
            "tenant": one.tenant,
            "call": one.call,
            "event": one.usage.event,
            "meter": one.usage.meter,
            "provider": one.usage.provider,
            "model": one.usage.model,
            "quantity": one.usage.quantity,
            "wasted": one.usage.wasted,
            "time_us": one.usage.time_us,
        }
        for one in used
    ]
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    added = 0
    for at in range(0, len(rows), _ROWS):
        statement = dialect.insert(usage).values(rows[at : at + _ROWS]).on_conflict_do_nothing()
        added += (await connection.execute(statement)).rowcount
    return added


async def _invoice(connection: AsyncConnection, tenant: str, call: str) -> Invoice | None:
    head = (await connection.execute(select(invoices).where(*_of(invoices, tenant, call)))).mappings().one_or_none()
    if head is None:
        return None
    found = await connection.execute(select(lines).where(*_of(lines, tenant, call)))
    stored = sorted((_line(row) for row in found.mappings()), key=lambda line: line.subject)
    return Invoice(head["currency"], head["started_us"], head["duration_ms"], head["usage_events"], tuple(stored))


def _of(table: Table, tenant: str, call: str) -> tuple[Any]:
    return (and_(table.c.tenant == tenant, table.c.call == call),)


def _usage(row: Any) -> Usage:
    return Usage(
        row["event"],
        row["meter"],
        row["provider"],
        row["model"],
        row["quantity"],
        row["wasted"],
        row["time_us"],
    )


def _line(row: Any) -> Line:
    return Line(
        Subject(row["meter"], row["provider"], row["model"], row["wasted"]),
        row["quantity"],
        Rate(row["unit_price_micros"], row["per_quantity"]),
        row["cost_micros"],
    )


def _line_row(line: Line) -> dict[str, Any]:
    return {
        "meter": line.subject.meter,
        "provider": line.subject.provider,
        "model": line.subject.model,
        "wasted": line.subject.wasted,
        "quantity": line.quantity,
        "unit_price_micros": line.rate.unit_price_micros,
        "per_quantity": line.rate.per_quantity,
        "cost_micros": line.cost_micros,
    }
