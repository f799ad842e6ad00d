"""Parts measured alone: what design decisions rest on. Each function takes a few seconds at most."""

import asyncio
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from parley_asr.providers.base import RecogniserRequest
from parley_asr.providers.registry import build_registry
from parley_asr.settings import AsrSettings
from parley_asr.speech import speech_of
from parley_audio.resample import Resampler
from parley_audio.vad import WINDOW, WINDOW_S, VadBatch, VadStream
from parley_core.agents import AgentDocument, Guardrail
from parley_core.bus.connection import connect
from parley_core.bus.port import Message
from parley_llm.guardrails import check_sentence
from parley_llm.reply.claims import claims_in
from parley_llm.reply.facts import facts_in
from parley_testing.servers import nats_server
from parley_tts.providers.base import SAMPLE_RATE_HZ, SpeechProvider, SpeechRequest
from parley_tts.providers.espeak import EspeakProvider
from parley_tts.providers.hibari import HibariProvider

from parley_bench.clip import FRAME_BYTES, QUESTION
from parley_bench.echo import BACK, READY, THERE
from parley_bench.measure import Row, percentile, spread_rows

HOP_RATE = 500  # messages a second, about ten calls with both sides speaking
VOICE_THRESHOLD = 0.5


def voice_activity(question: bytes) -> list[Row]:
    model = VadBatch()
    rows: list[Row] = []
    pcm = np.frombuffer(question, "<i2")
    for batch in (1, 8, 32):
        streams = [VadStream() for _ in range(batch)]
        took: list[float] = []
        for start in range(0, len(pcm) - WINDOW, WINDOW):
            for stream in streams:
                stream.push(pcm[start : start + WINDOW].tobytes())
            work = [(stream, window) for stream in streams if (window := stream.window()) is not None]
            began = time.perf_counter()
            model.run(work)
            took.append((time.perf_counter() - began) / batch * 1e6)
        rows.append(Row(f"vad.chunk.batch_{batch}", percentile(took, 0.5), "us", "Silero, one 32 ms chunk, median"))
    return [*rows, *_end_lag(model, pcm)]


def _end_lag(model: VadBatch, pcm: "np.ndarray[tuple[int], np.dtype[np.int16]]") -> list[Row]:
    """How long after the last sound the model still says voice: part of every turn, whatever the platform does."""
    rows = []
    for noise, name in ((0, "silent_line"), (16, "quiet_line")):
        lags: list[float] = []
        line = np.random.default_rng(1)
        for shift in range(0, WINDOW, 32):
            before = line.integers(-noise, noise + 1, 8000 + shift).astype(np.int16)
            after = line.integers(-noise, noise + 1, 8000).astype(np.int16)
            stream = VadStream()
            stream.push(np.concatenate([before, pcm, after]).tobytes())
            voiced_until, at = 0, 0
            while (window := stream.window()) is not None:
                at += 1
                if model.run([(stream, window)])[0] > VOICE_THRESHOLD:
                    voiced_until = at
            lags.append((voiced_until * WINDOW_S - (len(before) + len(pcm)) / SAMPLE_RATE_HZ) * 1000)
        condition = f"Silero at {VOICE_THRESHOLD}, noise amplitude {noise}, mean of {len(lags)} positions"
        rows.append(Row(f"vad.end_lag.{name}", float(np.mean(lags)), "ms", condition))
    return rows


async def bus_hop(seconds: float) -> list[Row]:
    with tempfile.TemporaryDirectory() as folder, nats_server(Path(folder)) as url:
        far = await asyncio.create_subprocess_exec(sys.executable, "-m", "parley_bench.echo", url)
        try:
            return await _hops(url, seconds)
        finally:
            far.kill()
            await far.wait()


async def _hops(url: str, seconds: float) -> list[Row]:
    one_way_ms: list[float] = []
    count = int(HOP_RATE * seconds)
    ready, done = asyncio.Event(), asyncio.Event()

    async def back(message: Message) -> None:
        sent = int.from_bytes(message.data[:8], "little")
        one_way_ms.append((time.monotonic_ns() - sent) / 2e6)
        if len(one_way_ms) == count:
            done.set()

    async def far_is_ready(message: Message) -> None:
        ready.set()

    async with connect(url, "bench-near") as bus:
        await bus.subscribe(BACK, back)
        await bus.subscribe(READY, far_is_ready)
        async with asyncio.timeout(20):
            await ready.wait()
        body = bytes(FRAME_BYTES - 8)
        began = time.monotonic()
        for number in range(count):
            bus.post(THERE, time.monotonic_ns().to_bytes(8, "little") + body)
            await asyncio.sleep(max(0.0, began + (number + 1) / HOP_RATE - time.monotonic()))
        async with asyncio.timeout(10):
            await done.wait()
    return spread_rows("bus.hop", one_way_ms, "ms", f"{FRAME_BYTES} bytes, {HOP_RATE} a second, half a round trip")


