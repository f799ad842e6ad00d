"""The legs that are WebSockets."""

import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from parley_gateway.admission.token_keys import TokenKeys
from parley_gateway.admission.tokens import Grant, Tokens
from parley_gateway.channels.asterisk.channel import AsteriskChannel, AsteriskConnection
from parley_gateway.channels.base import Upgrade
from parley_gateway.channels.connection import Connection
from parley_gateway.channels.realtime.channel import RealtimeConnection
from parley_gateway.channels.relay.channel import RelayConnection
from parley_gateway.channels.rtvi.channel import RtviConnection
from parley_gateway.channels.websocket.channel import WebSocketConnection
from parley_gateway.ports import Leg
from rtvi.v1 import frames_pb2

from .bench import SECRET, SETTINGS, Bench, surroundings


class KeepingTransport:
    """picows's, as far as connections use it."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []
        self.closed: tuple[int, str] | None = None
        self.dropped = False
        self.is_disconnected = False
        self.is_close_frame_sent = False
        nothing: Callable[..., None] = lambda *args, **options: None  # noqa: E731
        self.underlying_transport = SimpleNamespace(set_write_buffer_limits=nothing, get_extra_info=nothing)

    def send(self, kind: object, data: bytes | memoryview) -> None:
        self.sent.append(bytes(data))

    def send_ping(self) -> None: ...

    def send_close(self, code: int, reason: bytes) -> None:
        self.closed = (int(code), reason.decode())

    def disconnect(self, *, graceful: bool = True) -> None:
        self.dropped = not graceful


@dataclass
class Received:
    """A client's message, as picows hands it over."""

    data: bytes

    @property
    def payload_size(self) -> int:
        return len(self.data)

    def get_payload_as_bytes(self) -> bytes:
        return self.data


class SocketBench(Bench):
    def __init__(self, connection: Connection, named: Callable[[bytes], str]) -> None:
        """`named`: how the test calls a message."""
        self.connection = connection
        self.leg: Leg = connection
        self.transport = KeepingTransport()
        self._named = named
        connection.on_ws_connected(self.transport)  # type: ignore[arg-type]

    def receive(self, data: bytes | str, *, binary: bool = False) -> None:
        frame: Any = Received(data.encode() if isinstance(data, str) else data)
        take = self.connection.on_binary if binary else self.connection.on_text
        take(frame)

    def told(self) -> list[str]:
        sent, self.transport.sent = self.transport.sent, []
        return [self._named(data) for data in sent]

    def closing(self) -> tuple[int, str] | None:
        return self.transport.closed


def upgrade() -> Upgrade:
    request: Any = SimpleNamespace(headers={})
    token = Tokens(TokenKeys(SECRET.encode())).issue(grant())
    return Upgrade(request, "/", {"token": token})


def grant() -> Grant:
    return Grant("t", "clinic", "ann", int(time.time()) + 60)


def as_is(data: bytes) -> str:
    return data.decode()


def type_of(data: bytes) -> str:
    return str(json.loads(data)["type"])


@asynccontextmanager
async def websocket() -> AsyncIterator[Bench]:
    async with surroundings() as context:
        yield SocketBench(WebSocketConnection(context, upgrade()), as_is)


@asynccontextmanager
async def realtime() -> AsyncIterator[Bench]:
    async with surroundings() as context:
        bench = SocketBench(RealtimeConnection(context, grant(), ""), type_of)
        assert bench.told() == ["session.created"]
        yield bench


def frame_of(data: bytes) -> str:
    frame = frames_pb2.Frame.FromString(data)
    return str(json.loads(frame.message.data)["type"]) if frame.HasField("message") else str(frame.WhichOneof("frame"))


@asynccontextmanager
async def rtvi() -> AsyncIterator[Bench]:
    async with surroundings() as context:
        bench = SocketBench(RtviConnection(context, upgrade()), frame_of)
        ready = {"label": "rtvi-ai", "type": "client-ready", "id": "1", "data": {"version": "2.1.0"}}
        message = frames_pb2.Frame(message=frames_pb2.Message(data=json.dumps(ready)))
        bench.receive(message.SerializeToString(), binary=True)
        yield bench


@asynccontextmanager
async def relay() -> AsyncIterator[Bench]:
    async with surroundings() as context:
        bench = SocketBench(RelayConnection(context, upgrade()), as_is)
        token = context.tokens.issue(grant())
        setup = {"type": "setup", "sessionId": "s", "callSid": "CA1", "customParameters": {"token": token}}
        bench.receive(json.dumps(setup))
        yield bench


@asynccontextmanager
async def asterisk() -> AsyncIterator[Bench]:
    async with surroundings() as context:
        channel = AsteriskChannel(context, SETTINGS.asterisk)
        asked = {"tenant": "t", "agent": "clinic", "from": "", "id": "", "language": ""}
        bench = SocketBench(AsteriskConnection(context, channel, asked, ""), as_is)
        bench.receive("MEDIA_START connection_id:c channel:x format:slin16 optimal_frame_size:640")
        yield bench
