"""The Twilio channel against a simulated Twilio: calls both ways to their end, and peers that are wrong."""

import asyncio
import base64
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass

import aiohttp
import pytest
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
from parley_gateway.channels.carrier import messages as m
from parley_gateway.channels.twilio.protocol import parse_message
from parley_testing.callers import Gateway
from parley_testing.servers import free_port
from parley_testing.simulated.carriers import CarrierStream
from parley_testing.simulated.twilio import SimulatedTwilio, TwilioCall
from parley_testing.workers import WORD_MS, Workers
from twilio.request_validator import RequestValidator

ACCOUNT, TOKEN = "AC" + "0" * 32, "not-a-secret"
WORD_BYTES = WORD_MS * 8  # of mu-law
AGENT = AgentDocument(
    agent="clinic",
    first_speaker="caller",
    goodbye="Good bye",
    turns=TurnSettings(pause_ms=200, min_commit_ms=0),
    handoff=Handoff(address="tel:+12125550199", addresses={"nurse": "sip:nurse@example.com"}, failed="Nobody is there"),
)


@dataclass
class House:
    gateway: Gateway
    twilio: SimulatedTwilio
    begun: asyncio.Queue[str]
    kept: asyncio.Queue[str]  # keys of calls that can be taken up from now on

    def call(self, *, lag_s: float = 0.1, answers_dial: bool = True) -> TwilioCall:
        return self.twilio.call(self.gateway.http, lag_s=lag_s, answers_dial=answers_dial)

    async def next_call(self) -> str:
        async with asyncio.timeout(10):
            return await self.begun.get()

    async def answered(self, call: TwilioCall) -> tuple[CarrierStream, str]:
        """Dial; returns once the agent listens."""
        await call.dial()
        stream = await call.connected()
        async with asyncio.timeout(10):
            await self.kept.get()
        return stream, await self.next_call()

    async def heard(self, id_: str, event: str, at_least: int = 1) -> None:
        await await_event(self.gateway.bus, self.gateway.tenant, id_, event, timeout_s=10)

    async def ended(self, id_: str) -> dict[str, list[object]]:
        """Everything on the log of the call, by the name of the event."""
        log: dict[str, list[object]] = {}
        for event in await self.gateway.ended(id_):
            log.setdefault(event_name(event), []).append(body_of(event))
        return log


@pytest.fixture
async def house(start_gateway: Callable[..., Awaitable[Gateway]], tenant: str) -> AsyncIterator[House]:
    rest_port, http_port, ws_port = free_port(), free_port(), free_port()
    async with SimulatedTwilio(ACCOUNT, TOKEN).serve(rest_port) as twilio:
        gateway = await start_gateway(
            AGENT,
            http_port=http_port,
            ws_port=ws_port,
            default_tenant=tenant,
            reconnect_window_s=10,
            twilio_account_sid=ACCOUNT,
            twilio_auth_token=TOKEN,
            public_url=f"http://127.0.0.1:{http_port}",
            ws_public_url=f"ws://127.0.0.1:{ws_port}",
            twilio_api_url=twilio.url,
            routes=f"+15550100={tenant}/clinic",
        )
        begun: asyncio.Queue[str] = asyncio.Queue()

        async def note(message: Message) -> None:
            begun.put_nowait(message.subject.split(".")[2])

        await gateway.bus.subscribe(f"call.{tenant}.*.log.CallStarted", note)
        kept: asyncio.Queue[str] = asyncio.Queue()

        async def note_kept(message: Message) -> None:
            if message.data:
                kept.put_nowait(message.subject)

        await gateway.bus.subscribe("$KV.sessions.twilio.*", note_kept)
        yield House(gateway, twilio, begun, kept)


def _ulaw(pcm: bytes) -> bytes:
    return g711.mulaw_encode(resample(pcm, 16_000, 8000))


def _spoken(log: dict[str, list[object]]) -> str:
    bodies = [body for body in log.get("Spoken", []) if isinstance(body, events_pb2.Spoken)]
    return " ".join(body.text for body in bodies if body.text)


