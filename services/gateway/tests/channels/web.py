"""Callers from the web: WebSocket, WebRTC, RTVI, OpenAI Realtime, LiveKit."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import aiohttp
from openai import AsyncOpenAI
from openai.resources.realtime.realtime import AsyncRealtimeConnection
from parley.v1 import session_pb2
from parley_audio.formats import samples_of
from parley_audio.resample import resample
from parley_testing.callers import Client
from parley_testing.ears import Ear
from parley_testing.simulated.livekit import KEY, SECRET, SimulatedLiveKit, simulated_livekit
from parley_testing.simulated.rooms import RoomCaller, room_caller
from parley_testing.simulated.webrtc import WebRtcClient
from rtvi.v1 import frames_pb2

from .peer import Logs, Lost, Mouth, Peer, Said, Start, cut_off

_WAIT_S = 15.0


class WebSocketPeer(Peer):
    channel = session_pb2.CHANNEL_WEBSOCKET
    user = "ann"
    address = "127.0.0.1"

    def __init__(self, client: Client) -> None:
        self._client = client

    async def say(self, said: Said) -> None:
        await self._client.say(said.pcm)

    async def key(self, digit: str) -> None:
        await self._client.send(type="digits", digits=digit)

    async def hang_up(self) -> None:
        await self._client.send(type="hangup")

    async def vanish(self) -> None:
        cut_off(self._client.socket)

    async def over(self) -> None:
        await self._client.close_code()

    def heard_audio(self) -> tuple[bytes, int]:
        return bytes(self._client.ear.played), self._client.ear.rate


@asynccontextmanager
async def websocket(start: Start, tenant: str) -> AsyncIterator[Peer]:
    gateway = await start()
    async with gateway.connect(await gateway.token(user="ann")) as client:
        peer = WebSocketPeer(client)
        peer.gateway, peer.logs = gateway, await Logs.of(gateway)
        await client.start()
        peer.call = (await client.event("ready"))["call"]
        talking = asyncio.create_task(client.talk(), name="caller talks")
        try:
            yield peer
        finally:
            client.sending = False
            await talking


class WebRtcPeer(Peer):
    channel = session_pb2.CHANNEL_WEBRTC
    user = "ann"
    address = "127.0.0.1"
    buffer_s = 0.4  # aiortc's jitter buffer
    held_s = 0.1  # the same: four packets

    def __init__(self, client: WebRtcClient) -> None:
        self._client = client

    async def say(self, said: Said) -> None:
        await self._client.microphone.say(said.pcm)

    async def key(self, digit: str) -> None:
        self._client.send(type="digits", digits=digit)

    async def hang_up(self) -> None:
        self._client.send(type="hangup")

    async def vanish(self) -> None:
        await self._client.pc.close()

    async def over(self) -> None:
        await asyncio.wait_for(self._client.closed.wait(), _WAIT_S)

    def heard_audio(self) -> tuple[bytes, int]:
        return samples_of(bytes(self._client.heard))[::2].tobytes(), 48_000  # one ear of two


@asynccontextmanager
async def webrtc(start: Start, tenant: str) -> AsyncIterator[Peer]:
    gateway = await start()
    client = WebRtcClient(gateway, await gateway.token(user="ann"))
    peer = WebRtcPeer(client)
    peer.gateway, peer.logs = gateway, await Logs.of(gateway)
    try:
        await client.connect()
        peer.call = str((await client.event("ready"))["call"])
        yield peer
    finally:
        await client.close()


class RtviPeer(Peer):
    channel = session_pb2.CHANNEL_WEBSOCKET
    user = "ann"
    address = "127.0.0.1"
    lost = Lost.ENDED  # the protocol has no way back into a call

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._ear = Ear(24_000)
        self._closed = asyncio.Event()
        self.ready = asyncio.Event()
        self.mouth = Mouth(self._speak)

    async def read(self) -> None:
        async for message in self._socket:
            told = frames_pb2.Frame.FromString(message.data)
            match told.WhichOneof("frame"):
                case "audio":
                    self._ear.take(told.audio.audio)
                case "interruption":
                    self._ear.clear()
                case "message" if json.loads(told.message.data)["type"] == "bot-ready":
                    self.ready.set()
        self._closed.set()

    async def tell(self, kind: str, **data: object) -> None:
        text = json.dumps({"label": "rtvi-ai", "type": kind, "id": "1", "data": data})
        await self._socket.send_bytes(frames_pb2.Frame(message=frames_pb2.Message(data=text)).SerializeToString())

    async def _speak(self, pcm: bytes) -> None:
        audio = frames_pb2.Audio(audio=pcm, sample_rate=16_000, num_channels=1)
        await self._socket.send_bytes(frames_pb2.Frame(audio=audio).SerializeToString())

    async def say(self, said: Said) -> None:
        await self.mouth.say(said.pcm)

    async def key(self, digit: str) -> None:
        await self.tell("dtmf", buttons=[digit])

    async def hang_up(self) -> None:
        await self._socket.close()

    async def vanish(self) -> None:
        cut_off(self._socket)

    async def over(self) -> None:
        await asyncio.wait_for(self._closed.wait(), _WAIT_S)

    def heard_audio(self) -> tuple[bytes, int]:
        return bytes(self._ear.played), self._ear.rate


@asynccontextmanager
async def rtvi(start: Start, tenant: str) -> AsyncIterator[Peer]:
    gateway = await start()
    url = gateway.ws.replace("/v1/call", "/v1/rtvi") + f"?token={await gateway.token(user='ann')}"
    async with aiohttp.ClientSession() as http, http.ws_connect(url) as socket:
        peer = RtviPeer(socket)
        peer.gateway, peer.logs = gateway, await Logs.of(gateway)
        reading = asyncio.create_task(peer.read(), name="rtvi client reads")
        await peer.tell("client-ready", version="2.1.0")
        await asyncio.wait_for(peer.ready.wait(), _WAIT_S)
        peer.call = await peer.logs.call()
        async with peer.mouth.talking():
            yield peer
        await socket.close()
        await reading


class RealtimePeer(Peer):
    channel = session_pb2.CHANNEL_REALTIME
    user = "ann"
    address = "127.0.0.1"
    lost = Lost.ENDED  # the protocol has no way back into a call
    keys = False  # nor keys: a digit is typed

    def __init__(self, connection: AsyncRealtimeConnection) -> None:
        self._connection = connection
        self._ear = Ear(24_000)
        self._closed = asyncio.Event()
        self.mouth = Mouth(self._speak)

    async def read(self) -> None:
        with suppress(Exception):  # the connection's end, however it comes
            async for event in self._connection:
                if event.type == "response.output_audio.delta":
                    self._ear.take(base64.b64decode(event.delta))
                elif event.type == "input_audio_buffer.speech_started":
                    self._ear.clear()  # what a client does by the protocol
        self._closed.set()

    async def _speak(self, pcm: bytes) -> None:
        audio = base64.b64encode(resample(pcm, 16_000, 24_000)).decode()
        await self._connection.input_audio_buffer.append(audio=audio)

    async def say(self, said: Said) -> None:
        await self.mouth.say(said.pcm)

    async def key(self, digit: str) -> None:
        item = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": digit}]}
        await self._connection.conversation.item.create(item=item)  # type: ignore[arg-type]
        if digit == "#":
            await self._connection.response.create()

    async def hang_up(self) -> None:
        await self._connection.close()

    async def vanish(self) -> None:
        socket: Any = self._connection._connection
        socket.transport.abort()

    async def over(self) -> None:
        await asyncio.wait_for(self._closed.wait(), _WAIT_S)

    def heard_audio(self) -> tuple[bytes, int]:
        return bytes(self._ear.played), self._ear.rate


@asynccontextmanager
async def realtime(start: Start, tenant: str) -> AsyncIterator[Peer]:
    gateway = await start()
    base = gateway.ws.replace("/v1/call", "/v1")
    token = await gateway.token(user="ann")
    async with AsyncOpenAI(api_key=token, base_url=gateway.http + "/v1", websocket_base_url=base) as client:
        logs = await Logs.of(gateway)
        async with client.realtime.connect(model="clinic") as connection:
            peer = RealtimePeer(connection)
            peer.gateway, peer.logs = gateway, logs
            reading = asyncio.create_task(peer.read(), name="realtime client reads")
            peer.call = await logs.call()
            async with peer.mouth.talking():
                yield peer
            await connection.close()
            await reading


class LiveKitPeer(Peer):
    channel = session_pb2.CHANNEL_LIVEKIT
    user = "ann"  # of whom only a number is known, where the call came to the room by telephone
    buffer_s = 0.6  # the SDK's jitter buffers, and 200 ms of its queue
    held_s = 0.2  # what is on its way when the agent leaves
    words_off = 2.5  # the SDK's buffer shortens and stretches what comes unevenly

    def __init__(self, server: SimulatedLiveKit, caller: RoomCaller) -> None:
        self._server = server
        self._caller = caller
        self.agent = ""

    async def say(self, said: Said) -> None:
        self._caller.say(said.pcm)

    async def key(self, digit: str) -> None:
        code = "0123456789*#ABCD".index(digit)
        await self._caller.room.local_participant.publish_dtmf(code=code, digit=digit)

    async def hang_up(self) -> None:
        await self._caller.room.disconnect()

    async def vanish(self) -> None:
        """The room is gone, and everybody in it; a participant who is lost has left, for the server tells so."""
        await self._server.close_room("r1")

    async def over(self) -> None:
        await self._server.gone("r1", self.agent)

    def heard_audio(self) -> tuple[bytes, int]:
        return bytes(self._caller.heard), 16_000


@asynccontextmanager
async def livekit(start: Start, tenant: str) -> AsyncIterator[Peer]:
    async with simulated_livekit() as server:
        gateway = await start(livekit_url=server.url, livekit_api_key=KEY, livekit_api_secret=SECRET)
        async with room_caller(server, "ann", "r1") as caller:
            peer = LiveKitPeer(server, caller)
            peer.gateway, peer.logs = gateway, await Logs.of(gateway)
            asked = {"room": "r1", "agent": "clinic", "tenant": tenant}
            async with (
                aiohttp.ClientSession() as http,
                http.post(f"{gateway.http}/v1/livekit/calls", json=asked) as answer,
            ):
                peer.agent = (await answer.json())["identity"]
            peer.call = str((await caller.event("ready"))["call"])
            yield peer
