"""The LiveKit channel: the SDK on both sides, the agent's and a caller's, in the room of a simulated server."""

from collections.abc import AsyncIterator, Awaitable, Callable

import aiohttp
import pytest
from parley.v1 import session_pb2
from parley_core.bus.log import await_event, body_of, event_name
from parley_testing.callers import Gateway
from parley_testing.simulated.livekit import KEY, SECRET, SimulatedLiveKit, simulated_livekit
from parley_testing.simulated.rooms import RoomCaller, room_caller
from parley_testing.workers import Workers

StartGateway = Callable[..., Awaitable[Gateway]]


@pytest.fixture
async def server() -> AsyncIterator[SimulatedLiveKit]:
    async with simulated_livekit() as running:
        yield running


@pytest.fixture
async def livekit(start_gateway: StartGateway, server: SimulatedLiveKit) -> Gateway:
    return await start_gateway(livekit_url=server.url, livekit_api_key=KEY, livekit_api_secret=SECRET)


@pytest.fixture
async def caller(server: SimulatedLiveKit) -> AsyncIterator[RoomCaller]:
    async with room_caller(server, "ann", "r1") as one:
        yield one


async def join(gateway: Gateway, **more: str) -> int:
    async with (
        aiohttp.ClientSession() as http,
        http.post(
            f"{gateway.http}/v1/livekit/calls",
            json={"room": "r1", "agent": "clinic", "tenant": gateway.tenant, **more},
        ) as answer,
    ):
        return answer.status


async def test_a_spoken_turn_in_a_room_is_answered(
    livekit: Gateway, server: SimulatedLiveKit, workers: Workers, caller: RoomCaller, speech: bytes
) -> None:
    workers.asr.texts = ["I need an appointment please", "wait"]
    workers.llm.replies = [["Of course."], ["word " * 40], ["Yes?"]]
    assert await join(livekit) == 201
    ready = await caller.event("ready")
    caller.say(speech)
    await caller.event("transcript", text="I need an appointment please")
    await caller.event("spoken", text="Of course.", complete=True)
    await caller.hears_the_agent()
    agent = next(one for one in server.rooms["r1"] if one.identity != "ann")
    assert agent.attributes["lk.agent.state"] in ("listening", "thinking", "speaking")
    call = str(ready["call"])
    await caller.room.disconnect()
    log = await livekit.ended(call)
    named = {event_name(event): body_of(event) for event in log}
    session = named["CallStarted"].session
    assert (session.channel, session.user) == (session_pb2.CHANNEL_LIVEKIT, "ann")
    assert session.attributes["livekit_room"] == "r1"
    assert named["CallEnded"].reason == "caller_hung_up"


async def test_barge_in_in_a_room_keeps_what_was_heard(
    livekit: Gateway, workers: Workers, caller: RoomCaller, speech: bytes
) -> None:
    workers.asr.texts = ["tell me everything", "what about friday"]
    workers.llm.replies = [["word " * 40], ["Yes?"]]
    await join(livekit)
    ready = await caller.event("ready")
    caller.say(speech)
    await caller.event("agent_sentence")
    await await_event(livekit.bus, livekit.tenant, str(ready["call"]), "TurnMeasured", timeout_s=10)
    caller.say(speech)
    interrupted = await caller.event("interrupted", turn=1)
    await caller.event("spoken", text="Yes?", complete=True)
    assert 0 < len(str(interrupted["heard"]).split()) < 25


async def test_an_agent_alone_in_a_room_leaves(
    start_gateway: StartGateway, server: SimulatedLiveKit, workers: Workers
) -> None:
    gateway = await start_gateway(
        livekit_url=server.url, livekit_api_key=KEY, livekit_api_secret=SECRET, livekit_wait_s=0.2
    )
    assert await join(gateway) == 201
    await server.empty("r1")


async def test_a_server_that_refuses_the_key_is_told(start_gateway: StartGateway, server: SimulatedLiveKit) -> None:
    gateway = await start_gateway(livekit_url=server.url, livekit_api_key=KEY, livekit_api_secret="wrong" * 8)
    assert await join(gateway) == 503


@pytest.mark.parametrize("body", [{"room": ""}, {"agent": "Not An Agent"}, {"nonsense": "1"}])
async def test_a_wrong_request_is_refused(livekit: Gateway, body: dict[str, str]) -> None:
    assert await join(livekit, **body) == 400