def _end(log: dict[str, list[object]]) -> str:
    (ended,) = log["CallEnded"]
    assert isinstance(ended, events_pb2.CallEnded)
    return ended.reason


def _words_played(stream: CarrierStream) -> float:
    """How many of the agent's words the caller really heard: FakeTts speaks tones of WORD_MS without pauses."""
    loud = sum(1 for sample in abs(samples_of(g711.mulaw_decode(bytes(stream.played)))) if sample > 500)
    return loud / WORD_BYTES


async def test_a_spoken_turn_is_answered(house: House, workers: Workers, speech: bytes) -> None:
    workers.asr.texts = ["I need an appointment please"]
    workers.llm.replies = [["Of course."]]
    call = house.call()
    stream, id_ = await house.answered(call)
    stream.say(_ulaw(speech))
    await house.heard(id_, "Spoken")
    await call.digit("5")
    await house.heard(id_, "DigitsEntered")
    await call.hang_up()
    await call.over()
    log = await house.ended(id_)
    (started,), (committed,) = log["CallStarted"], log["TurnCommitted"]
    assert isinstance(started, events_pb2.CallStarted)
    assert isinstance(committed, events_pb2.TurnCommitted)
    assert (started.session.channel, started.session.user) == (session_pb2.CHANNEL_TWILIO, "+15550123")
    assert started.session.audio.encoding == session_pb2.AUDIO_ENCODING_MULAW
    assert committed.text == "I need an appointment please"
    assert _spoken(log) == "Of course."
    assert _end(log) == "caller_hung_up"
    assert abs(samples_of(g711.mulaw_decode(bytes(stream.played)))).max() > 1000
    assert not house.twilio.requests


async def test_what_is_heard_before_a_barge_in_is_what_twilio_played(
    house: House, workers: Workers, speech: bytes
) -> None:
    workers.asr.texts = ["what about friday"]
    workers.llm.replies = [["word " * 60], ["Yes?"]]
    call = house.call(lag_s=0.6)
    stream, id_ = await house.answered(call)
    await call.digit("1")
    await call.digit("#")
    await stream.until(lambda one: len(one.marks) >= 2)
    stream.say(_ulaw(speech))
    await stream.until(lambda one: bool(one.cleared))
    played = _words_played(stream)
    await house.heard(id_, "Interrupted")
    await call.hang_up()
    (interrupted,) = (await house.ended(id_))["Interrupted"]
    assert isinstance(interrupted, events_pb2.Interrupted)
    # Without the delay three words more would be taken for heard than were.
    assert abs(len(interrupted.heard.split()) - played) <= 1.5
    assert len(stream.cleared[0]) >= WORD_BYTES


async def test_a_goodbye_hangs_the_call_up(house: House, workers: Workers) -> None:
    workers.llm.replies = [["Good bye"]]
    workers.llm.then = events_pb2.AFTER_REPLY_HANG_UP
    call = house.call()
    stream, id_ = await house.answered(call)
    await call.digit("1")
    await call.digit("#")
    await call.over()
    assert house.twilio.requests == [(call.sid, {"Status": "completed"})]
    assert _end(await house.ended(id_)) == "agent_hung_up"
    assert _words_played(stream) > 1.8


async def test_a_hand_off_dials_the_person_who_hears_the_summary(house: House, workers: Workers) -> None:
    workers.llm.replies = [["One moment"]]
    workers.llm.then = events_pb2.AFTER_REPLY_HAND_OFF
    call, id_ = await _handed_off(house)
    await call.over()
    (who,) = call.dialled[0]
    assert (who.tag, who.text) == ("Number", "+12125550199")
    assert call.whispers == ["caller: a person please"]
    log = await house.ended(id_)
    (moved,) = log["CallTransferred"]
    assert isinstance(moved, events_pb2.CallTransferred)
    assert (moved.ok, moved.address) == (True, "tel:+12125550199")
    assert _end(log) == "handed_off"
    assert all("Status" not in form for _, form in house.twilio.requests)


