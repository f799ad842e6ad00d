"""Callers by telephone: Twilio, Telnyx, ConversationRelay, SIP, Asterisk."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
from parley.v1 import session_pb2
from parley_audio import g711
from parley_audio.resample import resample
from parley_core.bus.port import Message
from parley_testing.callers import Gateway
from parley_testing.servers import free_port
from parley_testing.simulated import asterisk as pbx
from parley_testing.simulated import relay as text_carrier
from parley_testing.simulated import sip as phones
from parley_testing.simulated.carriers import CarrierStream
from parley_testing.simulated.telnyx import SimulatedTelnyx, TelnyxCall
from parley_testing.simulated.twilio import SimulatedTwilio, TwilioCall

from .peer import Logs, Lost, Peer, Said, Start, cut_off

_WAIT_S = 15.0
_LAG_S = 0.6  # of the carriers, in which a barge-in clears what was not heard yet
_ACCOUNT, _SECRET = "AC" + "0" * 32, "not-a-secret"


def _ulaw(pcm: bytes) -> bytes:
    return g711.mulaw_encode(resample(pcm, 16_000, 8000))


class CarrierPeer(Peer):
    """A telephone behind a carrier, which has a buffer of its own and plays what is in it until it is told `clear`."""

    user = address = "+15550123"
    lost = Lost.TAKEN_UP

    def __init__(self, dialled: TwilioCall | TelnyxCall, stream: CarrierStream) -> None:
        self.dialled = dialled
        self._stream = stream

    async def say(self, said: Said) -> None:
        self._stream.say(_ulaw(said.pcm))

    async def key(self, digit: str) -> None:
        await self.dialled.digit(digit)

    async def hang_up(self) -> None:
        await self.dialled.hang_up()

    async def vanish(self) -> None:
        await self.dialled.break_stream()

    async def over(self) -> None:
        if isinstance(self.dialled, TwilioCall):
            await self.dialled.over()
        else:
            await self.dialled.until(self.dialled.over.is_set)

    def heard_audio(self) -> tuple[bytes, int]:
        return g711.mulaw_decode(bytes(self._stream.played)), 8000


async def _remembering(gateway: Gateway, carrier: str) -> asyncio.Event:
    """Set once a call of the carrier's can be taken up again."""
    remembered = asyncio.Event()

    async def note(message: Message) -> None:
        if message.data:
            remembered.set()

    await gateway.bus.subscribe(f"$KV.sessions.{carrier}.*", note)
    return remembered


class TwilioPeer(CarrierPeer):
    channel = session_pb2.CHANNEL_TWILIO


class TelnyxPeer(CarrierPeer):
    channel = session_pb2.CHANNEL_TELNYX


@asynccontextmanager
async def twilio(start: Start, tenant: str) -> AsyncIterator[Peer]:
    http_port, ws_port = free_port(), free_port()
    async with SimulatedTwilio(_ACCOUNT, _SECRET).serve(free_port()) as carrier:
        gateway = await start(
            http_port=http_port,
            ws_port=ws_port,
            reconnect_window_s=10,
            default_tenant=tenant,
            twilio_account_sid=_ACCOUNT,
            twilio_auth_token=_SECRET,
            public_url=f"http://127.0.0.1:{http_port}",
            ws_public_url=f"ws://127.0.0.1:{ws_port}",
            twilio_api_url=carrier.url,
        )
        logs, remembered = await Logs.of(gateway), await _remembering(gateway, "twilio")
        dialled = carrier.call(gateway.http, lag_s=_LAG_S)
        await dialled.dial()
        peer = TwilioPeer(dialled, await dialled.connected())
        peer.gateway, peer.logs = gateway, logs
        await asyncio.wait_for(remembered.wait(), _WAIT_S)
        peer.call = await logs.call()
        yield peer


@asynccontextmanager
async def telnyx(start: Start, tenant: str) -> AsyncIterator[Peer]:
    ws_port = free_port()
    async with SimulatedTelnyx("KEY-not-a-secret").serve(free_port()) as carrier:
        gateway = await start(
            ws_port=ws_port,
            reconnect_window_s=10,
            default_tenant=tenant,
            telnyx_api_key=carrier.api_key,
            telnyx_public_key=carrier.public_key,
            ws_public_url=f"ws://127.0.0.1:{ws_port}",
            telnyx_api_url=carrier.url,
        )
        logs, remembered = await Logs.of(gateway), await _remembering(gateway, "telnyx")
        dialled = carrier.call(f"{gateway.http}/telnyx/webhook", lag_s=_LAG_S, shuffles=True)
        await dialled.dial()
        peer = TelnyxPeer(dialled, await dialled.connected())
        peer.gateway, peer.logs = gateway, logs
        await asyncio.wait_for(remembered.wait(), _WAIT_S)
        peer.call = await logs.call()
        yield peer


