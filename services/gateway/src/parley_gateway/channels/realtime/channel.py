"""The Realtime channel: OpenAI's Realtime protocol over a WebSocket, so that its clients talk to a Parley agent
unchanged.

`GET /v1/realtime?model=<agent>` with a caller's token or the API key as bearer. What differs from OpenAI is in
docs/clients.md. The agent's voice goes out as fast as it is spoken, so that what was heard is known.
"""

import json
import logging
import time
from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence

from aiohttp import web
from parley.v1 import session_pb2
from parley_core.errors import BadInput, NotAllowed, ParleyError
from parley_core.ids import TOKEN, new_id
from parley_core.reasons import Reason, RefusalReason
from parley_core.text import load_json
from picows import WSFrame, WSListener, WSTransport, WSUpgradeResponse, WSUpgradeResponseWithListener

from parley_gateway import call_events
from parley_gateway.admission.faults import ClientFault
from parley_gateway.admission.tokens import Grant
from parley_gateway.caller import Caller
from parley_gateway.channels.base import KEY_PROTOCOL, Accept, Channel, ChannelContext, Upgrade
from parley_gateway.channels.keepalive import KeepAlive
from parley_gateway.channels.pacing import PacedInput
from parley_gateway.channels.realtime import protocol as p
from parley_gateway.channels.realtime.responses import Responses
from parley_gateway.channels.realtime.secrets import client_secret
from parley_gateway.channels.realtime.session import SessionSettings, as_json, audio_format, codec_of, updated
from parley_gateway.turns import events as ev
from parley_gateway.turns.state import Reply, State

log = logging.getLogger(__name__)

PATH = "/v1/realtime"
SECRETS_PATH = "/v1/realtime/client_secrets"
_SETTLE_S = 0.25  # a client's settings come right behind its connection, and count for the agent's first words
_MAX_WAITING = 100  # events before the call stands


class RealtimeChannel(Channel):
    name = "realtime"

    def __init__(self, context: ChannelContext) -> None:
        self._context = context

    def websockets(self) -> Mapping[str, Accept]:
        return {PATH: self._accept}

    def http_routes(self) -> Sequence[web.RouteDef]:
        return [web.post(SECRETS_PATH, self._secrets)]

    async def _secrets(self, request: web.Request) -> web.Response:
        return await client_secret(self._context, request)

    def _accept(self, upgrade: Upgrade) -> WSListener | WSUpgradeResponseWithListener | None:
        headers = upgrade.request.headers
        offered = [name.strip() for name in headers.get("Sec-WebSocket-Protocol", "").split(",")]
        key = next((name.removeprefix(KEY_PROTOCOL) for name in offered if name.startswith(KEY_PROTOCOL)), "")
        key = headers.get("Authorization", "").removeprefix("Bearer ") or key
        model = upgrade.query.get("model", "")
        if "call_id" in upgrade.query or upgrade.query.get("intent", "") not in ("", "conversation"):
            return _refusal(400, "unsupported_value", "only conversations of their own are held here")
        try:
            grant = self._grant(key, model)
            grant.check_origin(headers.get("Origin", ""))
        except NotAllowed as error:
            log.info("client refused", extra={"reason": RefusalReason.BAD_TOKEN, "channel": self.name})
            return _refusal(401, "invalid_api_key", str(error))
        if model and model != grant.agent:
            return _refusal(404, "model_not_found", "the key is for another agent")
        extra = {"Sec-WebSocket-Protocol": "realtime"} if "realtime" in offered else None
        connection = RealtimeConnection(self._context, grant, upgrade.header("X-Forwarded-For"))
        return WSUpgradeResponseWithListener(WSUpgradeResponse.create_101_response(extra), connection)

    def _grant(self, key: str, model: str) -> Grant:
        rules = self._context.admission
        if self._context.api_key.is_key(key):
            agent = model or rules.default_agent
            if not TOKEN.fullmatch(agent):
                raise NotAllowed("this call", "no agent has such a name")
            return Grant(rules.default_tenant, agent, "", 0)
        return self._context.tokens.read(key, time.time())


