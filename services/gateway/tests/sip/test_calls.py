"""Calls through the SIP channel, by a simulated phone: what is said, keyed, held, changed and handed over."""

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress

import pytest
from parley.v1 import events_pb2, session_pb2
from parley_audio import g711
from parley_audio.codecs import Codec
from parley_audio.formats import FRAME_BYTES, samples_of
from parley_audio.resample import resample
from parley_core.agents import AgentDocument, TurnSettings
from parley_core.bus.log import body_of, event_name
from parley_core.errors import Rejected
from parley_gateway.channels.sip.media import make_codec
from parley_testing.lossy import Weather, lossy_relay
from parley_testing.simulated.sip import Phone, line, offer, remote_of, rtp
from parley_testing.workers import Workers

from .conftest import Sip, StartSip

ENCODINGS = {
    "PCMU": session_pb2.AUDIO_ENCODING_MULAW,
    "PCMA": session_pb2.AUDIO_ENCODING_ALAW,
    "G722": session_pb2.AUDIO_ENCODING_G722,
    "opus": session_pb2.AUDIO_ENCODING_OPUS,
}
MAPS = {"PCMU": (0, "PCMU/8000"), "PCMA": (8, "PCMA/8000"), "G722": (9, "G722/8000"), "opus": (111, "opus/48000/2")}


def loud(coded: bytes) -> bool:
    return len(coded) > 0 and abs(samples_of(g711.mulaw_decode(coded))).max() > 1000


def frames(codec: Codec, pcm: bytes) -> list[bytes]:
    return [codec.encode(pcm[at : at + FRAME_BYTES]) for at in range(0, len(pcm) - FRAME_BYTES + 1, FRAME_BYTES)]


def bodies(log: list[events_pb2.Event]) -> dict[str, object]:
    return {event_name(event): body_of(event) for event in log}


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
    log = bodies(await sip.ended(call))
    started, committed, ended = log["CallStarted"], log["TurnCommitted"], log["CallEnded"]
    assert isinstance(started, events_pb2.CallStarted)
    assert (started.session.channel, started.session.user) == (session_pb2.CHANNEL_SIP, "+15550100")
    assert started.session.attributes["sip_called"] == "100"
    assert isinstance(committed, events_pb2.TurnCommitted)
    assert committed.text == "I need an appointment please"
    assert isinstance(ended, events_pb2.CallEnded)
    assert ended.reason == "caller_hung_up"
    assert log["DigitsEntered"] == events_pb2.DigitsEntered(digits="5", at_ms=log["DigitsEntered"].at_ms)  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", ["PCMU", "PCMA", "G722", "opus"])
async def test_every_codec_is_understood_and_heard(sip: Sip, workers: Workers, speech: bytes, name: str) -> None:
    workers.asr.texts = ["hello"]
    workers.llm.replies = [["Hello to you."]]
    codec, _ = make_codec(name)
    number, mapped = MAPS[name]
    silence = codec.encode(bytes(FRAME_BYTES))
    async with line(sip.port) as wire, rtp(payload_type=number, silence=silence) as audio:
        phone = Phone(wire)
        audio.sending = False  # Opus's clock is another: each frame is sent by hand
        answered = await phone.call(audio, body=offer(audio.port, str(number), maps=f"a=rtpmap:{number} {mapped}\r\n"))
        assert f"a=rtpmap:{number} {mapped}" in answered.body
        step = 960 if name == "opus" else 160
        call = await sip.call()
        talking = asyncio.create_task(_talk(audio.send, [silence] * 25 + frames(codec, speech), silence, step))
        try:
            await sip.event(call, "Spoken")
        finally:
            talking.cancel()
            with suppress(asyncio.CancelledError):
                await talking
        await phone.hang_up()
    played = b""
    for _, kind, payload in audio.received:
        assert kind == number
        played += codec.decode(payload)
    assert abs(samples_of(played)).max() > 1000
    log = bodies(await sip.ended(call))
    assert "TurnCommitted" in log
    assert log["CallStarted"].session.audio.encoding == ENCODINGS[name]  # type: ignore[attr-defined]


