"""The Realtime channel with OpenAI's own client: voice conversations, functions, truncation, push to talk, refusals."""

import asyncio
import base64
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import aiohttp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openai import AsyncOpenAI
from openai.resources.realtime.realtime import AsyncRealtimeConnection
from parley.v1 import events_pb2, session_pb2
from parley_audio import g711
from parley_audio.formats import samples_of
from parley_audio.resample import resample
from parley_core.agents import AgentDocument
from parley_core.bus import subjects
from parley_core.bus.log import body_of, event_name
from parley_core.bus.port import Message
from parley_gateway.admission.token_keys import TokenKeys
from parley_gateway.admission.tokens import Grant, Tokens
from parley_gateway.channels.realtime.protocol import InvalidRequest, parse_event
from parley_gateway.channels.realtime.session import SessionSettings, updated
from parley_testing.callers import Gateway
from parley_testing.workers import Workers
from rtvi.v1 import frames_pb2

AGENT = AgentDocument.model_validate(
    {
        "agent": "clinic",
        "first_speaker": "caller",
        "turns": {"pause_ms": 200, "min_commit_ms": 0, "drafts": False},
        "client_tools": True,
        "client_instructions": True,
    }
)
RATE = 24_000
StartGateway = Callable[..., Awaitable[Gateway]]


@pytest.fixture
async def gateway(start_gateway: StartGateway) -> Gateway:
    return await start_gateway(AGENT)


class Talker:
    """The client's side of one conversation: speaks in real time, remembers what it is told, and is awaited on it."""

    def __init__(self, connection: AsyncRealtimeConnection, encode: Callable[[bytes], bytes]) -> None:
        self.connection = connection
        self.events: list[Any] = []
        self.audio = bytearray()
        self._encode = encode
        self._to_say: list[bytes] = []
        self._arrived = asyncio.Condition()
        self.talking = True

    async def read(self) -> None:
        with suppress(Exception):  # the connection's end, however it comes
            async for event in self.connection:
                async with self._arrived:
                    self.events.append(event)
                    if event.type == "response.output_audio.delta":
                        self.audio += base64.b64decode(event.delta)
                    self._arrived.notify_all()

    async def talk(self) -> None:
        due = asyncio.get_running_loop().time()
        while self.talking:
            pcm = self._to_say.pop(0) if self._to_say else bytes(640)
            with suppress(Exception):
                await self.send(pcm)
            due += 0.02
            await asyncio.sleep(max(0.0, due - asyncio.get_running_loop().time()))

    async def send(self, pcm: bytes) -> None:
        """Send PCM16 mono 16 kHz."""
        audio = base64.b64encode(self._encode(pcm)).decode()
        await self.connection.input_audio_buffer.append(audio=audio)

    def say(self, pcm: bytes) -> None:
        self._to_say += [pcm[at : at + 640] for at in range(0, len(pcm) - 639, 640)]

    async def until(self, kind: str, count: int = 1, timeout_s: float = 15.0) -> Any:
        """The event of this type that comes as number `count`."""

        def found() -> list[Any]:
            return [event for event in self.events if event.type == kind]

        try:
            async with asyncio.timeout(timeout_s), self._arrived:
                await self._arrived.wait_for(lambda: len(found()) >= count)
        except TimeoutError:
            raise AssertionError(f"no {kind} among {[event.type for event in self.events]}") from None
        return found()[count - 1]

    def types(self, *, without: tuple[str, ...] = ("response.output_audio.delta",)) -> list[str]:
        return [event.type for event in self.events if event.type not in without]


def _pcm24(pcm: bytes) -> bytes:
    return resample(pcm, 16_000, RATE)


@asynccontextmanager
async def conversation(
    gateway: Gateway, *, talking: bool = True, encode: Callable[[bytes], bytes] = _pcm24, **session: Any
) -> AsyncIterator[Talker]:
    base = gateway.ws.replace("/v1/call", "/v1")
    client = AsyncOpenAI(api_key=await gateway.token(), base_url=gateway.http + "/v1", websocket_base_url=base)
    async with client.realtime.connect(model="clinic") as connection:
        talker = Talker(connection, encode)
        reading = asyncio.create_task(talker.read(), name="client reads")
        await talker.until("session.created")
        await connection.session.update(session={"type": "realtime", **session})  # type: ignore[typeddict-item]
        await talker.until("session.updated")
        sending = asyncio.create_task(talker.talk(), name="client talks") if talking else None
        try:
            yield talker
        finally:
            talker.talking = False
            for task in (reading, sending):
                if task is not None:
                    task.cancel()
                    with suppress(asyncio.CancelledError):
                        await task
    await client.close()


