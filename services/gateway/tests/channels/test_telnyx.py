"""The Telnyx channel against a simulated Telnyx: calls to their end, signatures, repeated webhooks, media out of
order."""

import asyncio
import base64
import json
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from types import ModuleType
from unittest.mock import ANY

import aiohttp
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st
from parley.v1 import events_pb2, session_pb2
from parley_audio import g711
from parley_audio.formats import samples_of
from parley_audio.resample import resample
from parley_core.agents import AgentDocument, Handoff, TurnSettings
from parley_core.bus.log import await_event, body_of, event_name
from parley_core.bus.port import Message
from parley_core.errors import BadInput
from parley_gateway.channels.carrier.reorder import Reorder
from parley_gateway.channels.telnyx.protocol import parse_message
from parley_gateway.channels.telnyx.webhooks import parse_webhook
from parley_testing.callers import Gateway
from parley_testing.servers import free_port
from parley_testing.simulated.carriers import CarrierStream
from parley_testing.simulated.telnyx import SimulatedTelnyx, TelnyxCall
from parley_testing.workers import Workers

AGENT = AgentDocument(
    agent="clinic",
    first_speaker="caller",
    goodbye="Good bye",
    turns=TurnSettings(pause_ms=200, min_commit_ms=0),
    handoff=Handoff(address="sip:desk@example.com", failed="Nobody is there"),
)


@dataclass
class House:
    gateway: Gateway
    telnyx: SimulatedTelnyx
    begun: asyncio.Queue[str]
    kept: asyncio.Queue[str]  # keys of calls that can be taken up from now on

    @property
    def webhook(self) -> str:
        return f"{self.gateway.http}/telnyx/webhook"

    async def answered(self, call: TelnyxCall, times: int = 1) -> tuple[CarrierStream, str]:
        """Dial; returns once the agent listens."""
        await call.dial(times=times)
        stream = await call.connected()
        async with asyncio.timeout(10):
            await self.kept.get()
            return stream, await self.begun.get()

    async def logged(self, id_: str, event: str) -> None:
        await await_event(self.gateway.bus, self.gateway.tenant, id_, event, timeout_s=10)

    async def ended(self, id_: str) -> dict[str, list[object]]:
        log: dict[str, list[object]] = {}
        for event in await self.gateway.ended(id_):
            log.setdefault(event_name(event), []).append(body_of(event))
        return log


Open = Callable[..., Awaitable[House]]


@pytest.fixture
async def open_house(start_gateway: Callable[..., Awaitable[Gateway]], tenant: str) -> AsyncIterator[Open]:
    async with SimulatedTelnyx("KEY-not-a-secret").serve(free_port()) as telnyx:

        async def start(**options: object) -> House:
            ws_port = free_port()
            gateway = await start_gateway(
                AGENT,
                ws_port=ws_port,
                default_tenant=tenant,
                reconnect_window_s=10,
                telnyx_api_key=telnyx.api_key,
                telnyx_public_key=telnyx.public_key,
                ws_public_url=f"ws://127.0.0.1:{ws_port}",
                telnyx_api_url=telnyx.url,
                **options,
            )
            begun: asyncio.Queue[str] = asyncio.Queue()
            kept: asyncio.Queue[str] = asyncio.Queue()

            async def note(message: Message) -> None:
                begun.put_nowait(message.subject.split(".")[2])

            async def note_kept(message: Message) -> None:
                if message.data:
                    kept.put_nowait(message.subject)

            await gateway.bus.subscribe(f"call.{tenant}.*.log.CallStarted", note)
            await gateway.bus.subscribe("$KV.sessions.telnyx.*", note_kept)
            return House(gateway, telnyx, begun, kept)

        yield start


def _end(log: dict[str, list[object]]) -> str:
    (ended,) = log["CallEnded"]
    assert isinstance(ended, events_pb2.CallEnded)
    return ended.reason


def _encode(codec: str, pcm: bytes) -> bytes:
    if codec == "L16":
        return pcm
    encode = g711.mulaw_encode if codec == "PCMU" else g711.alaw_encode
    return encode(resample(pcm, 16_000, 8000))


def _decode(codec: str, payload: bytes) -> bytes:
    return {"PCMU": g711.mulaw_decode, "PCMA": g711.alaw_decode, "L16": bytes}[codec](payload)


