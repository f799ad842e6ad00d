"""Every event that a call reports, and every reason to close, given to the leg of every channel: what its client gets.

What is expected stands here in full, by channel; the tables are as complete as the unions and enums, by a test.
"""

import json
from collections.abc import AsyncIterator, Mapping
from collections.abc import Set as AbstractSet
from typing import TypeVar, get_args

import pytest
from parley.v1 import events_pb2
from parley_core.reasons import EndReason, Party, Reason, RefusalReason
from parley_gateway import call_events as ce
from parley_gateway.admission.faults import ClientFault
from parley_gateway.channels.connection import CLOSE_CODES
from parley_gateway.channels.event_json import to_json
from parley_gateway.channels.http_refusal import refusal
from parley_gateway.channels.webrtc.leg import WebRtcLeg
from parley_gateway.turns.types import CommitReason, Phase

from . import rooms, sip
from .bench import Bench
from .carriers import CarrierBench
from .every import ALL
from .rooms import RoomBench, WebRtcBench
from .sip import SipBench
from .sockets import SocketBench

REPLY = events_pb2.SAY_KIND_REPLY
EVENTS: list[ce.CallEvent] = [
    ce.Ready("c1", "s1", "the resume token"),
    ce.Refusal(RefusalReason.BUSY, "All lines are busy."),
    ce.CallFailed(EndReason.NOBODY_FREE, "All lines are busy."),
    ce.Ended(EndReason.CALLER_HUNG_UP, 1500),
    ce.CallerStarted(20),
    ce.CallerStopped(40),
    ce.PartialTranscript(1, "I need"),
    ce.UtteranceTranscript(1, "I need help", more=False),
    ce.TurnTranscript(1, "I need help", CommitReason.PAUSE),
    ce.PhaseChanged(Phase.SPEAKING),
    ce.LanguageChanged("de-DE", events_pb2.LANGUAGE_REASON_ASKED),
    ce.AgentSentence(1, 0, 0, "Of course.", REPLY, interruptible=True),
    ce.AgentStarted(1),
    ce.AgentStopped(1),
    ce.AgentSpoken(1, 0, "Of course.", True, REPLY),
    ce.ReplyDone(1),
    ce.Interrupted(1, "Of"),
    ce.LatencyMeasured(1, 600.0, 200.0, 100.0, 100.0, 50.0, 100.0, 25.0, 25.0),
    ce.ClientToolCalled(1, "t1", "weather", "{}"),
    ce.ClientToolDone(1, "t1", ok=True),
    ce.TransferStarted("desk", "tel:+15550199"),
    ce.WorkerFailover("tts"),
]
REASONS: list[Reason] = [*EndReason, *RefusalReason, *ClientFault]

# A call's first words to a Realtime client, and a response with one function call.
_BEGUN = ["response.created"]
_FUNCTION = [
    *_BEGUN,
    "response.output_item.added",
    "conversation.item.added",
    "response.function_call_arguments.delta",
    "response.function_call_arguments.done",
    "response.output_item.done",
    "conversation.item.done",
    "response.done",
]
_SENTENCE = [
    *_BEGUN,
    "response.output_item.added",
    "conversation.item.added",
    "response.content_part.added",
    "response.output_audio_transcript.delta",
]
# A turn that was heard, though no voice had been: the item, its transcript, and the answer's beginning.
_TURN = [
    "input_audio_buffer.committed",
    "conversation.item.added",
    "conversation.item.done",
    "conversation.item.input_audio_transcription.delta",
    "conversation.item.input_audio_transcription.completed",
    *_BEGUN,
]
REALTIME = {
    ce.Refusal: ["error"],
    ce.CallFailed: ["error"],
    ce.CallerStarted: ["input_audio_buffer.speech_started"],
    ce.TurnTranscript: _TURN,
    ce.AgentSentence: _SENTENCE,
    ce.ClientToolCalled: _FUNCTION,
}
RTVI = {
    ce.Ready: ["bot-ready"],
    ce.Refusal: ["error"],
    ce.CallFailed: ["error"],
    ce.CallerStarted: ["vad-user-started-speaking", "user-started-speaking"],
    ce.CallerStopped: ["vad-user-stopped-speaking"],
    ce.PartialTranscript: ["user-transcription"],
    ce.TurnTranscript: ["user-transcription", "user-input"],
    ce.AgentSentence: ["bot-llm-text", "bot-output"],
    ce.AgentSpoken: ["bot-tts-text", "bot-output"],
    ce.AgentStarted: ["bot-started-speaking"],
    ce.Interrupted: ["bot-interrupted"],
    ce.LatencyMeasured: ["metrics"],
    ce.ClientToolCalled: ["llm-function-call-started", "llm-function-call-in-progress"],
    ce.ClientToolDone: ["llm-function-call-stopped"],
}
_BUSY = '{"type": "text", "token": "All lines are busy. ", "last": true, "interruptible": false}'
RELAY = {
    ce.Refusal: [_BUSY],
    ce.CallFailed: [_BUSY],
    ce.LanguageChanged: ['{"type": "language", "ttsLanguage": "de-DE", "transcriptionLanguage": "de-DE"}'],
    ce.AgentSentence: ['{"type": "text", "token": "Of course. ", "last": true, "interruptible": true}'],
}
ASTERISK: dict[type[ce.CallEvent], list[str]] = {ce.Ready: ["ANSWER"]}
SIP = {ce.Ready: ["200"], ce.Refusal: ["503 5"]}

