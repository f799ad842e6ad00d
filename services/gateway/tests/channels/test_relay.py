"""The ConversationRelay channel against a simulated carrier, and the playout of text that follows what was heard."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from parley.v1 import events_pb2, live_pb2, session_pb2
from parley_core.agents import AgentDocument, TurnSettings
from parley_core.bus.log import await_event, body_of, event_name
from parley_core.bus.port import Message
from parley_core.errors import BadInput
from parley_gateway.channels.relay.protocol import Cut, Played, Prompt, Setup, parse_message
from parley_gateway.speaking.text_playout import TextPlayout
from parley_testing.callers import Gateway
from parley_testing.simulated.relay import place
from parley_testing.workers import Workers

StartGateway = Callable[..., Awaitable[Gateway]]


@pytest.fixture
async def relay(gateway: Gateway) -> Gateway:
    return replace(gateway, ws=gateway.ws.replace("/v1/call", "/relay"))


@pytest.fixture
async def next_call(relay: Gateway) -> Callable[[], Awaitable[str]]:
    """Gives the id of the tenant's next call."""
    begun: asyncio.Queue[str] = asyncio.Queue()

    async def note(message: Message) -> None:
        begun.put_nowait(message.subject.split(".")[2])

    await relay.bus.subscribe(f"call.{relay.tenant}.*.log.CallStarted", note)

    async def get() -> str:
        async with asyncio.timeout(10):
            return await begun.get()

    return get


async def bodies(gateway: Gateway, call: str, name: str) -> list[object]:
    return [body_of(event) for event in await gateway.ended(call) if event_name(event) == name]


@pytest.mark.parametrize("reports", [True, False])
async def test_a_conversation_in_text(
    relay: Gateway, workers: Workers, next_call: Callable[[], Awaitable[str]], reports: bool
) -> None:
    workers.llm.replies = [["Of course.", "What day suits you?"], ["Tuesday it is."]]
    async with place(relay.ws, await relay.token(), reports=reports) as carrier:
        call = await next_call()
        await await_event(relay.bus, relay.tenant, call, "WorkerClaimed", timeout_s=10)
        await carrier.says("I need an appointment")
        await carrier.until_said("What day suits you?")
        await carrier.says("Tuesday please")
        await carrier.until_said("Tuesday it is.")
        await carrier.send(type="dtmf", digit="#")
        await await_event(relay.bus, relay.tenant, call, "DigitsEntered", timeout_s=10)
    log = await relay.ended(call)
    named = {event_name(event): body_of(event) for event in log}
    session = named["CallStarted"].session
    assert (session.channel, session.user) == (session_pb2.CHANNEL_RELAY, "+18005550100")
    assert session.audio.encoding == session_pb2.AUDIO_ENCODING_TEXT
    assert "RecordingStored" not in named
    assert [body_of(one).role for one in log if event_name(one) == "WorkerClaimed"] == ["llm"]
    assert [body_of(one).text for one in log if event_name(one) == "TurnCommitted"] == [
        "I need an appointment",
        "Tuesday please",
    ]
    said = [body_of(one).text for one in log if event_name(one) == "Spoken" and body_of(one).complete]
    assert said[:2] == ["Of course.", "What day suits you?"]
    assert not workers.tts.said


async def test_history_holds_the_words_that_the_carrier_had_spoken(
    relay: Gateway, workers: Workers, next_call: Callable[[], Awaitable[str]]
) -> None:
    workers.llm.replies = [["one two three four five six seven eight nine ten eleven twelve"], ["Yes?"]]
    async with place(relay.ws, await relay.token(), word_s=0.05) as carrier:
        call = await next_call()
        await await_event(relay.bus, relay.tenant, call, "WorkerClaimed", timeout_s=10)
        await carrier.says("count")
        await carrier.until_said("four")
        heard = await carrier.talks_over("stop")
        await carrier.until_said("Yes?")
    interrupted = await bodies(relay, call, "Interrupted")
    assert [one.heard for one in interrupted] == [heard]
    spoken = await bodies(relay, call, "Spoken")
    assert (spoken[0].text, spoken[0].complete) == (heard, False)
    assert heard.startswith("one two three four")


async def test_a_goodbye_ends_the_call_for_the_carrier(relay: Gateway, workers: Workers) -> None:
    workers.llm.replies = [["Good bye"]]
    workers.llm.then = events_pb2.AFTER_REPLY_HANG_UP
    async with place(relay.ws, await relay.token()) as carrier:
        await carrier.says("that was all")
        end = await carrier.until("end")
    assert "agent_hung_up" in end["handoffData"]
    assert carrier.spoken == ["Good", "bye"]


async def test_the_agent_speaks_first(start_gateway: StartGateway, workers: Workers) -> None:
    agent = AgentDocument(agent="clinic", greeting={"text": "Hello there"}, turns=TurnSettings(silence_prompt_s=60))
    workers.llm.replies = [["Hello there"]]
    gateway = await start_gateway(agent)
    async with place(gateway.ws.replace("/v1/call", "/relay"), await gateway.token()) as carrier:
        await carrier.says("hello")
        await carrier.until_said("Hello there")


