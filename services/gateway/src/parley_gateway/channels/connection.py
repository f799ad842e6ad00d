"""What every WebSocket channel does alike: bounds on what a client leaves unread, deadlines, polite and impolite ends.

A channel's connection subclasses `Connection`, is the call's `Leg`, and says what text and binary messages mean.
Nothing a client sends can raise past it, and no client can make another wait.
"""

import asyncio
import logging
import socket
import time
from abc import ABC, abstractmethod
from collections.abc import Coroutine

from parley_core.errors import NotAllowed
from parley_core.reasons import EndReason, Reason, RefusalReason
from picows import WSCloseCode, WSFrame, WSListener, WSMsgType, WSTransport

from parley_gateway.admission.faults import ClientFault
from parley_gateway.call.call import Call
from parley_gateway.call.registry import Refused
from parley_gateway.call_events import CallEvent
from parley_gateway.caller import Caller
from parley_gateway.channels.base import ChannelContext

log = logging.getLogger(__name__)

LEFT_OFF = (4000).to_bytes(2)  # a client's close code: its network broke, and it will take the call up again
_LINGER_S = 2.0  # for the client's side of the closing handshake

# By what a connection is closed with; clients read these (the service's README).
CLOSE_CODES: dict[Reason, WSCloseCode] = {
    **dict.fromkeys(EndReason, WSCloseCode.OK),
    EndReason.NOBODY_FREE: WSCloseCode.TRY_AGAIN_LATER,
    EndReason.GATEWAY_STOPPED: WSCloseCode.SERVICE_RESTART,
    EndReason.ERROR: WSCloseCode.INTERNAL_ERROR,
    RefusalReason.BUSY: WSCloseCode.TRY_AGAIN_LATER,
    RefusalReason.NOBODY_FREE: WSCloseCode.TRY_AGAIN_LATER,
    RefusalReason.UNAVAILABLE: WSCloseCode.TRY_AGAIN_LATER,
    RefusalReason.DRAINING: WSCloseCode.SERVICE_RESTART,
    RefusalReason.TENANT_LIMIT: WSCloseCode.TRY_AGAIN_LATER,
    RefusalReason.TENANT_RATE: WSCloseCode.TRY_AGAIN_LATER,
    RefusalReason.TOKEN_LIMIT: WSCloseCode.TRY_AGAIN_LATER,
    RefusalReason.ADDRESS_LIMIT: WSCloseCode.TRY_AGAIN_LATER,
    RefusalReason.ADDRESS_CONNECTIONS: WSCloseCode.TRY_AGAIN_LATER,
    RefusalReason.ADDRESS_RATE: WSCloseCode.TRY_AGAIN_LATER,
    RefusalReason.ADDRESS_DENIED: WSCloseCode.POLICY_VIOLATION,
    RefusalReason.LOW_DISK: WSCloseCode.TRY_AGAIN_LATER,
    RefusalReason.FOREIGN_ORIGIN: WSCloseCode.POLICY_VIOLATION,
    RefusalReason.HOST_DENIED: WSCloseCode.POLICY_VIOLATION,
    RefusalReason.TOKEN_USED: WSCloseCode.POLICY_VIOLATION,
    RefusalReason.BAD_TOKEN: WSCloseCode.POLICY_VIOLATION,
    RefusalReason.UNKNOWN_AGENT: WSCloseCode.POLICY_VIOLATION,
    RefusalReason.CALL_OVER: WSCloseCode.POLICY_VIOLATION,
    ClientFault.BAD_JSON: WSCloseCode.INVALID_TEXT,
    ClientFault.BAD_MESSAGE: WSCloseCode.POLICY_VIOLATION,
    ClientFault.BAD_OFFER: WSCloseCode.POLICY_VIOLATION,
    ClientFault.WRONG_FORMAT: WSCloseCode.UNSUPPORTED_DATA,
    ClientFault.FRAGMENTED: WSCloseCode.UNSUPPORTED_DATA,
    ClientFault.ODD_FRAME: WSCloseCode.INVALID_TEXT,
    ClientFault.FRAME_SIZE: WSCloseCode.MESSAGE_TOO_BIG,
    ClientFault.MESSAGE_SIZE: WSCloseCode.MESSAGE_TOO_BIG,
    ClientFault.NOT_STARTED: WSCloseCode.POLICY_VIOLATION,
    ClientFault.START_TIMEOUT: WSCloseCode.POLICY_VIOLATION,
    ClientFault.TOO_FAST: WSCloseCode.POLICY_VIOLATION,
    ClientFault.NO_AUDIO: WSCloseCode.POLICY_VIOLATION,
}


