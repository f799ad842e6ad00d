"""A caller of the WebRTC channel: a stock aiortc peer that speaks Opus, listens, and can be awaited on messages."""

import asyncio
import fractions
import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aioice.ice import Connection
from aiortc import (
    MediaStreamTrack,
    RTCConfiguration,
    RTCDataChannel,
    RTCPeerConnection,
    RTCSessionDescription,
)
from aiortc.mediastreams import MediaStreamError
from av import AudioFrame, Packet
from av.stream import Stream
from parley_audio.formats import FRAME_BYTES, silence
from parley_audio.opus import CLOCK_HZ, Opus
from parley_core.tasks import Tasks

from parley_testing.callers import Gateway
from parley_testing.lossy import LossyRelay, candidate_in, with_candidate

_SILENCE = silence(20)
Json = dict[str, object]


class Microphone(MediaStreamTrack):
    """Opus packets of silence, or of what is to be said, in real time."""

    kind = "audio"

    def __init__(self) -> None:
        super().__init__()
        self._codec = Opus()
        self._to_say: list[bytes] = []
        self._said = asyncio.Event()
        self._sent = 0
        self._began: float | None = None

    async def recv(self) -> "Packet[Stream]":
        loop = asyncio.get_running_loop()
        self._began = self._began or loop.time()
        await asyncio.sleep(max(0.0, self._began + self._sent * 0.02 - loop.time()))
        frame = self._to_say.pop(0) if self._to_say else _SILENCE
        if not self._to_say:
            self._said.set()
        packet = Packet(self._codec.encode(frame))
        packet.pts, packet.time_base = self._sent * CLOCK_HZ // 50, fractions.Fraction(1, CLOCK_HZ)
        self._sent += 1
        return packet

    async def say(self, pcm: bytes) -> None:
        """Speak; returns when the last packet has been sent."""
        self._said.clear()
        self._to_say += [pcm[at : at + FRAME_BYTES] for at in range(0, len(pcm), FRAME_BYTES)]
        await asyncio.wait_for(self._said.wait(), 60)


