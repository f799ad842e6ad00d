"""The whole service on a real bus: claimed, fed, stopped; and its RPCs."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from parley.v1 import events_pb2, live_pb2, speech_pb2, speech_pb2_grpc
from parley_core import rpc
from parley_core.agents import AgentDocument, AgentStore, Greeting, Voice
from parley_core.bus import subjects
from parley_core.bus.log import await_event
from parley_core.bus.port import Bus, Message
from parley_core.errors import BadInput, NotFound
from parley_core.ids import new_id
from parley_core.runtime import Runtime
from parley_testing.servers import free_port
from parley_tts.app import app
from parley_tts.settings import TtsSettings


@pytest_asyncio.fixture
async def address(nats_url: str) -> AsyncIterator[str]:
    """Where the running service answers gRPC."""
    port = free_port()
    settings = TtsSettings(nats_url=nats_url, grpc_port=port)
    runtime = Runtime("tts", new_id("tts-"))
    async with runtime.tasks, app(settings, runtime):
        yield f"127.0.0.1:{port}"


class Call:
    """One claimed call, as a gateway sees it."""

    def __init__(self, bus: Bus, tenant: str) -> None:
        self.bus = bus
        self.tenant = tenant
        self.call = new_id("c-")
        self.audio: asyncio.Queue[live_pb2.AudioOut] = asyncio.Queue()

    async def claim(self, voice: Voice, *, fence: int = 0) -> live_pb2.Claimed:
        agent = AgentDocument(agent="clinic", voice=voice, greeting=Greeting(text="Hello."))
        await AgentStore(self.bus).put(self.tenant, agent)

        async def heard(message: Message) -> None:
            self.audio.put_nowait(live_pb2.AudioOut.FromString(message.data))

        await self.bus.subscribe(subjects.live_audio_out(self.tenant, self.call), heard)
        claim = live_pb2.Claim(
            tenant=self.tenant, call=self.call, role="tts", agent="clinic", gateway="gateway-1", fence=fence
        )
        answer = await self.bus.request(subjects.claim("tts"), claim.SerializeToString(), timeout_s=10)
        return live_pb2.Claimed.FromString(answer)

    def say(self, text: str, turn: int = 1, sentence: int = 0) -> None:
        say = live_pb2.Say(turn=turn, sentence=sentence, text=text)
        self.bus.post(subjects.live_say(self.tenant, self.call), say.SerializeToString())

    async def sentence(self) -> list[live_pb2.AudioOut]:
        chunks: list[live_pb2.AudioOut] = []
        async with asyncio.timeout(30):
            while not chunks or not chunks[-1].last:
                chunks.append(await self.audio.get())
        return chunks


async def test_a_claimed_call_speaks_and_its_log_has_the_usage(address: str, bus: Bus, tenant: str) -> None:
    call = Call(bus, tenant)
    assert not (await call.claim(Voice())).refused
    call.say("We open at 10:30 on Saturday.")
    chunks = await call.sentence()
    assert [word.text for chunk in chunks for word in chunk.words] == ["We", "open", "at", "10:30", "on", "Saturday."]
    assert len(chunks[0].pcm) == 60 * 32
    usage = await await_event(bus, tenant, call.call, "UsageMeasured", timeout_s=10)
    assert usage.usage_measured.provider == "hibari"


async def test_another_voice_says_what_the_first_provider_cannot(address: str, bus: Bus, tenant: str) -> None:
    call = Call(bus, tenant)
    await call.claim(Voice(name="en-us", provider="espeak"))
    say = live_pb2.Say(turn=1, text="Hello there.", voice="no-such-voice")
    bus.post(subjects.live_say(tenant, call.call), say.SerializeToString())
    await call.sentence()
    failed = await await_event(bus, tenant, call.call, "TurnFailed", timeout_s=10)
    assert (failed.turn_failed.stage, failed.turn_failed.action) == ("tts", "fallback")


async def test_bad_messages_hurt_nobody(address: str, bus: Bus, tenant: str) -> None:
    call = Call(bus, tenant)
    await call.claim(Voice())
    bus.post(subjects.live_say(tenant, call.call), b"\xff\xff\xff")
    bus.post(subjects.live_stop(tenant, call.call), b"\xff\xff\xff")
    call.say("Still here.")
    assert (await call.sentence())[-1].last


async def test_a_stopped_turn_is_silent_after_the_stop(address: str, bus: Bus, tenant: str) -> None:
    call = Call(bus, tenant)
    await call.claim(Voice())
    bus.post(subjects.live_stop(tenant, call.call), live_pb2.Stop(turn=1).SerializeToString())
    await bus.flush()
    # Two subjects have no order between them: a sentence of the next turn tells that the stop was read before.
    call.say("Old words.", turn=1)
    call.say("New words.", turn=2)
    chunks = await call.sentence()
    assert {chunk.turn for chunk in chunks} <= {1, 2}
    while chunks[-1].turn != 2:
        chunks = await call.sentence()


async def test_an_unknown_agent_is_refused(address: str, bus: Bus, tenant: str) -> None:
    claim = live_pb2.Claim(tenant=tenant, call=new_id("c-"), role="tts", agent="nobody", gateway="gateway-1")
    answer = await bus.request(subjects.claim("tts"), claim.SerializeToString(), timeout_s=10)
    assert "NotFound" in live_pb2.Claimed.FromString(answer).refused


async def test_the_end_of_a_call_ends_its_speech(address: str, bus: Bus, tenant: str) -> None:
    call = Call(bus, tenant)
    await call.claim(Voice())
    ended = events_pb2.Event(id="x:1", tenant=tenant, call=call.call, call_ended=events_pb2.CallEnded())
    await bus.publish(subjects.log(tenant, call.call, "CallEnded"), ended.SerializeToString())
    other = Call(bus, tenant)
    await other.claim(Voice())
    other.say("Hello.")
    await other.sentence()


async def test_synthesize_streams_audio_and_words(address: str) -> None:
    async with rpc.connect(address) as channel:
        stub = speech_pb2_grpc.TtsStub(channel)
        pieces = [
            piece async for piece in stub.Synthesize(speech_pb2.SynthesizeRequest(text="Hello there."), timeout=20)
        ]
    assert [word.text for piece in pieces for word in piece.words] == ["Hello", "there."]
    assert sum(len(piece.pcm) for piece in pieces) > 16_000


@pytest.mark.parametrize(
    ("request_", "error"),
    [
        (speech_pb2.SynthesizeRequest(text=""), BadInput),
        (speech_pb2.SynthesizeRequest(text="a" * 5001), BadInput),
        (speech_pb2.SynthesizeRequest(text="Hello.", provider="nobody"), NotFound),
        (speech_pb2.SynthesizeRequest(text="Hello.", voice="nobody"), NotFound),
    ],
)
async def test_bad_requests_are_answered_clearly(
    address: str, request_: speech_pb2.SynthesizeRequest, error: type[Exception]
) -> None:
    async with rpc.connect(address) as channel:
        with pytest.raises(error), rpc.translating("tts"):
            async for _ in speech_pb2_grpc.TtsStub(channel).Synthesize(request_, timeout=20):
                pass


async def test_voices_are_listed(address: str) -> None:
    async with rpc.connect(address) as channel:
        answer = await speech_pb2_grpc.TtsStub(channel).ListVoices(
            speech_pb2.ListVoicesRequest(provider="espeak"), timeout=20
        )
    assert "en-us" in {voice.name for voice in answer.voices}
