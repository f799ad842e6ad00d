"""Sends what the outbox holds, and alone decides when to try again. The sending tools ask for one attempt at once, so
that they can say "was sent"; what that attempt does not settle, the loop goes on with, also after a restart.
"""

import asyncio
import logging
from typing import Protocol

from parley_core.errors import BadInput, NotAllowed, NotFound, ParleyError, Rejected, Throttled, Unreachable

from parley_tools.outgoing.message import FAILED, QUEUED, SENT, UNKNOWN, Channel, Message, Sender
from parley_tools.outgoing.outbox import LOST, Claimed, Outbox

log = logging.getLogger(__name__)

WAITS_S = (2.0, 15.0, 60.0, 300.0, 1800.0, 7200.0, 21600.0)  # after each failed attempt; after the last: failed
_LEASE_S = 90.0  # longer than any sender's deadline: then its process counts as dead
_EVERY_S = 1.0
_AT_ONCE = 8
_NEVER = (Rejected, BadInput, NotAllowed)
_NOT_TAKEN = (Unreachable, Throttled)


class Senders(Protocol):
    def of(self, tenant: str, channel: Channel) -> Sender | None:
        """The tenant's sender of a channel; None where none is configured. Raises BadInput for a wrong one."""
        ...


class Delivery:
    def __init__(self, outbox: Outbox, senders: Senders) -> None:
        self._outbox = outbox
        self._senders = senders

    def can_send(self, tenant: str, channel: Channel) -> bool:
        return self._senders.of(tenant, channel) is not None

    async def attempt(self, message: Message) -> Message:
        """One attempt, unless another process makes one or the message is settled. Returns it as it then is."""
        sender = self._senders.of(message.tenant, message.channel)
        claimed = await self._outbox.claim(message, sender.name, _LEASE_S) if sender is not None else None
        if sender is None or claimed is None:
            return await self._outbox.find(message.tenant, message.message_id) or message
        return await self._send(sender, claimed)

    async def run(self) -> None:
        """Send what is due, for ever."""
        while True:
            try:
                await self.send_due()
            except ParleyError as error:
                log.warning("outbox not read", extra={"error": type(error).__name__})
            await asyncio.sleep(_EVERY_S)

    async def send_due(self) -> int:
        """One round; returns how many were due."""
        due = await self._outbox.due(_AT_ONCE)
        for ended in await asyncio.gather(*(self.attempt(one) for one in due), return_exceptions=True):
            if isinstance(ended, BaseException):
                log.warning("message not attempted", extra={"error": type(ended).__name__})
        return len(due)

    async def _send(self, sender: Sender, claimed: Claimed) -> Message:
        message = claimed.message
        try:
            receipt = await sender.find(message) if claimed.lost else None
            if receipt is None:
                receipt = await sender.send(message)
        except _NEVER as error:
            return await self._settled(message, FAILED, str(error))
        except NotFound:
            return await self._settled(message, UNKNOWN, f"{LOST}, and {sender.name} cannot say what came of it")
        except ParleyError as error:
            taken = "" if isinstance(error, _NOT_TAKEN) and not claimed.lost else f"{LOST}: "
            return await self._later(message, f"{taken}{error}")
        return await self._outbox.settle(message, SENT, receipt=receipt[:200])

    async def _later(self, message: Message, error: str) -> Message:
        if message.attempts > len(WAITS_S):
            return await self._settled(message, UNKNOWN if error.startswith(LOST) else FAILED, error)
        return await self._outbox.settle(message, QUEUED, error=error, wait_s=WAITS_S[message.attempts - 1])

    async def _settled(self, message: Message, state: str, error: str) -> Message:
        log.warning("message not sent", extra={"message_id": message.message_id, "state": state})
        return await self._outbox.settle(message, state, error=error)