async def _talk(send: Callable[..., None], coded: list[bytes], silence: bytes, step: int) -> None:
    loop = asyncio.get_running_loop()
    due = loop.time()
    while True:
        send(coded.pop(0) if coded else silence, step=step)
        due += 0.02
        await asyncio.sleep(max(0.0, due - loop.time()))


async def test_barge_in_stops_the_voice_and_tells_what_was_heard(sip: Sip, workers: Workers, speech: bytes) -> None:
    workers.asr.texts = ["what about friday"]
    workers.llm.replies = [["word " * 40], ["Yes?"]]
    async with line(sip.port) as wire, rtp() as audio:
        phone = Phone(wire)
        await phone.call(audio)
        call = await sip.call()
        for digit in "1#":
            audio.digit(digit)
        await audio.until_heard(lambda heard: loud(heard[:-4800]))  # the voice began 0.6 s ago: some words
        await audio.say(g711.mulaw_encode(resample(speech, 16_000, 8000)))
        await sip.event(call, "Interrupted")
        await phone.hang_up()
    log = await sip.ended(call)
    spoken = [body_of(one) for one in log if event_name(one) == "Spoken"]
    assert isinstance(spoken[0], events_pb2.Spoken)
    assert not spoken[0].complete
    words = len(spoken[0].text.split())
    assert 0 < words < 15
    # What was told as heard had been sent, and little more than that: RTP knows no "drop what you have".
    voice = sum(loud(payload) for _, kind, payload in audio.received if kind == 0) * 0.02
    assert voice >= words * 0.2 - 0.04


async def test_a_goodbye_ends_in_a_bye(sip: Sip, workers: Workers) -> None:
    workers.llm.replies = [["Good bye"]]
    workers.llm.then = events_pb2.AFTER_REPLY_HANG_UP
    async with line(sip.port) as wire, rtp() as audio:
        phone = Phone(wire)
        await phone.call(audio)
        for digit in "1#":
            audio.digit(digit)
        phone.answer(await phone.request("BYE"))
    ended = bodies(await sip.ended(await sip.call()))["CallEnded"]
    assert isinstance(ended, events_pb2.CallEnded)
    assert ended.reason == "agent_hung_up"


async def test_hold_stops_the_audio_and_resume_brings_it_back(sip: Sip, workers: Workers) -> None:
    async with line(sip.port) as wire, rtp() as audio:
        phone = Phone(wire)
        await phone.call(audio)
        await audio.until_heard(lambda coded: len(coded) > 1600)
        phone.send("INVITE", body=offer(audio.port, more="a=sendonly\r\n"))
        held = await phone.response(200)
        phone.ack()
        assert "a=recvonly" in held.body
        assert sip.leg().media.held
        before = len(audio.received)
        phone.send("INVITE", body=offer(audio.port))
        resumed = await phone.response(200)
        phone.ack()
        assert "a=sendrecv" in resumed.body
        assert resumed.body.split("o=")[1].split("\r\n")[0] != held.body.split("o=")[1].split("\r\n")[0]
        await audio.until_heard(lambda coded: len(coded) > (before + 20) * 160)
        await phone.hang_up()


async def test_a_reinvite_changes_codec_and_address(sip: Sip, workers: Workers) -> None:
    async with line(sip.port) as wire, rtp() as audio, rtp(payload_type=8, silence=b"\xd5" * 160) as other:
        phone = Phone(wire)
        await phone.call(audio)
        phone.send("INVITE", body=offer(other.port, "8", maps="a=rtpmap:8 PCMA/8000\r\n"))
        changed = await phone.response(200)
        phone.ack()
        other.remote = remote_of(changed.body)
        await other.until_heard(lambda coded: len(coded) > 1600)
        await phone.hang_up()


