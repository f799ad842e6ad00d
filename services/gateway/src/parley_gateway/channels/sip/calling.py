"""Orders for outgoing calls, placed through the trunk: the SIP channel's half of `outbound.Dialer`.

An order's HTTP request waits until the trunk has taken the INVITE; ringing, answer and what follows are a task's.
"""

import asyncio
import logging
from collections.abc import Awaitable

from parley.v1 import session_pb2
from parley_core.bus import subjects
from parley_core.bus.port import Message, Subscription
from parley_core.errors import BadInput, ParleyError, Unavailable
from parley_core.reasons import EndReason

from parley_gateway.call.registry import Refused
from parley_gateway.caller import Caller
from parley_gateway.channels.outbound.calls import ORDER, OutboundCall, OutboundCalls, Status
from parley_gateway.channels.sip.incoming import ENCODINGS
from parley_gateway.channels.sip.leg import SipLeg
from parley_gateway.channels.sip.outgoing import NotAnswered, Outgoing
from parley_gateway.channels.sip.stack import Stack

log = logging.getLogger(__name__)

_CLOSE_S = 2.0
_STATUSES = {"busy": Status.BUSY, "no_answer": Status.NO_ANSWER}  # of `NotAnswered`; any other has failed


class Calling:
    def __init__(self, stack: Stack, outgoing: Outgoing) -> None:
        self._stack = stack
        self._outgoing = outgoing
        self._closing = False
        self._settings = stack.settings
        self._placing: dict[tuple[str, str], asyncio.Task[None]] = {}  # by tenant and order, until a call stands

    async def serve(self) -> Subscription:
        """Hear of orders that are cancelled at other gateways."""

        async def cancelled(message: Message) -> None:
            tenant, _, order = message.data.decode("ascii", "replace").partition(".")
            self._give_up((tenant, order))

        return await self._stack.context.gateway.bus.subscribe(subjects.ORDER_CANCELLED, cancelled)

    async def dial(self, order: OutboundCall, orders: OutboundCalls) -> None:
        """Return once the trunk has taken the call. Raises BadInput, Unavailable, NotAnswered when it does not."""
        caller = (order.caller or self._settings.caller).removeprefix("tel:")
        if not caller:
            raise BadInput("from", "must be given, or set as PARLEY_GATEWAY_SIP_CALLER")
        calls = self._stack.context.calls
        if calls.draining:
            raise Unavailable("this gateway", "it is being restarted")
        if self._stack.full:
            raise Unavailable("this gateway", "all its lines are in use")
        taken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        key = (order.tenant, order.id)
        task = self._stack.context.tasks.spawn(self._place(order, orders, caller, taken), f"place {order.id}")
        self._placing[key] = task
        task.add_done_callback(lambda _: self._placing.pop(key, None))
        try:
            await taken
        except BaseException:
            task.cancel()  # whoever ordered it is told that it failed
            raise

    async def cancel(self, order: OutboundCall) -> None:
        """Stop the ringing, wherever it was ordered."""
        if not self._give_up((order.tenant, order.id)):
            whose = f"{order.tenant}.{order.id}".encode()
            await self._stack.context.gateway.bus.publish(subjects.ORDER_CANCELLED, whose)

    async def close(self) -> None:
        """Give up what rings."""
        self._closing = True
        placing = list(self._placing.values())
        for task in placing:
            task.cancel()
        if placing:
            await asyncio.wait(placing, timeout=_CLOSE_S)

    def _give_up(self, key: tuple[str, str]) -> bool:
        task = self._placing.get(key)
        return task is not None and task.cancel()

    async def _place(
        self, order: OutboundCall, orders: OutboundCalls, caller: str, taken: "asyncio.Future[None]"
    ) -> None:
        def progress(status: int) -> None:
            if not taken.done():
                taken.set_result(None)
            if status >= 180:
                tell = _told(orders.update(order.tenant, order.id, Status.RINGING))
                self._stack.context.tasks.spawn(tell, f"order {order.id} rings")

        try:
            to = order.to.removeprefix("tel:")
            leg = await self._outgoing.dial(to, caller, timeout_s=order.timeout_s, on_progress=progress)
        except ParleyError as error:
            status = _STATUSES.get(error.reason, Status.FAILED) if isinstance(error, NotAnswered) else Status.FAILED
            if status is Status.FAILED and not taken.done():
                taken.set_exception(error)
                return
            await _told(orders.update(order.tenant, order.id, status, detail=str(error)[:200]))
            if not taken.done():
                taken.set_result(None)
        except asyncio.CancelledError:
            if not taken.done():
                taken.set_result(None)
            if self._closing:
                await _told(orders.update(order.tenant, order.id, Status.FAILED, detail="the gateway was stopped"))
            raise
        else:
            if not taken.done():
                taken.set_result(None)
            await self._open(order, orders, leg)
        finally:
            taken.cancel()

    async def _open(self, order: OutboundCall, orders: OutboundCalls, leg: SipLeg) -> None:
        """The callee has answered. Their order becomes ANSWERED by the log of their call."""
        encoding, rate_hz = ENCODINGS.get(leg.codec, (session_pb2.AUDIO_ENCODING_PCM16, 16_000))
        caller = Caller(
            tenant=order.tenant,
            agent=order.agent,
            channel=session_pb2.CHANNEL_SIP,
            audio=session_pb2.AudioFormat(encoding=encoding, sample_rate_hz=rate_hz, channels=1),
            attributes={ORDER: order.id, "sip_call_id": leg.dialog.key[0]},
        )
        try:
            call = await self._stack.context.calls.open(caller, leg)
        except Refused as error:
            leg.close(error.reason)
            log.warning("answered outgoing call has no call", extra={"reason": error.reason, "channel": "sip"})
            await _told(orders.update(order.tenant, order.id, Status.FAILED, detail=error.reason))
        except BaseException:
            leg.close(EndReason.ERROR)
            raise
        else:
            leg.attach(call)


async def _told(update: Awaitable[object]) -> None:
    try:
        await update
    except ParleyError as error:
        log.warning("outgoing call not stored", extra={"error": type(error).__name__, "channel": "sip"})
