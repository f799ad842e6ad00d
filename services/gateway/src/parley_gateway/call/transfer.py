"""Handing the caller over to a person: which address, the leg's transfer and its deadline, what the log says of it.

`goodbye` starts it when a reply that ends in a hand-off was heard to its end. Nobody is listened to meanwhile; what
follows a failure is decided by `machine`.
"""

import asyncio
import logging

from parley.v1 import events_pb2
from parley_core.errors import ParleyError
from parley_core.reasons import EndReason

from parley_gateway.admission.outgoing import TRANSFER_MINUTES
from parley_gateway.call.scope import CallScope
from parley_gateway.call_events import TransferStarted
from parley_gateway.turns.events import TransferFailed

log = logging.getLogger(__name__)

TRANSFER_S = 10.0
_MAX_DETAIL = 200


class Transfer:
    def __init__(self, scope: CallScope) -> None:
        self._scope = scope
        self._handoff = scope.agent.handoff
        self._requested = events_pb2.HandoffRequested(target=self._handoff.target)

    def requested(self, requested: events_pb2.HandoffRequested) -> None:
        """What the conversation says of the hand-off: on the log, before its reply is heard to the end."""
        self._requested = requested

    def start(self) -> None:
        target = self._requested.target or self._handoff.target
        address = self._handoff.address_of(target)
        self._scope.line.send_event(TransferStarted(target, address))
        if address:
            self._scope.tasks.spawn(self._transfer(target, address), "transfer")
        else:
            self._scope.end.hang_up(EndReason.HANDED_OFF)

    async def _transfer(self, target: str, address: str) -> None:
        problem = ""
        try:
            async with asyncio.timeout(TRANSFER_S):
                await self._scope.gateway.outgoing.admit(self._scope.session.tenant, address, minutes=TRANSFER_MINUTES)
                await self._scope.line.leg.transfer(address, self._requested.summary)
        except TimeoutError:
            problem = f"no answer within {TRANSFER_S:g} s"
        except ParleyError as error:
            problem = str(error)[:_MAX_DETAIL]
        self._scope.log.append(
            events_pb2.CallTransferred(address=address, ok=not problem, detail=problem, target=target)
        )
        if problem:
            log.warning("transfer failed", extra={"call": self._scope.log.call, "target": target, "detail": problem})
            self._scope.turns.advance(TransferFailed(go_on=self._handoff.on_failure == "continue"))
        else:
            self._scope.end.hang_up(EndReason.HANDED_OFF)
