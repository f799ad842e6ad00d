"""Bytes of strangers: the running channel takes anything, and stays open."""

import asyncio
import struct

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from parley_testing.simulated.sip import Line, Phone, line, offer, rtp
from parley_testing.workers import Workers

from .conftest import Sip, StartSip

INVITE = Phone(Line("UDP"), "999").message("INVITE", body=offer(4000), cseq=1)


def damaged(whole: bytes) -> st.SearchStrategy[bytes]:
    """The message with a part cut out, put in or replaced."""
    return st.tuples(st.integers(0, len(whole)), st.integers(0, 60), st.binary(max_size=60)).map(
        lambda cut: whole[: cut[0]] + cut[2] + whole[cut[0] + cut[1] :]
    )


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.binary(max_size=600) | damaged(INVITE), min_size=1, max_size=20))
def test_the_running_channel_takes_anything(channel_of_strangers: Sip, datagrams: list[bytes]) -> None:
    for data in datagrams:
        channel_of_strangers.channel.endpoint.datagram_received(data, ("192.0.2.66", 5060))


@pytest.fixture
async def channel_of_strangers(sip: Sip) -> Sip:
    return sip


async def test_the_channel_is_open_after_a_storm(start_sip: StartSip, tenant: str, workers: Workers) -> None:
    sip = await start_sip(default_tenant=tenant, routes="100=clinic")
    async with line(sip.port) as wire, rtp() as audio:
        for at in range(0, len(INVITE), 7):
            wire.send(INVITE[:at])
            wire.send(INVITE[at:])
            wire.send(INVITE[:at] + b"\xff\x00" + INVITE[at + 3 :])
            await asyncio.sleep(0)  # the channel reads in this loop, and a full socket would lose the rest
        phone = Phone(wire)
        answered = await phone.call(audio)
        assert answered.status == 200
        for packet in (b"", b"\x80", b"\xff" * 13, struct.pack("!BBHII", 0xBF, 0, 1, 2, 3), bytes(1400)):
            audio.raw(packet)
        await audio.until_heard(lambda coded: len(coded) > 1600)
        await phone.hang_up()


async def test_audio_faster_than_real_time_ends_the_call(sip: Sip, workers: Workers) -> None:
    async with line(sip.port) as wire, rtp() as audio:
        phone = Phone(wire)
        await phone.call(audio)
        bye = asyncio.create_task(phone.request("BYE"), name="bye")
        while not bye.done():
            for _ in range(20):
                audio.send(b"\xff" * 160)
            await asyncio.sleep(0)
        phone.answer(await bye)