WORDS: dict[str, dict[type[ce.CallEvent], list[str]]] = {
    "websocket": {type(one): [json.dumps(to_json(one), separators=(",", ":"))] for one in EVENTS},
    "webrtc": {type(one): [json.dumps(to_json(one), separators=(",", ":"))] for one in EVENTS},
    "livekit": {type(one): [json.dumps(to_json(one))] for one in EVENTS},
    "realtime": REALTIME,
    "rtvi": RTVI,
    "relay": RELAY,
    "twilio": {},
    "telnyx": {},
    "asterisk": ASTERISK,
    "sip": SIP,
}
"""What a client is told of an event; of one that is not here, nothing."""

CODES: dict[int, set[Reason]] = {
    1003: {ClientFault.WRONG_FORMAT, ClientFault.FRAGMENTED},
    1007: {ClientFault.BAD_JSON, ClientFault.ODD_FRAME},
    1008: {
        RefusalReason.ADDRESS_DENIED,
        RefusalReason.FOREIGN_ORIGIN,
        RefusalReason.HOST_DENIED,
        RefusalReason.TOKEN_USED,
        RefusalReason.BAD_TOKEN,
        RefusalReason.CALL_OVER,
        RefusalReason.UNKNOWN_AGENT,
        ClientFault.START_TIMEOUT,
        ClientFault.NOT_STARTED,
        ClientFault.TOO_FAST,
        ClientFault.BAD_MESSAGE,
        ClientFault.BAD_OFFER,
        ClientFault.NO_AUDIO,
    },
    1009: {ClientFault.FRAME_SIZE, ClientFault.MESSAGE_SIZE},
    1011: {EndReason.ERROR},
    1012: {RefusalReason.DRAINING, EndReason.GATEWAY_STOPPED},
    1013: {
        RefusalReason.BUSY,
        RefusalReason.NOBODY_FREE,
        EndReason.NOBODY_FREE,
        RefusalReason.UNAVAILABLE,
        RefusalReason.TENANT_LIMIT,
        RefusalReason.TENANT_RATE,
        RefusalReason.TOKEN_LIMIT,
        RefusalReason.ADDRESS_LIMIT,
        RefusalReason.ADDRESS_CONNECTIONS,
        RefusalReason.ADDRESS_RATE,
        RefusalReason.LOW_DISK,
    },
}
"""As the service's README says; anything else is 1000."""

GOES_ON: set[Reason] = {
    EndReason.CLIENT_GONE,
    EndReason.CLIENT_STALLED,
    EndReason.GATEWAY_STOPPED,
    EndReason.REPLACED,
    EndReason.HANDED_OVER,
    RefusalReason.DRAINING,
    RefusalReason.UNAVAILABLE,
}
"""The carrier's call may go on in another stream."""

NO_LINE: set[Reason] = {EndReason.CALLER_HUNG_UP, EndReason.HANDED_OFF}
"""There is no line to hang up."""

FORBIDDEN: set[Reason] = {
    RefusalReason.BAD_TOKEN,
    RefusalReason.TOKEN_USED,
    RefusalReason.ADDRESS_DENIED,
    RefusalReason.FOREIGN_ORIGIN,
    RefusalReason.HOST_DENIED,
}

STATUSES: dict[str, set[Reason]] = {
    "404": {RefusalReason.UNKNOWN_AGENT},
    "403": FORBIDDEN,
    "500": {EndReason.ERROR},
    "503 5": {
        RefusalReason.BUSY,
        RefusalReason.NOBODY_FREE,
        RefusalReason.UNAVAILABLE,
        RefusalReason.DRAINING,
        EndReason.NOBODY_FREE,
        EndReason.GATEWAY_STOPPED,
    },
    "503 10": {
        RefusalReason.TENANT_LIMIT,
        RefusalReason.TENANT_RATE,
        RefusalReason.TOKEN_LIMIT,
        RefusalReason.ADDRESS_LIMIT,
        RefusalReason.ADDRESS_CONNECTIONS,
        RefusalReason.ADDRESS_RATE,
        RefusalReason.LOW_DISK,
    },
}
"""The answer to an INVITE, with its Retry-After; anything else is 480."""


Key = TypeVar("Key", int, str)


def by(table: Mapping[Key, AbstractSet[Reason]], reason: Reason) -> Key | None:
    return next((key for key, reasons in table.items() if reason in reasons), None)


