"""Workers that are lost in the middle of a call, each role by itself; a lost one vanishes as a killed process does."""

import asyncio
from collections.abc import Awaitable, Callable

from parley.v1 import events_pb2
from parley_core.bus.log import body_of, event_name
from parley_testing.callers import Gateway
from parley_testing.workers import FakeAsr, FakeLlm, FakeTts, Worker, Workers

Hire = Callable[[Worker], Awaitable[None]]
StartGateway = Callable[..., Awaitable[Gateway]]


def named(events: list[events_pb2.Event], name: str) -> list[object]:
    return [body_of(event) for event in events if event_name(event) == name]


async def test_a_lost_asr_gets_a_successor_that_hears_everything_again(
    gateway: Gateway, workers: Workers, hire: Hire, nats_url: str, speech: bytes
) -> None:
    workers.asr.mute = True
    workers.llm.replies = [["Of course."]]
    async with gateway.call() as client:
        await client.say(speech)
        await asyncio.wait_for(workers.asr.paused.wait(), 5)
        successor = FakeAsr(nats_url, ["I need an appointment please"])
        await hire(successor)
        await workers.asr.kill()
        await client.event("spoken", text="Of course.", complete=True)
        await client.send(type="hangup")
    events = await gateway.ended(client.call)
    assert [one.role for one in named(events, "WorkerLost")] == ["asr"]  # type: ignore[attr-defined]
    assert [one.text for one in named(events, "TurnCommitted")] == ["I need an appointment please"]  # type: ignore[attr-defined]
    assert successor.claims[0].resume
    first, again = workers.asr.audio[1], successor.audio[1]
    assert [first[seq].pcm for seq in sorted(first)] == [again[seq].pcm for seq in sorted(again)]


async def test_an_asr_that_beats_but_gives_no_text_is_replaced(
    start_gateway: StartGateway, workers: Workers, hire: Hire, nats_url: str, speech: bytes
) -> None:
    gateway = await start_gateway(heard_timeout_s=0.4)
    workers.asr.mute = True
    async with gateway.call() as client:
        await client.say(speech)
        await asyncio.wait_for(workers.asr.paused.wait(), 5)
        workers.asr.mute = False
        workers.asr.texts = ["hello"]
        await client.event("transcript", text="hello")
        await client.send(type="hangup")
    events = await gateway.ended(client.call)
    assert [one.reason for one in named(events, "WorkerLost")] == ["stalled"]  # type: ignore[attr-defined]


async def test_a_lost_llm_gets_a_successor_that_answers_the_turn(
    gateway: Gateway, workers: Workers, hire: Hire, nats_url: str
) -> None:
    workers.llm.mute = True
    async with gateway.call() as client:
        await client.send(type="text", text="hello")
        await asyncio.wait_for(workers.llm.committed.wait(), 5)
        await hire(FakeLlm(nats_url, [["Good day to you."]]))
        await workers.llm.kill()
        await client.event("spoken", text="Good day to you.", complete=True)
        await client.send(type="hangup")
    events = await gateway.ended(client.call)
    assert [one.role for one in named(events, "WorkerLost")] == ["llm"]  # type: ignore[attr-defined]


async def test_a_lost_tts_gets_a_successor_that_says_the_rest_and_no_word_twice(
    gateway: Gateway, workers: Workers, hire: Hire, nats_url: str
) -> None:
    workers.tts.chunks_only = 4
    workers.llm.replies = [["one two three four", "five six"]]
    async with gateway.call() as client:
        await client.send(type="text", text="count")
        await client.event("agent_sentence", sentence=1)
        await hire(FakeTts(nats_url))
        await workers.tts.kill()
        await client.event("spoken", sentence=1, complete=True)
        await client.send(type="hangup")
    events = await gateway.ended(client.call)
    spoken = [(one.text, one.complete) for one in named(events, "Spoken")]  # type: ignore[attr-defined]
    assert spoken == [("one two", False), ("three four", True), ("five six", True)]
    assert len(client.audio) == 6 * 200 * 32


async def test_a_lost_tts_is_taken_up_while_the_caller_still_hears_what_it_left(
    gateway: Gateway, workers: Workers, hire: Hire, nats_url: str
) -> None:
    workers.tts.chunks_only = 60  # of 80: six seconds of speech are here when the worker is lost
    workers.llm.replies = [[" ".join(["word"] * 40)]]
    async with gateway.call() as client:
        await client.send(type="text", text="count")
        await client.event("agent_sentence", sentence=0)
        await client.event("agent_started")
        successor = FakeTts(nats_url)
        await hire(successor)
        await workers.tts.kill()
        await client.event("spoken", complete=True)
        await client.send(type="hangup")
    events = await gateway.ended(client.call)
    order = [
        (event_name(event), event.worker_claimed.handing_over or event.spoken.complete)
        for event in events
        if (event.HasField("worker_claimed") and event.worker_claimed.resume) or event.HasField("spoken")
    ]
    assert order == [("WorkerClaimed", True), ("Spoken", False), ("WorkerClaimed", False), ("Spoken", True)]


async def test_when_nobody_takes_over_the_caller_is_told_and_the_call_ends(
    start_gateway: StartGateway, workers: Workers
) -> None:
    gateway = await start_gateway(resume_wait_s=0.5)
    async with gateway.call() as client:
        await workers.llm.kill()
        await client.event("error", reason="nobody_free")
        assert await client.close_code() == 1013
    events = await gateway.ended(client.call)
    ended = body_of(events[-1])
    assert isinstance(ended, events_pb2.CallEnded)
    assert (ended.reason, ended.detail) == ("nobody_free", "llm")


async def test_a_call_that_nobody_is_free_for_has_a_log_that_ends(gateway: Gateway, workers: Workers) -> None:
    await workers.tts.kill()
    started = asyncio.Event()
    calls: list[str] = []

    async def saw(message: object) -> None:
        calls.append(message.subject.split(".")[2])  # type: ignore[attr-defined]
        started.set()

    await gateway.bus.subscribe(f"call.{gateway.tenant}.*.log.CallStarted", saw)
    async with gateway.connect() as client:
        await client.start()
        await client.event("refused", reason="nobody_free")
    await asyncio.wait_for(started.wait(), 5)
    events = await gateway.ended(calls[0])
    assert [one.role for one in named(events, "CallRefused")] == ["tts"]  # type: ignore[attr-defined]
    assert named(events, "CallEnded")[0].reason == "nobody_free"  # type: ignore[attr-defined]
