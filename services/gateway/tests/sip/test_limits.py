"""A trunk above a limit: it is told to try again, and when, so that it takes its next route."""

import asyncio
from dataclasses import replace

import pytest
from parley_core.bus.log import decode
from parley_core.bus.port import Message
from parley_core.reasons import RefusalReason
from parley_gateway.admission.call_limits import CallLimits
from parley_gateway.caller import Caller
from parley_testing.simulated.sip import Phone, line, offer, rtp
from parley_testing.workers import Workers

from .conftest import StartSip


@pytest.fixture
def one_call_a_token(monkeypatch: pytest.MonkeyPatch) -> None:
    """A trunk's callers have no token; one that had would be counted by it."""
    admit = CallLimits.admit

    async def with_token(self: CallLimits, caller: Caller) -> tuple[str, ...]:
        return await admit(self, replace(caller, token="k-1", user="", concurrency=1))

    monkeypatch.setattr(CallLimits, "admit", with_token)


@pytest.mark.usefixtures("one_call_a_token")
async def test_a_trunk_above_its_tokens_limit_is_503_with_a_time_to_come_back(
    start_sip: StartSip, tenant: str, workers: Workers
) -> None:
    await _second_call_is_turned_away(start_sip, tenant, RefusalReason.TOKEN_LIMIT, {})


@pytest.mark.parametrize(
    ("reason", "limits"),
    [
        (RefusalReason.TENANT_LIMIT, {"tenant_calls": 1}),
        (RefusalReason.TENANT_RATE, {"tenant_calls_per_minute": 1}),
        (RefusalReason.ADDRESS_LIMIT, {"address_calls": 1}),
    ],
    ids=str,
)
async def test_a_trunk_above_a_limit_is_503_with_a_time_to_come_back(
    start_sip: StartSip, tenant: str, workers: Workers, reason: RefusalReason, limits: dict[str, int]
) -> None:
    await _second_call_is_turned_away(start_sip, tenant, reason, limits)


async def _second_call_is_turned_away(
    start_sip: StartSip, tenant: str, reason: RefusalReason, limits: dict[str, int]
) -> None:
    sip = await start_sip(default_tenant=tenant, **limits)
    refused: asyncio.Queue[Message] = asyncio.Queue()

    async with line(sip.port) as wire, rtp() as audio:
        first, second = Phone(wire), Phone(wire)
        await first.call(audio)
        await sip.gateway.bus.subscribe(f"call.{tenant}.*.log.CallRefused", refused.put)
        second.send("INVITE", body=offer(audio.port))
        answer = await second.response(503)
        assert int(answer.one("Retry-After")) == reason.meaning.retry_after_s
        second.ack(branch=second.branch)
        await first.hang_up()
    async with asyncio.timeout(10):
        told = await refused.get()
    assert decode(told.data).call_refused.reason == reason
