"""A caller in a LiveKit room: a participant of the `livekit` SDK that speaks and listens, and is awaited on it."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from livekit import rtc
from parley_audio.formats import FRAME_BYTES, SAMPLE_RATE, samples_of
from parley_core.tasks import Tasks

from parley_testing.simulated.livekit import SimulatedLiveKit


@dataclass
class RoomCaller:
    """A participant that speaks and listens, by the SDK."""

    room: rtc.Room
    source: rtc.AudioSource
    events: list[dict[str, object]] = field(default_factory=list)
    heard: bytearray = field(default_factory=bytearray)  # PCM16 mono 16 kHz
    loudest: int = 0
    to_say: list[bytes] = field(default_factory=list)
    news: asyncio.Event = field(default_factory=asyncio.Event)

    async def event(self, kind: str, **facts: object) -> dict[str, object]:
        async with asyncio.timeout(15):
            while True:
                for event in self.events:
                    if event["type"] == kind and all(event.get(name) == value for name, value in facts.items()):
                        return event
                self.news.clear()
                await self.news.wait()

    def say(self, pcm: bytes) -> None:
        self.to_say += [pcm[at : at + FRAME_BYTES] for at in range(0, len(pcm), FRAME_BYTES)]

    async def hears_the_agent(self) -> None:
        """Return when a loud frame has come."""
        async with asyncio.timeout(15):
            while self.loudest < 2000:
                self.news.clear()
                await self.news.wait()

    async def talk(self) -> None:
        while True:
            pcm = self.to_say.pop(0) if self.to_say else bytes(FRAME_BYTES)
            await self.source.capture_frame(rtc.AudioFrame(pcm, SAMPLE_RATE, 1, len(pcm) // 2))

    async def listen(self, track: rtc.Track) -> None:
        stream = rtc.AudioStream(track, sample_rate=SAMPLE_RATE, num_channels=1, frame_size_ms=20)
        async for event in stream:
            pcm = bytes(event.frame.data)
            self.heard += pcm
            self.loudest = max(self.loudest, int(abs(samples_of(pcm).astype(int)).max()))
            self.news.set()


@asynccontextmanager
async def room_caller(server: SimulatedLiveKit, identity: str, name: str) -> AsyncIterator[RoomCaller]:
    """Somebody in the room `name`, with a microphone, until the context is left."""
    room = rtc.Room()
    one = RoomCaller(room, rtc.AudioSource(SAMPLE_RATE, 1, queue_size_ms=100))
    async with Tasks("room caller") as tasks:

        @room.on("track_subscribed")
        def on_track(track: rtc.Track, *_: object) -> None:
            tasks.spawn(one.listen(track), "listens")

        @room.on("data_received")
        def on_data(packet: rtc.DataPacket) -> None:
            one.events.append(json.loads(packet.data))
            one.news.set()

        async with asyncio.timeout(20):
            await room.connect(server.url, server.token(identity, name))
            track = rtc.LocalAudioTrack.create_audio_track("microphone", one.source)
            await room.local_participant.publish_track(
                track, rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_MICROPHONE)
            )
        tasks.spawn(one.talk(), "talks")
        try:
            yield one
        finally:
            await room.disconnect()