@pytest.mark.parametrize("codec", ["PCMU", "PCMA", "L16"])
async def test_a_spoken_turn_is_answered(open_house: Open, workers: Workers, speech: bytes, codec: str) -> None:
    house = await open_house(telnyx_codec=codec)
    workers.asr.texts = ["I need an appointment please"]
    workers.llm.replies = [["Of course."]]
    call = house.telnyx.call(house.webhook, shuffles=True)
    stream, id_ = await house.answered(call, times=3)
    stream.say(_encode(codec, speech))
    await house.logged(id_, "Spoken")
    await call.digit("5")
    await house.logged(id_, "DigitsEntered")
    await call.hang_up()
    log = await house.ended(id_)
    (started,), (committed,) = log["CallStarted"], log["TurnCommitted"]
    assert isinstance(started, events_pb2.CallStarted)
    assert isinstance(committed, events_pb2.TurnCommitted)
    assert (started.session.channel, started.session.user) == (session_pb2.CHANNEL_TELNYX, "+15550123")
    assert committed.text == "I need an appointment please"
    assert len(log["DigitsEntered"]) == 1
    assert _end(log) == "caller_hung_up"
    assert abs(samples_of(_decode(codec, bytes(stream.played)))).max() > 1000
    answers = [action for action, _ in house.telnyx.commands]
    assert answers == (["answer", "streaming_start"] if codec == "L16" else ["answer"])


async def test_barge_in_clears_what_telnyx_has(open_house: Open, workers: Workers, speech: bytes) -> None:
    house = await open_house()
    workers.asr.texts = ["what about friday"]
    workers.llm.replies = [["word " * 60], ["Yes?"]]
    call = house.telnyx.call(house.webhook, lag_s=0.6)
    stream, id_ = await house.answered(call)
    await call.digit("1")
    await call.digit("#")
    await stream.until(lambda one: len(one.marks) >= 2)
    stream.say(_encode("PCMU", speech))
    await house.logged(id_, "Interrupted")
    await stream.until(lambda one: bool(one.cleared))
    loud = sum(1 for sample in abs(samples_of(g711.mulaw_decode(bytes(stream.played)))) if sample > 500)
    await call.hang_up()
    (interrupted,) = (await house.ended(id_))["Interrupted"]
    assert isinstance(interrupted, events_pb2.Interrupted)
    assert abs(len(interrupted.heard.split()) + 1 - loud / 1600) <= 2.5  # a halt may have had a word said twice


async def test_a_goodbye_hangs_the_call_up(open_house: Open, workers: Workers) -> None:
    house = await open_house()
    workers.llm.replies = [["Good bye"]]
    workers.llm.then = events_pb2.AFTER_REPLY_HANG_UP
    call = house.telnyx.call(house.webhook)
    _, id_ = await house.answered(call)
    await call.digit("1")
    await call.digit("#")
    async with asyncio.timeout(10):
        await call.over.wait()
    assert _end(await house.ended(id_)) == "agent_hung_up"
    assert house.telnyx.commands[-1][0] == "hangup"


@pytest.mark.parametrize("refused", [False, True])
async def test_a_hand_off_transfers_the_call(open_house: Open, workers: Workers, refused: bool) -> None:
    house = await open_house()
    if refused:
        house.telnyx.refuses = {"transfer"}
    workers.llm.replies = [["One moment"]]
    workers.llm.then = events_pb2.AFTER_REPLY_HAND_OFF
    call = house.telnyx.call(house.webhook)
    _, id_ = await house.answered(call)
    await call.digit("1")
    await call.digit("#")
    await house.logged(id_, "CallTransferred")
    if refused:
        await call.hang_up()
    log = await house.ended(id_)
    (moved,) = log["CallTransferred"]
    assert isinstance(moved, events_pb2.CallTransferred)
    assert moved.ok is not refused
    assert _end(log) == ("caller_hung_up" if refused else "handed_off")
    if not refused:
        assert house.telnyx.commands[-1][1]["to"] == "sip:desk@example.com"


async def test_a_lost_stream_is_taken_up_in_the_same_call(open_house: Open, workers: Workers) -> None:
    house = await open_house()
    call = house.telnyx.call(house.webhook)
    _, id_ = await house.answered(call)
    await call.break_stream()
    await call.connected(2)
    await house.logged(id_, "LegTakenUp")
    await call.digit("7")
    await house.logged(id_, "DigitsEntered")
    await call.hang_up()
    assert len((await house.ended(id_))["LegTakenUp"]) == 1


