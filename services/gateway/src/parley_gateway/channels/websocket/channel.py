"""The WebSocket channel: 16 kHz PCM16 up and down, JSON beside it. The protocol is documented in the service's
README."""

import json
import time
from collections.abc import Mapping

from parley.v1 import session_pb2
from parley_audio.formats import BYTES_PER_MS
from parley_core.errors import BadInput, NotAllowed
from parley_core.reasons import EndReason, RefusalReason
from picows import WSFrame

from parley_gateway.admission.faults import ClientFault
from parley_gateway.admission.frame_limits import MAX_JSON_BYTES, Pace, RealTime, frame_problem
from parley_gateway.call_events import CallEvent, Refusal
from parley_gateway.caller import Caller
from parley_gateway.channels import client_json, event_json
from parley_gateway.channels.base import Accept, Channel, ChannelContext, Upgrade
from parley_gateway.channels.connection import Connection

PATH = "/v1/call"
_MAX_PROBLEMS = 5  # wrong messages that are answered before the connection is closed


class WebSocketChannel(Channel):
    name = "websocket"

    def __init__(self, context: ChannelContext) -> None:
        self._context = context

    def websockets(self) -> Mapping[str, Accept]:
        return {PATH: self._accept}

    def _accept(self, upgrade: Upgrade) -> "WebSocketConnection":
        return WebSocketConnection(self._context, upgrade)


class WebSocketConnection(Connection):
    def __init__(self, context: ChannelContext, upgrade: Upgrade) -> None:
        super().__init__(context, upgrade.header("X-Forwarded-For"))
        self._token = upgrade.query.get("token", "")
        self._origin = upgrade.header("Origin")
        self._problems = 0
        self._rate = RealTime(self.tuning.ahead_s, self.tuning.catch_up_s, context.gateway.metrics.excess_audio)

    # Leg

    def send_audio(self, frame: bytes | memoryview) -> None:
        self.send_binary(frame)

    def clear_audio(self) -> None:
        self._send(event_json.CLEAR)

    def send_event(self, event: CallEvent) -> None:
        self._send(event_json.to_json(event))

    def _send(self, message: event_json.Json) -> None:
        self.send_text(json.dumps(message, separators=(",", ":")).encode())

    # What the client sent

    def on_binary(self, frame: WSFrame) -> None:
        problem = frame_problem(frame.payload_size)
        if problem is not None:
            self.fail(problem.fault, problem.detail)
        elif self.call is None:
            if not self.starting:
                self.fail(ClientFault.NOT_STARTED, "audio came before the start message")
        else:
            pace = self._rate.take(frame.payload_size / BYTES_PER_MS / 1000, self.last_seen)
            if pace is Pace.TAKE:
                self.call.caller.audio(frame.get_payload_as_bytes())
            elif pace is Pace.EXCESS:
                self.fail(ClientFault.TOO_FAST, "audio keeps coming faster than real time")

    def on_text(self, frame: WSFrame) -> None:
        if frame.payload_size > MAX_JSON_BYTES:
            self.fail(ClientFault.MESSAGE_SIZE, f"messages have at most {MAX_JSON_BYTES} bytes")
            return
        try:
            message = client_json.parse_message(frame.get_payload_as_bytes())
        except client_json.WrongFormat as error:
            self.fail(ClientFault.WRONG_FORMAT, str(error))
            return
        except BadInput as error:
            if error.where == "message":
                self.fail(ClientFault.BAD_JSON, str(error))
            else:
                self._wrong(str(error))
            return
        match message:
            case client_json.StartMessage():
                self._start(message)
            case client_json.PingMessage():
                self._send(event_json.PONG)
            case client_json.HangUpMessage():
                self.gone(EndReason.CALLER_HUNG_UP)
                if self.call is None:
                    self.close(EndReason.CALLER_HUNG_UP)
            case _ if self.call is None:
                self._wrong("the call has not started")
            case client_json.DigitsMessage():
                self.call.caller.digits(message.digits)
            case client_json.TextMessage():
                self.call.caller.typed(message.text)

    def _start(self, message: client_json.StartMessage) -> None:
        if self.starting:
            self._wrong("the call has started already")
            return
        if message.resume:
            self.resume(message.resume)
            return
        self.starting = True
        try:
            grant = self.context.tokens.read(self._token, time.time())
            if message.agent and message.agent != grant.agent:
                raise NotAllowed("this call", "the token is for another agent")
            grant.check_origin(self._origin)
        except NotAllowed as error:
            self.refuse(RefusalReason.BAD_TOKEN, str(error))
            return
        self.start(
            Caller(
                tenant=grant.tenant,
                agent=grant.agent,
                channel=session_pb2.CHANNEL_WEBSOCKET,
                audio=client_json.audio_format(),
                user=grant.user or message.user,
                language=message.language,
                attributes=message.attributes,
                address=self.address,
                token=grant.id,
                concurrency=grant.concurrency,
                uses=grant.uses,
                max_call_s=grant.max_call_s,
                allowed_tools=grant.tools,
                groups=grant.groups,
            )
        )

    # What was wrong

    def tell_problem(self, fault: ClientFault, detail: str) -> None:
        self._send(event_json.problem(fault, detail))

    def tell_refusal(self, reason: RefusalReason, detail: str) -> None:
        self.send_event(Refusal(reason, detail))

    def _wrong(self, detail: str) -> None:
        self._problems += 1
        if self._problems > _MAX_PROBLEMS:
            self.fail(ClientFault.BAD_MESSAGE, detail)
        else:
            self._send(event_json.problem(ClientFault.BAD_MESSAGE, detail))
