"""Calls in which the language changes, through the channel and on the bus."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from parley.v1 import events_pb2, session_pb2
from parley_core.agents import AgentDocument, Greeting, Language, Notices, TurnSettings
from parley_core.bus.log import body_of, event_name
from parley_gateway.cluster.snapshot import snapshot_of
from parley_testing.callers import Gateway
from parley_testing.simulated.relay import place
from parley_testing.workers import FakeAsr, Worker, Workers

Hire = Callable[[Worker], Awaitable[None]]
StartGateway = Callable[..., Awaitable[Gateway]]

SPANISH = Language(tag="es-ES", key="2", goodbye="Adiós.", notices=Notices(silence="¿Sigue ahí?"))


def agent(*languages: Language, **turns: Any) -> AgentDocument:
    return AgentDocument(
        agent="clinic",
        greeting=Greeting(text="Hello there"),
        first_speaker="caller",
        languages=list(languages) or [SPANISH],
        turns=TurnSettings(pause_ms=200, min_commit_ms=0, **turns),
    )


def named(events: list[events_pb2.Event], name: str) -> list[Any]:
    return [body_of(event) for event in events if event_name(event) == name]


async def test_a_spanish_sentence_changes_everything_before_its_turn_is_committed(
    start_gateway: StartGateway, workers: Workers, speech: bytes
) -> None:
    gateway = await start_gateway(agent(silence_prompt_s=2))
    workers.llm.replies = [["Claro."]]
    workers.asr.texts = ["quisiera pedir una cita para el martes"]
    async with gateway.call() as client:
        await client.say(speech)
        await client.event("language", language="es-ES", reason="detected")
        await client.event("spoken", text="¿Sigue ahí?")
        await client.send(type="hangup")
    events = await gateway.ended(client.call)
    names = [event_name(event) for event in events]
    assert names.index("LanguageChanged") < names.index("TurnCommitted")
    changed = named(events, "LanguageChanged")
    assert [(one.language, one.turn) for one in changed] == [("es-ES", 1)]
    notice = next(one for one in named(events, "SentenceSaid") if one.sentence >= 900)
    assert notice.language == "es-ES"


async def test_a_recogniser_that_takes_over_is_claimed_in_the_new_language(
    start_gateway: StartGateway, workers: Workers, hire: Hire, nats_url: str
) -> None:
    gateway = await start_gateway(agent())
    async with gateway.call() as client:
        await client.send(type="text", text="español por favor")
        await client.event("language", language="es-ES", reason="asked")
        successor = FakeAsr(nats_url)
        await hire(successor)
        await workers.asr.kill()
        await asyncio.wait_for(successor.claimed.wait(), 10)
        await client.send(type="hangup")
    events = await gateway.ended(client.call)
    assert successor.claims[0].language == "es-ES"
    assert [one.wish for one in named(events, "TurnCommitted")] == ["es-ES"]


async def test_a_key_changes_the_language_without_waiting_for_more_digits(
    start_gateway: StartGateway, workers: Workers
) -> None:
    gateway = await start_gateway(agent(), digits_wait_s=20)
    workers.llm.replies = [["Hola."]]
    async with gateway.call() as client:
        await client.send(type="digits", digits="2")
        await client.event("language", language="es-ES", reason="keyed")
        await client.event("spoken", text="Hola.", complete=True)
        await client.send(type="hangup")
    events = await gateway.ended(client.call)
    assert [(one.text, one.wish) for one in named(events, "TurnCommitted")] == [("2", "es-ES")]


async def test_a_language_that_the_recogniser_does_not_know_is_refused_on_the_log(
    start_gateway: StartGateway, workers: Workers
) -> None:
    gateway = await start_gateway(agent())
    workers.asr.languages = ("en-US",)
    async with gateway.call() as client:
        await client.send(type="text", text="Spanish please")
        await client.event("transcript", text="Spanish please")
        await client.send(type="hangup")
    events = await gateway.ended(client.call)
    assert not named(events, "LanguageChanged")
    refused = named(events, "LanguageRefused")
    assert [(one.language, one.role, one.turn) for one in refused] == [("es-ES", "asr", 1)]
    assert [one.wish for one in named(events, "TurnCommitted")] == ["es-ES"]


async def test_a_language_that_need_not_be_heard_is_spoken_all_the_same(
    start_gateway: StartGateway, workers: Workers
) -> None:
    gateway = await start_gateway(agent(SPANISH.model_copy(update={"hearing": "optional"})))
    workers.asr.languages = ("en-US",)
    async with gateway.call() as client:
        await client.send(type="text", text="Spanish please")
        await client.event("language", language="es-ES", reason="asked")
        await client.send(type="hangup")
    await gateway.ended(client.call)


async def test_the_channels_language_is_the_calls_where_the_agent_speaks_it(
    start_gateway: StartGateway, workers: Workers
) -> None:
    gateway = await start_gateway(agent())
    async with gateway.connect() as client:
        await client.start(language="es-MX")
        await client.event("ready")
        await client.send(type="hangup")
    events = await gateway.ended(workers.asr.claims[0].call)
    assert named(events, "CallStarted")[0].session.language == "es-ES"
    assert workers.asr.claims[0].language == "es-ES"


async def test_a_channels_language_that_is_not_heard_falls_back_before_anything_is_said(
    start_gateway: StartGateway, workers: Workers
) -> None:
    gateway = await start_gateway(agent())
    workers.asr.languages = ("en-US",)
    async with gateway.connect() as client:
        await client.start(language="es")
        await client.event("ready")
        await client.send(type="hangup")
    events = await gateway.ended(workers.asr.claims[0].call)
    assert [(one.language, one.turn) for one in named(events, "LanguageChanged")] == [("en-US", 0)]
    assert [one.language for one in named(events, "LanguageRefused")] == ["es-ES"]
    names = [(event_name(event), getattr(body_of(event), "role", "")) for event in events]
    assert names.index(("LanguageChanged", "")) < names.index(("WorkerClaimed", "asr"))


async def test_a_carrier_that_recognises_is_told_the_new_language(
    start_gateway: StartGateway, workers: Workers
) -> None:
    gateway = await start_gateway(agent())
    workers.llm.replies = [["Claro."]]
    relay = replace(gateway, ws=gateway.ws.replace("/v1/call", "/relay"))
    async with place(relay.ws, await relay.token()) as carrier:
        await asyncio.wait_for(workers.llm.claimed.wait(), 10)
        await carrier.says("hola, quisiera pedir una cita")
        await carrier.until_said("Claro.")
        told = [message for message in carrier.received if message["type"] == "language"]
    assert told == [{"type": "language", "ttsLanguage": "es-ES", "transcriptionLanguage": "es-ES"}]


def test_a_gateway_that_takes_a_call_up_goes_on_in_its_language() -> None:
    log = [
        events_pb2.Event(id="1", call_started=events_pb2.CallStarted(session=session_pb2.Session(language="en-US"))),
        events_pb2.Event(id="2", worker_claimed=events_pb2.WorkerClaimed(role="asr", worker="asr-1")),
        events_pb2.Event(id="3", language_changed=events_pb2.LanguageChanged(language="es-ES", turn=1)),
    ]
    snapshot = snapshot_of(log)
    assert snapshot is not None
    assert (snapshot.language, snapshot.workers) == ("es-ES", {"asr": "asr-1"})