def _refusal(status: int, code: str, message: str) -> WSUpgradeResponseWithListener:
    error = {"error": {"type": "invalid_request_error", "code": code, "message": message, "param": None}}
    return WSUpgradeResponseWithListener(
        WSUpgradeResponse.create_error_response(status, json.dumps(error).encode()), None
    )


class RealtimeConnection(KeepAlive):
    def __init__(self, context: ChannelContext, grant: Grant, forwarded: str) -> None:
        super().__init__(context, forwarded)
        self._grant = grant
        self._session = new_id("sess_")
        self._config = SessionSettings()
        self._responses = Responses()
        self._scheduler = context.gateway.scheduler
        self._input = PacedInput(self._scheduler, self._take)
        self._decoder = codec_of(self._config.input_format)
        self._encoder = codec_of(self._config.output_format)
        self._waiting: list[p.ClientEvent] = []
        self._ready = False
        self._appended = 0  # bytes of audio since the last commit
        self._typed: list[str] = []  # that no response was asked for yet
        self._notes: list[str] = []  # system messages
        self._configured: tuple[str, tuple[p.Json, ...]] = ("", ())
        self._events = 0

    # Leg

    def send_audio(self, frame: bytes | memoryview) -> None:
        response, message, told = self._responses.audio(frame)
        if told:
            self._send(told)
        # By hand: this is the hot path.
        audio = b64encode(self._encoder.encode(frame)).decode()
        self._events += 1
        self.send_text(
            f'{{"type":"response.output_audio.delta","event_id":"event_{self._events}","response_id":"{response.id}",'
            f'"item_id":"{message.id}","output_index":{message.index},"content_index":0,'
            f'"delta":"{audio}"}}'.encode()
        )

    def clear_audio(self) -> None:
        """The client drops what it has when `speech_started` comes; what lies here is on its way."""

    def send_event(self, event: call_events.CallEvent) -> None:
        self._send(self._responses.told(event))
        match event:
            case call_events.Ready():
                self._begin()
            case call_events.Refusal(reason, detail) | call_events.CallFailed(reason, detail):
                self._send([_error(reason, detail)])
            case call_events.ReplyDone() | call_events.Interrupted():
                self._tell_configuration()  # what one response was told alone is over

    def close(self, reason: Reason, detail: str = "") -> None:
        self._input.close()
        super().close(reason, detail)

    def tell_problem(self, fault: ClientFault, detail: str) -> None:
        self._send([_error(fault, detail)])

    def tell_refusal(self, reason: RefusalReason, detail: str) -> None:
        self._send([_error(reason, detail)])

    # The connection

    def on_ws_connected(self, transport: WSTransport) -> None:
        super().on_ws_connected(transport)
        self._send([{"type": "session.created", "session": self._shown()}])
        self._scheduler.call_at(self._scheduler.time() + _SETTLE_S, self._call_begins)

    def on_binary(self, frame: WSFrame) -> None:
        self._send([p.InvalidRequest("invalid_type", "messages are JSON text").as_event()])

    def on_text(self, frame: WSFrame) -> None:
        try:
            event = p.parse_event(frame.get_payload_as_bytes())
            if isinstance(event, p.SessionUpdate | p.Append) or self._ready:
                self._handle(event)
            elif len(self._waiting) < _MAX_WAITING:
                self._waiting.append(event)
        except p.InvalidRequest as error:
            self._send([error.as_event()])
        except (BadInput, NotAllowed) as error:
            self._send([_error("invalid_value", str(error))])
        self._call_begins()

    def _call_begins(self) -> None:
        if self.starting or self.closed:
            return
        self.start(
            Caller(
                tenant=self._grant.tenant,
                agent=self._grant.agent,
                channel=session_pb2.CHANNEL_REALTIME,
                audio=audio_format(self._config.input_format),
                user=self._grant.user,
                address=self.address,
                token=self._grant.id,
                concurrency=self._grant.concurrency,
                uses=self._grant.uses,
                max_call_s=self._grant.max_call_s,
                allowed_tools=self._grant.tools,
                groups=self._grant.groups,
            )
        )

    def _begin(self) -> None:
        """The call stands: what came before it is done now."""
        self._ready = True
        if self.call is not None:
            self.call.client.turn_control(self._config.turn_control)
        self._tell_configuration()
        self._input.open()
        waiting, self._waiting = self._waiting, []
        for event in waiting:
            try:
                self._handle(event)
            except p.InvalidRequest as error:
                self._send([error.as_event()])
            except (BadInput, NotAllowed) as error:
                self._send([_error("invalid_value", str(error))])

    # What the client asks for

    def _handle(self, event: p.ClientEvent) -> None:
        match event:
            case p.Append(audio):
                self._append(audio)
            case p.SessionUpdate(session):
                self._update(session)
            case p.CommitAudio():
                self._commit()
            case p.ClearAudio():
                self._appended = 0
                self._input.clear()
                self._turn_control(ev.CallerCleared())
                self._send(self._responses.cleared())
            case p.CreateResponse(instructions):
                if not self._input.then(lambda: self._respond(instructions)):
                    raise p.InvalidRequest("buffer_full", "too much waits already")
            case p.CancelResponse():
                self._cancel()
            case p.CreateText():
                self._text(event)
            case p.CreateOutput():
                self._output(event)
            case p.Truncate(item, end_ms):
                self._truncate(item, end_ms)
            case p.Retrieve(item):
                self._send([{"type": "conversation.item.retrieved", "item": self._responses.item(item)}])

    def _append(self, audio: bytes) -> None:
        self._appended += len(audio)
        try:
            pcm = self._decoder.decode(audio)
        except ValueError as error:
            raise p.InvalidRequest("invalid_value", str(error), param="audio") from None
        if not self._input.put(pcm):
            raise p.InvalidRequest(
                "buffer_full", "audio came too much faster than it is spoken; a part is lost", param="audio"
            )

    def _take(self, pcm: bytes) -> None:
        if self.call is not None:
            self.call.caller.audio(pcm)

    def _update(self, session: Mapping[str, object]) -> None:
        before, config = self._config, updated(self._config, session, self._grant.agent)
        if self._ready and (config.instructions, config.tools) != (before.instructions, before.tools):
            self._configure(config)
        self._config = config
        if config.input_format != before.input_format:
            self._decoder = codec_of(config.input_format)
        if config.output_format != before.output_format:
            self._encoder = codec_of(config.output_format)
        responses = self._responses
        responses.vad, responses.answers = bool(config.vad), config.turn_control.answers
        responses.transcription = config.transcription
        if config.turn_control != before.turn_control:
            self._turn_control(config.turn_control)
        self._send([{"type": "session.updated", "session": self._shown()}])

    def _commit(self) -> None:
        if not self._appended:
            raise p.InvalidRequest("input_audio_buffer_commit_empty", "there is no audio to commit")
        self._appended = 0

        def commit() -> None:
            state = self._turn_control(ev.CallerDone())
            if not self._config.vad:
                self._send(self._responses.committed())
                if state is None or not state.owed_texts:
                    self._send(self._responses.transcribed())

        if not self._input.then(commit):
            raise p.InvalidRequest("buffer_full", "too much waits already")

    def _respond(self, instructions: str) -> None:
        responses, call = self._responses, self.call
        if call is None:
            return
        if responses.active is not None and not responses.active.calls:
            if responses.owed is None:
                self._send([_error("conversation_already_has_active_response", "the agent is answering already")])
            responses.owed = None  # it went on by itself before it was asked to
            return
        if responses.active is not None or responses.owed is not None:
            turn = responses.active.turn if responses.active is not None else responses.owed
            self._send(responses.finish("completed"))
            responses.owed = None
            self._send(responses.begin(turn or 0))
            return
        if instructions:
            try:
                self._configure(self._config, instructions)
            except (BadInput, NotAllowed) as error:
                self._send([_error("unsupported_value", str(error), "response.instructions")])
                return
        typed, self._typed = " ".join(self._typed), []
        if typed:
            call.caller.typed(typed)
        else:
            call.client.turn_control(ev.RequestReply())

    def _cancel(self) -> None:
        responses = self._responses
        if responses.active is None:
            raise p.InvalidRequest("response_cancel_not_active", "no response is being made")
        responses.cancelling = True
        state = self._turn_control(ev.CancelReply())
        if state is not None and state.reply is not Reply.NONE:
            responses.cancelling = False
            raise p.InvalidRequest("response_cancel_not_allowed", "the agent may not be interrupted in this sentence")

    def _text(self, event: p.CreateText) -> None:
        if event.role == "system":
            self._notes.append(event.text)
            try:
                self._configure(self._config)
            except ParleyError:
                self._notes.pop()
                raise
        self._send(self._responses.add(event.item))
        if event.role == "user":
            if sum(len(text) for text in self._typed) + len(event.text) > p.MAX_TEXT:
                raise p.InvalidRequest("invalid_value", f"more than {p.MAX_TEXT} characters wait for a response")
            self._typed.append(event.text)

    def _output(self, event: p.CreateOutput) -> None:
        try:
            result: object = load_json(event.output)
        except ValueError:
            result = event.output
        if self.call is None or not self.call.client.tool_result(event.call, result):
            raise p.InvalidRequest("invalid_value", "no function call waits for this result", param="item.call_id")
        self._send(self._responses.add(event.item))

    def _truncate(self, item: str, end_ms: int) -> None:
        turn, heard_ms = self._responses.truncate(item, end_ms)
        active = self._responses.active
        if active is not None and active.message is not None and active.message.id == item:
            self._responses.cancelling = True
            self._turn_control(ev.CancelReply())
        if self.call is not None:
            self.call.client.truncate(turn, heard_ms)
        truncated = {"type": "conversation.item.truncated", "item_id": item, "content_index": 0}
        self._send([{**truncated, "audio_end_ms": end_ms}])

    # With the call

    def _tell_configuration(self) -> None:
        try:
            self._configure(self._config)
        except ParleyError as error:
            self._send([_error("unsupported_value", str(error), "session")])
            self._config = SessionSettings()
            self._send([{"type": "session.updated", "session": self._shown()}])

    def _configure(self, config: SessionSettings, more: str = "") -> None:
        """Give the conversation what it does not know yet. Raises NotAllowed, BadInput."""
        instructions = "\n\n".join(text for text in (config.instructions, *self._notes, more) if text)
        wanted = (instructions, config.tools)
        if self.call is not None and wanted != self._configured:
            self.call.client.configure(instructions, config.client_tools())
            self._configured = wanted

    def _turn_control(self, event: ev.TurnControl | ev.CallerDone | ev.CallerCleared | ev.CancelReply) -> State | None:
        return self.call.client.turn_control(event) if self.call is not None else None

    def _shown(self) -> p.Json:
        return as_json(self._config, self._session, self._grant.agent)

    def _send(self, events: Iterable[p.Json]) -> None:
        for event in events:
            self._events += 1
            told = {**event, "event_id": f"event_{self._events}"}
            self.send_text(json.dumps(told, separators=(",", ":")).encode())


def _error(code: str, message: str, param: str = "") -> p.Json:
    error = {"type": "invalid_request_error", "code": code, "message": message, "param": param or None}
    return {"type": "error", "error": {**error, "event_id": None}}