def named(one: object) -> str:
    return type(one).__name__ if not isinstance(one, Reason) else f"{type(one).__name__}-{one}"


@pytest.fixture(params=ALL)
async def channel(request: pytest.FixtureRequest) -> AsyncIterator[tuple[str, Bench]]:
    async with ALL[request.param]() as bench:
        yield request.param, bench


def test_every_event_is_given_to_the_channels() -> None:
    assert {type(event) for event in EVENTS} == set(get_args(ce.CallEvent))


@pytest.mark.parametrize("event", EVENTS, ids=named)
@pytest.mark.outside
async def test_an_event_is_what_the_channels_client_understands(
    channel: tuple[str, Bench], event: ce.CallEvent
) -> None:
    name, bench = channel
    first = isinstance(event, ce.Ready | ce.Refusal)
    if not first:
        bench.leg.send_event(EVENTS[0])
    await bench.settled()
    bench.told()
    bench.leg.send_event(event)
    await bench.settled()
    assert bench.told() == WORDS[name].get(type(event), [])
    if isinstance(bench, CarrierBench):
        assert await bench.remembered() == (None if isinstance(event, ce.Refusal) else "the resume token")


async def test_livekits_own_clients_are_shown_words_and_state() -> None:
    async with rooms.livekit() as bench:
        assert isinstance(bench, RoomBench)
        for event in EVENTS:
            bench.leg.send_event(event)
        await bench.settled()
        assert bench.shown == ["caller: I need help", "speaking", "agent: Of course."]


def test_every_reason_has_a_close_code() -> None:
    assert set(CLOSE_CODES) == set(REASONS)


@pytest.mark.parametrize("reason", REASONS, ids=named)
@pytest.mark.outside
async def test_a_leg_that_is_closed_says_why(channel: tuple[str, Bench], reason: Reason) -> None:
    name, bench = channel
    bench.told()
    if isinstance(bench, CarrierBench):
        await bench.remember()
    bench.leg.close(reason, "in detail")
    bench.leg.close(reason, "once more")  # does nothing
    await bench.settled()
    match bench:
        case CarrierBench():
            hangs_up = reason not in GOES_ON | NO_LINE
            assert bench.told() == (["hang up CA1"] if hangs_up else [])
            assert await bench.remembered() == ("the resume token" if reason in GOES_ON else None)
            assert bench.closing() == (by(CODES, reason) or 1000, reason)
        case SocketBench():
            last = {"asterisk": ["HANGUP"], "relay": [_end(reason)]}
            assert bench.told() == last.get(name, [])
            assert bench.closing() == (by(CODES, reason) or 1000, reason)
            assert bench.transport.dropped is (reason is EndReason.CLIENT_STALLED)
        case WebRtcBench():
            assert bench.leg.closed
            assert not bench.leg.may_come_back  # it has no token yet
        case RoomBench():
            await bench.gone.wait()
        case SipBench():
            assert bench.told() == [by(STATUSES, reason) or "480"]
            assert bench.leg.over


@pytest.mark.parametrize("reason", REASONS, ids=named)
async def test_a_webrtc_client_may_resume_only_a_call_that_waits_for_it(reason: Reason) -> None:
    async with rooms.webrtc() as bench:
        assert isinstance(bench.leg, WebRtcLeg)
        bench.leg.send_event(ce.Ready("c1", "s1", "the resume token"))
        bench.leg.close(reason)
        assert bench.leg.may_come_back is (reason in (EndReason.CLIENT_GONE, EndReason.CLIENT_STALLED))


@pytest.mark.parametrize("reason", EndReason, ids=named)
@pytest.mark.outside
async def test_a_sip_call_that_stands_ends_with_a_bye(reason: EndReason) -> None:
    async with sip.sip() as bench:
        assert isinstance(bench, SipBench)
        bench.leg.send_event(ce.Ready("c1", "s1", "the resume token"))
        bench.acknowledge()
        bench.told()
        bench.leg.close(reason)
        await bench.settled()
        assert bench.told() == ["BYE"]


@pytest.mark.parametrize("reason", RefusalReason, ids=named)
def test_http_says_what_a_refusal_means(reason: RefusalReason) -> None:
    answer = refusal(reason, "Not now.")
    statuses = {
        403: FORBIDDEN,
        404: {RefusalReason.UNKNOWN_AGENT},
        410: {RefusalReason.CALL_OVER},
        503: {one for one in RefusalReason if one.meaning.whose is Party.PLATFORM},
    }
    status = by(statuses, reason) or 429
    assert answer.status == status
    assert ("Retry-After" in answer.headers) is (status in (429, 503))
    assert json.loads(answer.text or "") == {"reason": reason.value, "detail": "Not now."}


def _end(reason: Reason) -> str:
    return json.dumps({"type": "end", "handoffData": json.dumps({"reason": reason})})
