"""The Whisper recogniser alone: what an utterance costs, and how long eight callers on one thread wait for theirs.

On a machine with other work the waits are that work's: pin the bench to a core of its own (`taskset`), with priority.
"""

import asyncio
import random
import time
from pathlib import Path

import psutil
from parley_asr.language.corpus import Speech
from parley_asr.providers.base import RecogniserRequest
from parley_asr.providers.whisper.decoder import WhisperDecoder
from parley_asr.providers.whisper.provider import WhisperProvider
from parley_asr.providers.whisper.wire import Wish
from parley_testing.neural_speech import say

from parley_bench.clip import FRAME_BYTES, QUESTION
from parley_bench.measure import Row, percentile

WEIGHTS = Path("var/models")
TIMES = 8
CALLS = 8
ROUNDS = 3
EVERY_S = 9.0  # one utterance of a caller
CHUNK = FRAME_BYTES * 5
PAUSE_S = 0.14  # after which a gateway ends the utterance
TIMEOUT_S = 60.0
LONGER = "I would like to book an appointment with the doctor for next week."


async def recognition() -> list[Row]:
    decoder = WhisperDecoder(WEIGHTS, threads=1, timeout_s=TIMEOUT_S, shared=False)
    began = time.perf_counter()
    await decoder.start()
    rows = [Row("asr.whisper.load", (time.perf_counter() - began) * 1000, "ms", "both models, from start to ready")]
    try:
        rows += await _one_at_a_time(WhisperProvider(decoder, interims=False), decoder)
        rows.append(await _interims(decoder))
        rows += await _many(WhisperProvider(decoder))
        resident = psutil.Process(decoder.pid).memory_info().rss
        rows.append(Row("asr.whisper.memory", resident / 2**20, "MB", "resident, of the process with both models"))
    finally:
        await decoder.close()
    return rows


async def _one_at_a_time(provider: WhisperProvider, decoder: WhisperDecoder) -> list[Row]:
    pcm = say(QUESTION)
    recogniser = await provider.open(RecogniserRequest(Speech(), "en-US"))
    final_ms: list[float] = []
    cpu_ms: list[float] = []
    for _ in range(TIMES):
        used = _cpu_s(decoder)
        stream = await recogniser.open_stream()
        await stream.accept(pcm)
        began = time.perf_counter()
        await stream.finish()
        final_ms.append((time.perf_counter() - began) * 1000)
        cpu_ms.append((_cpu_s(decoder) - used) * 1000)
        await asyncio.sleep(1)  # so that the next one does not follow it
    await recogniser.close()
    where = f"{len(pcm) / 32_000:.1f} s of speech, one thread, whole utterance given at once, median of {TIMES}"
    return [
        Row("asr.whisper.final_after_audio", percentile(final_ms, 0.5), "ms", where),
        Row("asr.whisper.cpu_per_final", percentile(cpu_ms, 0.5), "ms", where),
    ]


async def _interims(decoder: WhisperDecoder) -> Row:
    """What one interim text costs, of a sound that the caller is in the middle of."""
    pcm = say(QUESTION)
    cut = pcm[: len(pcm) // 4 * 2]
    wish = Wish(beam=1, timed=False)
    cpu_ms: list[float] = []
    for _ in range(TIMES):
        used = _cpu_s(decoder)
        await decoder.decode(cut, wish, interim=True)
        cpu_ms.append((_cpu_s(decoder) - used) * 1000)
    where = f"{len(cut) / 32_000:.1f} s of speech, one thread, median of {TIMES}"
    return Row("asr.whisper.cpu_per_interim", percentile(cpu_ms, 0.5), "ms", where)


async def _many(provider: WhisperProvider) -> list[Row]:
    """Callers who speak at the pace of speech, each once in nine seconds; the wait counts from the end of the pause."""
    pcm = say(LONGER)
    speech = pcm[: len(pcm) - 16_000 + int(PAUSE_S * 32_000)]  # 500 ms of silence are behind it
    chance = random.Random(1)
    waited_ms: list[float] = []

    async def caller() -> None:
        recogniser = await provider.open(RecogniserRequest(Speech(), "en-US"))
        await asyncio.sleep(chance.uniform(0, EVERY_S))
        for _ in range(ROUNDS):
            due = asyncio.get_running_loop().time()
            stream = await recogniser.open_stream()
            for at in range(0, len(speech), CHUNK):
                await asyncio.sleep(due + at / 32_000 - asyncio.get_running_loop().time())
                await stream.accept(speech[at : at + CHUNK])
            began = time.perf_counter()
            await stream.finish()
            waited_ms.append((time.perf_counter() - began) * 1000)
            await asyncio.sleep(due + EVERY_S - asyncio.get_running_loop().time())
        await recogniser.close()

    await asyncio.gather(*(caller() for _ in range(CALLS)))
    spoken = f"{len(speech) / 32_000:.1f} s of speech every {EVERY_S:.0f} s"
    where = f"{CALLS} calls, {spoken}, one thread, with interim texts, after the pause"
    return [
        Row("asr.whisper.eight_calls.final.p50", percentile(waited_ms, 0.5), "ms", where),
        Row("asr.whisper.eight_calls.final.p95", percentile(waited_ms, 0.95), "ms", where),
    ]


def _cpu_s(decoder: WhisperDecoder) -> float:
    used = psutil.Process(decoder.pid).cpu_times()
    return float(used.user + used.system)
