"""Calls that another system carries out. The intent (a row of `tools_calls`), each attempt (`tools_attempts`) and the
receipt are written one after the other, in short transactions: none is open while the other system is waited for.

An attempt whose process died, or whose answer was lost, stays known as lost until it is settled. Called by
`pipeline.remote`.
"""

from dataclasses import dataclass

from parley.v1 import tools_pb2
from parley_core.clock import Clock
from parley_core.errors import Unavailable
from parley_store.engine import transaction
from sqlalchemy import ColumnElement, and_, delete, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from parley_tools.schema import canonical
from parley_tools.stores.calls import DONE, INTENDED, WAITING, CallStore, StoredCall
from parley_tools.stores.tables import attempts, calls
from parley_tools.tool import CallContext, Outcome

CARRIED_OUT, REFUSED, NOT_DONE, LOST = "done", "refused", "not done", "unknown"


@dataclass(frozen=True, slots=True)
class Opened:
    """One attempt that may begin. `lost`: what came of an earlier one is not known."""

    attempt_id: int
    lost: bool


class IntentStore:
    def __init__(self, database: AsyncEngine, store: CallStore, clock: Clock) -> None:
        self._database = database
        self._store = store
        self._clock = clock

    async def intend(self, context: CallContext, tool: str, mark: str, arguments_json: str) -> StoredCall:
        """Store what is wanted; returns the row, which may be that of an earlier call. Raises KeyReused."""
        return await self._store.claim(context, tool, mark, INTENDED, arguments_json)

    async def approved(self, context: CallContext, by: str, note: str) -> StoredCall:
        """End a call's waiting: it is wanted from now on. Returns the row, also where it waits no more."""
        async with transaction(self._database) as connection:
            await connection.execute(
                update(calls)
                .where(*_is(context), calls.c.state == WAITING)
                .values(state=INTENDED, decided_by=by, note=note)
            )
        return await self._store.named(context.tenant, context.idempotency_key)

    async def open(self, context: CallContext, tool: str, lease_s: float) -> Opened | None:
        """Begin an attempt; None while another process makes one, or when the call is done."""
        now = self._clock.time_us()
        async with transaction(self._database) as connection:
            # The row's lock makes those who would begin at once take turns; on SQLite writers do so anyway.
            row = (await connection.execute(select(calls.c.state).where(*_is(context)).with_for_update())).one_or_none()
            if row is None:
                raise Unavailable(f"tool {tool}", "another attempt at the same has just failed")
            alive = select(attempts.c.attempt_id).where(
                *_of(context), attempts.c.ended_us == 0, attempts.c.until_us > now
            )
            if row.state != INTENDED or (await connection.execute(alive)).first() is not None:
                return None
            lost = select(attempts.c.attempt_id).where(*_of(context), _is_lost())
            is_lost = (await connection.execute(lost)).first() is not None
            made = await connection.execute(
                insert(attempts).values(
                    tenant=context.tenant,
                    idempotency_key=context.idempotency_key,
                    tool=tool,
                    started_us=now,
                    until_us=now + round(lease_s * 1e6),
                    ended_us=0,
                    outcome="",
                    error="",
                )
            )
            key = made.inserted_primary_key
        return Opened(int(key[0]) if key is not None else 0, is_lost)

    async def end(self, attempt: Opened, outcome: str, error: str) -> None:
        async with transaction(self._database) as connection:
            await self._end(connection, attempt, outcome, error)

    async def settled(self, context: CallContext, attempt: Opened) -> None:
        """Nothing came of the lost attempts before this one."""
        async with transaction(self._database) as connection:
            await connection.execute(
                update(attempts)
                .where(*_of(context), _is_lost(), attempts.c.attempt_id != attempt.attempt_id)
                .values(outcome=NOT_DONE, ended_us=self._clock.time_us())
            )

    async def receipt(self, context: CallContext, attempt: Opened, outcome: Outcome) -> None:
        """Store what came of the call, for good."""
        ok = outcome.status == tools_pb2.TOOL_STATUS_OK
        async with transaction(self._database) as connection:
            await self._end(connection, attempt, CARRIED_OUT if ok else REFUSED, outcome.error)
            await connection.execute(
                update(calls)
                .where(*_is(context))
                .values(
                    state=DONE,
                    status=outcome.status,
                    result_json=canonical(outcome.result),
                    error=outcome.error,
                    arguments_json="",
                    updated_us=self._clock.time_us(),
                )
            )

    async def give_up(self, context: CallContext) -> bool:
        """Forget the intent where certainly nothing was done, so that the key is free, or waits for approval again.
        False: an attempt is lost, and the intent stays."""
        async with transaction(self._database) as connection:
            lost = select(attempts.c.attempt_id).where(*_of(context), _is_lost())
            if (await connection.execute(lost)).first() is not None:
                return False
            mine = and_(*_is(context), calls.c.state == INTENDED)
            await connection.execute(
                update(calls).where(mine, calls.c.decided_by != "").values(state=WAITING, decided_by="", note="")
            )
            await connection.execute(delete(calls).where(mine))
        return True

    async def _end(self, connection: AsyncConnection, attempt: Opened, outcome: str, error: str) -> None:
        await connection.execute(
            update(attempts)
            .where(attempts.c.attempt_id == attempt.attempt_id)
            .values(ended_us=self._clock.time_us(), outcome=outcome, error=error)
        )


def _is(context: CallContext) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return calls.c.tenant == context.tenant, calls.c.idempotency_key == context.idempotency_key


def _of(context: CallContext) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return attempts.c.tenant == context.tenant, attempts.c.idempotency_key == context.idempotency_key


def _is_lost() -> ColumnElement[bool]:
    """Called where no attempt is alive: one that has not ended has lost its process."""
    return or_(attempts.c.outcome == LOST, attempts.c.ended_us == 0)