@dataclass
class WebRtcClient:
    """One caller; `connect` makes it one."""

    gateway: Gateway
    token: str
    pc_id: str = ""
    call: str = ""
    events: list[Json] = field(default_factory=list)
    heard: bytearray = field(default_factory=bytearray)  # PCM16 at 48 kHz, stereo, as aiortc gives it
    relay: LossyRelay | None = None  # the network between
    trickle: bool = False  # whether candidates follow the offer
    video: bool = False  # whether a camera is offered, too

    def __post_init__(self) -> None:
        self._arrived = asyncio.Condition()
        self.microphone = Microphone()
        self.pc = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self.channel: RTCDataChannel | None = None
        self.answer = ""
        self.closed = asyncio.Event()
        self._open = asyncio.Event()
        self._tasks = Tasks("webrtc caller")

    async def connect(self, **more: object) -> None:
        """Offer, be answered; the connection comes about in the background. Raises Refusal."""
        self.pc.addTrack(self.microphone)
        if self.video:
            self.pc.addTransceiver("video")
        self.channel = self.pc.createDataChannel("chat")
        self.channel.on("open", self._open.set)
        self.channel.on("message", self._told)
        self.pc.on("track", lambda track: self._tasks.spawn(self._hear(track), "hear"))
        self.pc.on("connectionstatechange", self._state)
        for transceiver in self.pc.getTransceivers():
            on_loopback(transceiver.receiver.transport.transport._connection)
        on_loopback(self.pc.sctp.transport.transport._connection)  # type: ignore[union-attr]
        await self.pc.setLocalDescription(await self.pc.createOffer())
        offer = self.pc.localDescription.sdp
        own = candidate_in(offer)
        if self.relay is not None:
            offer = with_candidate(offer, self.relay.far)
        lines = [line for line in offer.splitlines() if line.startswith("a=candidate:")]
        if self.trickle:
            offer = "\r\n".join(line for line in offer.splitlines() if "candidate" not in line) + "\r\n"
        answer = await post_offer(self.gateway, self.token, {"sdp": offer, **more})
        self.pc_id = str(answer["pc_id"])
        self.answer = str(answer["sdp"])
        if self.relay is not None:
            self.relay.between(own, candidate_in(self.answer))
            self.answer = with_candidate(self.answer, self.relay.near)
        await self.pc.setRemoteDescription(RTCSessionDescription(self.answer, "answer"))
        if self.trickle:
            told = [{"candidate": line[2:], "sdp_mid": "0", "sdp_mline_index": 0} for line in lines[:1]]
            await patch_candidates(self.gateway, self.pc_id, [*told, {"candidate": ""}])

    async def offer_again(self) -> None:
        """Renegotiate over the connection that there is."""
        await self.pc.setLocalDescription(await self.pc.createOffer())
        answer = await post_offer(
            self.gateway, self.token, {"sdp": self.pc.localDescription.sdp, "pc_id": self.pc_id, "restart_pc": False}
        )
        await self.pc.setRemoteDescription(RTCSessionDescription(str(answer["sdp"]), "answer"))

    def send(self, **message: object) -> None:
        assert self.channel is not None
        self.channel.send(json.dumps(message))

    async def event(self, kind: str, /, *, timeout_s: float = 15.0, **facts: object) -> Json:
        """The first event of a kind and with these facts, past or to come."""
        return await self._first(
            lambda event: event["type"] == kind and all(event.get(name) == value for name, value in facts.items()),
            timeout_s,
        )

    async def event_with(self, kind: str, detail: str, timeout_s: float = 15.0) -> Json:
        """The first event of a kind whose detail has these words."""
        return await self._first(lambda event: event["type"] == kind and detail in str(event["detail"]), timeout_s)

    async def opened(self, timeout_s: float = 15.0) -> None:
        """Return when the data channel is open."""
        await asyncio.wait_for(self._open.wait(), timeout_s)

    async def flood_gateway(self, datagrams: list[bytes]) -> None:
        """Send these to where the gateway receives media, from a stranger's port."""
        transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
            asyncio.DatagramProtocol, remote_addr=candidate_in(self.answer)
        )
        for datagram in datagrams:
            transport.sendto(datagram)
        transport.close()

    async def _first(self, wanted: Callable[[Json], bool], timeout_s: float) -> Json:
        found: list[Json] = []

        def look() -> bool:
            found[:] = filter(wanted, self.events)
            return bool(found)

        async with asyncio.timeout(timeout_s), self._arrived:
            await self._arrived.wait_for(look)
        return found[0]

    async def close(self) -> None:
        await self.pc.close()
        await self._tasks.close()

    def _state(self) -> None:
        if self.pc.connectionState in ("closed", "failed"):
            self.closed.set()

    async def _told(self, message: str) -> None:
        async with self._arrived:
            self.events.append(json.loads(message))
            self._arrived.notify_all()

    async def _hear(self, track: MediaStreamTrack) -> None:
        with suppress(MediaStreamError):
            while True:
                frame = await track.recv()
                if isinstance(frame, AudioFrame):
                    self.heard += bytes(frame.planes[0])


class Refusal(Exception):
    def __init__(self, status: int, reason: str, detail: str) -> None:
        super().__init__(f"{status} {reason}: {detail}")
        self.status, self.reason, self.detail = status, reason, detail


async def patch_candidates(gateway: Gateway, pc_id: str, candidates: Sequence[Mapping[str, object]]) -> None:
    """Raises Refusal."""
    async with (
        aiohttp.ClientSession() as http,
        http.patch(f"{gateway.http}/v1/webrtc/offer", json={"pc_id": pc_id, "candidates": candidates}) as response,
    ):
        answer: Json = await response.json()
        if response.status != 200:
            raise Refusal(response.status, str(answer["reason"]), str(answer["detail"]))


async def post_offer(gateway: Gateway, token: str, body: Mapping[str, object]) -> Json:
    """Raises Refusal."""
    async with (
        aiohttp.ClientSession() as http,
        http.post(
            f"{gateway.http}/v1/webrtc/offer",
            json={"type": "offer", **body},
            headers={"Authorization": f"Bearer {token}"},
        ) as response,
    ):
        answer: Json = await response.json()
        if response.status != 200:
            raise Refusal(response.status, str(answer["reason"]), str(answer["detail"]))
        return answer


def on_loopback(connection: Connection) -> None:
    """Have aioice gather 127.0.0.1, which it leaves out."""
    gather: Any = connection.get_component_candidates
    hooked: Any = connection
    hooked.get_component_candidates = lambda component, addresses, **_: gather(component, ["127.0.0.1"])


@asynccontextmanager
async def webrtc_call(
    gateway: Gateway, *, relay: LossyRelay | None = None, trickle: bool = False, video: bool = False
) -> AsyncIterator[WebRtcClient]:
    """A call that is ready."""
    client = WebRtcClient(gateway, await gateway.token(), relay=relay, trickle=trickle, video=video)
    try:
        await client.connect()
        client.call = str((await client.event("ready"))["call"])
        yield client
    finally:
        await client.close()
