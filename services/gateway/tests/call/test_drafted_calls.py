"""Drafts and ducking through the real channel, over the real bus."""

import asyncio
from array import array
from collections.abc import Awaitable, Callable

import pytest
from parley.v1 import events_pb2
from parley_core.agents import AgentDocument, TurnSettings
from parley_core.bus.log import body_of
from parley_testing.callers import Gateway
from parley_testing.workers import Workers

StartGateway = Callable[..., Awaitable[Gateway]]
PARTS = ("pause", "final_text", "model", "sentence", "speech", "bus", "playout")


def patient(**turns: object) -> AgentDocument:
    """An agent that leaves a draft time to be there before the commit."""
    settings = TurnSettings.model_validate({"pause_ms": 600, "min_commit_ms": 600, **turns})
    return AgentDocument(agent="clinic", first_speaker="caller", turns=settings)


async def test_a_drafted_answer_is_heard_at_the_commit_and_its_latency_adds_up(
    start_gateway: StartGateway, workers: Workers, speech: bytes
) -> None:
    workers.asr.texts = ["I need an appointment please"]
    workers.llm.replies = [["Of course.", "What day suits you?"]]
    workers.llm.drafting = True
    gateway = await start_gateway(patient())
    async with gateway.call() as client:
        await client.say(speech)
        await client.event("agent_sentence", sentence=0, text="Of course.")
        await client.event("spoken", sentence=1, complete=True)
        await client.send(type="hangup")
    bodies = [body_of(event) for event in await gateway.ended(client.call)]
    (committed,) = [one for one in bodies if isinstance(one, events_pb2.TurnCommitted)]
    assert committed.draft == workers.llm.drafts[-1].draft
    (measured,) = [one for one in bodies if isinstance(one, events_pb2.TurnMeasured)]
    assert measured.drafted
    assert measured.total_us == sum(getattr(measured, f"{part}_us") for part in PARTS)
    assert measured.model_us == measured.sentence_us == measured.speech_us == measured.bus_us == 0
    spoken = [one.text for one in bodies if isinstance(one, events_pb2.Spoken)]
    assert spoken == ["Of course.", "What day suits you?"]
    assert len(client.audio) == 6 * 200 * 32


async def test_a_draft_that_the_caller_talks_on_over_is_never_heard(
    start_gateway: StartGateway, workers: Workers, speech: bytes
) -> None:
    workers.asr.texts = ["I need an appointment", "for next tuesday please"]
    workers.llm.replies = [["Never to be heard."], ["On Tuesday then."]]
    workers.llm.drafting = True
    gateway = await start_gateway(patient(pause_ms=2000, min_commit_ms=2000))
    async with gateway.call() as client:
        await client.say(speech)
        await asyncio.wait_for(workers.llm.asked_for_draft.wait(), 5)
        await client.say(speech)
        await client.event("spoken", complete=True)
        await client.send(type="hangup")
    bodies = [body_of(event) for event in await gateway.ended(client.call)]
    (committed,) = [one for one in bodies if isinstance(one, events_pb2.TurnCommitted)]
    assert committed.text == "I need an appointment for next tuesday please"
    assert [one.text for one in bodies if isinstance(one, events_pb2.Spoken)] == ["On Tuesday then."]
    assert [stop.draft for stop in workers.llm.stops] == [workers.llm.drafts[0].draft]
    assert not [one for one in client.events if one.get("text") == "Never to be heard."]


async def test_without_drafts_none_is_asked_for(start_gateway: StartGateway, workers: Workers, speech: bytes) -> None:
    workers.asr.texts = ["I need an appointment please"]
    workers.llm.replies = [["Of course."]]
    workers.llm.drafting = True
    gateway = await start_gateway(patient(drafts=False))
    async with gateway.call() as client:
        await client.say(speech)
        await client.event("spoken", complete=True)
        await client.send(type="hangup")
    assert workers.llm.drafts == []


async def test_the_agent_is_lowered_then_silent_while_the_caller_speaks_and_comes_back_after_a_backchannel(
    start_gateway: StartGateway, workers: Workers, speech: bytes
) -> None:
    workers.asr.texts = ["mhm"]
    workers.llm.replies = [["word " * 20]]
    gateway = await start_gateway(patient(barge_in_ms=2000))
    async with gateway.call() as client:
        await client.send(type="text", text="tell me everything")
        await client.event("agent_sentence")
        await client.say(speech)
        await client.event("spoken", complete=True)
        await client.send(type="hangup")
    names = [event.WhichOneof("body") for event in await gateway.ended(client.call)]
    assert "interrupted" not in names
    frames = array("h", bytes(client.audio))
    loudness = [max(frames[at : at + 320]) for at in range(0, len(frames) - 320, 320)]
    # What was on its way came again, lower; then the agent was silent, and said the word again that was cut.
    await client.count("clear", 2)
    assert 0 <= len(client.audio) - 20 * 200 * 32 <= (100 + 200 + 100) * 32
    assert min(loudness) < max(loudness) / 3
    assert loudness[0] == pytest.approx(loudness[-1], rel=0.01)
