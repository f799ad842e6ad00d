"""What outside clients call: a gateway on real sockets and a real bus, with workers that do as the test tells them."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from parley_core.agents import AgentDocument, AgentStore, Greeting, TurnSettings
from parley_core.bus.connection import NatsBus
from parley_core.ids import new_id
from parley_core.runtime import Runtime
from parley_gateway.app import app
from parley_gateway.call.tuning import CallTuning
from parley_gateway.channels.tuning import ChannelTuning
from parley_gateway.settings import GatewaySettings
from parley_testing.callers import Gateway
from parley_testing.options import take
from parley_testing.servers import free_port
from parley_testing.workers import FakeAsr, FakeLlm, FakeTts, Worker, Workers

AGENT = AgentDocument(
    agent="clinic",
    name="Riverside Clinic",
    greeting=Greeting(text="Hello there"),
    first_speaker="caller",
    goodbye="Good bye",
    turns=TurnSettings(pause_ms=200, min_commit_ms=0),
)

StartGateway = Callable[..., Awaitable[Gateway]]


@pytest.fixture
async def start_gateway(nats_url: str, bus: NatsBus, tenant: str, tmp_path: Path) -> AsyncIterator[StartGateway]:
    """Starts a gateway with settings of the test's choice; its pages' tokens are for the test's tenant."""
    async with AsyncExitStack() as stack:

        async def start(agent: AgentDocument = AGENT, **options: Any) -> Gateway:
            await AgentStore(bus).put(tenant, agent)
            chosen: dict[str, Any] = {
                "http_port": free_port(),
                "ws_port": free_port(),
                "tts_address": "127.0.0.1:1",
                "claim_wait_s": 2.0,
                "default_tenant": tenant,
                "objects_url": str(tmp_path / "objects"),
                **options,
            }
            tuning = {"call_tuning": take(CallTuning, chosen), "channel_tuning": take(ChannelTuning, chosen)}
            settings = GatewaySettings.of(nats_url=nats_url, **chosen)
            runtime = Runtime("gateway", new_id("gateway-"))
            await stack.enter_async_context(runtime.tasks)
            await stack.enter_async_context(app(settings, runtime, **tuning))
            http, ws = f"http://127.0.0.1:{settings.web.http_port}", f"ws://127.0.0.1:{settings.web.ws_port}/v1/call"

            async def drain() -> None:
                await runtime.drain(settings.drain_timeout_s)

            return Gateway(http, ws, bus, tenant, drain)

        yield start


@pytest.fixture
async def gateway(start_gateway: StartGateway) -> Gateway:
    return await start_gateway()


@pytest.fixture
async def workers(nats_url: str) -> AsyncIterator[Workers]:
    made = Workers(FakeAsr(nats_url), FakeLlm(nats_url), FakeTts(nats_url))
    everyone: list[Worker] = [made.asr, made.llm, made.tts]
    for worker in everyone:
        await worker.start()
    yield made
    for worker in everyone:
        await worker.stop()
