"""PocketSphinx in its processes: what it hears, and what happens when a process dies or hangs."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from parley_asr.language.corpus import Speech
from parley_asr.providers.base import RecogniserRequest, Stream
from parley_asr.providers.decoder_pool import DecoderPool
from parley_asr.providers.pocketsphinx import PocketSphinxProvider
from parley_core.bus.claims import ClaimedWorker
from parley_core.errors import BadInput, TimedOut, Unavailable

pytestmark = pytest.mark.outside

PHRASES = RecogniserRequest(
    Speech(phrases=("do you accept blue cross insurance", "what are your opening hours on saturday")), "en-US"
)
Hire = Callable[..., Awaitable[ClaimedWorker]]
Calls = Callable[[], Any]  # conftest.Gateway


@pytest_asyncio.fixture
async def provider(models: Path) -> AsyncIterator[PocketSphinxProvider]:
    made = PocketSphinxProvider(models, decoders=2, decode_timeout_s=20)
    await made.start()
    yield made
    await made.close()


@pytest.fixture
def pool(provider: PocketSphinxProvider) -> DecoderPool:
    return provider.pool


async def give(stream: Stream, pcm: bytes) -> list[str]:
    return [await stream.accept(pcm[at : at + 6400]) for at in range(0, len(pcm), 6400)]


async def test_it_hears_words_with_times_and_confidence(provider: PocketSphinxProvider, speaker: Any) -> None:
    recogniser = await provider.open(PHRASES)
    stream = await recogniser.open_stream()
    texts = await give(stream, speaker.say("Do you accept Blue Cross insurance?"))
    final = await stream.finish()
    assert final.text == "do you accept blue cross insurance"
    assert texts[-1] == final.text
    assert 0.1 < final.confidence <= 1
    assert 200 < final.words[0].start_ms < 600  # 300 ms of silence come first
    assert all(word.start_ms < word.end_ms for word in final.words)
    await recogniser.close()


async def test_silence_has_no_words(provider: PocketSphinxProvider) -> None:
    recogniser = await provider.open(PHRASES)
    stream = await recogniser.open_stream()
    await give(stream, bytes(32_000))
    assert (await stream.finish()).text == ""
    stream = await recogniser.open_stream()
    assert (await stream.finish()).text == ""  # no audio at all


async def test_a_dropped_utterance_leaves_nothing_behind(provider: PocketSphinxProvider, speaker: Any) -> None:
    recogniser = await provider.open(PHRASES)
    stream = await recogniser.open_stream()
    await give(stream, speaker.say("Do you accept"))
    await stream.drop()
    stream = await recogniser.open_stream()
    await give(stream, speaker.say("Blue Cross insurance"))
    assert (await stream.finish()).text == "blue cross insurance"


async def test_other_languages_are_refused(provider: PocketSphinxProvider) -> None:
    with pytest.raises(BadInput, match="language"):
        await provider.open(replace(PHRASES, language="de-DE"))


async def test_calls_are_spread_over_the_processes(provider: PocketSphinxProvider, pool: DecoderPool) -> None:
    for _ in range(4):
        await provider.open(PHRASES)
    assert {process.calls for process in pool.processes} == {2}


async def test_a_model_is_built_once(provider: PocketSphinxProvider, models: Path) -> None:
    await asyncio.gather(*(provider.open(PHRASES) for _ in range(3)))
    before = sorted(os.listdir(models))
    await provider.open(PHRASES)
    assert sorted(os.listdir(models)) == before
    assert not [name for name in before if name.startswith(".")]


async def test_a_dead_process_is_told_at_once_and_replaced(
    provider: PocketSphinxProvider, pool: DecoderPool, speaker: Any
) -> None:
    recogniser = await provider.open(PHRASES)
    stream = await recogniser.open_stream()
    await stream.accept(bytes(6400))
    for pid in pool.pids:
        os.kill(pid, signal.SIGKILL)
    with pytest.raises(Unavailable):
        await give(stream, bytes(640_000))
    stream = await recogniser.open_stream()
    await give(stream, speaker.say("Do you accept Blue Cross insurance?"))
    assert (await stream.finish()).text == "do you accept blue cross insurance"
    assert len(pool.pids) >= 1


async def test_a_hung_process_is_killed_at_its_deadline(models: Path) -> None:
    provider = PocketSphinxProvider(models, decoders=1, decode_timeout_s=20)
    await provider.start()
    pool = provider.pool
    recogniser = await provider.open(PHRASES)
    pool.timeout_s = 0.2
    stream = await recogniser.open_stream()
    hung = pool.pids[0]
    os.kill(hung, signal.SIGSTOP)
    with pytest.raises(TimedOut):
        await stream.accept(bytes(6400))
    pool.timeout_s = 20
    stream = await recogniser.open_stream()
    assert await stream.accept(bytes(6400)) == ""
    assert pool.pids != [hung]
    await provider.close()


async def test_decoding_leaves_the_event_loop_free(provider: PocketSphinxProvider, speaker: Any) -> None:
    """While seconds of audio are decoded the loop goes round many times; in a thread it would stand still."""
    pcm = speaker.say("What are your opening hours on Saturday?")
    recognisers = [await provider.open(PHRASES) for _ in range(2)]
    turns = 0

    async def spin() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    spinning = asyncio.create_task(spin())
    streams = [await recogniser.open_stream() for recogniser in recognisers]
    used = time.process_time()
    before = turns
    await asyncio.gather(*(stream.accept(pcm) for stream in streams))
    during = turns - before
    assert during > 1000
    assert time.process_time() > used  # the loop's own work; decoding is another process's
    spinning.cancel()
    finals = await asyncio.gather(*(stream.finish() for stream in streams))
    assert [final.text for final in finals] == ["what are your opening hours on saturday"] * 2


async def test_a_call_outlives_its_decoder_process(
    provider: PocketSphinxProvider, pool: DecoderPool, hire: Hire, gateway: Calls, speaker: Any
) -> None:
    await hire(provider)
    caller = gateway()
    assert (await caller.claim()).refused == ""
    pcm = speaker.say("Do you accept Blue Cross insurance?")
    cut = [pcm[at : at + 640] for at in range(0, len(pcm), 640)]
    caller.started(1)
    for seq, part in enumerate(cut[:60]):
        caller.frame(1, seq, part)
    async with asyncio.timeout(20):
        await caller.partial.wait()
    for pid in pool.pids:
        os.kill(pid, signal.SIGKILL)
    for seq, part in enumerate(cut[60:], 60):
        caller.frame(1, seq, part)
    caller.paused(1, len(cut))
    heard = await caller.heard(1)
    assert heard.text == "do you accept blue cross insurance"
    assert heard.provider == "pocketsphinx"
    assert heard.words[0].start_ms > 1200
    assert len(await caller.all_heard()) == 1