async def test_a_carrier_without_a_token_is_told_and_ended(relay: Gateway) -> None:
    async with place(relay.ws, "nonsense") as carrier:
        await carrier.until("text")
        assert "bad_token" in (await carrier.until("end"))["handoffData"]


async def test_what_a_carrier_sends_that_is_unknown_here_is_ignored(relay: Gateway, workers: Workers) -> None:
    workers.llm.replies = [["Of course."]]
    async with place(relay.ws, await relay.token()) as carrier:
        for number in range(25):
            await carrier.socket.send_str(json.dumps({"type": f"news.{number}", "value": [number]}))
        for odd in ("nonsense", "[1]", "{}", '{"type":7}', '{"type":"dtmf","digit":"ten"}', "x" * 70_000):
            await carrier.socket.send_str(odd)
        await carrier.socket.send_bytes(b"\x00")
        await carrier.says("hello")
        await carrier.until_said("Of course.")


async def test_a_flood_of_nonsense_ends_the_connection(relay: Gateway, workers: Workers) -> None:
    async with place(relay.ws, await relay.token()) as carrier:
        for _ in range(1500):
            await carrier.socket.send_str("nonsense")
        await carrier.until("end")


def test_messages() -> None:
    assert parse_message(b'{"type":"prompt","voicePrompt":"hi","lang":"en-US","last":false}') == Prompt(
        "hi", "en-US", False
    )
    assert parse_message(b'{"type":"interrupt","utteranceUntilInterrupt":"He","durationUntilInterruptMs":5}') == Cut(
        "He"
    )
    assert parse_message(b'{"type":"info","name":"tokensPlayed","value":"hello"}') == Played("hello")
    telnyx = {"type": "setup", "sessionId": "s", "callControlId": "v2:x", "from": "+1", "to": "+2"}
    assert parse_message(json.dumps({**telnyx, "customParameters": {"token": "t"}}).encode()) == Setup(
        "s", "v2:x", "+1", "+2", {"token": "t"}
    )


@given(st.binary() | st.from_regex(r'\{"type":"(setup|prompt|dtmf|interrupt|info|error)".*\}').map(str.encode))
def test_any_message_is_read_or_refused(data: bytes) -> None:
    with suppress(BadInput):
        parse_message(data)


class Notes:
    """A listener that writes down."""

    def __init__(self) -> None:
        self.told: list[tuple[object, ...]] = []

    def send_frame(self, frame: bytes | memoryview, heard_at: float) -> None:
        raise AssertionError("there is no audio")

    def take_back(self, since: float) -> bool:
        raise AssertionError("there is no audio")

    def voice_started(self, sentence: object, arrived: float) -> None:
        self.told.append(("voice",))

    def sentence_started(self, sentence: object) -> None: ...

    def sentence_heard(self, sentence: object, text: str, *, complete: bool, start: float, end: float) -> None:
        self.told.append(("heard", text, complete))

    def starved(self, turn: int) -> None:
        self.told.append(("starved", turn))

    def finished(self, turn: int, then: int) -> None:
        self.told.append(("finished", turn))


@pytest.fixture
async def notes() -> tuple[Notes, TextPlayout]:
    listener = Notes()
    return listener, TextPlayout(asyncio.get_running_loop(), listener)


def say(number: int, text: str, turn: int = 1) -> live_pb2.Say:
    return live_pb2.Say(turn=turn, sentence=number, text=text)


async def test_played_words_cross_sentences(notes: tuple[Notes, TextPlayout]) -> None:
    listener, playout = notes
    playout.expect(say(0, "Of course."))
    playout.expect(say(1, "What day suits you?"))
    playout.end(1, 2, events_pb2.AFTER_REPLY_LISTEN)
    playout.played("Of course. What day")
    assert listener.told == [("voice",), ("heard", "Of course.", True)]
    playout.stopped_at("Of course. What day suits")
    playout.cut(1)
    assert listener.told[-1] == ("heard", "What day suits", False)
    assert not playout.speaking


async def test_what_the_carrier_finished_is_finished(notes: tuple[Notes, TextPlayout]) -> None:
    listener, playout = notes
    playout.expect(say(1, "second"))
    playout.expect(say(0, "first"))
    playout.all_played()
    assert listener.told[-1] == ("starved", 1)
    playout.end(1, 2, events_pb2.AFTER_REPLY_LISTEN)
    assert listener.told[-1] == ("finished", 1)
    playout.expect(say(0, "old", turn=0))
    playout.close()


async def test_words_of_an_old_turn_are_not_waited_for(notes: tuple[Notes, TextPlayout]) -> None:
    listener, playout = notes
    playout.cut(3)
    playout.expect(say(0, "old", turn=3))
    assert listener.told == []
    assert playout.fence == 4
