"""The bus stands still for a minute under a call: the caller is told to hold on, keeps the call, and nothing is lost.

Longer than the client library waits for its pings: connections are made anew. `tests/chaos` has shorter ones in spoken
calls with real workers.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import nats
import pytest
from parley.v1 import events_pb2
from parley_core.bus import subjects
from parley_core.bus.log import body_of, event_name
from parley_testing.callers import Gateway
from parley_testing.servers import NatsServer, freezable_nats_server
from parley_testing.workers import Workers

StartGateway = Callable[..., Awaitable[Gateway]]
REFUSED_WITHIN_S = 3.0


@pytest.fixture
def server(tmp_path: Path) -> Iterator[NatsServer]:
    with freezable_nats_server(tmp_path / "nats") as running:
        yield running


@pytest.fixture
def nats_url(server: NatsServer) -> str:
    return server.url


@pytest.mark.outside
@pytest.mark.timeout(300)
@pytest.mark.parametrize("seconds", [6, pytest.param(60, marks=pytest.mark.nightly)])
async def test_a_call_outlives_a_bus_that_stands_still(
    start_gateway: StartGateway, server: NatsServer, workers: Workers, tts_server: str, speech: bytes, seconds: float
) -> None:
    gateway = await start_gateway(tts_address=tts_server)
    workers.asr.texts = ["I need an appointment please"]
    workers.llm.replies = [["Good day."], ["Of course."], ["Goodbye then."]]
    token = await gateway.token()
    loop = asyncio.get_running_loop()
    async with gateway.call() as client:
        await client.send(type="text", text="hello")
        await client.event("spoken", text="Good day.", complete=True)
        heard = len(client.audio)
        server.freeze()
        thaws = loop.time() + seconds
        try:
            await client.say(speech)
            async with gateway.connect(token) as late:
                asked = loop.time()
                await late.start()
                refused = await late.event("refused", reason="unavailable")
                assert loop.time() - asked < REFUSED_WITHIN_S
                assert refused["detail"]
            while loop.time() < thaws:  # noqa: ASYNC110 - how long it lasts is what is tried
                await asyncio.sleep(0.1)
            assert not client.closed.is_set()
            assert len(client.audio) > heard  # the gateway itself has asked to hold on
        finally:
            server.resume()
        await client.event("spoken", text="Of course.", complete=True, timeout_s=60)
        await client.send(type="text", text="that was all")
        await client.event("spoken", text="Goodbye then.", complete=True, timeout_s=60)
        await client.send(type="hangup")
    events = await gateway.ended(client.call)
    lost = [event.worker_lost.reason for event in events if event_name(event) == "WorkerLost"]
    # After three pings without an answer the client library connects anew. What was on the old connection is lost, and
    # the recogniser, of which nothing comes, is given the utterance again.
    assert lost in ([], ["stalled"] if seconds >= 60 else [])
    committed = [body.text for event in events if isinstance(body := body_of(event), events_pb2.TurnCommitted)]
    assert committed == ["hello", "I need an appointment please", "that was all"]
    gateways = [event.seq for event in events if event.source.startswith("gateway/")]
    assert sorted(gateways) == list(range(1, len(gateways) + 1))  # nothing is missing


@pytest.mark.outside
async def test_a_call_whose_log_stores_nothing_is_refused_in_words(
    start_gateway: StartGateway, server: NatsServer, workers: Workers
) -> None:
    gateway = await start_gateway()
    client = await nats.connect(server.url)
    await client.jetstream().delete_stream(subjects.STREAM)  # the server is there, the log is not
    try:
        async with gateway.connect(await gateway.token()) as caller:
            asked = asyncio.get_running_loop().time()
            await caller.start()
            refused = await caller.event("refused", reason="unavailable")
            assert asyncio.get_running_loop().time() - asked < REFUSED_WITHIN_S
            assert refused["detail"]
            assert (await caller.event("ended", timeout_s=30))["reason"] == "error"
    finally:
        await client.close()
