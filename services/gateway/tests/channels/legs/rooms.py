"""The legs of WebRTC and LiveKit."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest
from livekit import rtc
from parley_gateway.channels.livekit.room import RoomLeg
from parley_gateway.channels.webrtc.data_channel import ParleyDataChannel
from parley_gateway.channels.webrtc.leg import WebRtcLeg
from parley_gateway.ports import Leg

from .bench import Bench, surroundings


class KeepingPeer:
    is_connected = True
    unread_bytes = 0
    strangers = 0

    def __init__(self) -> None:
        self.sent: list[str] = []

    def send_text(self, text: str) -> bool:
        self.sent.append(text)
        return True

    async def close(self) -> None: ...


class WebRtcBench(Bench):
    def __init__(self, leg: WebRtcLeg, peer: KeepingPeer) -> None:
        self.leg: WebRtcLeg = leg
        self._peer = peer

    def told(self) -> list[str]:
        sent, self._peer.sent = self._peer.sent, []
        return sent


@asynccontextmanager
async def webrtc() -> AsyncIterator[Bench]:
    async def never(leg: Leg) -> Any:
        await asyncio.Event().wait()

    async with surroundings() as context:
        leg = WebRtcLeg(context, "pc", never, ParleyDataChannel, lambda leg: None)
        peer: Any = KeepingPeer()
        leg.take_over(peer)
        yield WebRtcBench(leg, peer)


class SilentSource:
    """The SDK's, without its threads."""

    def __init__(self, *args: object, **options: object) -> None: ...

    def clear_queue(self) -> None: ...

    async def wait_for_playout(self) -> None: ...

    async def aclose(self) -> None: ...


@dataclass
class RoomBench(Bench):
    """`told` has the data messages of the topic `parley`, and what LiveKit's own clients are shown."""

    sent: list[str] = field(default_factory=list)
    shown: list[str] = field(default_factory=list)
    gone: asyncio.Event = field(default_factory=asyncio.Event)  # the agent has left the room

    def told(self) -> list[str]:
        sent, self.sent = self.sent, []
        return sent

    # The room, and the agent in it

    async def publish_track(self, track: object, options: object) -> None: ...

    async def publish_data(self, text: str, *, reliable: bool, topic: str) -> None:
        self.sent.append(text)

    async def send_text(self, text: str, *, topic: str, attributes: dict[str, str]) -> None:
        self.shown.append(f"{'caller' if 'lk.transcribed_participant' in attributes else 'agent'}: {text}")

    async def set_attributes(self, attributes: dict[str, str]) -> None:
        self.shown.append(str(attributes["lk.agent.state"]))

    async def disconnect(self) -> None:
        self.gone.set()


@asynccontextmanager
async def livekit() -> AsyncIterator[Bench]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rtc, "AudioSource", SilentSource)
        patch.setattr(rtc.LocalAudioTrack, "create_audio_track", lambda name, source: None)
        async with surroundings() as context:
            bench = RoomBench()
            room: Any = SimpleNamespace(local_participant=bench, disconnect=bench.disconnect)
            leg = RoomLeg(room, context.tasks, on_audio=lambda pcm: None)
            bench.leg = leg
            await leg.publish()
            yield bench
            await leg.leave()