async def test_a_person_who_does_not_answer_gives_the_caller_back(house: House, workers: Workers) -> None:
    workers.llm.replies = [["One moment"]]
    workers.llm.then = events_pb2.AFTER_REPLY_HAND_OFF
    call, first = await _handed_off(house, answers_dial=False)
    assert _end(await house.ended(first)) == "handed_off"
    await call.connected(2)
    assert await house.next_call() != first
    await call.hang_up()


async def test_a_transfer_that_twilio_refuses_leaves_the_caller_with_the_agent(house: House, workers: Workers) -> None:
    house.twilio.refuses = 500
    workers.llm.replies = [["One moment"], ["Of course"]]
    workers.llm.then = events_pb2.AFTER_REPLY_HAND_OFF
    call, id_ = await _handed_off(house)
    await house.heard(id_, "CallTransferred")
    await call.hang_up()
    log = await house.ended(id_)
    (moved,) = log["CallTransferred"]
    assert isinstance(moved, events_pb2.CallTransferred)
    assert not moved.ok
    assert "500" in moved.detail
    assert _end(log) == "caller_hung_up"


async def _handed_off(house: House, *, answers_dial: bool = True) -> tuple[TwilioCall, str]:
    """A call that has asked for a person."""
    call = house.call(answers_dial=answers_dial)
    _, id_ = await house.answered(call)
    requested = events_pb2.HandoffRequested(turn=1, summary="caller: a person please", target="front-desk")
    event = events_pb2.Event(id="llm:1", tenant=house.gateway.tenant, call=id_, source="llm", seq=1)
    event.handoff_requested.CopyFrom(requested)
    subject = f"call.{house.gateway.tenant}.{id_}.log.HandoffRequested"
    await house.gateway.bus.publish(subject, event.SerializeToString())
    await call.digit("1")
    await call.digit("#")
    return call, id_


async def test_a_lost_stream_is_taken_up_in_the_same_call(house: House, workers: Workers) -> None:
    workers.llm.replies = [["Of course."]]
    call = house.call()
    _, id_ = await house.answered(call)
    await call.digit("1")
    await call.digit("#")
    await house.heard(id_, "Spoken")
    await call.break_stream()
    await call.connected(2)
    await house.heard(id_, "LegTakenUp")
    await call.digit("7")
    await house.heard(id_, "DigitsEntered")
    await call.hang_up()
    log = await house.ended(id_)
    assert len(log["LegLost"]) == len(log["LegTakenUp"]) == 1
    assert house.begun.empty()
    assert ("/twilio/after", 200) in house.twilio.posted


async def test_the_fallback_url_takes_a_call_up_only_so_often(house: House, workers: Workers) -> None:
    call = house.call()
    answers = [await call.ask("/twilio/fallback", ErrorCode="11200") for _ in range(5)]
    assert ["<Stream" in answer for answer in answers] == [True, True, True, False, False]
    assert "<Hangup" in answers[-1]


async def test_a_webhook_that_twilio_did_not_sign_is_refused(house: House) -> None:
    form = {"CallSid": "CA" + "1" * 32, "AccountSid": ACCOUNT, "From": "+1", "To": "+2"}
    url = f"{house.gateway.http}/twilio/voice"
    wrong = RequestValidator("other").compute_signature(url, form)
    foreign = RequestValidator(TOKEN).compute_signature("https://elsewhere.example.com/twilio/voice", form)
    others = {**form, "AccountSid": "AC" + "9" * 32}
    async with aiohttp.ClientSession() as http:
        for data, signature in [
            (form, wrong), (form, foreign), (form, ""),
            (others, RequestValidator(TOKEN).compute_signature(url, others)),
        ]:  # fmt: skip
            async with http.post(url, data=data, headers={"X-Twilio-Signature": signature}) as answer:
                assert answer.status == 403
        shared = {"X-Twilio-Webhooks-Signature-Settings": "key=k,algorithm=HMAC_SHA256", "X-Twilio-Signature": "x"}
        async with http.post(url, data=form, headers=shared) as answer:
            assert answer.status == 403


