"""The WebSocket door: 16 kHz PCM16 up and down, JSON beside it. The protocol is documented in the service's README.

One `Connection` per client, driven by picows' callbacks on the event loop. Nothing a client sends can raise past it,
and no client can make another wait: what one does not read is bounded, and then its call ends.
"""

import json
import logging
import socket
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from urllib.parse import parse_qs, urlsplit

from parley.v1 import session_pb2
from parley_audio.formats import BYTES_PER_MS
from parley_core.errors import BadInput, NotAllowed, Unavailable
from parley_core.tasks import Tasks
from picows import (
    WSCloseCode,
    WSFrame,
    WSListener,
    WSMsgType,
    WSTransport,
    WSUpgradeRequest,
    ws_create_server,
)

from parley_gateway.call import Call
from parley_gateway.calls import Calls, Refused
from parley_gateway.doors import protocol
from parley_gateway.limits import MAX_JSON_BYTES, RealTime, frame_problem
from parley_gateway.platform import Platform
from parley_gateway.session import Caller
from parley_gateway.tokens import Grant, Tokens

log = logging.getLogger(__name__)

PATH = "/v1/call"
MAX_WIRE_BYTES = 256 * 1024  # a frame past it is not read at all; below it the client is told what was wrong
_MAX_PROBLEMS = 5  # wrong messages that are answered before the connection is closed
_LINGER_S = 2.0  # for the client's side of the closing handshake

_CLOSE_CODES = {
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
    "nobody_free": WSCloseCode.TRY_AGAIN_LATER,
    "unavailable": WSCloseCode.TRY_AGAIN_LATER,
    "draining": WSCloseCode.SERVICE_RESTART,
    "gateway_stopped": WSCloseCode.SERVICE_RESTART,
    "error": WSCloseCode.INTERNAL_ERROR,
}


