"""A vendor that dies in mid-utterance is replaced by another vendor, and no word is lost or said twice."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from typing import Any

import pytest
import pytest_asyncio
from parley_asr.call import CallLimits
from parley_asr.providers.base import RecogniserProvider
from parley_asr.providers.registry import VENDORS
from parley_core.agents import AgentDocument, AgentStore
from parley_core.bus.claims import ClaimedWorker
from parley_core.bus.log import read_log
from parley_core.vendors import Endpoint
from parley_testing.vendors.recognisers import SOCKET_VENDORS
from parley_testing.vendors.sockets import SocketPeer, coded, hear_coded, socket_server

pytestmark = pytest.mark.outside

WORDS = ["my", "number", "is", "four", "seven", "four", "two", "and", "then", "nine", "nine", "one"]
VOCABULARY = list(dict.fromkeys(WORDS))
AUDIO = coded(WORDS, VOCABULARY)
FRAME, CHUNK_FRAMES = 640, 5
# Those whose peers hear words in the very samples: the others are sent resampled audio.
NAMES = [name for name in SOCKET_VENDORS if name != "openai_realtime"]
PAIRS = [pair for pair in itertools.permutations(NAMES, 2) if SOCKET_VENDORS[pair[0]].interims]
Hire = Callable[..., Awaitable[ClaimedWorker]]
Calls = Callable[[], Any]  # conftest.Gateway
Serve = Callable[..., Awaitable[list[RecogniserProvider]]]


@pytest_asyncio.fixture
async def serve() -> AsyncIterator[Serve]:
    async with AsyncExitStack() as ending:

        async def start(peers: dict[str, SocketPeer]) -> list[RecogniserProvider]:
            found = []
            for name, peer in peers.items():
                address = await ending.enter_async_context(socket_server(peer))
                found.append(VENDORS[name][1](Endpoint("secret", address, "")))
            return found

        yield start


@pytest_asyncio.fixture
async def publish(bus: Any, tenant: str) -> Callable[[Sequence[str]], Awaitable[str]]:
    async def put(names: Sequence[str]) -> str:
        recogniser = {"provider": names[0], "fallbacks": list(names[1:])}
        document = {"agent": "shop", "first_speaker": "caller", "recogniser": recogniser, "language": "en-US"}
        await AgentStore(bus).put(tenant, AgentDocument.model_validate(document))
        return "shop"

    return put


def peers_of(names: Sequence[str]) -> dict[str, SocketPeer]:
    return {name: SocketPeer(SOCKET_VENDORS[name].wire, hear=hear_coded(VOCABULARY)) for name in names}


@pytest.mark.parametrize("pair", PAIRS, ids=" then ".join)
async def test_the_text_is_whole_where_a_vendor_is_killed_in_mid_utterance(
    hire: Hire, gateway: Calls, publish: Any, serve: Serve, pair: tuple[str, str]
) -> None:
    peers = peers_of(pair)
    await hire(*await serve(peers), limits=CallLimits())
    caller = gateway()
    await caller.claim(await publish(pair))
    frames = [AUDIO[at : at + FRAME] for at in range(0, len(AUDIO), FRAME)]
    caller.started(1)
    first, sent = peers[pair[0]], 0
    while not caller.partials:  # the first vendor hears the beginning, and says so
        assert sent < len(frames) // 2
        first.changed.clear()
        for seq in range(sent, sent + CHUNK_FRAMES):
            caller.frame(1, seq, frames[seq])
        sent += CHUNK_FRAMES
        async with asyncio.timeout(10):
            await first.changed.wait()
    await first.die()
    first.busy = 503  # it does not come back
    for seq in range(sent, len(frames)):
        caller.frame(1, seq, frames[seq])
    caller.paused(1, len(frames))
    heard = await caller.heard(1)
    assert heard.text.split() == WORDS
    assert heard.provider == pair[1]
    caller.speak(2, coded(WORDS[:4], VOCABULARY))
    assert (await caller.heard(2)).text.split() == WORDS[:4]
    assert peers[pair[1]].sockets == 1


@pytest.mark.parametrize("fault", ["an error frame", "no JSON", "a flush without an answer"])
async def test_the_text_is_whole_whatever_the_first_vendor_does(
    hire: Hire, gateway: Calls, publish: Any, serve: Serve, fault: str
) -> None:
    peers = peers_of(["soniox", "speechmatics"])
    first = peers["soniox"]
    match fault:
        case "an error frame":
            first.fails = "funds"
        case "no JSON":
            first.garbage = "<html>"
        case _:
            first.flushes = first.interims = False
    await hire(*await serve(peers))
    caller = gateway()
    await caller.claim(await publish(list(peers)))
    caller.speak(1, AUDIO)
    heard = await caller.heard(1)
    assert (heard.text.split(), heard.provider) == (WORDS, "speechmatics")


async def test_three_vendors_that_die_one_after_the_other_leave_the_fourth(
    hire: Hire, gateway: Calls, publish: Any, serve: Serve
) -> None:
    names = ["assemblyai", "soniox", "deepgram_flux", "speechmatics"]
    peers = peers_of(names)
    for name in names[:3]:
        peers[name].drop_after_bytes = len(AUDIO) // 2
    await hire(*await serve(peers))
    caller = gateway()
    await caller.claim(await publish(names))
    caller.speak(1, AUDIO)
    heard = await caller.heard(1)
    assert (heard.text.split(), heard.provider) == (WORDS, "speechmatics")


async def test_each_vendor_is_billed_by_its_own_rule(
    hire: Hire, gateway: Calls, publish: Any, serve: Serve, bus: Any, tenant: str
) -> None:
    """The first counts the time connected, the second whole seconds of audio, also of what it could not finish."""
    peers = peers_of(["soniox", "sarvam", "speechmatics"])
    peers["soniox"].drop_after_bytes = 0
    peers["sarvam"].fails = "server"
    worker = await hire(*await serve(peers))
    caller = gateway()
    await caller.claim(await publish(list(peers)))
    caller.speak(1, AUDIO)
    await caller.heard(1)
    await worker.stop()
    events = await read_log(bus, tenant, caller.call)
    used = {event.usage_measured.provider: event.usage_measured for event in events if event.HasField("usage_measured")}
    assert set(used) == set(peers)
    assert used["sarvam"].quantity % 1000 == 0
    assert used["speechmatics"].quantity == len(AUDIO) // 32
    assert {one.meter for one in used.values()} == {"asr_seconds"}


@pytest.mark.parametrize(("name", "sure"), [("deepgram_flux", 0.9), ("assemblyai", 0.9), ("speechmatics", 0.0)])
async def test_how_sure_a_vendor_is_of_the_end_of_the_turn_stands_with_the_text(
    hire: Hire, gateway: Calls, publish: Any, serve: Serve, name: str, sure: float
) -> None:
    await hire(*await serve(peers_of([name])))
    caller = gateway()
    await caller.claim(await publish([name]))
    caller.speak(1, AUDIO)
    assert (await caller.heard(1)).end_of_turn == pytest.approx(sure)
