"""Calls through the SIP door, by a simulated phone."""

import asyncio

import pytest
from parley.v1 import events_pb2, session_pb2
from parley_audio import g711
from parley_audio.formats import samples_of
from parley_audio.resample import resample
from parley_core.bus.log import body_of, event_name
from parley_testing.sip import Phone, line, offer, rtp
from parley_testing.workers import Workers

from .conftest import Sip


def loud(coded: bytes) -> bool:
    return len(coded) > 0 and abs(samples_of(g711.mulaw_decode(coded))).max() > 1000


async def test_a_spoken_turn_is_answered(sip: Sip, workers: Workers, speech: bytes) -> None:
    workers.asr.texts = ["I need an appointment please"]
    workers.llm.replies = [["Of course."]]
    async with line(sip.port) as wire, rtp() as audio:
        phone = Phone(wire)
        answered = await phone.call(audio)
        call = await sip.call()
        await audio.say(g711.mulaw_encode(resample(speech, 16_000, 8000)))
        await sip.event(call, "Spoken")
        audio.digit("5")
        await sip.event(call, "DigitsEntered")
        await audio.until_heard(loud)
        await phone.hang_up()
    assert "telephone-event" in answered.body
    assert [one.status for one in wire.received if one.status][:3] == [100, 180, 200]
    bodies = {event_name(event): body_of(event) for event in await sip.ended(call)}
    session = bodies["CallStarted"].session
    assert (session.channel, session.user) == (session_pb2.CHANNEL_SIP, "+15550100")
    assert session.attributes["sip_called"] == "100"
    assert session.audio.encoding == session_pb2.AUDIO_ENCODING_MULAW
    assert bodies["TurnCommitted"].text == "I need an appointment please"
    assert bodies["DigitsEntered"].digits == "5"
    assert bodies["CallEnded"].reason == "caller_hung_up"
