"""Texts with lone surrogates, as browsers send them that cut an emoji in two: replaced on every channel."""

import json
from collections.abc import Callable

import pytest
from parley_gateway.channels import client_json as websocket
from parley_gateway.channels.asterisk import protocol as asterisk
from parley_gateway.channels.outbound.api import CallRequest
from parley_gateway.channels.realtime import protocol as realtime
from parley_gateway.channels.relay import protocol as relay
from parley_gateway.channels.relay.handoff import read_handoff
from parley_gateway.channels.requests import read_body
from parley_gateway.channels.rtvi import messages as rtvi
from parley_gateway.channels.telnyx import protocol as telnyx
from parley_gateway.channels.twilio import protocol as twilio
from parley_gateway.channels.webrtc.messages import parse_offer
from parley_testing.callers import Gateway
from parley_testing.workers import Workers

LONE = {"\ud83d lost its half": "\ufffd lost its half", "a\udc00": "a\ufffd", "\ud83d\ude00": "\U0001f600"}


def _websocket(text: str) -> object:
    message = websocket.parse_message(json.dumps({"type": "text", "text": text}).encode())
    assert isinstance(message, websocket.TextMessage)
    return message.text


def _start(text: str) -> object:
    message = websocket.parse_message(json.dumps({"type": "start", "user": text, "attributes": {text: text}}).encode())
    assert isinstance(message, websocket.StartMessage)
    assert message.attributes == {message.user: message.user}
    return message.user


def _offer(text: str) -> object:
    return parse_offer(json.dumps({"sdp": "v=0", "user": text}).encode()).user


def _rtvi(text: str) -> object:
    message = {"label": rtvi.LABEL, "type": "send-text", "id": "1", "data": {"content": text}}
    read = rtvi.parse_message(json.dumps(message))
    assert isinstance(read, rtvi.SendText)
    return read.text


def _realtime(text: str) -> object:
    item = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}
    read = realtime.parse_event(json.dumps({"type": "conversation.item.create", "item": item}).encode())
    assert isinstance(read, realtime.CreateText)
    return read.text


def _relay(text: str) -> object:
    read = relay.parse_message(json.dumps({"type": "prompt", "voicePrompt": text, "last": True}).encode())
    assert isinstance(read, relay.Prompt)
    return read.text


def _handoff(text: str) -> object:
    read = read_handoff(json.dumps({"reason": "handed_off", "address": "tel:+15550100", "summary": text}))
    assert read is not None
    return read[1]


def _twilio(text: str) -> object:
    media = {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1}
    start = {"streamSid": "MZ1", "callSid": "CA1", "mediaFormat": media, "customParameters": {"note": text}}
    read = twilio.parse_message(json.dumps({"event": "start", "streamSid": "MZ1", "start": start}).encode())
    return read.parameters["note"]  # type: ignore[union-attr]


def _telnyx(text: str) -> object:
    return telnyx.parse_message(json.dumps({"event": text}).encode()).event  # type: ignore[union-attr]


def _asterisk(text: str) -> object:
    read = asterisk.parse_event(json.dumps({"event": text}).encode())
    assert isinstance(read, asterisk.OtherEvent)
    return read.name


def _order(text: str) -> object:
    return read_body(CallRequest, json.dumps({"to": "tel:+15550100", "voicemail": text}).encode()).voicemail


READERS = [
    _websocket, _start, _offer, _rtvi, _realtime, _relay, _handoff, _twilio, _telnyx, _asterisk, _order,
]  # fmt: skip


@pytest.mark.parametrize("read", READERS, ids=lambda read: read.__name__[1:])
@pytest.mark.parametrize(("text", "right"), LONE.items(), ids=["high", "low", "pair"])
def test_every_channel_replaces_them(read: Callable[[str], object], text: str, right: str) -> None:
    assert read(text) == right


async def test_a_typed_one_is_a_turn_and_the_call_goes_on(gateway: Gateway, workers: Workers) -> None:
    workers.llm.replies = [["Yes."], ["Yes."]]
    async with gateway.call() as client:
        before = sum(event["type"] == "spoken" for event in client.events)
        await client.socket.send_str('{"type":"text","text":"are you \\ud83d there"}')
        await client.count("spoken", before + 1)
        heard = [event["text"] for event in client.events if event["type"] == "transcript"]
        await client.send(type="text", text="and \udfff now")
        await client.count("spoken", before + 2)
    assert heard == ["are you \ufffd there"]
