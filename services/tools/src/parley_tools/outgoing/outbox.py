"""The table of outgoing messages. A message is stored before it is sent, and each step of sending is its own short
transaction: none is open while a server is waited for. `delivery` and the tools that send call it.
"""

from dataclasses import dataclass, replace
from typing import Any

from parley_core.clock import Clock
from parley_store.engine import reading, transaction
from sqlalchemy import and_, insert, or_, select, update
from sqlalchemy.engine import Row
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from parley_tools.outgoing.message import QUEUED, SENDING, SENT, Message
from parley_tools.stores.tables import outbox


@dataclass(frozen=True, slots=True)
class Claimed:
    message: Message
    lost: bool  # an earlier attempt ended without an answer: it may have arrived


class Outbox:
    def __init__(self, database: AsyncEngine, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def put(self, message: Message, call: str) -> Message:
        """Store a message once: with an id that is there already, the stored one is returned."""
        async with transaction(self._database) as connection:
            try:
                async with connection.begin_nested():
                    await connection.execute(
                        insert(outbox).values(
                            message_id=message.message_id,
                            tenant=message.tenant,
                            channel=message.channel,
                            recipient=message.recipient,
                            subject=message.subject,
                            text=message.text,
                            state=message.state,
                            call=call,
                            created_us=self._clock.time_us(),
                        )
                    )
            except IntegrityError:
                pass
            found = await _find(connection, message.tenant, message.message_id)
        return found or message

    async def find(self, tenant: str, message_id: str) -> Message | None:
        async with reading(self._database) as connection:
            return await _find(connection, tenant, message_id)

    async def due(self, limit: int) -> list[Message]:
        """Those that may be tried now, also after a process that died while it sent."""
        now = self._clock.time_us()
        query = (
            select(outbox)
            .where(outbox.c.state.in_((QUEUED, SENDING)), outbox.c.next_us <= now)
            .order_by(outbox.c.next_us)
            .limit(limit)
        )
        async with reading(self._database) as connection:
            return [_message(row) for row in await connection.execute(query)]

    async def claim(self, message: Message, sender: str, lease_s: float) -> Claimed | None:
        """Take a message for one attempt; None where another process has it, or it is settled."""
        now = self._clock.time_us()
        dead = and_(outbox.c.state == SENDING, outbox.c.next_us <= now)
        mine = (outbox.c.tenant == message.tenant, outbox.c.message_id == message.message_id)
        async with transaction(self._database) as connection:
            before = (await connection.execute(select(outbox.c.state, outbox.c.error).where(*mine))).one_or_none()
            taken = await connection.execute(
                update(outbox)
                .where(*mine, or_(outbox.c.state == QUEUED, dead))
                .values(
                    state=SENDING, sender=sender, attempts=outbox.c.attempts + 1, next_us=now + round(lease_s * 1e6)
                )
            )
            if before is None or taken.rowcount != 1:
                return None
            found = await _find(connection, message.tenant, message.message_id)
        lost = before.state == SENDING or before.error.startswith(LOST)
        return Claimed(found, lost) if found is not None else None

    async def settle(
        self, message: Message, state: str, *, receipt: str = "", error: str = "", wait_s: float = 0.0
    ) -> Message:
        """Store how an attempt ended. A queued one is due again after `wait_s`."""
        now = self._clock.time_us()
        async with transaction(self._database) as connection:
            await connection.execute(
                update(outbox)
                .where(outbox.c.tenant == message.tenant, outbox.c.message_id == message.message_id)
                .values(
                    state=state,
                    receipt=receipt,
                    error=error,
                    next_us=now + round(wait_s * 1e6),
                    sent_us=now if state == SENT else 0,
                )
            )
        return replace(message, state=state, receipt=receipt, error=error)


LOST = "no answer"  # begins the error of an attempt that may have arrived


async def _find(connection: AsyncConnection, tenant: str, message_id: str) -> Message | None:
    row = (
        await connection.execute(select(outbox).where(outbox.c.tenant == tenant, outbox.c.message_id == message_id))
    ).one_or_none()
    return None if row is None else _message(row)


def _message(row: Row[Any]) -> Message:
    return Message(
        message_id=row.message_id,
        tenant=row.tenant,
        channel=row.channel,
        recipient=row.recipient,
        text=row.text,
        subject=row.subject,
        state=row.state,
        receipt=row.receipt,
        error=row.error,
        attempts=row.attempts,
        created_us=row.created_us,
    )
