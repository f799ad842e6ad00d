"""RTVI without a browser: what is translated, what is refused, and that no message can be more than wrong."""

import json
from contextlib import suppress

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st
from parley.v1 import events_pb2
from parley_gateway import call_events as ce
from parley_gateway.channels.rtvi.messages import InvalidMessage, parse_message
from parley_gateway.channels.rtvi.translate import Translator
from parley_gateway.turns.types import CommitReason
from parley_testing.callers import Gateway
from rtvi.v1 import frames_pb2


def _kinds(translator: Translator, event: ce.CallEvent) -> list[str]:
    return [json.loads(told)["type"] for told in translator.told(event)]


def test_voice_over_the_agent_is_the_users_turn_only_once_it_interrupts() -> None:
    translator = Translator()
    assert _kinds(translator, ce.AgentStarted(1)) == ["bot-started-speaking"]
    assert _kinds(translator, ce.CallerStarted(1)) == ["vad-user-started-speaking"]
    assert _kinds(translator, ce.CallerStopped(2)) == ["vad-user-stopped-speaking"]
    assert _kinds(translator, ce.CallerStarted(3)) == ["vad-user-started-speaking"]
    assert _kinds(translator, ce.Interrupted(1, "")) == [
        "user-started-speaking",
        "bot-interrupted",
        "bot-stopped-speaking",
    ]
    assert _kinds(translator, ce.TurnTranscript(2, "wait", CommitReason.PAUSE)) == [
        "user-stopped-speaking",
        "user-transcription",
        "user-input",
    ]


def test_what_was_heard_of_a_sentence_is_told() -> None:
    translator = Translator()
    reply = events_pb2.SAY_KIND_REPLY
    sentence = ce.AgentSentence(1, 0, 0, "one two three", reply, interruptible=True)
    assert _kinds(translator, sentence) == ["bot-llm-text", "bot-output"]
    [text, output] = [json.loads(told)["data"] for told in translator.told(ce.AgentSpoken(1, 0, "one", False, reply))]
    assert text == {"text": "one"}
    assert output["spoken_progress"] == {"accumulated_text": "one", "remaining_text": "two three"}
    assert output["segment_id"] == "1-0"


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("append-to-context", {"content": "x"}),
        ("raw-audio", {}),
        ("send-text", {"content": ""}),
        ("send-text", {"content": "hi", "options": {"audio_response": False}}),
        ("dtmf", {"buttons": ["x"]}),
        ("dtmf", {"buttons": [["1"]]}),
        ("client-message", {}),
        ("llm-function-call-result", {"result": 1}),
    ],
)
def test_what_cannot_be_had_is_refused_with_the_messages_id(kind: str, data: dict[str, object]) -> None:
    with pytest.raises(InvalidMessage) as refused:
        parse_message(json.dumps({"label": "rtvi-ai", "type": kind, "id": "m1", "data": data}))
    assert refused.value.id == "m1"


async def test_a_stranger_is_told_why_and_let_go(start_gateway, tenant: str) -> None:  # type: ignore[no-untyped-def]
    gateway: Gateway = await start_gateway()
    ready = json.dumps({"label": "rtvi-ai", "type": "client-ready", "id": "1", "data": {"version": "2.1.0"}})
    frame = frames_pb2.Frame(message=frames_pb2.Message(data=ready)).SerializeToString()
    url = gateway.ws.replace("/v1/call", "/v1/rtvi?token=wrong")
    async with aiohttp.ClientSession() as http, http.ws_connect(url) as socket:
        await socket.send_bytes(frame)
        told = frames_pb2.Frame.FromString(await socket.receive_bytes(timeout=10))
        assert json.loads(told.message.data)["type"] == "error"
        await socket.receive(timeout=10)
        assert socket.close_code == 1008


@pytest.mark.parametrize("data", [b"\xff\xff", b"", bytes(200_000)])
async def test_what_is_no_frame_is_refused(start_gateway, data: bytes) -> None:  # type: ignore[no-untyped-def]
    gateway: Gateway = await start_gateway(start_timeout_s=0.5)
    url = gateway.ws.replace("/v1/call", "/v1/rtvi") + f"?token={await gateway.token()}"
    async with aiohttp.ClientSession() as http, http.ws_connect(url) as socket:
        await socket.send_bytes(data)
        while (await socket.receive(timeout=10)).type is aiohttp.WSMsgType.BINARY:
            pass
        assert socket.close_code in (1003, 1008, 1009)


@given(st.text(), st.sampled_from(["client-ready", "send-text", "dtmf", "client-message"]), st.text())
def test_any_message_is_understood_or_refused(text: str, kind: str, name: str) -> None:
    for message in (text, json.dumps({"label": "rtvi-ai", "type": kind, "id": name, "data": {name: text}})):
        with suppress(InvalidMessage):
            parse_message(message)
