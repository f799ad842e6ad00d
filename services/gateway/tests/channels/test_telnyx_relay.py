"""Calls that Telnyx recognises and speaks for, and what follows them."""

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from parley.v1 import events_pb2
from parley_core.agents import AgentDocument, Handoff
from parley_core.errors import BadInput
from parley_testing.callers import Gateway
from parley_testing.servers import free_port
from parley_testing.simulated.relay import SimulatedRelay
from parley_testing.simulated.telnyx import SimulatedTelnyx, TelnyxCall
from parley_testing.workers import Workers

AGENT = AgentDocument(
    agent="clinic", language="es-ES", first_speaker="caller", handoff=Handoff(address="tel:+12125550199")
)
StartGateway = Callable[..., Awaitable[Gateway]]


@pytest.fixture
async def call(start_gateway: StartGateway, tenant: str) -> AsyncIterator[TelnyxCall]:
    ws_port = free_port()
    async with SimulatedTelnyx("not-a-key").serve(free_port()) as telnyx:
        gateway = await start_gateway(
            AGENT,
            ws_port=ws_port,
            default_tenant=tenant,
            default_agent="clinic",
            telnyx_api_key="not-a-key",
            telnyx_public_key=telnyx.public_key,
            telnyx_api_url=telnyx.url,
            ws_public_url=f"ws://127.0.0.1:{ws_port}",
            telnyx_way="relay",
        )
        yield telnyx.call(f"{gateway.http}/telnyx/webhook")


async def relaying(call: TelnyxCall) -> SimulatedRelay:
    await call.dial()
    await call.until(lambda: call.relay is not None)
    assert call.relay is not None
    return call.relay


async def done(call: TelnyxCall, action: str) -> dict[str, object]:
    """The command, once it has come."""
    await call.until(lambda: any(name == action for name, _ in call.telnyx.commands))
    return next(body for name, body in call.telnyx.commands if name == action)


async def test_a_conversation_and_its_end(call: TelnyxCall, workers: Workers) -> None:
    workers.llm.replies = [["Adiós"]]
    workers.llm.then = events_pb2.AFTER_REPLY_HANG_UP
    relay = await relaying(call)
    await relay.says("hola")
    await done(call, "hangup")
    assert relay.spoken == ["Adiós"]
    started = await done(call, "conversation_relay_start")
    assert (started["language"], started["interruptible"], started["dtmf_detection"]) == ("es-ES", "any", True)
    assert "greeting" not in started


async def test_a_caller_is_handed_to_a_person(call: TelnyxCall, workers: Workers) -> None:
    workers.llm.replies = [["One moment."]]
    workers.llm.then = events_pb2.AFTER_REPLY_HAND_OFF
    await (await relaying(call)).says("a person please")
    assert (await done(call, "transfer"))["to"] == "+12125550199"
    assert not [name for name, _ in call.telnyx.commands if name == "hangup"]


async def test_the_channel_needs_an_address(start_gateway: StartGateway) -> None:
    telnyx = SimulatedTelnyx("not-a-key")
    with pytest.raises(BadInput, match="WS_PUBLIC_URL"):
        await start_gateway(
            AGENT,
            telnyx_api_key="not-a-key",
            telnyx_public_key=telnyx.public_key,
            telnyx_way="relay",
        )
