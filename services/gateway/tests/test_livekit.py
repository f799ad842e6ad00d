"""The LiveKit door: the SDK on both sides, the agent's and a caller's, in the room of a simulated server."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

import aiohttp
import pytest
from livekit import rtc
from parley.v1 import session_pb2
from parley_audio.formats import FRAME_BYTES, SAMPLE_RATE, samples_of
from parley_core.bus.log import await_event, body_of, event_name
from parley_testing.callers import Gateway
from parley_testing.livekit import KEY, SECRET, SimulatedLiveKit, simulated_livekit
from parley_testing.workers import Workers

StartGateway = Callable[..., Awaitable[Gateway]]


@dataclass
class RoomCaller:
    """A participant that speaks and listens, by the SDK."""

    room: rtc.Room
    source: rtc.AudioSource
    events: list[dict[str, object]] = field(default_factory=list)
    transcriptions: list[str] = field(default_factory=list)
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
            self.loudest = max(self.loudest, int(abs(samples_of(bytes(event.frame.data)).astype(int)).max()))
            self.news.set()


@pytest.fixture
async def server() -> AsyncIterator[SimulatedLiveKit]:
    async with simulated_livekit() as running:
        yield running


@pytest.fixture
async def livekit(start_gateway: StartGateway, server: SimulatedLiveKit) -> Gateway:
    return await start_gateway(livekit_url=server.url, livekit_api_key=KEY, livekit_api_secret=SECRET)


@pytest.fixture
async def caller(server: SimulatedLiveKit) -> AsyncIterator[RoomCaller]:
    room = rtc.Room()
    one = RoomCaller(room, rtc.AudioSource(SAMPLE_RATE, 1, queue_size_ms=100))
    tasks: list[asyncio.Task[None]] = []

    @room.on("track_subscribed")
    def on_track(track: rtc.Track, *_: object) -> None:
        tasks.append(asyncio.create_task(one.listen(track)))

    @room.on("data_received")
    def on_data(packet: rtc.DataPacket) -> None:
        one.events.append(json.loads(packet.data))
        one.news.set()

    async with asyncio.timeout(20):
        await room.connect(server.url, server.token("ann", "r1"))
        track = rtc.LocalAudioTrack.create_audio_track("microphone", one.source)
        await room.local_participant.publish_track(
            track, rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_MICROPHONE)
        )
    tasks.append(asyncio.create_task(one.talk()))
    yield one
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await room.disconnect()


async def join(gateway: Gateway, **more: str) -> int:
    async with (
        aiohttp.ClientSession() as http,
        http.post(
            f"{gateway.http}/v1/livekit/calls",
            json={"room": "r1", "agent": "clinic", "tenant": gateway.tenant, **more},
        ) as answer,
    ):
        return answer.status


async def test_a_spoken_turn_in_a_room_is_answered(
    livekit: Gateway, server: SimulatedLiveKit, workers: Workers, caller: RoomCaller, speech: bytes
) -> None:
    workers.asr.texts = ["I need an appointment please", "wait"]
    workers.llm.replies = [["Of course."], ["word " * 40], ["Yes?"]]
    assert await join(livekit) == 201
    ready = await caller.event("ready")
    caller.say(speech)
    await caller.event("transcript", text="I need an appointment please")
    await caller.event("spoken", text="Of course.", complete=True)
    await caller.hears_the_agent()
    agent = next(one for one in server.rooms["r1"] if one.identity != "ann")
    assert agent.attributes["lk.agent.state"] in ("listening", "thinking", "speaking")
    call = str(ready["call"])
    await caller.room.disconnect()
    log = await livekit.ended(call)
    named = {event_name(event): body_of(event) for event in log}
    session = named["CallStarted"].session
    assert (session.channel, session.user) == (session_pb2.CHANNEL_LIVEKIT, "ann")
    assert session.attributes["livekit_room"] == "r1"
    assert named["CallEnded"].reason == "caller_hung_up"


async def test_barge_in_in_a_room_keeps_what_was_heard(
    livekit: Gateway, workers: Workers, caller: RoomCaller, speech: bytes
) -> None:
    workers.asr.texts = ["tell me everything", "wait a moment"]
    workers.llm.replies = [["word " * 40], ["Yes?"]]
    await join(livekit)
    ready = await caller.event("ready")
    caller.say(speech)
    await caller.event("agent_sentence")
    await await_event(livekit.bus, livekit.tenant, str(ready["call"]), "TurnMeasured", timeout_s=10)
    caller.say(speech)
    interrupted = await caller.event("interrupted", turn=1)
    await caller.event("spoken", text="Yes?", complete=True)
    assert 0 < len(str(interrupted["heard"]).split()) < 25


async def test_an_agent_alone_in_a_room_leaves(
    start_gateway: StartGateway, server: SimulatedLiveKit, workers: Workers
) -> None:
    gateway = await start_gateway(
        livekit_url=server.url, livekit_api_key=KEY, livekit_api_secret=SECRET, livekit_wait_s=0.2
    )
    assert await join(gateway) == 201
    await server.empty("r1")


async def test_a_server_that_refuses_the_key_is_told(start_gateway: StartGateway, server: SimulatedLiveKit) -> None:
    gateway = await start_gateway(livekit_url=server.url, livekit_api_key=KEY, livekit_api_secret="wrong" * 8)
    assert await join(gateway) == 503


@pytest.mark.parametrize("body", [{"room": ""}, {"agent": "Not An Agent"}, {"nonsense": "1"}])
async def test_a_wrong_request_is_refused(livekit: Gateway, body: dict[str, str]) -> None:
    assert await join(livekit, **body) == 400