async def test_an_offer_that_cannot_be_met_leaves_the_call_as_it_was(sip: Sip, workers: Workers) -> None:
    async with line(sip.port) as wire, rtp() as audio:
        phone = Phone(wire)
        await phone.call(audio)
        phone.send("INVITE", body=offer(audio.port, "18", maps="a=rtpmap:18 G729/8000\r\n"))
        await phone.response(488)
        phone.ack(branch=phone.branch)
        count = len(audio.heard)
        await audio.until_heard(lambda coded: len(coded) > count + 1600)
        await phone.hang_up()


async def test_digits_come_by_info_where_rtp_has_none(sip: Sip, workers: Workers) -> None:
    async with line(sip.port) as wire, rtp() as audio:
        phone = Phone(wire)
        await phone.call(audio)
        call = await sip.call()
        phone.send("INFO", body="Signal=4\r\nDuration=160\r\n", kind="application/dtmf-relay")
        await phone.response(200, "INFO")
        await sip.event(call, "DigitsEntered")
        phone.send("INFO", body="Signal=boo\r\n", kind="application/dtmf-relay")
        await phone.response(400, "INFO")
        phone.send("INFO", body="x", kind="text/plain")
        await phone.response(415, "INFO")
        await phone.hang_up()
    assert bodies(await sip.ended(call))["DigitsEntered"].digits == "4"  # type: ignore[attr-defined]


@pytest.mark.parametrize("status", [200, 486])
async def test_a_transfer_asks_the_peer_and_waits_for_how_it_goes(sip: Sip, workers: Workers, status: int) -> None:
    async with line(sip.port) as wire, rtp() as audio:
        phone = Phone(wire)
        await phone.call(audio)
        leg = sip.leg()
        moving = asyncio.create_task(leg.transfer("tel:+15550123", "a summary"), name="transfer")
        refer = await phone.request("REFER")
        host, port = wire.local[:2]
        assert refer.one("Refer-To") == f"<sip:+15550123@{host}:{port}>"
        phone.answer(refer, 202)
        for told in (100, status):
            more = {"Event": "refer", "Subscription-State": "active"}
            phone.send("NOTIFY", body=f"SIP/2.0 {told} X\r\n", kind="message/sipfrag", more=more)
            await phone.response(200, "NOTIFY")
        if status == 200:
            await moving
        else:
            with pytest.raises(Rejected):
                await moving
        await phone.hang_up()


async def test_a_stranger_is_neither_heard_nor_sent_to(sip: Sip, workers: Workers) -> None:
    async with line(sip.port) as wire, rtp() as audio, rtp() as stranger:
        phone = Phone(wire)
        await phone.call(audio)
        call = await sip.call()
        await audio.until_heard(lambda coded: len(coded) > 1600)
        stranger.remote = audio.remote
        for digit in "99#":
            stranger.digit(digit)
        audio.digit("1")
        await sip.event(call, "DigitsEntered")
        leg = sip.leg()
        assert leg.media.strangers > 0
        await phone.hang_up()
    assert stranger.received == []
    digits = [body_of(one) for one in await sip.ended(call) if event_name(one) == "DigitsEntered"]
    assert [one.digits for one in digits] == ["1"]  # type: ignore[attr-defined]


async def test_a_phone_behind_a_nat_is_answered_where_it_is_seen(sip: Sip, workers: Workers) -> None:
    """Its SDP names an address that is not reachable; its RTP comes from where it signals."""
    async with line(sip.port) as wire, rtp() as audio:
        phone = Phone(wire)
        await phone.call(audio, body=offer(4000, host="192.0.2.9"))
        await audio.until_heard(lambda coded: len(coded) > 1600)
        await phone.hang_up()


async def test_the_public_address_is_told_to_peers(start_sip: StartSip, tenant: str, workers: Workers) -> None:
    sip = await start_sip(default_tenant=tenant, sip_public_address="198.51.100.7")
    async with line(sip.port) as wire, rtp() as audio:
        phone = Phone(wire)
        answered = await phone.call(audio)
        assert "c=IN IP4 198.51.100.7" in answered.body
        assert f"198.51.100.7:{sip.port}" in answered.one("Contact")
        await phone.hang_up()


