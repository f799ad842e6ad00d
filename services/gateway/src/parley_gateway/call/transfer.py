"""Handing the caller over to a person: which address, the leg's transfer and its deadline, what the log says of it.

`call` starts it when a reply that ends in a hand-off was heard to its end. Nobody is listened to meanwhile; what
follows a failure is decided by `machine`.
"""

import asyncio
import logging
from collections.abc import Callable

from parley.v1 import events_pb2
from parley_core.agents import Handoff
from parley_core.bus import subjects
from parley_core.bus.log import CallLog, decode
from parley_core.bus.port import Message
from parley_core.errors import ParleyError
from parley_core.reasons import EndReason
from parley_core.tasks import Tasks

from parley_gateway.call_events import TransferStarted
from parley_gateway.ports import Leg
from parley_gateway.turns.driver import TurnDriver
from parley_gateway.turns.events import TransferFailed

log = logging.getLogger(__name__)

TRANSFER_S = 10.0
_MAX_DETAIL = 200


class Transfer:
    def __init__(
        self,
        handoff: Handoff,
        call_log: CallLog,
        turns: TurnDriver,
        tasks: Tasks,
        *,
        leg: Callable[[], Leg],
        hang_up: Callable[[EndReason], None],
    ) -> None:
        name = events_pb2.HandoffRequested.DESCRIPTOR.name
        self.subject = subjects.log(call_log.tenant, call_log.call, name)
        self._handoff = handoff
        self._log = call_log
        self._turns = turns
        self._tasks = tasks
        self._leg = leg
        self._hang_up = hang_up
        self._requested = events_pb2.HandoffRequested(target=handoff.target)

    async def on_requested(self, message: Message) -> None:
        """What the conversation says of the hand-off comes on the log, before its reply is heard to the end."""
        self._requested = decode(message.data).handoff_requested

    def start(self) -> None:
        target = self._requested.target or self._handoff.target
        address = self._handoff.address_of(target)
        self._leg().send_event(TransferStarted(target, address))
        if address:
            self._tasks.spawn(self._transfer(target, address), "transfer")
        else:
            self._hang_up(EndReason.HANDED_OFF)

    async def _transfer(self, target: str, address: str) -> None:
        problem = ""
        try:
            async with asyncio.timeout(TRANSFER_S):
                await self._leg().transfer(address, self._requested.summary)
        except TimeoutError:
            problem = f"no answer within {TRANSFER_S:g} s"
        except ParleyError as error:
            problem = str(error)[:_MAX_DETAIL]
        self._log.append(events_pb2.CallTransferred(address=address, ok=not problem, detail=problem, target=target))
        if problem:
            log.warning("transfer failed", extra={"call": self._log.call, "target": target, "detail": problem})
            self._turns.advance(TransferFailed(go_on=self._handoff.on_failure == "continue"))
        else:
            self._hang_up(EndReason.HANDED_OFF)
