"""A simulated Telnyx: call control by REST and signed webhooks, and media streams that may come out of order.

It follows Telnyx's documented messages to the letter; no Telnyx is behind it.
"""

import asyncio
import base64
import json
import secrets
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from parley_core.tasks import Tasks

from parley_testing.simulated.carriers import CarrierStream
from parley_testing.simulated.relay import SimulatedRelay, place

SILENCE = {"PCMU": b"\xff", "PCMA": b"\xd5", "L16": b"\0\0"}


@dataclass
class SimulatedTelnyx:
    api_key: str
    key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    url: str = ""  # of its REST API
    calls: dict[str, "TelnyxCall"] = field(default_factory=dict)
    commands: list[tuple[str, dict[str, Any]]] = field(default_factory=list)  # action and body, each command id once
    webhook: str = ""  # of the application that places calls
    callee: str = ""  # a hang-up cause, such as user_busy; empty: calls are answered
    placed: asyncio.Queue["TelnyxCall"] = field(default_factory=lambda: asyncio.Queue(100))
    refuses: set[str] = field(default_factory=set)  # actions that are answered with 422

    @property
    def public_key(self) -> str:
        return base64.b64encode(self.key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)).decode()

    def signed(self, body: bytes, at: float | None = None) -> dict[str, str]:
        stamp = str(int(time.time() if at is None else at))
        signature = self.key.sign(stamp.encode() + b"|" + body)
        return {"telnyx-timestamp": stamp, "telnyx-signature-ed25519": base64.b64encode(signature).decode()}

    @asynccontextmanager
    async def serve(self, port: int) -> AsyncIterator["SimulatedTelnyx"]:
        application = web.Application()
        application.add_routes([web.post("/v2/calls/{call}/actions/{action}", self._command)])
        application.add_routes([web.post("/v2/calls", self._create)])
        runner = web.AppRunner(application, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        self.url = f"http://127.0.0.1:{port}"
        try:
            yield self
        finally:
            for call in list(self.calls.values()):
                await call.close()
            await runner.cleanup()

    def call(self, webhook: str, *, lag_s: float = 0.1, shuffles: bool = False) -> "TelnyxCall":
        made = TelnyxCall(self, webhook, f"v3:{secrets.token_urlsafe(40)}", lag_s=lag_s, shuffles=shuffles)
        self.calls[made.id] = made
        return made

    async def _create(self, request: web.Request) -> web.Response:
        if request.headers.get("Authorization") != f"Bearer {self.api_key}":
            return _errors(401, "10009")
        body = await request.json()
        self.commands.append(("dial", body))
        call = self.call(self.webhook)
        call.from_, call.to = body["from"], body["to"]
        call.ring(body["client_state"], self.callee)
        self.placed.put_nowait(call)
        return web.json_response({"data": {"call_control_id": call.id, "is_alive": False, "record_type": "call"}})

    async def _command(self, request: web.Request) -> web.Response:
        if request.headers.get("Authorization") != f"Bearer {self.api_key}":
            return _errors(401, "10009")
        action, body = request.match_info["action"], await request.json()
        call = self.calls.get(request.match_info["call"])
        if call is None:
            return _errors(404, "10005")
        if call.over.is_set():
            return _errors(422, "90018")
        if action in self.refuses:
            return _errors(422, "10015")
        if all(body["command_id"] != other["command_id"] for _, other in self.commands):
            self.commands.append((action, body))
            call.obey(action, body)
        return web.json_response({"data": {"result": "ok"}})


def _errors(status: int, code: str) -> web.Response:
    return web.json_response({"errors": [{"code": code, "title": "no", "detail": "no"}]}, status=status)


@dataclass
class TelnyxCall:
    telnyx: SimulatedTelnyx
    webhook: str
    id: str
    from_: str = "+15550123"
    to: str = "+15550100"
    lag_s: float = 0.1
    shuffles: bool = False  # every fourth pair of media messages changes places
    stream: CarrierStream | None = None
    relay: SimulatedRelay | None = None
    streams: int = 0
    over: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self._http = aiohttp.ClientSession()
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._tasks = Tasks("telnyx's call")
        self._state = ""
        self._changed = asyncio.Event()

    async def dial(self, *, times: int = 1) -> None:
        """Ring; the webhook may come more than once."""
        id_ = secrets.token_hex(8)
        for _ in range(times):
            await self.tell("initiated", id_, direction="incoming", state="parked", **{"from": self.from_})

    def ring(self, client_state: str, callee: str) -> None:
        """A call of the app's own."""
        self._state = client_state

        async def run() -> None:
            await self.tell("initiated", direction="outgoing", state="bridging", **{"from": self.from_})
            if callee:
                await self.tell("hangup", hangup_cause=callee)
                self.over.set()
            else:
                await self.tell("answered")

        self._spawn(run())

    async def tell(self, event: str, id_: str = "", *, family: str = "call", **payload: object) -> int:
        """Post a webhook; returns its status."""
        facts = {"call_control_id": self.id, "call_leg_id": "leg", "call_session_id": "session", "to": self.to,
                 "client_state": self._state or None, "connection_id": "1", **payload}  # fmt: skip
        data = {"event_type": f"{family}.{event}", "id": id_ or secrets.token_hex(8), "record_type": "event",
                "occurred_at": "2026-01-01T00:00:00Z", "payload": facts}  # fmt: skip
        body = json.dumps({"data": data, "meta": {"attempt": 1}}).encode()
        headers = {"Content-Type": "application/json", **self.telnyx.signed(body)}
        async with self._http.post(self.webhook, data=body, headers=headers) as answer:
            return answer.status

    async def connected(self, streams: int = 1) -> CarrierStream:
        await self.until(lambda: self.stream is not None and self.streams >= streams)
        assert self.stream is not None
        return self.stream

    async def digit(self, digit: str) -> None:
        """The stream reports it, and so does a webhook."""
        stream = await self.connected()
        await stream.send({"event": "dtmf", "stream_id": stream.stream, "sequence_number": "5",
                           "occurred_at": "2026-01-01T00:00:00Z", "dtmf": {"digit": digit}})  # fmt: skip
        await self.tell("dtmf.received", digit=digit)

    async def hang_up(self) -> None:
        await self._end()
        await self.tell("hangup", hangup_cause="normal_clearing", hangup_source="caller")

    async def break_stream(self) -> None:
        assert self._socket is not None
        transport = self._socket._writer.transport
        assert transport is not None
        transport.abort()

    async def until(self, holds: Callable[[], bool], timeout_s: float = 10.0) -> None:
        async with asyncio.timeout(timeout_s):
            while not holds():
                self._changed.clear()
                await self._changed.wait()

    async def close(self) -> None:
        await self._tasks.close()
        await self._http.close()

    def obey(self, action: str, body: dict[str, object]) -> None:
        self._state = str(body.get("client_state", self._state))
        match action:
            case "answer":
                self._spawn(self._answered(body))
            case "streaming_start":
                self._spawn(self._talk(body))
            case "conversation_relay_start":
                self._spawn(self._relay(body))
            case "hangup" | "transfer" | "reject":
                self._spawn(self._end())
            case _:
                raise AssertionError(f"{action} is not expected")
        self._changed.set()

    def _spawn(self, work: Any) -> None:
        self._tasks.spawn(work, "obeys")

    async def _answered(self, body: dict[str, Any]) -> None:
        await self.tell("answered")
        if "stream_url" in body:
            await self._talk(body)

    async def _relay(self, body: dict[str, Any]) -> None:
        """One Conversation Relay, to its end. It reports no played words."""
        async with place(body["url"], call=self.id, reports=False, **body["custom_parameters"]) as self.relay:
            self._changed.set()
            await self.relay.over.wait()
        if not self.over.is_set():
            await self.tell("conversation.ended", reason="customer_disconnect")

    async def _end(self) -> None:
        self.over.set()
        socket, stream = self._socket, self.stream
        if socket is None or stream is None or socket.closed:
            return
        await stream.send({"event": "stop", "sequence_number": "9", "stream_id": stream.stream,
                           "stop": {"user_id": "u", "call_control_id": self.id}})  # fmt: skip
        await socket.close()

    async def _talk(self, body: dict[str, Any]) -> None:
        """One stream, to its end."""
        stream_id = secrets.token_hex(8)
        codec = body["stream_codec"]
        assert body["stream_bidirectional_mode"] == "rtp"
        assert body["stream_bidirectional_codec"] == codec
        rate = int(body.get("stream_bidirectional_sampling_rate", 8000))
        frame_bytes = rate // 50 * (2 if codec == "L16" else 1)

        def media(chunk: int, payload: bytes) -> dict[str, object]:
            if self.shuffles and chunk % 8 in (3, 4):  # 4 goes before 3
                chunk = 7 - chunk % 8 + chunk // 8 * 8
            data = {"track": "inbound", "chunk": str(chunk), "timestamp": str(20 * chunk),
                    "payload": base64.b64encode(payload).decode()}  # fmt: skip
            return {"event": "media", "sequence_number": str(chunk + 1), "stream_id": stream_id, "media": data}

        def payload_of(message: dict[str, Any]) -> bytes:
            assert set(message) == {"event", "media"}
            payload = base64.b64decode(message["media"]["payload"], validate=True)
            assert len(payload) >= frame_bytes
            return payload

        async with self._http.ws_connect(body["stream_url"]) as socket:
            self._socket = socket
            stream = CarrierStream(
                socket, stream_id, frame_bytes, SILENCE[codec], self.lag_s, media,
                lambda name: {"event": "mark", "stream_id": stream_id, "sequence_number": "6", "mark": {"name": name}},
                payload_of,
            )  # fmt: skip
            start = {
                "user_id": "u", "call_control_id": self.id, "call_session_id": "s", "from": self.from_, "to": self.to,
                "tags": [], "client_state": body["client_state"], "custom_parameters": {},
                "media_format": {"encoding": codec, "sample_rate": rate, "channels": 1},
            }  # fmt: skip
            await stream.send({"event": "connected", "version": "1.0.0"})
            await stream.send({"event": "start", "sequence_number": "1", "stream_id": stream_id, "start": start})
            self.stream = stream
            self.streams += 1
            self._changed.set()
            await stream.run()
            self._socket = self.stream = None
        if not self.over.is_set():
            await self.tell("stopped", family="streaming", stream_url=body["stream_url"])
