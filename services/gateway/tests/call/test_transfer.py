"""Handing a caller over to a person: what is asked of the leg, what the log says, what happens when it fails."""

from collections.abc import Awaitable, Callable

import pytest
from parley.v1 import events_pb2
from parley_core.agents import AgentDocument, Handoff, TurnSettings
from parley_core.bus.log import body_of, event_name
from parley_gateway.turns import commands as cmd
from parley_gateway.turns import events as ev
from parley_gateway.turns.config import TurnConfig
from parley_gateway.turns.machine import Reply, State, advance
from parley_testing.callers import Gateway
from parley_testing.workers import Workers
from pydantic import ValidationError

Start = Callable[..., Awaitable[Gateway]]


def _agent(**handoff: object) -> AgentDocument:
    return AgentDocument(
        agent="clinic",
        first_speaker="caller",
        goodbye="Good bye",
        turns=TurnSettings(pause_ms=200, min_commit_ms=0),
        handoff=Handoff.model_validate({"failed": "Nobody is there", **handoff}),
    )


async def _ask_for_a_person(gateway: Gateway, workers: Workers, then_says: str = "") -> list[events_pb2.Event]:
    workers.llm.replies = [["One moment"], ["Of course"]]
    workers.llm.then = events_pb2.AFTER_REPLY_HAND_OFF
    async with gateway.call() as caller:
        await caller.send(type="text", text="a person please")
        told = await caller.event("hand_off")
        assert told["target"] == "front-desk"
        if then_says:
            await caller.event("spoken", text="Nobody is there")
            workers.llm.then = events_pb2.AFTER_REPLY_HANG_UP
            await caller.send(type="text", text=then_says)
        await caller.event("ended")
        return await gateway.ended(caller.call)


def _only(log: list[events_pb2.Event], name: str) -> list[object]:
    return [body_of(event) for event in log if event_name(event) == name]


async def test_without_an_address_the_call_ends(start_gateway: Start, workers: Workers) -> None:
    log = await _ask_for_a_person(await start_gateway(_agent()), workers)
    (ended,) = _only(log, "CallEnded")
    assert isinstance(ended, events_pb2.CallEnded)
    assert ended.reason == "handed_off"
    assert not _only(log, "CallTransferred")


async def test_a_line_that_cannot_be_moved_stays_with_the_agent(start_gateway: Start, workers: Workers) -> None:
    gateway = await start_gateway(_agent(addresses={"front-desk": "tel:+12125550142"}))
    log = await _ask_for_a_person(gateway, workers, then_says="never mind")
    (moved,), (ended,) = _only(log, "CallTransferred"), _only(log, "CallEnded")
    assert isinstance(moved, events_pb2.CallTransferred)
    assert isinstance(ended, events_pb2.CallEnded)
    assert (moved.ok, moved.address, moved.target) == (False, "tel:+12125550142", "front-desk")
    assert "not allowed" in moved.detail
    assert ended.reason == "agent_hung_up"


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("tel:+19005550123", "premium_rate (US)"),
        ("tel:+881612345678", "satellite (001)"),
        ("sip:0019005550123@trunk.example.com", "premium_rate (US)"),
        ("sip:911@trunk.example.com", "emergency"),
        ("tel:+15550177", "unknown"),
    ],
)
async def test_no_line_is_moved_to_a_destination_that_is_denied(
    start_gateway: Start, workers: Workers, address: str, kind: str
) -> None:
    log = await _ask_for_a_person(await start_gateway(_agent(address=address, on_failure="hang_up")), workers)
    (moved,) = _only(log, "CallTransferred")
    assert isinstance(moved, events_pb2.CallTransferred)
    assert moved.detail.startswith(f"destination_denied: a destination of the kind {kind}")
    assert not moved.ok


async def test_by_policy_a_failed_transfer_ends_the_call_with_an_apology(
    start_gateway: Start, workers: Workers
) -> None:
    gateway = await start_gateway(_agent(address="sip:desk@example.com", on_failure="hang_up"))
    log = await _ask_for_a_person(gateway, workers)
    (ended,) = _only(log, "CallEnded")
    assert isinstance(ended, events_pb2.CallEnded)
    assert ended.reason == "hand_off_failed"
    said = " ".join(body.text for body in _only(log, "Spoken") if isinstance(body, events_pb2.Spoken))
    assert said == "One moment Nobody is there Good bye"


def test_a_caller_who_stays_is_listened_to_again() -> None:
    state, commands = advance(State(TurnConfig(), turn=3, closing=True, voiced=True), ev.TransferFailed(True), 7.0)
    assert not state.closing
    assert not state.voiced
    assert state.reply is Reply.AWAITED
    assert cmd.Apologise(3) in commands


@pytest.mark.parametrize(
    "address", ["+15550100", "tel:5550100", "sip:a b@c", "sip:desk@example.com?Replaces=x", "tel:"]
)
def test_an_address_is_a_tel_or_sip_uri(address: str) -> None:
    with pytest.raises(ValidationError):
        Handoff(address=address)