async def _calls(gateway: Gateway) -> Callable[[], Awaitable[str]]:
    begun: asyncio.Queue[str] = asyncio.Queue()

    async def note(message: Message) -> None:
        begun.put_nowait(message.subject.split(".")[2])

    await gateway.bus.subscribe(f"call.{gateway.tenant}.*.log.CallStarted", note)

    async def next_call() -> str:
        async with asyncio.timeout(10):
            return await begun.get()

    return next_call


async def _say_typed(talker: Talker, text: str) -> None:
    item = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}
    await talker.connection.conversation.item.create(item=item)  # type: ignore[arg-type]
    await talker.connection.response.create()


async def test_a_spoken_turn_is_answered_in_the_protocols_order(
    gateway: Gateway, workers: Workers, speech: bytes
) -> None:
    workers.asr.texts = ["I need an appointment please"]
    workers.llm.replies = [["Of course.", "When would you like to come?"]]
    calls = await _calls(gateway)
    async with conversation(gateway) as talker:
        call = await calls()
        talker.say(speech)
        done = await talker.until("response.done")
    told = talker.types(without=("response.output_audio.delta", "response.output_audio_transcript.delta"))
    assert told == [
        "session.created",
        "session.updated",
        "input_audio_buffer.speech_started",
        "input_audio_buffer.speech_stopped",
        "input_audio_buffer.committed",
        "conversation.item.added",
        "conversation.item.done",
        "conversation.item.input_audio_transcription.delta",
        "conversation.item.input_audio_transcription.completed",
        "response.created",
        "response.output_item.added",
        "conversation.item.added",
        "response.content_part.added",
        "response.output_audio.done",
        "response.output_audio_transcript.done",
        "response.content_part.done",
        "response.output_item.done",
        "conversation.item.done",
        "response.done",
    ]
    completed = await talker.until("conversation.item.input_audio_transcription.completed")
    assert completed.transcript == "I need an appointment please"
    assert done.response.status == "completed"
    assert done.response.output[0].content[0].transcript == "Of course. When would you like to come?"
    assert abs(len(talker.audio) / RATE / 2 - 1.6) < 0.1  # eight words of 200 ms
    assert np.abs(samples_of(bytes(talker.audio))).max() > 1000
    log = await gateway.ended(call)
    started = body_of(log[0])
    assert (started.session.channel, started.session.audio.sample_rate_hz) == (session_pb2.CHANNEL_REALTIME, RATE)
    assert [body_of(one).complete for one in log if event_name(one) == "Spoken"] == [True, True]


@pytest.mark.parametrize("law", ["pcmu", "pcma"])
async def test_a_telephone_codec_is_spoken_both_ways(
    gateway: Gateway, workers: Workers, speech: bytes, law: str
) -> None:
    workers.asr.texts = ["hello"]
    workers.llm.replies = [["Hello to you."]]
    encode, decode = (g711.mulaw_encode, g711.mulaw_decode) if law == "pcmu" else (g711.alaw_encode, g711.alaw_decode)
    format_ = {"format": {"type": f"audio/{law}"}}
    audio = {"input": format_, "output": format_}
    async with conversation(gateway, encode=lambda pcm: encode(resample(pcm, 16_000, 8000)), audio=audio) as talker:
        talker.say(speech)
        await talker.until("response.done")
    assert abs(len(talker.audio) / 8000 - 0.6) < 0.1
    assert np.abs(samples_of(decode(bytes(talker.audio)))).max() > 1000


async def test_barge_in_ends_the_response_and_truncation_says_what_was_heard(
    gateway: Gateway, workers: Workers, speech: bytes
) -> None:
    workers.asr.texts = ["what about friday"]
    workers.llm.replies = [["one two three four five six seven eight nine ten " * 4], ["Yes?"]]
    calls = await _calls(gateway)
    async with conversation(gateway) as talker:
        call = await calls()
        await _say_typed(talker, "count")
        await talker.until("response.output_audio.delta", 40)
        talker.say(speech)
        started = await talker.until("input_audio_buffer.speech_started")
        done = await talker.until("response.done")
        assert (done.response.status, done.response.status_details.reason) == ("cancelled", "turn_detected")
        types = talker.types()
        assert types.index("input_audio_buffer.speech_started") < types.index("response.done")
        assert started.audio_start_ms > 0
        item = done.response.output[0].id
        await talker.connection.conversation.item.truncate(item_id=item, content_index=0, audio_end_ms=450)
        truncated = await talker.until("conversation.item.truncated")
        assert (truncated.item_id, truncated.audio_end_ms) == (item, 450)
        second = await talker.until("response.done", 2)
        assert second.response.output[0].content[0].transcript == "Yes?"
    bodies = [(event_name(one), body_of(one)) for one in await gateway.ended(call)]
    [corrected] = [body for name, body in bodies if name == "ReplyTruncated"]
    assert (corrected.turn, corrected.heard) == (1, "one two")
    [interrupted] = [body for name, body in bodies if name == "Interrupted"]
    assert len(interrupted.heard.split()) > 2


