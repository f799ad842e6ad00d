"""Calls by idempotency key: the effect of a call and its result are committed together, or neither is.

A process that dies in the middle leaves nothing, so the next call with the key does the work; one that finds a result
returns it. Two calls with one key at once: the second waits for the first at the database's lock.

States: `waiting` for approval, `done`, and for calls of other systems (`stores.intents`) `intended`.
"""

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from parley.v1 import tools_pb2
from parley_core.clock import Clock
from parley_core.errors import Conflict, NotFound
from parley_store.engine import reading, transaction
from sqlalchemy import ColumnElement, delete, insert, select, update
from sqlalchemy.engine import Row
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from parley_tools.schema import canonical
from parley_tools.stores.tables import attempts, calls
from parley_tools.tool import CallContext, JsonObject, Outcome, Status

WAITING = "waiting"
INTENDED = "intended"
DONE = "done"


@dataclass(frozen=True, slots=True)
class StoredCall:
    """What the table holds of a call."""

    context: CallContext
    tool: str
    fingerprint: str
    state: str
    arguments_json: str
    status: Status
    result_json: str
    error: str
    decided_by: str
    note: str = ""
    updated_us: int = 0


@dataclass(slots=True)
class Effect:
    """An open transaction in which a call's work is done. `outcome` must be set before the block ends well."""

    connection: AsyncConnection
    outcome: Outcome | None = None


class AlreadyDone(Exception):
    """The call with this key has its result."""

    def __init__(self, stored: StoredCall) -> None:
        super().__init__("already done")
        self.stored = stored


class KeyReused(Conflict):
    """An idempotency key came with another tool or other arguments than the first time: the caller's mistake."""

    def __init__(self, tool: str) -> None:
        super().__init__("idempotency key", f"it was used for another call of {tool}")


def fingerprint(tool: str, arguments: JsonObject) -> str:
    """Equal for equal calls, whatever the order in which arguments were written."""
    return hashlib.sha256(f"{tool}\n{canonical(arguments)}".encode()).hexdigest()


