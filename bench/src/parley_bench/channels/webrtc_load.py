"""Callers of the WebRTC channel, as a process: `python -m parley_bench.channels.webrtc_load ORDER.json`, JSON out.

Lean peers, so that one core holds more of them than the gateway: aiortc for signalling and keys, ready-made Opus
packets, and nothing that comes back is decoded. Every second of a caller's line begins with a beep of one packet, whose
time of sending is printed, to be compared with the time at which the gateway has it.
"""

import asyncio
import json
import sys
import time
from dataclasses import asdict, dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any

import aiohttp
import numpy as np
import uvloop
from aiortc import RTCConfiguration, RTCPeerConnection, RTCRtpSender, RTCSessionDescription
from parley_audio.formats import FRAME_SAMPLES, pcm_of, silence
from parley_audio.opus import CLOCK_HZ, Opus
from parley_gateway.channels.webrtc.aiortc_hook import MediaPath, NoFrames
from parley_testing.simulated.webrtc import on_loopback

FRAME_S = 0.02
BEEP_EVERY = 50  # packets
BEEP_LEVEL = 8000
CONNECT_S = 20.0
AGAIN_S = 0.5


@dataclass(frozen=True, slots=True)
class OutboundCall:
    url: str  # of the offers
    token: str
    calls: int
    warm_up_s: float
    duration_s: float
    ask: str = ""  # a text that every caller types once its call is ready, so that the agent speaks


@dataclass(slots=True)
class Report:
    """Packets in the measured time, per call: sent by us and by the gateway; when beeps were sent, by call."""

    sent: list[int] = field(default_factory=list)
    received: list[int] = field(default_factory=list)
    gap_ms: list[float] = field(default_factory=list)  # the longest without a packet, per call
    beeps: list[list[float]] = field(default_factory=list)  # monotonic seconds
    seconds: float = 0.0
    began: float = 0.0  # monotonic seconds
    failures: list[str] = field(default_factory=list)


class Peer:
    def __init__(self, order: OutboundCall) -> None:
        self._order = order
        self.sent = self.received = 0
        self.beeps: list[float] = []
        self.longest_gap_s = 0.0
        self._last = 0.0
        self._path: MediaPath | None = None
        self._pc = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self._connected = asyncio.Event()
        self._ready = asyncio.Event()

    async def connect(self, http: aiohttp.ClientSession) -> None:
        pc, order = self._pc, self._order
        channel = pc.createDataChannel("chat")
        transceiver = pc.addTransceiver(NoFrames(), direction="sendrecv")
        codecs = RTCRtpSender.getCapabilities("audio").codecs
        transceiver.setCodecPreferences([codec for codec in codecs if codec.mimeType == "audio/opus"])
        sctp: Any = pc.sctp
        for transport in (transceiver.receiver.transport, sctp.transport):
            on_loopback(transport.transport._connection)

        def told(message: str) -> None:
            if json.loads(message)["type"] == "ready":
                if order.ask:
                    channel.send(json.dumps({"type": "text", "text": order.ask}))
                self._ready.set()

        channel.on("message", told)
        pc.on("connectionstatechange", lambda: self._connected.set() if pc.connectionState == "connected" else None)
        await pc.setLocalDescription(await pc.createOffer())
        body = {"sdp": pc.localDescription.sdp, "type": "offer", "token": order.token}
        answer = await offered(http, order.url, body)
        await pc.setRemoteDescription(RTCSessionDescription(answer["sdp"], "answer"))
        self._path = MediaPath(transceiver, self._heard, lambda: None)
        async with asyncio.timeout(CONNECT_S):
            await self._connected.wait()
            if order.ask:
                await self._ready.wait()

    def send(self, payload: bytes, number: int, *, beep: bool) -> None:
        if beep:
            self.beeps.append(time.monotonic())
        if self._path is not None and self._path.send(payload, number * CLOCK_HZ // 50, first=number == 0):
            self.sent += 1

    def begin(self) -> None:
        self.sent = self.received = 0
        self.longest_gap_s, self._last = 0.0, time.monotonic()
        self.beeps.clear()

    async def close(self) -> None:
        await self._pc.close()

    def _heard(self, seq: int, timestamp: int, payload: bytes) -> None:
        now = time.monotonic()
        self.received += 1
        self.longest_gap_s = max(self.longest_gap_s, now - self._last)
        self._last = now


async def offered(http: aiohttp.ClientSession, url: str, body: dict[str, str]) -> dict[str, str]:
    """The answer; a gateway that is busy is asked again."""
    async with asyncio.timeout(CONNECT_S):
        while True:
            async with http.post(url, json=body) as response:
                answer: dict[str, str] = await response.json()
                if response.status != HTTPStatus.SERVICE_UNAVAILABLE:
                    return answer
            await asyncio.sleep(AGAIN_S)


def line() -> list[bytes]:
    """A second of packets: a beep of 20 ms, then silence."""
    codec = Opus()
    beep = pcm_of((BEEP_LEVEL * np.sin(np.arange(FRAME_SAMPLES) * 0.4)).astype(np.int32))
    frames = [beep, *([silence(20)] * (BEEP_EVERY - 1))]
    for frame in frames:
        codec.encode(frame)  # the second time round is the steady state
    return [codec.encode(frame) for frame in frames]


async def run(order: OutboundCall) -> Report:
    report = Report()
    peers: list[Peer] = []
    packets = line()
    async with aiohttp.ClientSession() as http:
        for number in range(order.calls):
            peer = Peer(order)
            try:
                await peer.connect(http)
                peers.append(peer)
            except (TimeoutError, OSError, KeyError, aiohttp.ClientError) as error:
                report.failures.append(f"call {number}: {type(error).__name__}: {error}")
    began = time.monotonic()
    measured = 0.0
    step = FRAME_S / max(1, len(peers))  # callers are spread over the 20 ms
    ends = began + order.warm_up_s + order.duration_s
    number = 0
    while (now := time.monotonic()) < ends:
        if not measured and now >= began + order.warm_up_s:
            measured = now
            for peer in peers:
                peer.begin()
        for at, peer in enumerate(peers):
            due = began + number * FRAME_S + at * step
            wait_s = due - time.monotonic()
            if wait_s > 0:
                await asyncio.sleep(wait_s)
            beep = (number + at) % BEEP_EVERY == 0
            peer.send(packets[(number + at) % BEEP_EVERY], number, beep=beep)
        number += 1
    report.seconds, report.began = time.monotonic() - measured, measured
    for peer in peers:
        report.sent.append(peer.sent)
        report.received.append(peer.received)
        report.gap_ms.append(peer.longest_gap_s * 1000)
        report.beeps.append(peer.beeps)
    await asyncio.gather(*(peer.close() for peer in peers))
    return report


def main() -> None:
    order = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    report = uvloop.run(run(OutboundCall(**order)))
    json.dump(asdict(report), sys.stdout)


if __name__ == "__main__":
    main()