class Connection(WSListener, ABC):
    """One client of one channel. A `Leg`, but for `send_audio`, `clear_audio` and `send_event`."""

    ear_delay_s = 0.0

    def __init__(self, context: ChannelContext, forwarded: str = "") -> None:
        """`forwarded`: the request's X-Forwarded-For, believed of trusted proxies."""
        self.context = context
        self.tuning = context.tuning
        self.address = ""  # of the client
        self._forwarded = forwarded
        self._counted = False  # among its address's connections
        self.last_seen = time.monotonic()
        self.call: Call | None = None
        self.starting = False  # a call was asked for
        self.closed = False
        self._transport: WSTransport | None = None
        self._rating: asyncio.Task[bool] | None = None
        self._left: EndReason | None = None  # why the client is gone before its call was made

    # What a channel says

    @abstractmethod
    def send_audio(self, frame: bytes | memoryview) -> None: ...

    @abstractmethod
    def clear_audio(self) -> None: ...

    @abstractmethod
    def send_event(self, event: CallEvent) -> None: ...

    async def transfer(self, address: str, summary: str) -> None:
        raise NotAllowed("a transfer", "a WebSocket cannot be moved to a telephone")

    @abstractmethod
    def on_text(self, frame: WSFrame) -> None:
        """A whole text message."""

    @abstractmethod
    def on_binary(self, frame: WSFrame) -> None:
        """A whole binary message."""

    def tell_problem(self, fault: ClientFault, detail: str) -> None:
        """Say in the channel's words what was wrong; the connection is closed after it."""

    def tell_refusal(self, reason: RefusalReason, detail: str) -> None:
        """Say in the channel's words that there is no call; the connection is closed after it."""

    # For channels

    def send_text(self, data: bytes) -> None:
        if self._transport is not None and not self.closed:
            self._transport.send(WSMsgType.TEXT, data)

    def send_binary(self, data: bytes | memoryview) -> None:
        if self._transport is not None and not self.closed:
            self._transport.send(WSMsgType.BINARY, data)

    def ping(self) -> None:
        """Ask for a sign of life, for clients that are silent by nature."""
        if self._transport is not None and not self.closed:
            self._transport.send_ping()

    def start(self, caller: Caller) -> None:
        """Ask for a call; `call` is set once it stands."""
        self.starting = True
        self.context.tasks.spawn(self._open(self.context.calls.open(caller, self)), "open call")

    def resume(self, token: str) -> None:
        """Ask for a call whose connection was lost; `token` is the `resume` of its `ready`."""
        self.starting = True
        self.context.tasks.spawn(self._open(self.context.calls.resume(token, self)), "take call up")

    def exempt_from_limits(self) -> None:
        """The peer is known and brings many callers: its connections are not counted as one address's."""
        if self._counted:
            self._counted = False
            self.context.addresses.disconnect(self.address)

    def fail(self, fault: ClientFault, detail: str) -> None:
        """The client broke a rule: say which, end its call, close."""
        if self.closed:
            return
        log.info("client refused", extra={"reason": fault})
        self.tell_problem(fault, detail)
        self.gone(EndReason.CLIENT_ERROR, fault)
        self.close(fault, detail)

    def refuse(self, reason: RefusalReason, detail: str) -> None:
        """There is no call for this client: say why, close."""
        self.context.gateway.metrics.refused.add(1, {"reason": reason})
        self.tell_refusal(reason, detail)
        self.close(reason, detail)

    def gone(self, reason: EndReason, detail: str = "") -> None:
        """The caller is no longer there, and will not be again."""
        self._left = self._left or reason
        if self.call is not None and self.call.leg is self:
            self.call.hang_up(reason, detail)

    def lost(self, reason: EndReason) -> None:
        """The connection is gone; its caller may come back on another one."""
        self._left = self._left or reason
        if self.call is not None:
            self.call.leg_lost(reason, self)

    def close(self, reason: Reason, detail: str = "") -> None:
        transport = self._transport
        if self.closed or transport is None:
            return
        self.closed = True
        transport.send_close(CLOSE_CODES[reason], reason.encode())
        if reason is EndReason.CLIENT_STALLED:
            transport.disconnect(graceful=False)  # the close frame would wait behind what is not read
        else:
            scheduler = self.context.gateway.scheduler
            scheduler.call_at(scheduler.time() + _LINGER_S, self._drop)

    def opened(self) -> None:
        """The call stands: `call` is set."""

    # picows

    def on_ws_connected(self, transport: WSTransport) -> None:
        self._transport = transport
        inner = transport.underlying_transport
        inner.set_write_buffer_limits(high=self.tuning.unread_bytes)
        peer = inner.get_extra_info("peername")
        self.address = self.context.addresses.client(str(peer[0]) if peer else "", self._forwarded)
        sock = inner.get_extra_info("socket")
        if sock is not None:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            # The kernel would otherwise hide megabytes, minutes of speech, from the bound above.
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, self.tuning.unread_bytes)
        scheduler = self.context.gateway.scheduler
        scheduler.call_at(scheduler.time() + self.tuning.start_timeout_s, self._start_due)
        self._admit()

    def _admit(self) -> None:
        addresses = self.context.addresses
        if not addresses.rules.permit(self.address):
            self.refuse(RefusalReason.ADDRESS_DENIED, "This address may not connect.")
            return
        self._counted = addresses.connect(self.address)
        if not self._counted:
            self.refuse(RefusalReason.ADDRESS_CONNECTIONS, "There are too many connections from your address.")
        elif addresses.rated(self.address):
            self._rating = self.context.tasks.spawn(self._count_connection(), "rate of address")

    async def _count_connection(self) -> bool:
        if await self.context.addresses.asks(self.address):
            return True
        if not self.closed:
            self.refuse(RefusalReason.ADDRESS_RATE, "Too many connections were made from your address.")
        return False

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if self.closed:
            return
        if transport.is_close_frame_sent:
            # picows itself refused a frame that breaks the WebSocket protocol; what follows it cannot be read.
            self.closed = True
            self.gone(EndReason.BAD_FRAME)
            return
        self.last_seen = time.monotonic()
        kind = frame.msg_type
        if kind == WSMsgType.BINARY and frame.fin:
            self.on_binary(frame)
        elif kind == WSMsgType.TEXT and frame.fin:
            self.on_text(frame)
        elif kind == WSMsgType.CLOSE:
            if frame.get_payload_as_bytes()[:2] == LEFT_OFF:
                self.lost(EndReason.CLIENT_GONE)
            else:
                self.gone(EndReason.CALLER_HUNG_UP)
            self.closed = True
            transport.send_close(WSCloseCode.OK)
            transport.disconnect()
        elif kind not in (WSMsgType.PING, WSMsgType.PONG):
            self.fail(ClientFault.FRAGMENTED, "messages must come in one piece")

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        if self._counted:
            self._counted = False
            self.context.addresses.disconnect(self.address)
        bad, self.closed = transport.is_close_frame_sent and not self.closed, True
        if bad:
            self.gone(EndReason.BAD_FRAME)
        else:
            self.lost(EndReason.CLIENT_GONE)

    def pause_writing(self) -> None:
        self.lost(EndReason.CLIENT_STALLED)
        self.close(EndReason.CLIENT_STALLED)

    def resume_writing(self) -> None:
        """A client that stalled is closed; it may take its call up on another connection."""

    async def _open(self, opening: Coroutine[None, None, Call]) -> None:
        if self._rating is not None and not await self._rating:
            opening.close()
            return
        try:
            self.call = await opening
        except Refused as error:
            if error.already_notified:
                self.close(error.reason)
            else:
                self.refuse(error.reason, error.detail)
            return
        if self._left is None:
            self.opened()
        elif self._left.meaning.resumable:
            self.lost(self._left)
        else:
            self.gone(self._left)

    def _start_due(self) -> None:
        if not self.starting and not self.closed:
            self.fail(ClientFault.START_TIMEOUT, "no start message came")

    def _drop(self) -> None:
        if self._transport is not None and not self._transport.is_disconnected:
            self._transport.disconnect(graceful=False)
