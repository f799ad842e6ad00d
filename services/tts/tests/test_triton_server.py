"""A call that is answered by a voice on a real Triton server: examples/triton, in the environment that `make peers`
makes."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import pytest_asyncio
from parley.v1 import events_pb2, live_pb2
from parley_core.clock import SystemClock
from parley_core.errors import Rejected
from parley_core.providers import Attempts, Candidates
from parley_core.vendors import Endpoint
from parley_testing.triton import triton_server
from parley_tts.call import CallVoice, Patience, SpokenCall
from parley_tts.metrics import SpeechMetrics
from parley_tts.providers.base import SAMPLES_PER_MS, SpeechRequest
from parley_tts.providers.vendors.triton import MODEL, TritonSpeech
from parley_tts.providers.vendors.voice import VendorVoice
from parley_tts.shaping import Shape

if TYPE_CHECKING:
    from conftest import Collected

pytestmark = [pytest.mark.outside, pytest.mark.peers, pytest.mark.timeout(240)]

SENTENCE = "We can see you on Monday at nine."


@pytest_asyncio.fixture
async def address(tmp_path: Path) -> AsyncIterator[str]:
    """Of the running server."""
    async with triton_server(tmp_path, MODEL) as running:
        yield running


async def test_a_call_is_spoken_by_a_model_on_triton(address: str, output: "Collected") -> None:
    voice = VendorVoice(TritonSpeech(Endpoint("", address, "")))
    await voice.start()
    metrics = SpeechMetrics()
    call = SpokenCall(
        [CallVoice(Candidates([voice]), "triton", "", "en-US", 165)],
        output,
        clock=SystemClock(),
        attempts=Attempts(metrics.providers),
        metrics=metrics,
        shape=Shape(),
        patience=Patience(30, 30),
    )
    call.start()
    call.say(live_pb2.Say(turn=1, text=SENTENCE))
    chunks = await output.finished(1)
    await call.close()
    pcm = np.concatenate([np.frombuffer(chunk.pcm, np.int16) for chunk in chunks])
    assert 1500 < len(pcm) / SAMPLES_PER_MS < 6000
    assert np.abs(pcm.astype(np.int32)).max() > 3000
    assert output.words(1) == SENTENCE.split()
    (used,) = [fact for fact in output.facts if isinstance(fact, events_pb2.UsageMeasured)]
    assert (used.provider, used.model, used.quantity) == ("triton", MODEL, len(SENTENCE) * 1000)
    await cancelled_and_asked_again(voice)
    await voice.close()


async def cancelled_and_asked_again(voice: VendorVoice) -> None:
    async with aclosing(voice.synthesise(SpeechRequest(SENTENCE))) as pieces:
        await anext(pieces)
    said = [word.text async for piece in voice.synthesise(SpeechRequest("All is well.")) for word in piece.words]
    assert said == ["All", "is", "well."]


async def test_an_unknown_model_is_refused_by_the_real_server_too(address: str) -> None:
    voice = VendorVoice(TritonSpeech(Endpoint("", address, "no_such_model")))
    with pytest.raises(Rejected, match=r"NOT_FOUND|INVALID_ARGUMENT"):
        await voice.start()
