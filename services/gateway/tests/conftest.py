"""A gateway on real sockets and a real bus, with small workers that say what the test tells them to."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import grpc
import pytest
from parley.v1 import speech_pb2, speech_pb2_grpc
from parley_audio.formats import FRAME_BYTES, silence
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
from parley_testing.speech import speak
from parley_testing.workers import FakeAsr, FakeLlm, FakeTts, Worker, Workers, tone

AGENT = AgentDocument(
    agent="clinic",
    greeting=Greeting(text="Hello there"),
    first_speaker="caller",
    goodbye="Good bye",
    turns=TurnSettings(pause_ms=200, min_commit_ms=0),
)


@pytest.fixture(scope="session")
def speech() -> bytes:
    """Clear speech of a second or so, in whole frames."""
    pcm = speak("I need an appointment please")
    return pcm + silence(20)[: -len(pcm) % FRAME_BYTES]


Start = Callable[..., Awaitable[Gateway]]


@pytest.fixture
async def start_gateway(nats_url: str, bus: NatsBus, tenant: str, tmp_path: Path) -> AsyncIterator[Start]:
    async with AsyncExitStack() as stack:

        async def start(agent: AgentDocument = AGENT, **options: Any) -> Gateway:
            await AgentStore(bus).put(tenant, agent)
            ports = {"http_port": free_port(), "ws_port": free_port()}
            chosen: dict[str, Any] = {
                "tts_address": "127.0.0.1:1",
                "claim_wait_s": 2.0,
                "reconnect_window_s": 0.3,
                **ports,
            }
            chosen["webrtc_lag_ms"] = 5000  # tests share their machine
            chosen.update(options)
            tuning = {"call_tuning": take(CallTuning, chosen), "channel_tuning": take(ChannelTuning, chosen)}
            settings = GatewaySettings.of(nats_url=nats_url, **{"objects_url": str(tmp_path / "objects"), **chosen})
            runtime = Runtime("gateway", new_id("gateway-"))
            await stack.enter_async_context(runtime.tasks)
            await stack.enter_async_context(app(settings, runtime, **tuning))
            http, ws = f"http://127.0.0.1:{settings.web.http_port}", f"ws://127.0.0.1:{settings.web.ws_port}/v1/call"

            async def drain() -> None:
                await runtime.drain(settings.drain_timeout_s)

            return Gateway(http, ws, bus, tenant, drain)

        yield start


@pytest.fixture
async def gateway(start_gateway: Start) -> Gateway:
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


@pytest.fixture
async def hire() -> AsyncIterator[Callable[[Worker], Awaitable[None]]]:
    """Start further workers; they are stopped at the test's end."""
    hired: list[Worker] = []

    async def start(worker: Worker) -> None:
        hired.append(worker)
        await worker.start()

    yield start
    for worker in hired:
        await worker.stop()


@pytest.fixture
async def tts_server() -> AsyncIterator[str]:
    """A speech service that answers every text with 300 ms of tone."""

    class Speaking(speech_pb2_grpc.TtsServicer):
        async def Synthesize(
            self, request: speech_pb2.SynthesizeRequest, context: object
        ) -> AsyncIterator[speech_pb2.SynthesizeResponse]:
            for _ in range(3):
                yield speech_pb2.SynthesizeResponse(pcm=tone(100))

    server = grpc.aio.server()
    speech_pb2_grpc.add_TtsServicer_to_server(Speaking(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    yield f"127.0.0.1:{port}"
    await server.stop(0)