@pytest.mark.parametrize("problem", ["unsigned", "old", "changed", "nonsense"])
async def test_a_webhook_that_telnyx_did_not_sign_is_refused(open_house: Open, problem: str) -> None:
    house = await open_house()
    body = b'{"data":{"id":"1","event_type":"call.initiated","payload":{"call_control_id":"v3:x"}}}'
    headers = house.telnyx.signed(body, at=time.time() - 400 if problem == "old" else None)
    if problem == "unsigned":
        headers = {}
    elif problem == "changed":
        body = body.replace(b"v3:x", b"v3:y")
    elif problem == "nonsense":
        body = b'{"data": []}'
        headers = house.telnyx.signed(body)
    async with aiohttp.ClientSession() as http, http.post(house.webhook, data=body, headers=headers) as answer:
        assert answer.status == (400 if problem == "nonsense" else 403)


@pytest.mark.slow  # the SDK's import
def test_telnyxs_own_sdk_takes_what_the_simulated_one_signs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its check of headers, times and bytes; the Ed25519 under it is cryptography's, as PyNaCl is not installed."""

    class VerifyKey:
        def __init__(self, key: bytes) -> None:
            self._key = Ed25519PublicKey.from_public_bytes(key)

        def verify(self, data: bytes, signature: bytes) -> None:
            try:
                self._key.verify(signature, data)
            except InvalidSignature:
                raise ValueError("bad signature") from None

    signing, exceptions = ModuleType("nacl.signing"), ModuleType("nacl.exceptions")
    monkeypatch.setattr(signing, "VerifyKey", VerifyKey, raising=False)
    monkeypatch.setattr(exceptions, "BadSignatureError", ValueError, raising=False)
    for name, module in {"nacl": ModuleType("nacl"), "nacl.signing": signing, "nacl.exceptions": exceptions}.items():
        monkeypatch.setitem(sys.modules, name, module)
    import telnyx

    peer = SimulatedTelnyx("KEY")
    payload = {"call_control_id": "v3:x", "direction": "incoming"}
    body = json.dumps({"data": {"id": "1", "event_type": "call.initiated", "payload": payload}})
    client = telnyx.Telnyx(api_key="KEY", public_key=peer.public_key)
    event = client.webhooks.unwrap(body, headers=peer.signed(body.encode()))
    assert type(event).__name__ == "CallInitiatedWebhookEvent"
    with pytest.raises(ValueError, match="signature"):
        client.webhooks.unwrap(body + " ", headers=peer.signed(body.encode()))


async def test_a_stream_without_our_client_state_is_refused(open_house: Open) -> None:
    house = await open_house()
    start = {
        "call_control_id": "v3:x",
        "client_state": base64.b64encode(b"{}").decode(),
        "media_format": {"encoding": "PCMU", "sample_rate": 8000, "channels": 1},
    }
    async with aiohttp.ClientSession() as http:
        url = house.gateway.ws.replace("/v1/call", "/telnyx/media")
        async with http.ws_connect(url) as socket:
            await socket.send_str(json.dumps({"event": "start", "stream_id": "1", "start": start}))
            assert (await socket.receive(timeout=5)).type is aiohttp.WSMsgType.CLOSE


@given(st.permutations(range(3)), st.integers(1, 1000))
def test_media_is_put_back_in_order(order: list[int], first: int) -> None:
    reorder = Reorder()
    got = reorder.push(first, b"first")
    for offset in order:
        got += reorder.push(first + 1 + offset, b"%d" % offset)
    assert got == [b"first", b"0", b"1", b"2"]


def test_a_message_that_never_comes_is_not_waited_for() -> None:
    reorder = Reorder()
    assert reorder.push(1, b"1") == [b"1"]
    assert [reorder.push(chunk, b"%d" % chunk) for chunk in (3, 4, 5)] == [[], [], []]
    assert reorder.push(6, b"6") == [b"3", b"4", b"5", b"6"]
    assert reorder.push(2, b"2") == []
    assert reorder.late == 1


@given(st.binary() | st.from_regex(r'\{"event":"(start|media|dtmf|mark|stop|error)".*\}').map(str.encode))
def test_any_message_is_one_of_telnyxs_or_refused(data: bytes) -> None:
    with suppress(BadInput):
        parse_message(data)
    with suppress(BadInput):
        parse_webhook(data)


async def test_a_number_without_a_route_is_rejected(open_house: Open) -> None:
    house = await open_house(routes="+15550199=clinic")
    call = house.telnyx.call(house.webhook)
    await call.dial()
    await call.over.wait()
    assert house.telnyx.commands == [("reject", {"cause": "CALL_REJECTED", "command_id": ANY})]
