"""A call that is heard by a real Triton server: examples/triton, in the environment that `make peers` makes."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from parley_asr.language.corpus import Speech
from parley_asr.providers.base import RecogniserRequest
from parley_asr.providers.vendors.triton import TritonProvider
from parley_core.agents import AgentDocument, AgentStore
from parley_core.bus.claims import ClaimedWorker
from parley_core.errors import Rejected
from parley_core.vendors import Endpoint
from parley_testing.neural_speech import say
from parley_testing.triton import triton_server

pytestmark = [pytest.mark.outside, pytest.mark.peers, pytest.mark.timeout(240)]

SAID = "hello there i would like an appointment on monday"


@pytest_asyncio.fixture
async def address(tmp_path: Path) -> AsyncIterator[str]:
    """Of the running server."""
    async with triton_server(tmp_path, "parley_whisper") as running:
        yield running


async def test_a_call_is_heard_by_a_model_on_triton(
    address: str,
    hire: Callable[..., Awaitable[ClaimedWorker]],
    gateway: Callable[[], Any],
    bus: Any,
    tenant: str,
) -> None:
    await hire(TritonProvider(Endpoint("", address, "")))
    document = {"agent": "shop", "first_speaker": "caller", "recogniser": {"provider": "triton"}, "language": "en-US"}
    await AgentStore(bus).put(tenant, AgentDocument.model_validate(document))
    caller = gateway()
    assert not (await caller.claim("shop")).refused
    pcm = bytes(9600) + say("Hello there, I would like an appointment on Monday.") + bytes(9600)
    pcm = pcm[: len(pcm) // 640 * 640]
    for utterance in (1, 2):
        caller.speak(utterance, pcm)
        heard = await caller.heard(utterance)
        assert (heard.text, heard.provider) == (SAID, "triton")
        assert [word.start_ms for word in heard.words] == sorted(word.start_ms for word in heard.words)
        assert len({word.start_ms for word in heard.words}) > 5  # the model's own times
    caller.speak(3, bytes(32_000))
    assert (await caller.heard(3)).text == ""


async def test_an_unknown_model_is_refused_by_the_real_server_too(address: str) -> None:
    provider = TritonProvider(Endpoint("", address, "no_such_model"))
    with pytest.raises(Rejected, match=r"NOT_FOUND|INVALID_ARGUMENT"):
        await provider.open(RecogniserRequest(Speech(), "en-US"))
    await provider.close()