async def speech() -> list[Row]:
    hibari = HibariProvider(Path("var/models"))
    return [*await _spoken_by(EspeakProvider(), "en-us"), *await _spoken_by(hibari, "")]


async def _spoken_by(provider: SpeechProvider, voice: str) -> list[Row]:
    await provider.start()
    first_ms: list[float] = []
    factors: list[float] = []
    try:
        for _ in range(30):
            began = time.perf_counter()
            samples, first = 0, 0.0
            async for chunk in provider.synthesise(SpeechRequest(QUESTION, voice, "en-US", 165)):
                first = first or time.perf_counter() - began
                samples += len(chunk.pcm)
            first_ms.append(first * 1000)
            factors.append((time.perf_counter() - began) / (samples / SAMPLE_RATE_HZ))
    finally:
        await provider.close()
    where = f"{provider.name}, one sentence of eight words, through its provider, with word times, median"
    return [
        Row(f"tts.{provider.name}.first_audio", percentile(first_ms, 0.5), "ms", where),
        Row(f"tts.{provider.name}.real_time_factor", percentile(factors, 0.5), "ratio", where),
    ]


async def recognition(question: bytes) -> list[Row]:
    agent = AgentDocument(
        agent="bench",
        first_speaker="caller",
        phrases=["what are your opening hours on saturday", "could you tell me your opening hours", QUESTION],
    )
    with tempfile.TemporaryDirectory() as folder:
        settings = AsrSettings(provider="pocketsphinx", models_dir=folder, decoders=1)
        async with build_registry(settings) as registry:
            provider = await registry.get("pocketsphinx")
            recogniser = await provider.open(RecogniserRequest(speech_of(agent), "en-US"))
            factors: list[float] = []
            final_ms: list[float] = []
            for _ in range(4):
                stream = await recogniser.open_stream()
                began = time.perf_counter()
                step = FRAME_BYTES * 5
                for at in range(0, len(question), step):
                    await stream.accept(question[at : at + step])
                fed = time.perf_counter()
                await stream.finish()
                final_ms.append((time.perf_counter() - fed) * 1000)
                factors.append((time.perf_counter() - began) / (len(question) / 2 / SAMPLE_RATE_HZ))
            await recogniser.close()
    where = "PocketSphinx, one decoder, a language model of three sentences, 2.4 s of speech, median of 3 after a first"
    return [
        Row("asr.pocketsphinx.real_time_factor", percentile(factors[1:], 0.5), "ratio", where),
        Row("asr.pocketsphinx.final_after_audio", percentile(final_ms[1:], 0.5), "ms", where),
    ]


def resampling() -> list[Row]:
    rows = []
    for from_hz, to_hz in ((48_000, 16_000), (22_050, 16_000), (8_000, 16_000), (16_000, 8_000)):
        frame = np.random.default_rng(1).integers(-9000, 9000, from_hz // 50).astype("<i2").tobytes()
        resampler = Resampler(from_hz, to_hz)
        took_us = median_us(partial(resampler.push, frame))
        rows.append(Row(f"resample.{from_hz}_to_{to_hz}", took_us, "us", "one frame of 20 ms, median"))
    return rows


def claims() -> list[Row]:
    """What the checks of a model's sentence cost, for claims and by guardrails: both stand before the voice."""
    said = "Of course, I have moved your appointment to Wednesday at ten, and you will get a text message shortly."
    condition = f"one English sentence of {len(said.split())} words, median"
    rules = ("no_diagnosis", "no_card_numbers", "no_injection", "no_advice")
    agent = AgentDocument(
        agent="bench", first_speaker="caller", guardrails=[Guardrail(rule=rule, say="No.") for rule in rules]
    )
    guarded = f"{condition}; {len(rules)} rules of the agent's side"
    return [
        Row("llm.claims.check", median_us(lambda: claims_in(said, "en")), "us", condition),
        Row("llm.guardrails.check", median_us(lambda: check_sentence(agent, said)), "us", guarded),
        facts(),
    ]


def facts() -> Row:
    """What it costs to read what a sentence states and to compare it with the passages of a long call."""
    passages = [
        f"Service {at}, price {at} dollars, on Monday at {at % 12}:30 with Doctor Number{at}." for at in range(200)
    ]
    known = [facts_in(one, "en") for one in passages]
    counter = iter(range(10**9))

    def check() -> bool:
        stated = facts_in(f"Service {next(counter)} costs 45 dollars on Monday at half past nine.", "en")
        return any(stated.stated <= one.amounts and stated.topics & one.topics for one in known)

    condition = f"one new sentence against {len(known)} sentences of passages, median"
    return Row("llm.facts.check", median_us(check), "us", condition)


def median_us(work: Callable[[], object], times: int = 500) -> float:
    """Of one call of it."""
    took = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        took.append((time.perf_counter() - began) * 1e6)
    return percentile(took, 0.5)