async def test_a_backchannel_does_not_make_the_client_drop_the_voice(
    gateway: Gateway, workers: Workers, speech: bytes
) -> None:
    workers.asr.texts = ["mhm"]
    workers.llm.replies = [["word " * 14]]
    async with conversation(gateway) as talker:
        await _say_typed(talker, "talk")
        await talker.until("response.output_audio.delta", 5)
        talker.say(speech[: len(speech) // 3 // 640 * 640])
        done = await talker.until("response.done")
    assert done.response.status == "completed"
    assert "input_audio_buffer.speech_started" not in talker.types()


async def test_a_client_cancels_and_then_asks_again(gateway: Gateway, workers: Workers) -> None:
    workers.llm.replies = [["word " * 40], ["Again."]]
    async with conversation(gateway) as talker:
        await _say_typed(talker, "talk")
        await talker.until("response.output_audio.delta", 10)
        await talker.connection.response.create()
        refused = await talker.until("error")
        assert refused.error.code == "conversation_already_has_active_response"
        await talker.connection.response.cancel()
        done = await talker.until("response.done")
        assert (done.response.status, done.response.status_details.reason) == ("cancelled", "client_cancelled")
        await talker.connection.response.cancel()
        assert (await talker.until("error", 2)).error.code == "response_cancel_not_active"
        await _say_typed(talker, "once more")
        again = await talker.until("response.done", 2)
    assert again.response.output[0].content[0].transcript == "Again."


async def test_push_to_talk_with_audio_faster_than_speech(gateway: Gateway, workers: Workers, speech: bytes) -> None:
    workers.asr.texts = ["I need an appointment"]
    workers.llm.replies = [["Of course."]]
    async with conversation(gateway, talking=False, audio={"input": {"turn_detection": None}}) as talker:
        await talker.connection.input_audio_buffer.commit()
        assert (await talker.until("error")).error.code == "input_audio_buffer_commit_empty"
        await talker.send(speech)
        await talker.connection.input_audio_buffer.commit()
        completed = await talker.until("conversation.item.input_audio_transcription.completed")
        assert completed.transcript == "I need an appointment"
        assert "response.created" not in talker.types()
        await talker.connection.response.create()
        done = await talker.until("response.done")
    assert done.response.output[0].content[0].transcript == "Of course."
    assert "input_audio_buffer.speech_started" not in talker.types()


async def test_turns_may_wait_for_the_client_to_ask(gateway: Gateway, workers: Workers, speech: bytes) -> None:
    workers.asr.texts = ["I need an appointment"]
    workers.llm.replies = [["Of course."]]
    detection = {"type": "server_vad", "create_response": False, "interrupt_response": False}
    async with conversation(gateway, audio={"input": {"turn_detection": detection}}) as talker:
        talker.say(speech)
        completed = await talker.until("conversation.item.input_audio_transcription.completed")
        assert completed.transcript == "I need an appointment"
        assert "response.created" not in talker.types()
        await talker.connection.response.create()
        assert (await talker.until("response.done")).response.status == "completed"


async def test_audio_that_is_cleared_was_never_said(gateway: Gateway, workers: Workers, speech: bytes) -> None:
    workers.asr.texts = ["never mind"]
    workers.llm.replies = [["Yes?"]]
    calls = await _calls(gateway)
    async with conversation(gateway, talking=False, audio={"input": {"turn_detection": None}}) as talker:
        call = await calls()
        await talker.send(speech)
        await talker.connection.input_audio_buffer.clear()
        await talker.until("input_audio_buffer.cleared")
        await _say_typed(talker, "hello")
        await talker.until("response.done")
    texts = [body_of(one).text for one in await gateway.ended(call) if event_name(one) == "TurnCommitted"]
    assert texts == ["hello"]


TOOL = {
    "type": "function",
    "name": "get_weather",
    "description": "The weather in a city",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}


async def test_the_client_answers_a_function_call(gateway: Gateway, workers: Workers) -> None:
    calls = await _calls(gateway)
    async with conversation(gateway, tools=[TOOL], instructions="Be brief.") as talker:
        call = await calls()
        returned: asyncio.Queue[events_pb2.Event] = asyncio.Queue()

        async def note(message: Message) -> None:
            returned.put_nowait(events_pb2.Event.FromString(message.data))

        await gateway.bus.subscribe(subjects.log(gateway.tenant, call, "ClientToolReturned"), note)
        await _say_typed(talker, "How is the weather in Paris?")
        await talker.until("response.created")
        await workers.llm.call_client_tool(1, "t1-1", "get_weather", '{"city":"Paris"}')
        asked = await talker.until("response.function_call_arguments.done")
        assert (asked.name, asked.call_id, asked.arguments) == ("get_weather", "t1-1", '{"city":"Paris"}')
        done = await talker.until("response.done")
        assert [item.type for item in done.response.output] == ["function_call"]
        item = {"type": "function_call_output", "call_id": asked.call_id, "output": '{"sky":"clear"}'}
        await talker.connection.conversation.item.create(item=item)  # type: ignore[arg-type]
        await talker.connection.response.create()
        async with asyncio.timeout(10):
            body = (await returned.get()).client_tool_returned
        assert (body.status, json.loads(body.result_json)) == ("TOOL_STATUS_OK", {"sky": "clear"})
        await talker.until("response.created", 2)
        await workers.llm.answer(1, ["It is clear in Paris."])
        final = await talker.until("response.done", 2)
        assert final.response.output[0].content[0].transcript == "It is clear in Paris."
        await talker.connection.conversation.item.create(item=item)  # type: ignore[arg-type]
        assert "no function call" in (await talker.until("error")).error.message
    log = await gateway.ended(call)
    [configured] = [body_of(one) for one in log if event_name(one) == "ClientConfigured"]
    assert configured.instructions == "Be brief."
    assert [tool.name for tool in configured.tools] == ["get_weather"]


async def test_a_client_that_does_not_answer_is_an_error_result(start_gateway: StartGateway, workers: Workers) -> None:
    gateway = await start_gateway(AGENT, client_tool_s=0.2)
    calls = await _calls(gateway)
    async with conversation(gateway, tools=[TOOL]) as talker:
        call = await calls()
        await _say_typed(talker, "weather")
        await talker.until("response.created")
        await workers.llm.call_client_tool(1, "t1-1", "get_weather", "{}")
        await workers.llm.call_client_tool(1, "t1-1", "get_weather", "{}")
        await talker.until("response.function_call_arguments.done")
    log = await gateway.ended(call)
    returned = [body_of(one) for one in log if event_name(one) == "ClientToolReturned"]
    assert [one.status for one in returned] in (["TOOL_STATUS_TIMED_OUT"], ["TOOL_STATUS_FAILED"])
    assert talker.types().count("response.function_call_arguments.done") == 1


async def test_an_agent_that_takes_nothing_from_clients_says_so(start_gateway: StartGateway, workers: Workers) -> None:
    gateway = await start_gateway(AGENT.model_copy(update={"client_tools": False}))
    async with conversation(gateway, tools=[TOOL]) as talker:
        refused = await talker.until("error")
        assert "takes none" in refused.error.message
        assert (await talker.until("session.updated", 2)).session.tools == []


@pytest.mark.parametrize(
    ("session", "param"),
    [
        ({"output_modalities": ["text"]}, "session.output_modalities"),
        ({"audio": {"input": {"format": {"type": "audio/opus"}}}}, "session.audio.input.format.type"),
        ({"audio": {"output": {"format": {"type": "audio/pcm", "rate": 16000}}}}, "session.audio.output.format.rate"),
        ({"audio": {"input": {"turn_detection": {"type": "psychic"}}}}, "session.audio.input.turn_detection"),
        ({"tools": [{"type": "mcp"}]}, "session.tools[0].type"),
        ({"tools": [{"type": "function", "name": "no spaces"}]}, "session.tools[0].name"),
        ({"model": "another"}, "session.model"),
        ({"temperature": 0.5}, "session.temperature"),
    ],
)
def test_settings_that_cannot_be_had_are_refused(session: dict[str, Any], param: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        updated(SessionSettings(), session, "clinic")
    assert refused.value.param == param


async def test_a_wrong_event_is_answered_and_the_session_stays(gateway: Gateway, workers: Workers) -> None:
    workers.llm.replies = [["Here."]]
    async with conversation(gateway) as talker:
        await talker.connection.send({"type": "no.such.event", "event_id": "e1"})  # type: ignore[arg-type]
        assert (await talker.until("error")).error.event_id == "e1"
        await talker.connection.conversation.item.retrieve(item_id="nothing")
        assert (await talker.until("error", 2)).error.code == "item_not_found"
        await _say_typed(talker, "still there?")
        done = await talker.until("response.done")
        with pytest.raises(AssertionError):
            await talker.until("error", 3, timeout_s=0.1)
        item = done.response.output[0].id
        await talker.connection.conversation.item.truncate(item_id=item, content_index=0, audio_end_ms=60_000)
        assert (await talker.until("error", 3)).error.param == "audio_end_ms"


async def test_browsers_show_their_key_as_a_subprotocol(gateway: Gateway, workers: Workers) -> None:
    url = gateway.ws.replace("/v1/call", "/v1/realtime") + "?model=clinic"
    async with (
        aiohttp.ClientSession() as http,
        http.post(f"{gateway.http}/v1/realtime/client_secrets", json={"session": {"model": "clinic"}}) as answer,
    ):
        secret = await answer.json()
        assert secret["session"]["model"] == "clinic"
        offered = ["realtime", f"openai-insecure-api-key.{secret['value']}"]
        async with http.ws_connect(url, protocols=offered) as socket:
            assert socket.protocol == "realtime"
            assert (await socket.receive_json(timeout=10))["type"] == "session.created"
        for more in ({"voice": "alloy"}, {"model": "Not A Name"}):
            async with http.post(f"{gateway.http}/v1/realtime/client_secrets", json={"session": more}) as refused:
                assert refused.status == 400


@pytest.mark.parametrize(
    ("query", "key", "status"),
    [("?model=clinic", "wrong", 401), ("?model=other", None, 404), ("?intent=transcription", None, 400)],
)
async def test_strangers_and_wrong_wishes_are_refused(gateway: Gateway, query: str, key: str, status: int) -> None:
    headers = {"Authorization": f"Bearer {key or await gateway.token()}"}
    url = gateway.ws.replace("/v1/call", "/v1/realtime") + query
    async with aiohttp.ClientSession() as http:
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await http.ws_connect(url, headers=headers)
    assert refused.value.status == status


async def test_the_api_key_opens_the_channel(start_gateway: StartGateway, tenant: str, workers: Workers) -> None:
    gateway = await start_gateway(AGENT, api_key="k" * 20, default_tenant=tenant)
    headers = {"Authorization": f"Bearer {'k' * 20}"}
    url = gateway.ws.replace("/v1/call", "/v1/realtime") + "?model=clinic"
    async with aiohttp.ClientSession() as http, http.ws_connect(url, headers=headers) as socket:
        assert (await socket.receive_json(timeout=10))["type"] == "session.created"


_KINDS = ["session.update", "input_audio_buffer.append", "response.create", "conversation.item.create"]


@given(st.binary(), st.sampled_from(_KINDS), st.sampled_from(["session", "audio", "response", "item"]), st.text())
def test_any_message_is_an_event_or_refused(data: bytes, kind: str, name: str, text: str) -> None:
    for message in (
        data,
        json.dumps({"type": kind, name: text}).encode(),
        json.dumps({"type": kind, name: {text: text}}),
    ):
        with suppress(InvalidRequest):
            parse_event(message if isinstance(message, bytes) else message.encode())


@pytest.mark.parametrize("path", ["realtime?model=clinic", "rtvi"])
async def test_a_token_for_pages_of_one_site_opens_nothing_to_another(
    start_gateway: StartGateway, tenant: str, path: str
) -> None:
    secret = "thirty-two bytes of a secret, or more"
    gateway = await start_gateway(AGENT, token_secret=secret, allowed_origins="https://other.example")
    grant = Grant(tenant, "clinic", "", int(time.time()) + 60, origins=("https://clinic.example",))
    token = Tokens(TokenKeys(secret.encode())).issue(grant)
    url = gateway.ws.replace("/v1/call", f"/v1/{path}")
    headers = {"Origin": "https://other.example", "Authorization": f"Bearer {token}"}
    async with aiohttp.ClientSession() as http:
        if path == "rtvi":
            async with http.ws_connect(f"{url}?token={token}", headers=headers) as socket:
                ready = json.dumps({"label": "rtvi-ai", "type": "client-ready", "id": "1", "data": {}})
                frame = frames_pb2.Frame(message=frames_pb2.Message(data=ready))
                await socket.send_bytes(frame.SerializeToString())
                assert b"another site" in await socket.receive_bytes(timeout=10)
        else:
            with pytest.raises(aiohttp.WSServerHandshakeError):
                await http.ws_connect(url, headers=headers)
