"""Keys through the SIP channel: one press is one key in the call's log, whichever way it came."""

import struct
from collections.abc import Callable

import pytest
from parley_core.bus.log import body_of, event_name
from parley_testing.simulated.sip import Phone, Rtp, line, rtp
from parley_testing.workers import Workers

from .conftest import Sip


def event(code: int, duration: int, *, end: bool = False) -> bytes:
    return struct.pack("!BBH", code, 0x8A if end else 0x0A, duration)


def ends_of_their_own(audio: Rtp) -> None:
    """Key 4, its last two end packets with new timestamps."""
    audio.send(event(4, 160), kind=101, marker=True, step=0)
    audio.send(event(4, 800, end=True), kind=101, step=960)
    audio.send(event(4, 800, end=True), kind=101, step=160)
    audio.send(event(4, 800, end=True), kind=101, step=160)


def every_packet_of_its_own(audio: Rtp) -> None:
    for number in range(6):
        audio.send(event(4, 160 * (number + 1)), kind=101, marker=number == 0)
    for _ in range(3):
        audio.send(event(4, 1120, end=True), kind=101)


def stream_of_its_own(audio: Rtp) -> None:
    voice = (audio.ssrc, audio.seq, audio.timestamp)
    for number in range(6):
        audio.ssrc, audio.seq = voice[0] ^ 0xFFFF, number
        audio.send(event(4, 160 * (number + 1), end=number > 3), kind=101, step=0)
        audio.ssrc, audio.seq, audio.timestamp = voice[0], voice[1] + number, voice[2] + 160 * number
        audio.send(audio.silence)


def end_alone(audio: Rtp) -> None:
    audio.send(event(4, 800, end=True), kind=101, step=960)


def twice_each(audio: Rtp) -> None:
    for number in range(6):
        audio.send(event(4, 160 * (number + 1), end=number > 3), kind=101, step=0)
        audio.seq -= 1
        audio.send(event(4, 160 * (number + 1), end=number > 3), kind=101, step=0)
    audio.timestamp += 1120


def by_the_rfc(audio: Rtp) -> None:
    audio.digit("4")


WAYS = [by_the_rfc, ends_of_their_own, every_packet_of_its_own, stream_of_its_own, end_alone, twice_each]


async def keys_of(sip: Sip, call: str) -> str:
    log = await sip.ended(call)
    return "".join(body_of(one).digits for one in log if event_name(one) == "DigitsEntered")  # type: ignore[union-attr]


@pytest.mark.parametrize("press", WAYS)
async def test_one_press_is_one_key(sip: Sip, workers: Workers, press: Callable[[Rtp], None]) -> None:
    async with line(sip.port) as wire, rtp() as audio:
        phone = Phone(wire)
        await phone.call(audio)
        call = await sip.call()
        await audio.until_heard(lambda coded: len(coded) > 1600)
        press(audio)
        audio.digit("9")  # what came before it has been read when it is
        await sip.event(call, "DigitsEntered")
        await audio.until_heard(lambda coded: True, more=True)
        await phone.hang_up()
    assert await keys_of(sip, call) == "49"


async def test_a_key_sent_by_info_and_rtp_is_one_key(sip: Sip, workers: Workers) -> None:
    async with line(sip.port) as wire, rtp() as audio:
        phone = Phone(wire)
        await phone.call(audio)
        call = await sip.call()
        for key in "411":
            phone.send("INFO", body=f"Signal={key}\r\nDuration=160\r\n", kind="application/dtmf-relay")
            await phone.response(200, "INFO")
            audio.digit(key)
        for key in "22":
            audio.digit(key)
        await audio.until_heard(lambda coded: True, more=True)
        for key in "22":
            phone.send("INFO", body=key, kind="application/dtmf")
            await phone.response(200, "INFO")
        await audio.until_heard(lambda coded: True, more=True)
        await phone.hang_up()
    assert await keys_of(sip, call) == "41122"


async def test_keys_by_info_are_taken_after_keys_by_rtp(sip: Sip, workers: Workers) -> None:
    """A PBX may change its way within a call: after a transfer, or behind another trunk."""
    async with line(sip.port) as wire, rtp() as audio:
        phone = Phone(wire)
        await phone.call(audio)
        call = await sip.call()
        audio.digit("1")
        await sip.event(call, "DigitsEntered")
        info = phone.send("INFO", body="Signal=3\r\n", kind="application/dtmf-relay")
        wire.send(info)  # sent again: its answer was lost
        await phone.response(200, "INFO", count=2)
        phone.send("INFO", body="Signal=!\r\n", kind="application/dtmf-relay")  # the hook
        await phone.response(200, "INFO")
        await phone.hang_up()
    assert await keys_of(sip, call) == "13"
