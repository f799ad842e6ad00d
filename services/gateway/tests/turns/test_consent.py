"""Consent to be recorded: asked before the conversation, by word or key; what a refusal leads to; what is kept."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from pathlib import Path

import pytest
from parley_core.agents import AgentDocument, Consent, Greeting, Handoff, TurnSettings, load_agent
from parley_core.bus.log import Event, body_of, event_name, follow_log
from parley_gateway.turns import commands as cmd
from parley_gateway.turns import events as ev
from parley_gateway.turns.config import ConsentPrompt, ConsentTerms, TurnConfig
from parley_gateway.turns.consent import answer_of
from parley_gateway.turns.machine import State, advance
from parley_gateway.turns.types import Sound, Timer
from parley_testing.callers import Client, Gateway
from parley_testing.workers import Workers

StartGateway = Callable[..., Awaitable[Gateway]]

TERMS = ConsentTerms("may we record", "say yes or no", "thanks", "as you like", "continue_unrecorded", keyed=False)


@pytest.mark.parametrize(
    "text",
    ["yes", "Yes please.", "yeah sure", "okay", "of course", "no problem", "I don't mind", "um yes that's fine",
     "yes you can record the call", "all right"],
)  # fmt: skip
def test_a_yes_is_a_yes(text: str) -> None:
    assert answer_of(text, TERMS) is True


@pytest.mark.parametrize(
    "text", ["no", "No, thank you.", "i'd rather not", "please don't record", "i do not agree", "nope not me"]
)
def test_a_no_is_a_no(text: str) -> None:
    assert answer_of(text, TERMS) is False


@pytest.mark.parametrize(
    "text", ["", "what", "yes and no", "yes i have a question about my bill", "tomorrow at nine", "is that ok or not"]
)
def test_what_is_not_certain_is_no_answer(text: str) -> None:
    assert answer_of(text, TERMS) is None


def test_a_document_may_name_further_words() -> None:
    terms = ConsentTerms("?", "?", "", "", "hang_up", keyed=False, yes=("ja gerne",), no=("nein",))
    assert answer_of("Ja gerne", terms) is True
    assert answer_of("nein danke", terms) is False


def asked() -> State:
    state, commands = advance(State(TurnConfig(), consent=ConsentPrompt(TERMS)), ev.Start(agent_first=True), 0.0)
    assert cmd.SayConsent(0, "may we record") in commands
    return state


def test_silence_is_asked_once_more_and_is_then_no_consent() -> None:
    state, _ = advance(asked(), ev.ReplyFinished(0), 3.0)
    state, commands = advance(state, ev.TimerFired(Timer.SILENCE), 9.0)
    assert cmd.SayConsent(0, "say yes or no") in commands
    state, _ = advance(state, ev.ReplyFinished(0), 12.0)
    state, commands = advance(state, ev.TimerFired(Timer.SILENCE), 18.0)
    assert cmd.ConsentAnswered(given=False, how="silence") in commands
    state, commands = advance(state, ev.ReplyFinished(0), 20.0)
    assert cmd.Converse() in commands
    assert state.consent is None


def test_the_questions_own_yes_that_comes_back_from_a_loudspeaker_is_no_consent() -> None:
    state = asked()
    for event in (ev.VoiceStarted(1.0), ev.VoiceEnded(2.0), ev.TimerFired(Timer.PAUSE), ev.SoundJudged(1, Sound.ECHO)):
        state, _ = advance(state, event, 2.6)
    state, commands = advance(state, ev.FinalTranscript(1, "yes"), 3.0)
    assert not any(isinstance(one, cmd.ConsentAnswered) for one in commands)
    assert state.consent is not None


def test_an_answer_over_the_question_counts_and_the_question_is_heard_to_its_end() -> None:
    state, commands = advance(asked(), ev.Digits("1"), 1.0)
    assert cmd.ConsentAnswered(given=True, how="keyed") in commands
    assert cmd.Converse() not in commands
    _, commands = advance(state, ev.ReplyFinished(0), 4.0)
    assert cmd.Converse() in commands


def test_a_broken_line_has_the_question_asked_again() -> None:
    state, _ = advance(asked(), ev.LegLost(), 1.0)
    state, _ = advance(state, ev.ReplyFinished(0), 2.0)
    _, commands = advance(state, ev.LegResumed(), 9.0)
    assert cmd.SayConsent(0, "may we record") in commands


def agent(**consent: object) -> AgentDocument:
    return AgentDocument(
        agent="clinic",
        greeting=Greeting(text="Hello there"),
        first_speaker="caller",
        goodbye="Good bye",
        turns=TurnSettings(pause_ms=200, min_commit_ms=0),
        handoff=Handoff(target="desk", say="One moment"),
        consent=Consent.model_validate(
            {"ask": "May we record", "again": "Yes or no", "accepted": "Thanks", "refused": "As you like", **consent}
        ),
    )


async def question(client: Client) -> None:
    await client.event("spoken", text="May we record")


async def hang_up(gateway: Gateway, client: Client) -> list[Event]:
    await client.send(type="hangup")
    return await gateway.ended(client.call)


async def await_workers(gateway: Gateway, client: Client) -> None:
    async with asyncio.timeout(10), aclosing(follow_log(gateway.bus, gateway.tenant, client.call)) as events:
        async for event in events:
            if event.HasField("worker_claimed") and event.worker_claimed.role == "llm":
                return


def recordings(folder: Path) -> list[Path]:
    return list(folder.rglob("*.wav"))


def answers(events: list[Event]) -> list[tuple[bool, str, str]]:
    found = [body_of(event) for event in events if event_name(event) == "ConsentAnswered"]
    return [(one.given, one.how, one.then) for one in found]


def test_the_example_that_asks_is_an_agent() -> None:
    document = load_agent(Path(__file__).parents[4] / "examples" / "recorded" / "agent.yaml")
    assert document.consent.required == "spoken"


async def test_a_spoken_yes_begins_the_conversation_and_its_words_are_kept_nowhere(
    start_gateway: StartGateway, workers: Workers, speech: bytes, tmp_path: Path
) -> None:
    gateway = await start_gateway(agent(required="spoken"))
    workers.asr.texts = ["yes please", "when are you open"]
    workers.llm.replies = [["at eight"]]
    async with gateway.call() as client:
        await question(client)
        assert not workers.llm.claims
        await client.say(speech)
        await client.event("spoken", text="Thanks")
        await await_workers(gateway, client)
        await client.say(speech)
        await client.event("spoken", text="at eight")
        events = await hang_up(gateway, client)
    assert answers(events) == [(True, "spoken", "")]
    assert [body_of(e).text for e in events if event_name(e) == "Heard"] == ["when are you open"]
    assert b"yes please" not in b"".join(event.SerializeToString() for event in events)
    stored = next(body_of(event) for event in events if event_name(event) == "RecordingStored")
    answered = next(body_of(event) for event in events if event_name(event) == "ConsentAnswered")
    assert abs(stored.start_ms - answered.at_ms) <= 20
    assert recordings(tmp_path)


async def test_a_keyed_no_goes_on_unrecorded(start_gateway: StartGateway, workers: Workers, tmp_path: Path) -> None:
    gateway = await start_gateway(agent(required="keyed"))
    workers.llm.replies = [["at eight"]]
    async with gateway.call() as client:
        await question(client)
        await client.send(type="digits", digits="2")
        await client.event("spoken", text="As you like")
        await await_workers(gateway, client)
        await client.send(type="text", text="when are you open")
        await client.event("spoken", text="at eight")
        events = await hang_up(gateway, client)
    assert answers(events) == [(False, "keyed", "continue_unrecorded")]
    names = [event_name(event) for event in events]
    assert not {"RecordingStored", "DigitsEntered"} & set(names)
    assert not recordings(tmp_path)


async def test_a_spoken_no_may_end_the_call(start_gateway: StartGateway, workers: Workers, speech: bytes) -> None:
    gateway = await start_gateway(agent(required="spoken", on_refusal="hang_up"))
    workers.asr.texts = ["no thank you"]
    async with gateway.call() as client:
        await question(client)
        await client.say(speech)
        await client.event("ended", reason="consent_refused")
        events = await gateway.ended(client.call)
        assert "As you like Good bye" in [event.get("text") for event in client.events]
    assert not workers.llm.claims
    assert not [event for event in events if event_name(event) in ("Heard", "TurnCommitted", "RecordingStored")]


async def test_a_refusal_may_lead_to_a_person(start_gateway: StartGateway, workers: Workers) -> None:
    gateway = await start_gateway(agent(required="keyed", on_refusal="hand_off"))
    async with gateway.call() as client:
        await question(client)
        await client.send(type="digits", digits="2#")
        await client.event("ended", reason="handed_off")
        events = await gateway.ended(client.call)
    asked_for = [body_of(event) for event in events if event_name(event) == "HandoffRequested"]
    assert [(one.reason, one.target) for one in asked_for] == [("consent_refused", "desk")]


async def test_what_is_not_understood_is_asked_once_more(
    start_gateway: StartGateway, workers: Workers, speech: bytes
) -> None:
    gateway = await start_gateway(agent(required="spoken"))
    workers.asr.texts = ["how much is it", "how much"]
    async with gateway.call() as client:
        await question(client)
        await client.say(speech)
        await client.event("spoken", text="Yes or no")
        await client.say(speech)
        await client.event("spoken", text="As you like")
        events = await hang_up(gateway, client)
    assert answers(events) == [(False, "unclear", "continue_unrecorded")]
    assert "Heard" not in [event_name(event) for event in events]