class RelayPeer(Peer):
    """The carrier hears and speaks, so that an ear is the words that its voice has said."""

    channel = session_pb2.CHANNEL_RELAY
    user = address = "+18005550100"
    carrier_interrupts = True
    words_off = 0.0

    def __init__(self, carrier: text_carrier.SimulatedRelay) -> None:
        self._carrier = carrier

    async def say(self, said: Said) -> None:
        await self._carrier.says(said.text)

    async def talk_over(self, said: Said) -> None:
        await self._carrier.talks_over(said.text)

    async def key(self, digit: str) -> None:
        await self._carrier.send(type="dtmf", digit=digit)

    async def hang_up(self) -> None:
        await self._carrier.socket.close()

    async def vanish(self) -> None:
        cut_off(self._carrier.socket)

    async def over(self) -> None:
        await self._carrier.until("end")

    def heard_audio(self) -> tuple[bytes, int]:
        return b"", 16_000  # none comes here

    def words_heard(self) -> float:
        return len(self._carrier.spoken)


@asynccontextmanager
async def relay(start: Start, tenant: str) -> AsyncIterator[Peer]:
    gateway = await start()
    logs = await Logs.of(gateway)
    url = gateway.ws.replace("/v1/call", "/relay")
    async with text_carrier.place(url, await gateway.token(), word_s=0.1) as carrier:
        peer = RelayPeer(carrier)
        peer.gateway, peer.logs = gateway, logs
        peer.call = await logs.call()
        await logs.until("WorkerClaimed")  # nothing tells a carrier that the call stands
        yield peer


class SipPeer(Peer):
    channel = session_pb2.CHANNEL_SIP
    lost = Lost.ENDED  # a telephone calls again
    user = address = "+15550100"

    def __init__(self, phone: phones.Phone, audio: phones.Rtp) -> None:
        self._phone = phone
        self._audio = audio

    async def say(self, said: Said) -> None:
        await self._audio.say(_ulaw(said.pcm))

    async def key(self, digit: str) -> None:
        self._audio.digit(digit)

    async def hang_up(self) -> None:
        await self._phone.hang_up()

    async def vanish(self) -> None:
        self._audio.sending = False

    async def over(self) -> None:
        self._phone.answer(await self._phone.request("BYE"))

    def heard_audio(self) -> tuple[bytes, int]:
        return g711.mulaw_decode(self._audio.heard), 8000


@asynccontextmanager
async def sip(start: Start, tenant: str) -> AsyncIterator[Peer]:
    port = free_port()
    low = min(20_000 + port % 400 * 100, 60_000)
    gateway = await start(
        sip_rtp_timeout_s=1.1,
        default_tenant=tenant,
        sip_port=port,
        sip_rtp_ports=f"{low}-{low + 99}",
    )
    logs = await Logs.of(gateway)
    async with phones.line(port) as wire, phones.rtp() as audio:
        phone = phones.Phone(wire)
        await phone.call(audio)
        peer = SipPeer(phone, audio)
        peer.gateway, peer.logs = gateway, logs
        peer.call = await logs.call()
        yield peer


class AsteriskPeer(Peer):
    channel = session_pb2.CHANNEL_ASTERISK
    user = address = "+15550100"

    def __init__(self, channel: pbx.SimulatedAsterisk) -> None:
        self._channel = channel

    async def say(self, said: Said) -> None:
        self._channel.say(said.pcm)

    async def key(self, digit: str) -> None:
        await self._channel.event("DTMF_END", digit=digit)

    async def hang_up(self) -> None:
        await self._channel.socket.close()

    async def vanish(self) -> None:
        cut_off(self._channel.socket)

    async def over(self) -> None:
        await self._channel.until_closed()

    def heard_audio(self) -> tuple[bytes, int]:
        return bytes(self._channel.played), 16_000


@asynccontextmanager
async def asterisk(start: Start, tenant: str) -> AsyncIterator[Peer]:
    gateway = await start(asterisk_password=_SECRET)
    logs = await Logs.of(gateway)
    url = gateway.ws.replace("/v1/call", "/asterisk/media")
    auth = aiohttp.encode_basic_auth("asterisk", _SECRET)
    async with pbx.dial(url, auth=auth, tenant=tenant, **{"from": "+15550100"}) as channel:
        await channel.until("ANSWER")
        peer = AsteriskPeer(channel)
        peer.gateway, peer.logs = gateway, logs
        peer.call = await logs.call()
        yield peer
