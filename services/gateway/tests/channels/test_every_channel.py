"""What holds on every channel: turns, barge-in, what was heard, digits, both ends, a lost peer. The tests are the same.

The audio is measured where the caller hears it. `peer.Peer` says what a channel cannot do, and what it does instead.
"""

from collections.abc import AsyncIterator

import pytest
from parley.v1 import events_pb2
from parley_core.bus.log import body_of, event_name
from parley_gateway.admission.call_limits import CallLimits
from parley_gateway.caller import Caller
from parley_testing.speech import speak
from parley_testing.workers import WORD_MS, Workers

from . import phones, web
from .peer import Lost, Open, Peer, Said, Start

CHANNELS: list[Open] = [
    web.websocket,
    web.webrtc,
    web.rtvi,
    web.realtime,
    web.livekit,
    phones.twilio,
    phones.telnyx,
    phones.relay,
    phones.sip,
    phones.asterisk,
]


@pytest.fixture(params=CHANNELS, ids=lambda channel: channel.__name__)
async def peer(
    request: pytest.FixtureRequest, start_gateway: Start, workers: Workers, tenant: str
) -> AsyncIterator[Peer]:
    async with request.param(start_gateway, tenant) as one:
        yield one


@pytest.fixture
def admitted(monkeypatch: pytest.MonkeyPatch) -> list[Caller]:
    """Who was asked for, as limits saw them."""
    callers: list[Caller] = []
    admit = CallLimits.admit

    async def note(self: CallLimits, caller: Caller) -> tuple[str, ...]:
        callers.append(caller)
        return await admit(self, caller)

    monkeypatch.setattr(CallLimits, "admit", note)
    return callers


def said(workers: Workers, text: str) -> Said:
    """The words of a caller, whoever recognises them."""
    workers.asr.texts.append(text)
    return Said(text, speak("hello there"))


async def events_of(peer: Peer) -> dict[str, list[object]]:
    """Everything on the log of the peer's call, which is over."""
    events: dict[str, list[object]] = {}
    for event in await peer.gateway.ended(peer.call):
        events.setdefault(event_name(event), []).append(body_of(event))
    await peer.nobody_is_left()
    return events


def end_of(events: dict[str, list[object]]) -> str:
    (ended,) = events["CallEnded"]
    assert isinstance(ended, events_pb2.CallEnded)
    return ended.reason


async def test_a_spoken_turn_is_answered_until_the_caller_hangs_up(
    admitted: list[Caller], peer: Peer, workers: Workers
) -> None:
    workers.llm.replies = [["Of course."]]
    await peer.say(said(workers, "I need an appointment please"))
    await peer.logs.until("Spoken", holds=lambda one: one.complete)
    await peer.until_heard(peer.all_of(2))
    await peer.hang_up()
    events = await events_of(peer)
    (started,), (committed,) = events["CallStarted"], events["TurnCommitted"]
    assert isinstance(started, events_pb2.CallStarted)
    assert isinstance(committed, events_pb2.TurnCommitted)
    assert (started.session.channel, started.session.user) == (peer.channel, peer.user)
    assert committed.text == "I need an appointment please"
    assert [one.text for one in events["Spoken"] if one.turn == 1] == ["Of course."]  # type: ignore[attr-defined]
    assert end_of(events) == "caller_hung_up"
    assert [(caller.address, caller.user) for caller in admitted] == [(peer.address, peer.user)]


async def test_a_word_of_the_callers_silences_the_agent_and_what_was_heard_is_known(
    peer: Peer, workers: Workers
) -> None:
    workers.llm.replies = [["word " * 60], ["Yes?"]]
    await peer.say(said(workers, "tell me everything"))
    await peer.until_heard(3)
    await peer.talk_over(said(workers, "what about friday"))
    interrupted = await peer.logs.until("Interrupted")
    by_then = peer.words_heard()
    await peer.logs.until("Spoken", holds=lambda one: one.turn == 2 and one.complete)
    await peer.until_heard(len(interrupted.heard.split()) + 1 - peer.words_off)
    await peer.hang_up()
    events = await events_of(peer)
    of_the_old = peer.words_heard() - 1  # the new reply is one word
    halted = 2  # words: the one that a halt had cut is said again, and more until the final text is there
    assert of_the_old <= by_then + peer.buffer_s * 1000 / WORD_MS + halted
    assert abs(len(interrupted.heard.split()) - of_the_old) <= peer.words_off
    spoken = [one for one in events["Spoken"] if isinstance(one, events_pb2.Spoken) and one.turn == 1]
    assert [(one.text, one.complete) for one in spoken] == [(interrupted.heard, False)]
    assert len(interrupted.heard.split()) < 40
    assert len(events["Interrupted"]) == 1


async def test_a_backchannel_does_not_interrupt(peer: Peer, workers: Workers) -> None:
    workers.llm.replies = [["word " * 15]]
    await peer.say(said(workers, "tell me"))
    await peer.until_heard(1)
    await peer.talk_over(said(workers, "mhm"))
    if peer.carrier_interrupts:
        await peer.logs.until("Interrupted")
    else:
        await peer.logs.until("Spoken", holds=lambda one: one.complete)
        await peer.until_heard(15 - peer.words_off)
    await peer.hang_up()
    events = await events_of(peer)
    assert ("Interrupted" in events) is peer.carrier_interrupts
    assert len(events["TurnCommitted"]) == 1 + peer.carrier_interrupts


async def test_digits_are_a_turn_and_the_agents_goodbye_ends_the_call(peer: Peer, workers: Workers) -> None:
    workers.llm.replies = [["Good bye"]]
    workers.llm.then = events_pb2.AFTER_REPLY_HANG_UP
    await peer.key("1")
    await peer.key("#")
    await peer.over()
    events = await events_of(peer)
    keyed = "".join(one.digits for one in events.get("DigitsEntered", []))  # type: ignore[attr-defined]
    assert keyed == ("1#" if peer.keys else "")
    assert len(events["TurnCommitted"]) == 1
    assert end_of(events) == "agent_hung_up"
    assert peer.words_heard() >= peer.all_of(2)


async def test_a_peer_that_vanishes_leaves_no_call_behind(peer: Peer, workers: Workers) -> None:
    await peer.vanish()
    if peer.lost is Lost.TAKEN_UP:
        await peer.logs.until("LegTakenUp")
        await peer.hang_up()
    events = await events_of(peer)
    assert end_of(events) == ("caller_hung_up" if peer.lost is Lost.TAKEN_UP else "client_gone")
    assert ("LegLost" in events) is (peer.lost is not Lost.ENDED)
