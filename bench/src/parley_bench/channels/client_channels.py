"""What a call costs at the channels that are WebSockets: real channels and sockets, calls that echo every frame.

The clients run in a process of their own: `python -m parley_bench.channels.client_channels KIND URL CALLS SECONDS`.
"""

import asyncio
import base64
import json
import sys
import time
from types import SimpleNamespace

import aiohttp
import uvloop
from parley_core.reasons import EndReason
from parley_core.tasks import Tasks
from parley_gateway.call_events import Ready
from parley_gateway.channels.asterisk.channel import AsteriskChannel
from parley_gateway.channels.realtime.channel import RealtimeChannel
from parley_gateway.channels.rtvi.channel import RtviChannel
from parley_gateway.channels.sockets import serve_websockets
from parley_gateway.channels.websocket.channel import WebSocketChannel
from parley_gateway.ports import Leg
from parley_gateway.settings import GatewaySettings
from rtvi.v1 import frames_pb2

from parley_bench.channel_context import simulated_context
from parley_bench.channels.webrtc_channel import token
from parley_bench.measure import Row

CALLS = 10
PATHS = {
    "websocket": f"/v1/call?token={token()}",
    "realtime": "/v1/realtime?model=bench",
    "rtvi": f"/v1/rtvi?token={token()}",
    "asterisk": "/asterisk/media",
}
PASSWORD = "bench"
_FRAME_S = 0.02
_READY = json.dumps({"label": "rtvi-ai", "type": "client-ready", "id": "1", "data": {"version": "2.1.0"}})


class SimulatedCall:
    """Echoes."""

    def __init__(self, leg: Leg) -> None:
        self.leg = leg
        self.caller = self
        self.client = SimpleNamespace(turn_control=lambda event: None)

    def audio(self, pcm: bytes) -> None:
        self.leg.send_audio(pcm)

    def leg_lost(self, reason: EndReason, leg: Leg | None = None) -> None:
        self.leg.close(reason)

    def hang_up(self, reason: EndReason, detail: str = "") -> None:
        self.leg.close(reason, detail)


class SimulatedCalls:
    draining = False

    async def open(self, caller: object, leg: Leg) -> SimulatedCall:
        asyncio.get_running_loop().call_soon(leg.send_event, Ready(call="c", session="s", resume=""))
        return SimulatedCall(leg)


async def cpu_per_call(seconds: float) -> list[Row]:
    async with Tasks("bench channels") as tasks:
        settings = GatewaySettings.of(webrtc_enabled=False, asterisk_password=PASSWORD, ws_port=0)
        context = simulated_context(settings, SimulatedCalls(), tasks)
        channels = [
            WebSocketChannel(context),
            RealtimeChannel(context),
            RtviChannel(context, settings.webrtc),
            AsteriskChannel(context, settings.asterisk),
        ]
        async with serve_websockets(context, channels) as port:
            return [await _measure(kind, f"ws://127.0.0.1:{port}{path}", seconds) for kind, path in PATHS.items()]


async def _measure(kind: str, url: str, seconds: float) -> Row:
    module = "parley_bench.channels.client_channels"
    clients = await asyncio.create_subprocess_exec(
        sys.executable, "-m", module, kind, url, str(CALLS), str(seconds), stdout=asyncio.subprocess.PIPE
    )
    try:
        async with asyncio.timeout(seconds + 30):
            assert clients.stdout is not None
            await clients.stdout.readline()  # the calls stand
            wall, cpu = time.monotonic(), time.process_time()
            told = await clients.stdout.readline()
            share = (time.process_time() - cpu) / (time.monotonic() - wall)
            await clients.wait()
    finally:
        if clients.returncode is None:
            clients.kill()
            await clients.wait()
    back = int(told) / (CALLS * seconds / _FRAME_S)
    where = f"{CALLS} calls, audio both ways, share of one core for each; {back:.0%} of the frames came back"
    return Row(f"channel.{kind}.cpu_per_call", share / CALLS * 100, "%", where)


async def _clients(kind: str, url: str, calls: int, seconds: float) -> None:
    async with aiohttp.ClientSession() as http:
        basic = aiohttp.encode_basic_auth("asterisk", PASSWORD)
        headers = {"Authorization": basic if kind == "asterisk" else f"Bearer {token()}"}
        sockets = [await http.ws_connect(url, headers=headers, max_msg_size=0) for _ in range(calls)]
        came = [0] * calls
        async with asyncio.TaskGroup() as group:
            readers = [
                group.create_task(_read(socket, came, at, kind), name=f"client {at} reads")
                for at, socket in enumerate(sockets)
            ]
            for socket in sockets:
                await _begin(socket, kind)
            await _send(sockets, kind, 1.0)
            before = sum(came)
            sys.stdout.write("ready\n")
            sys.stdout.flush()
            await _send(sockets, kind, seconds)
            sys.stdout.write(f"{sum(came) - before}\n")
            sys.stdout.flush()
            for reader in readers:
                reader.cancel()


async def _begin(socket: aiohttp.ClientWebSocketResponse, kind: str) -> None:
    match kind:
        case "rtvi":
            ready = frames_pb2.Frame(message=frames_pb2.Message(data=_READY))
            await socket.send_bytes(ready.SerializeToString())
        case "websocket":
            await socket.send_str('{"type":"start"}')
        case "asterisk":
            await socket.send_str("MEDIA_START connection_id:c1 channel:c1 format:ulaw optimal_frame_size:160 ptime:20")
    await asyncio.sleep(0.05)  # what comes before its call stands is a fault


async def _send(sockets: list[aiohttp.ClientWebSocketResponse], kind: str, seconds: float) -> None:
    noise = bytes(range(256)) * 4
    if kind == "realtime":
        audio = base64.b64encode(noise[:960]).decode()
        message = json.dumps({"type": "input_audio_buffer.append", "audio": audio}).encode()
    elif kind in ("websocket", "asterisk"):
        message = noise[: 640 if kind == "websocket" else 160]
    else:
        frame = frames_pb2.Frame(audio=frames_pb2.Audio(audio=noise[:640], sample_rate=16_000, num_channels=1))
        message = frame.SerializeToString()
    began = time.monotonic()
    for number in range(int(seconds / _FRAME_S)):
        for socket in sockets:
            await (socket.send_str(message.decode()) if kind == "realtime" else socket.send_bytes(message))
        await asyncio.sleep(max(0.0, began + (number + 1) * _FRAME_S - time.monotonic()))


async def _read(socket: aiohttp.ClientWebSocketResponse, came: list[int], at: int, kind: str) -> None:
    async for message in socket:
        if kind in ("websocket", "asterisk"):
            came[at] += message.type is aiohttp.WSMsgType.BINARY
        else:
            audio = b"\x12" if kind == "rtvi" else '{"type":"response.output_audio.delta"'
            came[at] += message.data.startswith(audio)


if __name__ == "__main__":
    uvloop.run(_clients(sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4])))
