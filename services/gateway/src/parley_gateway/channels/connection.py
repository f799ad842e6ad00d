"""What every WebSocket channel does alike: bounds on what a client leaves unread, deadlines, polite and impolite ends.

A channel's connection subclasses `Connection`, is the call's `Leg`, and says what text and binary messages mean.
Nothing a client sends can raise past it, and no client can make another wait.
"""

import logging
import socket
import time
from abc import ABC, abstractmethod
from collections.abc import Coroutine

from parley_core.errors import NotAllowed
from picows import WSCloseCode, WSFrame, WSListener, WSMsgType, WSTransport

from parley_gateway.call.call import Call
from parley_gateway.call.registry import Refused
from parley_gateway.call.session import Caller
from parley_gateway.call_events import CallEvent
from parley_gateway.channels.base import ChannelContext

log = logging.getLogger(__name__)

_MAY_COME_BACK = ("client_gone", "client_stalled")
LEFT_OFF = (4000).to_bytes(2)  # a client's close code: its network broke, and it will take the call up again
_LINGER_S = 2.0  # for the client's side of the closing handshake

CLOSE_CODES = {
    "bad_token": WSCloseCode.POLICY_VIOLATION,
    "unknown_agent": WSCloseCode.POLICY_VIOLATION,
    "start_timeout": WSCloseCode.POLICY_VIOLATION,
    "too_fast": WSCloseCode.POLICY_VIOLATION,
    "not_started": WSCloseCode.POLICY_VIOLATION,
    "bad_message": WSCloseCode.POLICY_VIOLATION,
    "bad_json": WSCloseCode.INVALID_TEXT,
    "wrong_format": WSCloseCode.UNSUPPORTED_DATA,
    "fragmented": WSCloseCode.UNSUPPORTED_DATA,
    "odd_frame": WSCloseCode.INVALID_TEXT,
    "frame_size": WSCloseCode.MESSAGE_TOO_BIG,
    "message_size": WSCloseCode.MESSAGE_TOO_BIG,
    "busy": WSCloseCode.TRY_AGAIN_LATER,
    "tenant_limit": WSCloseCode.TRY_AGAIN_LATER,
    "tenant_rate": WSCloseCode.TRY_AGAIN_LATER,
    "token_limit": WSCloseCode.TRY_AGAIN_LATER,
    "address_limit": WSCloseCode.TRY_AGAIN_LATER,
    "address_connections": WSCloseCode.TRY_AGAIN_LATER,
    "address_rate": WSCloseCode.TRY_AGAIN_LATER,
    "nobody_free": WSCloseCode.TRY_AGAIN_LATER,
    "call_over": WSCloseCode.POLICY_VIOLATION,
    "unavailable": WSCloseCode.TRY_AGAIN_LATER,
    "draining": WSCloseCode.SERVICE_RESTART,
    "gateway_stopped": WSCloseCode.SERVICE_RESTART,
    "error": WSCloseCode.INTERNAL_ERROR,
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
        self._left = ""  # why the client is gone before its call was made

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

    def tell_problem(self, reason: str, detail: str) -> None:
        """Say in the channel's words what was wrong; the connection is closed after it."""

    def tell_refusal(self, reason: str, detail: str) -> None:
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

    def fail(self, reason: str, detail: str) -> None:
        """The client broke a rule: say which, end its call, close."""
        if self.closed:
            return
        log.info("client refused", extra={"reason": reason})
        self.tell_problem(reason, detail)
        self.gone("client_error", reason)
        self.close(reason, detail)

    def refuse(self, reason: str, detail: str) -> None:
        """There is no call for this client: say why, close."""
        self.context.gateway.metrics.refused.add(1, {"reason": reason})
        self.tell_refusal(reason, detail)
        self.close(reason, detail)

    def gone(self, reason: str, detail: str = "") -> None:
        """The caller is no longer there, and will not be again."""
        self._left = self._left or reason
        if self.call is not None and self.call.leg is self:
            self.call.hang_up(reason, detail)

    def lost(self, reason: str) -> None:
        """The connection is gone; its caller may come back on another one."""
        self._left = self._left or reason
        if self.call is not None:
            self.call.leg_lost(reason, self)

    def close(self, reason: str, detail: str = "") -> None:
        transport = self._transport
        if self.closed or transport is None:
            return
        self.closed = True
        transport.send_close(CLOSE_CODES.get(reason, WSCloseCode.OK), reason.encode())
        if reason == "client_stalled":
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
        self._counted = addresses.connect(self.address)
        if not self._counted:
            self.refuse("address_connections", "There are too many connections from your address.")
        elif not addresses.asks(self.address):
            self.refuse("address_rate", "Too many connections were made from your address.")

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if self.closed:
            return
        if transport.is_close_frame_sent:
            # picows itself refused a frame that breaks the WebSocket protocol; what follows it cannot be read.
            self.closed = True
            self.gone("bad_frame")
            return
        self.last_seen = time.monotonic()
        kind = frame.msg_type
        if kind == WSMsgType.BINARY and frame.fin:
            self.on_binary(frame)
        elif kind == WSMsgType.TEXT and frame.fin:
            self.on_text(frame)
        elif kind == WSMsgType.CLOSE:
            if frame.get_payload_as_bytes()[:2] == LEFT_OFF:
                self.lost("client_gone")
            else:
                self.gone("caller_hung_up")
            self.closed = True
            transport.send_close(WSCloseCode.OK)
            transport.disconnect()
        elif kind not in (WSMsgType.PING, WSMsgType.PONG):
            self.fail("fragmented", "messages must come in one piece")

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        if self._counted:
            self._counted = False
            self.context.addresses.disconnect(self.address)
        bad, self.closed = transport.is_close_frame_sent and not self.closed, True
        if bad:
            self.gone("bad_frame")
        else:
            self.lost("client_gone")

    def pause_writing(self) -> None:
        self.lost("client_stalled")
        self.close("client_stalled")

    def resume_writing(self) -> None:
        """A client that stalled is closed; it may take its call up on another connection."""

    async def _open(self, opening: Coroutine[None, None, Call]) -> None:
        try:
            self.call = await opening
        except Refused as error:
            if error.told:
                self.close(error.reason)
            else:
                self.refuse(error.reason, error.detail)
            return
        if self._left:
            tell = self.lost if self._left in _MAY_COME_BACK else self.gone
            tell(self._left)
        else:
            self.opened()

    def _start_due(self) -> None:
        if not self.starting and not self.closed:
            self.fail("start_timeout", "no start message came")

    def _drop(self) -> None:
        if self._transport is not None and not self._transport.is_disconnected:
            self._transport.disconnect(graceful=False)