async def test_callers_hear_a_bye_when_the_gateway_stops(sip: Sip, workers: Workers) -> None:
    async with line(sip.port) as wire, rtp() as audio:
        phone = Phone(wire)
        await phone.call(audio)
        call = await sip.call()
        stopping = asyncio.create_task(sip.channel.close(), name="close the channel")
        phone.answer(await phone.request("BYE"))
        await stopping
    ended = bodies(await sip.ended(call))["CallEnded"]
    assert isinstance(ended, events_pb2.CallEnded)
    assert ended.reason == "gateway_stopped"


async def test_a_call_over_a_bad_network_is_understood_and_catches_up(
    sip: Sip, workers: Workers, speech: bytes
) -> None:
    """One packet in 20 lost each way, 60 ms of jitter, out of order."""
    workers.asr.texts = ["I need an appointment please"]
    workers.llm.replies = [["Of course, with pleasure."]]
    async with line(sip.port) as wire, rtp() as audio, lossy_relay() as relay:
        phone = Phone(wire)
        answered = await phone.call(audio, body=offer(relay.far[1]))
        call = await sip.call()
        relay.between(("127.0.0.1", audio.port), remote_of(answered.body))
        audio.remote = relay.near
        await audio.until_heard(lambda coded: len(coded) > 1600)
        media = sip.leg().media
        assert media.reception is not None
        counters, concealer = media.reception.jitter.counters, media.reception.concealer
        relay.weather = Weather(lose_every=20, jitter_s=0.06)
        await audio.say(g711.mulaw_encode(resample(speech, 16_000, 8000)))
        await sip.event(call, "Spoken")
        audio.digit("5")
        await sip.event(call, "DigitsEntered")
        relay.weather = Weather()
        sent = audio.packets
        while audio.packets < sent + 100:  # two seconds of a good network
            await audio.until_heard(lambda coded: True, more=True)
        assert media.reception.jitter.delay_s < 0.02
        await phone.hang_up()
    lost = relay.passed.lost
    assert lost > 0
    # A lost packet costs its own 20 ms; those that came too late, no more than a few.
    assert concealer.concealed <= lost + counters.late
    assert counters.reordered > 0
    texts = [body_of(one).text for one in await sip.ended(call) if event_name(one) == "TurnCommitted"]  # type: ignore[union-attr]
    assert texts[0] == "I need an appointment please"


async def test_a_caller_on_hold_is_not_asked_whether_they_are_there(
    start_sip: StartSip, workers: Workers, tenant: str
) -> None:
    agent = AgentDocument(
        agent="clinic", first_speaker="caller", turns=TurnSettings(silence_prompt_s=4, silence_hangup_prompts=1)
    )
    workers.llm.replies = [["As I said."]]
    sip = await start_sip(agent=agent, default_tenant=tenant)
    async with line(sip.port) as wire, rtp() as audio:
        phone = Phone(wire)
        await phone.call(audio)
        call = await sip.call()
        phone.send("INVITE", body=offer(audio.port, more="a=sendonly\r\n"))
        await phone.response(200)
        phone.ack()
        await audio.say(audio.silence * 300)  # six seconds of what a PBX plays meanwhile
        back_us = time.time_ns() // 1000
        phone.send("INVITE", body=offer(audio.port))
        await phone.response(200)
        phone.ack()
        await sip.event(call, "SilencePrompted")
        await phone.hang_up()
    log = await sip.ended(call)
    (prompted,) = [event for event in log if event_name(event) == "SilencePrompted"]
    assert prompted.time_us > back_us
    assert [body_of(one).text for one in log if event_name(one) == "Spoken"][:1] == ["As I said."]  # type: ignore[attr-defined]