class Connection(WSListener):
    """One client. It is the call's `Leg`."""

    def __init__(self, platform: Platform, calls: Calls, tokens: Tokens, tasks: Tasks, token: str) -> None:
        self._platform = platform
        self._calls = calls
        self._tokens = tokens
        self._tasks = tasks
        self._token = token
        self._transport: WSTransport | None = None
        self._call: Call | None = None
        self._starting = False
        self._closed = False
        self._left = ""  # why the client is gone before its call was made
        self._problems = 0
        self._rate = RealTime(platform.settings.ahead_s)
        self.last_sign = time.monotonic()

    # Leg

    def send_audio(self, frame: bytes | memoryview) -> None:
        if self._transport is not None and not self._closed:
            self._transport.send(WSMsgType.BINARY, frame)

    def clear_audio(self) -> None:
        self.send_event({"type": "clear"})

    def send_event(self, event: Mapping[str, object]) -> None:
        if self._transport is not None and not self._closed:
            self._transport.send(WSMsgType.TEXT, json.dumps(event, separators=(",", ":")).encode())

    def close(self, reason: str, detail: str = "") -> None:
        transport = self._transport
        if self._closed or transport is None:
            return
        self._closed = True
        transport.send_close(_CLOSE_CODES.get(reason, WSCloseCode.OK), reason.encode())
        if reason == "client_stalled":
            transport.disconnect(graceful=False)  # the close frame would wait behind what is not read
        else:
            self._platform.scheduler.call_at(self._platform.scheduler.time() + _LINGER_S, self._drop)

    # picows

    def on_ws_connected(self, transport: WSTransport) -> None:
        self._transport = transport
        settings = self._platform.settings
        inner = transport.underlying_transport
        inner.set_write_buffer_limits(high=settings.unread_bytes)
        sock = inner.get_extra_info("socket")
        if sock is not None:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            # The kernel would otherwise hide megabytes, minutes of speech, from the bound above.
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, settings.unread_bytes)
        self._platform.scheduler.call_at(self._platform.scheduler.time() + settings.start_timeout_s, self._start_due)

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if self._closed:
            return
        if transport.is_close_frame_sent:
            # picows itself refused a frame that breaks the WebSocket protocol; what follows it cannot be read.
            self._closed = True
            self._gone("bad_frame")
            return
        self.last_sign = time.monotonic()
        kind = frame.msg_type
        if kind == WSMsgType.BINARY and frame.fin:
            self._audio(frame)
        elif kind == WSMsgType.TEXT and frame.fin:
            self._message(frame)
        elif kind == WSMsgType.CLOSE:
            self._gone("caller_hung_up")
            self._closed = True
            transport.send_close(WSCloseCode.OK)
            transport.disconnect()
        elif kind not in (WSMsgType.PING, WSMsgType.PONG):
            self._fail("fragmented", "messages must come in one piece")

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        self._gone("bad_frame" if transport.is_close_frame_sent and not self._closed else "client_gone")
        self._closed = True

    def pause_writing(self) -> None:
        self._gone("client_stalled")
        self.close("client_stalled")

    def resume_writing(self) -> None:
        """A call whose client stalled is over; there is nothing to take up."""

    # What the client sent

    def _audio(self, frame: WSFrame) -> None:
        problem = frame_problem(frame.payload_size)
        if problem is not None:
            self._fail(problem.reason, problem.detail)
        elif self._call is None:
            if not self._starting:
                self._fail("not_started", "audio came before the start message")
        elif not self._rate.take(frame.payload_size / BYTES_PER_MS / 1000, self.last_sign):
            self._fail("too_fast", "audio came faster than real time")
        else:
            self._call.audio_in(frame.get_payload_as_bytes())

    def _message(self, frame: WSFrame) -> None:
        if frame.payload_size > MAX_JSON_BYTES:
            self._fail("message_size", f"messages have at most {MAX_JSON_BYTES} bytes")
            return
        try:
            message = protocol.parse_message(frame.get_payload_as_bytes())
        except protocol.WrongFormat as error:
            self._fail("wrong_format", str(error))
            return
        except BadInput as error:
            if error.where == "message":
                self._fail("bad_json", str(error))
            else:
                self._wrong(str(error))
            return
        match message:
            case protocol.StartMessage():
                self._start(message)
            case protocol.PingMessage():
                self.send_event({"type": "pong"})
            case protocol.HangUpMessage():
                self._gone("caller_hung_up")
                if self._call is None:
                    self.close("caller_hung_up")
            case _ if self._call is None:
                self._wrong("the call has not started")
            case protocol.DigitsMessage():
                self._call.digits(message.digits)
            case protocol.TextMessage():
                self._call.typed(message.text)

    def _start(self, message: protocol.StartMessage) -> None:
        if self._starting:
            self._wrong("the call has started already")
            return
        self._starting = True
        try:
            grant = self._tokens.read(self._token, time.time())
            if message.agent and message.agent != grant.agent:
                raise NotAllowed("this call", "the token is for another agent")
        except NotAllowed as error:
            self._refuse("bad_token", str(error))
            return
        self._tasks.spawn(self._open(grant, message), "open call")

    async def _open(self, grant: Grant, message: protocol.StartMessage) -> None:
        caller = Caller(
            tenant=grant.tenant,
            agent=grant.agent,
            channel=session_pb2.CHANNEL_WEBSOCKET,
            audio=protocol.audio_format(),
            user=grant.user or message.user,
            language=message.language,
            attributes=message.attributes,
        )
        try:
            self._call = await self._calls.open(caller, self)
        except Refused as error:
            if error.reason != "busy":
                self._refuse(error.reason, error.detail)
            else:
                self.close(error.reason)  # told, and heard, already
            return
        if self._left:
            self._call.hang_up(self._left)

    # Ends

    def _wrong(self, detail: str) -> None:
        self._problems += 1
        if self._problems > _MAX_PROBLEMS:
            self._fail("bad_message", detail)
        else:
            self.send_event({"type": "error", "reason": "bad_message", "detail": detail})

    def _fail(self, reason: str, detail: str) -> None:
        """The client broke a rule: say which, end its call, close."""
        if self._closed:
            return
        log.info("client refused", extra={"reason": reason})
        self.send_event({"type": "error", "reason": reason, "detail": detail})
        self._gone("client_error", reason)
        self.close(reason, detail)

    def _refuse(self, reason: str, detail: str) -> None:
        self._platform.metrics.refused.add(1, {"reason": reason})
        self.send_event({"type": "refused", "reason": reason, "detail": detail})
        self.close(reason, detail)

    def _gone(self, reason: str, detail: str = "") -> None:
        self._left = self._left or reason
        if self._call is not None:
            self._call.hang_up(reason, detail)

    def _start_due(self) -> None:
        if not self._starting and not self._closed:
            self._fail("start_timeout", "no start message came")

    def _drop(self) -> None:
        if self._transport is not None and not self._transport.is_disconnected:
            self._transport.disconnect(graceful=False)


@asynccontextmanager
async def serve_websocket(platform: Platform, calls: Calls, tokens: Tokens) -> AsyncIterator[int]:
    """Serve the door; yields its port. Raises Unavailable when the port cannot be had."""
    settings = platform.settings
    async with Tasks("websocket door") as tasks:

        def accept(request: WSUpgradeRequest) -> WSListener | None:
            target = urlsplit(request.path.decode("latin-1"))
            if target.path != PATH:
                return None
            token = parse_qs(target.query).get("token", [""])[0]
            return Connection(platform, calls, tokens, tasks, token)

        try:
            server = await ws_create_server(
                accept, settings.ws_host, settings.ws_port, max_frame_size=MAX_WIRE_BYTES, disconnect_on_exception=True
            )
        except OSError as error:
            raise Unavailable(f"port {settings.ws_port}", error.strerror or "cannot be listened on") from None
        try:
            yield int(server.sockets[0].getsockname()[1])
        finally:
            server.close()