def _ticket(answer: str) -> str:
    return answer.split('name="session" value="')[1].split('"')[0]


@pytest.mark.parametrize("path", ["/twilio/voice", "/twilio/relay"])
async def test_a_webhook_that_comes_again_opens_nothing_more(
    house: House, workers: Workers, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    call = house.call()
    first, retried = await call.ask(path), await call.ask(path)
    assert first == retried, "Twilio got no answer and asks again"
    later = time.time() + 61
    monkeypatch.setattr(time, "time", lambda: later)
    assert await call.ask(path) == ""
    assert house.twilio.posted[-1] == (path, 403)
    assert await house.call().ask(path) not in ("", first)


async def test_a_webhook_sent_to_another_gateway_gets_the_same_ticket_which_opens_one_call(
    house: House, workers: Workers, start_gateway: Callable[..., Awaitable[Gateway]], tenant: str
) -> None:
    call = house.call()
    ticket = _ticket(await call.ask("/twilio/voice"))
    port = free_port()
    other = await start_gateway(
        AGENT,
        ws_port=port,
        default_tenant=tenant,
        twilio_account_sid=ACCOUNT,
        twilio_auth_token=TOKEN,
        public_url=house.gateway.http,
        ws_public_url=f"ws://127.0.0.1:{port}",
        twilio_api_url=house.twilio.url,
        routes=f"+15550100={tenant}/clinic",
    )
    form = {"CallSid": call.sid, "AccountSid": ACCOUNT, "From": "+15550177", "To": "+15550100", "Direction": "inbound"}
    signature = RequestValidator(TOKEN).compute_signature(f"{house.gateway.http}/twilio/voice", form)
    async with (
        aiohttp.ClientSession() as http,
        http.post(f"{other.http}/twilio/voice", data=form, headers={"X-Twilio-Signature": signature}) as answer,
    ):
        again = _ticket(await answer.text())
    payload = [json.loads(base64.urlsafe_b64decode(one.split(".")[1] + "==")) for one in (ticket, again)]
    assert payload[0]["jti"] == payload[1]["jti"]
    async with aiohttp.ClientSession() as http, http.ws_connect(_media(house)) as socket:
        await socket.send_str(_start(ticket, call.sid))
        await house.next_call()
        async with http.ws_connect(f"ws://127.0.0.1:{port}/twilio/media") as second:
            await second.send_str(_start(again, call.sid))
            async with asyncio.timeout(10):
                async for _ in second:
                    pass
            assert house.begun.empty()


async def test_a_captured_fallback_opens_nothing_once_its_call_is_over(
    house: House, workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    call = house.call()
    assert "<Stream" in await call.ask("/twilio/fallback", ErrorCode="11200")
    await call.ask("/twilio/status", CallStatus="completed")
    later = time.time() + 61
    monkeypatch.setattr(time, "time", lambda: later)
    assert await call.ask("/twilio/fallback", ErrorCode="11200") == ""


async def test_a_ticket_opens_one_stream_of_its_own_call(house: House, workers: Workers) -> None:
    call = house.call()
    answer = await call.ask("/twilio/voice")
    ticket = answer.split('name="session" value="')[1].split('"')[0]
    assert await _refused(house, _start(ticket, "CA" + "2" * 32))
    async with aiohttp.ClientSession() as http, http.ws_connect(_media(house)) as socket:
        await socket.send_str(_start(ticket, call.sid))
        await house.next_call()
        assert await _refused(house, _start(ticket, call.sid))


@pytest.mark.parametrize(
    "message",
    [
        b"\x00",
        "nonsense",
        '{"event":"media","streamSid":"MZ1","media":{"chunk":"1","payload":"/w=="}}',
        '{"event":"start","streamSid":"MZ1","start":{"callSid":"CA1","mediaFormat":{"encoding":"audio/x-alaw"}}}',
        json.dumps({"event": "x", "more": "x" * 20_000}),
    ],
)
async def test_a_stranger_on_the_stream_is_shut_out(house: House, message: str | bytes) -> None:
    assert await _refused(house, message)


ODD = [
    *({"event": f"news.{number}", "streamSid": "MZ1", "more": {"a": [number]}} for number in range(25)),
    {"event": "media", "streamSid": "MZother", "media": {"chunk": "1", "payload": "/w=="}},
    {"event": "media", "streamSid": "", "media": {}},
    {"event": "media", "media": {"chunk": "x", "payload": "?"}},
    {"event": "dtmf", "dtmf": {"digit": "ten"}},
    {"event": "mark"},
    {"event": 7},
    {},
    {"event": "x", "more": "x" * 20_000},
]


async def test_what_a_carrier_sends_that_is_unknown_here_is_ignored(house: House, workers: Workers) -> None:
    workers.llm.replies = [["Of course."]]
    call = house.call()
    stream, id_ = await house.answered(call)
    for message in ODD:
        await stream.send(message)
    await stream.send({"event": "media", "streamSid": stream.stream, "media": {"chunk": "1", "payload": "/w==" * 2000}})
    await stream.send(json.loads(_start("x", call.sid)))
    await stream.socket.send_str("nonsense")
    await stream.socket.send_bytes(b"\x00")
    await stream.send({"event": "stop", "streamSid": stream.stream})
    assert _end(await house.ended(id_)) == "caller_hung_up"


@pytest.mark.parametrize("problem", ["too_fast", "flood"])
async def test_a_stream_that_takes_other_calls_their_time_ends(house: House, workers: Workers, problem: str) -> None:
    call = house.call()
    stream, id_ = await house.answered(call)

    def media(size: int, sid: str = stream.stream) -> dict[str, object]:
        payload = base64.b64encode(b"\xff" * size).decode()
        return {"event": "media", "streamSid": sid, "media": {"chunk": "1", "payload": payload}}

    match problem:
        case "too_fast":
            for _ in range(4000):
                await stream.send(media(160))
        case "flood":
            for _ in range(1500):
                await stream.send(media(160, "MZother"))
    await call.over()
    assert _end(await house.ended(id_)) == "client_error"


def _media(house: House) -> str:
    return house.gateway.ws.replace("/v1/call", "/twilio/media")


def _start(ticket: str, call: str) -> str:
    audio = {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1}
    start = {"streamSid": "MZ1", "callSid": call, "customParameters": {"session": ticket}, "mediaFormat": audio}
    return json.dumps({"event": "start", "streamSid": "MZ1", "start": start})


async def _refused(house: House, message: str | bytes) -> bool:
    async with aiohttp.ClientSession() as http, http.ws_connect(_media(house)) as socket:
        await (socket.send_bytes(message) if isinstance(message, bytes) else socket.send_str(message))
        return (await socket.receive(timeout=5)).type is aiohttp.WSMsgType.CLOSE


@given(st.binary() | st.from_regex(r'\{"event":"(start|media|dtmf|mark|stop)".*\}', fullmatch=True).map(str.encode))
def test_any_message_is_one_of_twilios_or_refused(data: bytes) -> None:
    with suppress(BadInput):
        parse_message(data)


def test_messages_are_read_as_documented() -> None:
    assert parse_message(b'{"event":"connected","protocol":"Call","version":"1.0.0"}') == m.OtherStreamMessage(
        "connected"
    )
    assert parse_message(b'{"event":"later"}') == m.OtherStreamMessage("later", known=False)
    assert parse_message(b'{"event":"mark","streamSid":"MZ1","mark":{"name":"a"}}') == m.Mark("MZ1", "a")


async def test_a_number_without_a_route_is_rejected(house: House) -> None:
    call = house.call()
    call.to = "+15550199"
    await call.dial()
    await call.over()
    assert call.rejected
    assert house.begun.empty()
