"""The Asterisk channel against a simulated Asterisk: calls through it, and what it does with a peer that is wrong."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st
from parley.v1 import events_pb2, session_pb2
from parley_audio import g711
from parley_audio.formats import samples_of
from parley_audio.resample import resample
from parley_core.bus.log import await_event, body_of, event_name
from parley_core.bus.port import Message
from parley_core.errors import BadInput
from parley_gateway.channels.asterisk.protocol import DtmfEnd, FlowControl, MediaStart, OtherEvent, command, parse_event
from parley_testing.callers import Gateway
from parley_testing.simulated.asterisk import dial
from parley_testing.workers import Workers

StartGateway = Callable[..., Awaitable[Gateway]]
PASSWORD = "not-a-secret"
AUTH = aiohttp.encode_basic_auth("asterisk", PASSWORD)


@pytest.fixture
async def asterisk(start_gateway: StartGateway) -> Gateway:
    gateway = await start_gateway(asterisk_password=PASSWORD)
    return replace(gateway, ws=gateway.ws.replace("/v1/call", "/asterisk/media"))


@pytest.mark.parametrize("as_json", [True, False])
async def test_a_spoken_turn_is_answered(asterisk: Gateway, workers: Workers, speech: bytes, as_json: bool) -> None:
    workers.asr.texts = ["I need an appointment please"]
    workers.llm.replies = [["Of course."]]
    call = await _watch(asterisk)
    async with dial(asterisk.ws, as_json=as_json, auth=AUTH, tenant=asterisk.tenant, **{"from": "+15550100"}) as peer:
        await peer.until("ANSWER")
        peer.say(speech)
        id_ = await call()
        await await_event(asterisk.bus, asterisk.tenant, id_, "Spoken", timeout_s=10)
        await peer.event("DTMF_END", digit="5")
        await await_event(asterisk.bus, asterisk.tenant, id_, "DigitsEntered", timeout_s=10)
    log = await asterisk.ended(id_)
    bodies = {event_name(event): body_of(event) for event in log}
    session = bodies["CallStarted"].session
    assert (session.channel, session.user) == (session_pb2.CHANNEL_ASTERISK, "+15550100")
    assert bodies["TurnCommitted"].text == "I need an appointment please"
    assert bodies["DigitsEntered"].digits == "5"
    assert bodies["CallEnded"].reason == "caller_hung_up"
    assert peer.dropped_bytes == 0
    assert abs(samples_of(bytes(peer.played))).max() > 1000


async def _watch(gateway: Gateway) -> Callable[[], Awaitable[str]]:
    """Returns what waits for the next call of this tenant and gives its id."""
    begun: asyncio.Queue[str] = asyncio.Queue()

    async def note(message: Message) -> None:
        begun.put_nowait(message.subject.split(".")[2])

    await gateway.bus.subscribe(f"call.{gateway.tenant}.*.log.CallStarted", note)

    async def next_call() -> str:
        async with asyncio.timeout(10):
            return await begun.get()

    return next_call


async def test_a_caller_with_ulaw_is_understood_and_heard(asterisk: Gateway, workers: Workers, speech: bytes) -> None:
    workers.asr.texts = ["hello"]
    workers.llm.replies = [["Hello to you."]]
    call = await _watch(asterisk)
    options = {"format_": "ulaw", "frame_bytes": 160, "silence": b"\xff"}
    async with dial(asterisk.ws, auth=AUTH, tenant=asterisk.tenant, **options) as peer:  # type: ignore[arg-type]
        await peer.until("ANSWER")
        peer.say(g711.mulaw_encode(resample(speech, 16_000, 8000)))
        id_ = await call()
        await await_event(asterisk.bus, asterisk.tenant, id_, "Spoken", timeout_s=10)
    assert abs(samples_of(g711.mulaw_decode(bytes(peer.played)))).max() > 1000
    started = body_of((await asterisk.ended(id_))[0])
    assert isinstance(started, events_pb2.CallStarted)
    assert started.session.audio.encoding == session_pb2.AUDIO_ENCODING_MULAW


async def test_barge_in_flushes_what_asterisk_has(asterisk: Gateway, workers: Workers, speech: bytes) -> None:
    workers.asr.texts = ["what about friday"]
    workers.llm.replies = [["word " * 40], ["Yes?"]]
    call = await _watch(asterisk)
    async with dial(asterisk.ws, auth=AUTH, tenant=asterisk.tenant) as peer:
        await peer.until("ANSWER")
        await peer.event("DTMF_END", digit="#")
        await peer.event("DTMF_END", digit="1")
        await peer.event("DTMF_END", digit="#")
        id_ = await call()
        await peer.until_played(30)  # 0.6 s: some words
        peer.say(speech)
        await peer.until("FLUSH_MEDIA")
        await await_event(asterisk.bus, asterisk.tenant, id_, "Interrupted", timeout_s=10)
    spoken = [body_of(one) for one in await asterisk.ended(id_) if event_name(one) == "Spoken"]
    assert not spoken[0].complete
    assert 0 < len(spoken[0].text.split()) < 15


async def test_a_goodbye_ends_in_a_hangup_and_a_hand_off_tells_the_dialplan(
    asterisk: Gateway, workers: Workers
) -> None:
    workers.llm.replies = [["Good bye"]]
    workers.llm.then = events_pb2.AFTER_REPLY_HANG_UP
    async with dial(asterisk.ws, auth=AUTH, tenant=asterisk.tenant) as peer:
        await peer.until("ANSWER")
        await peer.event("DTMF_END", digit="1")
        await peer.event("DTMF_END", digit="#")
        await peer.until("HANGUP")
    async with (
        aiohttp.ClientSession(headers={"Authorization": AUTH}) as http,
        http.get(f"{asterisk.http}/asterisk/next", params={"id": "unknown"}) as answer,
    ):
        assert (answer.status, await answer.text()) == (200, "")


@pytest.mark.parametrize("auth", ["", aiohttp.encode_basic_auth("asterisk", "wrong")])
async def test_a_stranger_is_refused(asterisk: Gateway, auth: str) -> None:
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        async with dial(asterisk.ws, auth=auth):
            pass
    assert refused.value.status == 401


async def test_a_query_that_names_no_agent_is_refused(asterisk: Gateway) -> None:
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        async with dial(asterisk.ws, auth=AUTH, agent="No Agent"):
            pass
    assert refused.value.status == 400


async def test_a_codec_that_is_not_spoken_here_is_hung_up_on(asterisk: Gateway, workers: Workers) -> None:
    async with dial(asterisk.ws, auth=AUTH, tenant=asterisk.tenant, format_="opus") as peer:
        await peer.until_closed()


async def test_what_asterisk_sends_that_is_unknown_here_is_ignored(asterisk: Gateway, workers: Workers) -> None:
    async with dial(asterisk.ws, auth=AUTH, tenant=asterisk.tenant) as peer:
        await peer.until("ANSWER")
        for number in range(25):
            await peer.socket.send_str(f"NEWS_{chr(65 + number)} channel:x")
        for odd in ("\x00nonsense", "DTMF_END digit:ten", "{", '{"event":7}', "MEDIA_START format:opus", "X" * 20_000):
            await peer.socket.send_str(odd)
        await peer.socket.send_bytes(bytes(100_000))
        assert not peer.socket.closed
        for _ in range(1500):
            await peer.socket.send_str("NEWS channel:x")
        await peer.until_closed()  # by the flood


def test_both_spellings_say_the_same() -> None:
    plain = b"MEDIA_START connection_id:c1 channel:WebSocket/c1/0x1 format:slin16 optimal_frame_size:640 ptime:20"
    fields = {"connection_id": "c1", "channel": "WebSocket/c1/0x1", "format": "slin16", "optimal_frame_size": 640}
    as_json = json.dumps({"event": "MEDIA_START", **fields}).encode()
    one, other = parse_event(plain), parse_event(as_json)
    assert isinstance(one, MediaStart)
    assert isinstance(other, MediaStart)
    assert (one.connection, one.channel, one.frame_bytes, one.json) == ("c1", "WebSocket/c1/0x1", 640, False)
    assert (other.connection, other.channel, other.frame_bytes, other.json) == ("c1", "WebSocket/c1/0x1", 640, True)
    assert parse_event(b"DTMF_END digit:a") == DtmfEnd("A") == parse_event(b'{"event":"DTMF_END","digit":"A"}')
    assert parse_event(b"MEDIA_XOFF") == FlowControl(stopped=True)
    assert parse_event(b"QUEUE_DRAINED") == OtherEvent("QUEUE_DRAINED")
    assert (command("HANGUP", as_json=False), command("HANGUP", as_json=True)) == (b"HANGUP", b'{"command": "HANGUP"}')


@given(
    st.binary() | st.text().map(str.encode) | st.from_regex(r"(MEDIA_START|DTMF_END|\{\"event\":).*").map(str.encode)
)
def test_any_message_is_an_event_or_refused(data: bytes) -> None:
    with suppress(BadInput):
        parse_event(data)


async def test_a_called_number_reaches_the_agent_of_its_route(
    start_gateway: StartGateway, workers: Workers, tenant: str
) -> None:
    gateway = await start_gateway(asterisk_password=PASSWORD, routes=f"5000={tenant}/clinic")
    asterisk = replace(gateway, ws=gateway.ws.replace("/v1/call", "/asterisk/media"))
    call = await _watch(asterisk)
    async with dial(asterisk.ws, auth=AUTH, called="5000") as peer:
        await peer.until("ANSWER")
        assert await call()
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        async with dial(asterisk.ws, auth=AUTH, called="5001"):
            pass
    assert refused.value.status == 400