class CallStore:
    def __init__(self, database: AsyncEngine, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def find(self, tenant: str, key: str) -> StoredCall | None:
        async with reading(self._database) as connection:
            return await self._find(connection, tenant, key)

    async def named(self, tenant: str, key: str) -> StoredCall:
        """Raises NotFound."""
        found = await self.find(tenant, key)
        if found is None:
            raise NotFound("tool call with idempotency key", key)
        return found

    async def approvals(self, tenant: str, *, decided: bool, limit: int) -> list[StoredCall]:
        """Calls that wait for a decision, oldest first; with `decided`, behind them those that were, newest first."""
        waiting = select(calls).where(calls.c.tenant == tenant, calls.c.state == WAITING).order_by(calls.c.updated_us)
        done = (
            select(calls)
            .where(calls.c.tenant == tenant, calls.c.state == DONE, calls.c.decided_by != "")
            .order_by(calls.c.updated_us.desc())
        )
        async with reading(self._database) as connection:
            found = [stored_call(row) for row in await connection.execute(waiting.limit(limit))]
            if decided and len(found) < limit:
                found += [stored_call(row) for row in await connection.execute(done.limit(limit - len(found)))]
        return found

    @asynccontextmanager
    async def look_up(self) -> AsyncIterator[AsyncConnection]:
        """A connection for tools without side effects: nothing of such a call is kept."""
        async with reading(self._database) as connection:
            yield connection

    @asynccontextmanager
    async def effect(self, context: CallContext, tool: str, mark: str) -> AsyncIterator[Effect]:
        """Do a call's work inside one transaction.

        Raises AlreadyDone, or KeyReused.
        """
        async with transaction(self._database) as connection:
            stored = await self._claim(connection, context, tool, mark, DONE, "")
            if stored is not None:
                raise AlreadyDone(stored)
            effect = Effect(connection)
            yield effect
            await self._finish(connection, context, effect)

    async def wait_for_approval(self, context: CallContext, tool: str, mark: str, arguments_json: str) -> StoredCall:
        """Keep the call until it is decided; returns what the table holds, which may be an earlier decision."""
        return await self.claim(context, tool, mark, WAITING, arguments_json)

    async def claim(self, context: CallContext, tool: str, mark: str, state: str, arguments_json: str) -> StoredCall:
        """Store a call that is not done yet, or return the row that is there. Raises KeyReused."""
        async with transaction(self._database) as connection:
            stored = await self._claim(connection, context, tool, mark, state, arguments_json)
            stored = stored or await self._find(connection, context.tenant, context.idempotency_key)
        if stored is None:
            raise NotFound("tool call with idempotency key", context.idempotency_key)
        return stored

    @asynccontextmanager
    async def decided(self, context: CallContext, by: str, note: str) -> AsyncIterator[Effect]:
        """End a call's waiting, with its work done inside the transaction. Raises AlreadyDone if it is decided."""
        async with transaction(self._database) as connection:
            claimed = await connection.execute(
                update(calls)
                .where(*_is(context.tenant, context.idempotency_key), calls.c.state == WAITING)
                .values(state=DONE, arguments_json="", decided_by=by, note=note)
            )
            if claimed.rowcount != 1:
                stored = await self._find(connection, context.tenant, context.idempotency_key)
                if stored is None:
                    raise NotFound("tool call with idempotency key", context.idempotency_key)
                raise AlreadyDone(stored)
            effect = Effect(connection)
            yield effect
            await self._finish(connection, context, effect)

    async def forget_older_than(self, days: int) -> int:
        """Delete what is older, waiting or done; returns how many. Appointments and messages stay."""
        before = self._clock.time_us() - days * 86_400_000_000
        async with transaction(self._database) as connection:
            await connection.execute(delete(attempts).where(attempts.c.started_us < before))
            return (await connection.execute(delete(calls).where(calls.c.updated_us < before))).rowcount

    async def _claim(
        self, connection: AsyncConnection, context: CallContext, tool: str, mark: str, state: str, arguments_json: str
    ) -> StoredCall | None:
        """Insert the call's row and return None, or return the row that is there."""
        row = {
            "tenant": context.tenant,
            "idempotency_key": context.idempotency_key,
            "call": context.call,
            "agent": context.agent,
            "user": context.user,
            "turn": context.turn,
            "tool_call": context.tool_call,
            "tool": tool,
            "fingerprint": mark,
            "state": state,
            "arguments_json": arguments_json,
            "status": tools_pb2.TOOL_STATUS_WAITING_FOR_APPROVAL,
            "result_json": "",
            "error": "",
            "decided_by": "",
            "note": "",
            "updated_us": self._clock.time_us(),
            "told": "" if state == WAITING else "told",
        }
        try:
            async with connection.begin_nested():
                await connection.execute(insert(calls).values(row))
        except IntegrityError:
            stored = await self._find(connection, context.tenant, context.idempotency_key)
            if stored is not None:
                same_call(stored, mark)
            return stored
        return None

    async def _finish(self, connection: AsyncConnection, context: CallContext, effect: Effect) -> None:
        if effect.outcome is None:
            raise RuntimeError("a call's work ended without an outcome")
        await connection.execute(
            update(calls)
            .where(*_is(context.tenant, context.idempotency_key))
            .values(
                status=effect.outcome.status,
                result_json=canonical(effect.outcome.result),
                error=effect.outcome.error,
                updated_us=self._clock.time_us(),
            )
        )

    async def _find(self, connection: AsyncConnection, tenant: str, key: str) -> StoredCall | None:
        row = (await connection.execute(select(calls).where(*_is(tenant, key)))).one_or_none()
        return None if row is None else stored_call(row)


def same_call(stored: StoredCall, mark: str) -> None:
    """Raise KeyReused if the key was used for another tool or other arguments."""
    if stored.fingerprint != mark:
        raise KeyReused(stored.tool)


def _is(tenant: str, key: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return calls.c.tenant == tenant, calls.c.idempotency_key == key


def stored_call(row: Row[tuple[object, ...]]) -> StoredCall:
    return StoredCall(
        context=CallContext(
            tenant=row.tenant,
            call=row.call,
            agent=row.agent,
            user=row.user,
            turn=row.turn,
            tool_call=row.tool_call,
            idempotency_key=row.idempotency_key,
        ),
        tool=row.tool,
        fingerprint=row.fingerprint,
        state=row.state,
        arguments_json=row.arguments_json,
        status=row.status,
        result_json=row.result_json,
        error=row.error,
        decided_by=row.decided_by,
        note=row.note,
        updated_us=row.updated_us,
    )
