"""The spoken calls: the platform with fake models of fixed delays, callers at real pace. Used by `__main__`."""

import asyncio
import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from parley.v1 import events_pb2
from parley_core.agents import AgentDocument, AgentStore, TurnSettings
from parley_core.bus.connection import connect
from parley_core.bus.log import body_of, read_log
from parley_core.errors import ParleyError
from parley_testing.servers import free_port

from parley_bench.load import OutboundCall, Report
from parley_bench.measure import Row, percentile, spread_rows
from parley_bench.processes import Stack, StartFailed, Use, temporary_stack

TENANT = "bench"
PAUSE_MS = 200
DRAFT_AFTER_MS = 80
FINAL_MS = 50
WORD_AFTER_MS = 200
FIRST_TOKEN_MS = 100
TOKEN_MS = 10
REPLY_TOKENS = 40
SENTENCE_TOKENS = 8
FIRST_AUDIO_MS = 50
TIMES_REAL_TIME = 10
WORD_MS = 150
# 200 + 50 + 100 + 7 further tokens of 10 + 50: what the fakes take of every turn.
FAKES_MS = PAUSE_MS + FINAL_MS + FIRST_TOKEN_MS + (SENTENCE_TOKENS - 1) * TOKEN_MS + FIRST_AUDIO_MS
CAPACITY = 64
WATCH_S = 0.5
LOAD_GRACE_S = 45.0  # the last replies are heard to their end, and the process starts and ends
MIB = 1024 * 1024

PARTS = ("pause", "final_text", "model", "sentence", "speech", "bus", "playout", "total")
Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Agent:
    """Whom callers call. `suffix`: of the names of what is measured with it."""

    name: str
    drafts: bool

    @property
    def suffix(self) -> str:
        return "" if self.drafts else "_no_drafts"


DRAFTING = Agent("bench", drafts=True)
PLAIN = Agent("bench-plain", drafts=False)


@dataclass(frozen=True, slots=True)
class Voices:
    """PCM16 mono 16 kHz, as `clip.spoken` makes it."""

    question: bytes
    interruptions: Sequence[bytes]


@dataclass(frozen=True, slots=True)
class Level:
    """Concurrent calls, and their duration in seconds."""

    agent: Agent
    calls: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Plan:
    """How long what is measured; durations in seconds."""

    levels: Sequence[Level]
    barge_in: Level | None
    warm_up_s: float
    component_s: float
    idle_s: float


FULL = Plan(
    levels=(
        Level(DRAFTING, 1, 40.0),
        Level(DRAFTING, 10, 65.0),
        Level(PLAIN, 10, 65.0),
        Level(DRAFTING, 30, 75.0),
    ),
    barge_in=Level(DRAFTING, 10, 60.0),
    warm_up_s=12.0,
    component_s=4.0,
    idle_s=8.0,
)
QUICK = Plan(
    levels=(
        Level(DRAFTING, 1, 4.0),
        Level(DRAFTING, 10, 8.0),
        Level(PLAIN, 10, 8.0),
        Level(DRAFTING, 30, 8.0),
    ),
    barge_in=Level(DRAFTING, 10, 10.0),
    warm_up_s=0.5,
    component_s=1.0,
    idle_s=2.0,
)


@dataclass(frozen=True, slots=True)
class _Channels:
    """The gateway's ports."""

    http: int
    media: int

    def url(self, agent: Agent) -> str:
        """Where callers connect, with a token that opens calls to this agent."""
        asked = urllib.request.Request(
            f"http://127.0.0.1:{self.http}/v1/tokens",
            data=json.dumps({"tenant": TENANT, "agent": agent.name}).encode(),
            headers={"Content-Type": "application/json"},
        )
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(asked, timeout=10) as answer:
            token = json.load(answer)["token"]
        return f"ws://127.0.0.1:{self.media}/v1/call?token={token}"


@contextmanager
def _stack() -> Iterator[tuple[Stack, "_Channels"]]:
    """The platform, started and not yet ready; and where its channels are."""
    with temporary_stack() as stack:
        stack.start_nats()
        channels, speech = _Channels(http=free_port(), media=free_port()), free_port()
        stack.start_service(
            "asr",
            {
                "PARLEY_ASR_PROVIDER": "fake",
                "PARLEY_ASR_CAPACITY": str(CAPACITY),
                "PARLEY_ASR_FAKE": json.dumps(
                    {
                        "final_ms": FINAL_MS,
                        "word_ms": WORD_AFTER_MS,
                        "texts": "Could you tell me your opening hours on Saturday?",
                    }
                ),
            },
        )
        stack.start_service(
            "llm",
            {
                "PARLEY_LLM_PROVIDER": "fake",
                "PARLEY_LLM_CAPACITY": str(CAPACITY),
                "PARLEY_LLM_FAKE": json.dumps(
                    {
                        "first_token_ms": FIRST_TOKEN_MS,
                        "token_ms": TOKEN_MS,
                        "tokens": REPLY_TOKENS,
                        "sentence_tokens": SENTENCE_TOKENS,
                    }
                ),
            },
        )
        stack.start_service(
            "tts",
            {
                "PARLEY_TTS_GRPC_PORT": str(speech),
                "PARLEY_TTS_PROVIDER": "fake",
                "PARLEY_TTS_CAPACITY": str(CAPACITY),
                "PARLEY_TTS_FAKE": json.dumps(
                    {"first_ms": FIRST_AUDIO_MS, "times_real_time": TIMES_REAL_TIME, "word_ms": WORD_MS}
                ),
            },
        )
        stack.start_service(
            "gateway",
            {
                "PARLEY_GATEWAY_HTTP_PORT": str(channels.http),
                "PARLEY_GATEWAY_WS_PORT": str(channels.media),
                "PARLEY_GATEWAY_TOKEN_TTL_S": "3600",
                "PARLEY_TTS_ADDRESS": f"127.0.0.1:{speech}",
            },
        )
        yield stack, channels


async def run(plan: Plan, voices: Voices, *, noise: int, tell: Tell, on_ready: Callable[[Stack], None]) -> list[Row]:
    """Measure every level of the plan, then barge-in. Raises StartFailed when the platform falls over."""
    rows: list[Row] = []
    with _stack() as (stack, channels):
        await asyncio.to_thread(stack.wait_ready, lambda name: tell(f"waiting for {name}"))
        on_ready(stack)
        files = await asyncio.to_thread(_clips, stack.folder, voices)

        async def load(level: Level, *, interrupts: bool = False) -> tuple[Report, _Watched]:
            url = await asyncio.to_thread(channels.url, level.agent)
            start: dict[str, object] = {"type": "start", "agent": level.agent.name}
            said, ramp_s = files[1:] if interrupts else files[:1], min(level.seconds / 3, 8.0)
            order = OutboundCall(
                url, start, said, level.calls, level.seconds, ramp_s, noise=noise, interrupts=interrupts
            )
            seen = await _load(stack, order)
            stack.alive()
            return seen

        for agent in (DRAFTING, PLAIN):
            await _publish_agent(stack.nats_url, agent)
        tell("warming up")
        report, _ = await load(Level(DRAFTING, 2, plan.warm_up_s))
        if not report.latency_ms:
            raise StartFailed(
                f"no call was answered: {'; '.join(report.failures) or 'silence'}; logs in {stack.folder}"
            )
        tell("idle")
        before = stack.usage()
        await asyncio.sleep(plan.idle_s)
        after = stack.usage()
        idle = {name: use.rss_bytes for name, use in after.items()}
        burnt = sum(after[name].cpu_s - before[name].cpu_s for name in after)
        rows.append(Row("idle.cpu", burnt / plan.idle_s * 60, "cpu s/minute", "platform without calls, all processes"))
        rows.append(Row("idle.memory", sum(idle.values()) / MIB, "MiB", "after two calls, all processes"))
        for level in plan.levels:
            tell(_told(level))
            report, watched = await load(level)
            rows += _rows(level, report, watched, idle, _condition(level, noise))
            rows += await _turn_parts(stack.nats_url, level, report, _condition(level, noise))
        if plan.barge_in is not None:
            tell(f"barge-in, {_told(plan.barge_in)}")
            report, _ = await load(plan.barge_in, interrupts=True)
            rows += _barge_in_rows(report, _condition(plan.barge_in, noise))
    return rows


def _clips(folder: Path, voices: Voices) -> list[str]:
    """What callers say, as files: the question, then the interruptions."""
    paths = []
    for number, pcm in enumerate((voices.question, *voices.interruptions)):
        path = folder / f"said-{number}.pcm"
        path.write_bytes(pcm)
        paths.append(str(path))
    return paths


def _told(level: Level) -> str:
    calls = "1 call" if level.calls == 1 else f"{level.calls} calls"
    return f"{calls} for {level.seconds:g} s" + ("" if level.agent.drafts else ", drafts off")


async def _publish_agent(nats_url: str, agent: Agent) -> None:
    document = AgentDocument(
        agent=agent.name,
        first_speaker="caller",
        turns=TurnSettings(
            pause_ms=PAUSE_MS,
            min_commit_ms=0,
            max_commit_ms=PAUSE_MS,
            drafts=agent.drafts,
            draft_after_ms=DRAFT_AFTER_MS,
            silence_prompt_s=600,
        ),
    )
    async with connect(nats_url, "bench") as bus:
        await AgentStore(bus).put(TENANT, document)


def _condition(level: Level, noise: int) -> str:
    return (
        f"{level.calls} at a time for {level.seconds:g} s, fake models taking {FAKES_MS} ms of a turn, "
        f"pause {PAUSE_MS} ms, line noise {noise}, {os.cpu_count()} cores, drafts "
        + ("on" if level.agent.drafts else "off")
    )


@dataclass(frozen=True, slots=True)
class _Watched:
    """CPU seconds of each part during the run, and its largest resident size."""

    cpu_s: dict[str, float]
    rss_bytes: dict[str, int]


async def _load(stack: Stack, order: OutboundCall) -> tuple[Report, _Watched]:
    path = stack.folder / "order.json"
    await asyncio.to_thread(path.write_text, json.dumps(asdict(order)), encoding="utf-8")
    before = await asyncio.to_thread(stack.usage)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "parley_bench.load", str(path), stdout=subprocess.PIPE
    )
    peak = {name: use.rss_bytes for name, use in before.items()}
    after: dict[str, Use] = before
    output = asyncio.create_task(process.communicate(), name="load output")
    deadline = time.monotonic() + order.duration_s + order.ramp_s + LOAD_GRACE_S
    try:
        while not output.done():
            if time.monotonic() > deadline:
                raise StartFailed("the load generator did not end in time")
            await asyncio.wait([output], timeout=WATCH_S)
            after = await asyncio.to_thread(stack.usage)
            for name, use in after.items():
                peak[name] = max(peak[name], use.rss_bytes)
        printed, _ = await output
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode != 0:
        raise StartFailed(f"the load generator ended with status {process.returncode}")
    cpu = {name: after[name].cpu_s - before[name].cpu_s for name in after}
    return Report(**json.loads(printed)), _Watched(cpu, peak)


def _rows(level: Level, report: Report, watched: _Watched, idle: dict[str, int], condition: str) -> list[Row]:
    calls, at = level.calls, f"calls_{level.calls}{level.agent.suffix}"
    minutes = sum(report.call_s) / 60
    rows = spread_rows(f"{at}.latency", report.latency_ms, "ms", condition)
    if not level.agent.drafts:
        rows += spread_rows(f"{at}.overhead", [value - FAKES_MS for value in report.latency_ms], "ms", condition)
    rows += spread_rows(f"{at}.jitter", report.jitter_ms, "ms", condition)
    rows.append(
        Row(f"{at}.late_frames", report.late_frames, "frames", f"{condition}, of {report.frames}, by over 60 ms")
    )
    rows.append(Row(f"{at}.unanswered_turns", report.unanswered, "turns", condition))
    rows.append(Row(f"{at}.failed_calls", len(report.failures), "calls", "; ".join(report.failures[:3]) or condition))
    spent = sum(watched.cpu_s.values())
    rows.append(Row(f"{at}.cpu", spent / minutes, "cpu s/call-minute", f"{condition}, all processes and NATS"))
    for name, cpu_s in watched.cpu_s.items():
        rows.append(Row(f"{at}.cpu.{name}", cpu_s / minutes, "cpu s/call-minute", condition))
    grown = {name: max(0, size - idle[name]) / calls / MIB for name, size in watched.rss_bytes.items()}
    rows.append(Row(f"{at}.memory_per_call", sum(grown.values()), "MiB", f"{condition}, growth of all processes"))
    rows += [Row(f"{at}.memory_per_call.{name}", size, "MiB", condition) for name, size in grown.items()]
    rows.append(Row(f"{at}.memory", sum(watched.rss_bytes.values()) / MIB, "MiB", f"{condition}, all processes"))
    return rows


def _barge_in_rows(report: Report, condition: str) -> list[Row]:
    where = f"{condition}, at the caller's ear, a word after {WORD_AFTER_MS} ms of it"
    return [
        *spread_rows("barge_in.ducked", report.ducked_ms, "ms", where),
        *spread_rows("barge_in.silent", report.silent_ms, "ms", where),
        Row("barge_in.not_ducked", report.not_ducked, "interruptions", where),
        Row("barge_in.not_silenced", report.not_silenced, "interruptions", where),
        Row("barge_in.into_silence", report.into_silence, "interruptions", f"{where}, not measured"),
        Row("barge_in.unanswered_turns", report.unanswered, "turns", where),
        Row("barge_in.failed_calls", len(report.failures), "calls", "; ".join(report.failures[:3]) or where),
    ]


async def _turn_parts(nats_url: str, level: Level, report: Report, condition: str) -> list[Row]:
    """The platform's own account of each turn, from the calls' logs."""
    parts: dict[str, list[float]] = {part: [] for part in PARTS}
    async with connect(nats_url, "bench") as bus:
        for call in report.call_ids:
            try:
                events = await read_log(bus, TENANT, call)
            except ParleyError:
                continue
            for event in events:
                body = body_of(event)
                if isinstance(body, events_pb2.TurnMeasured) and body.turn:
                    for part in PARTS:
                        parts[part].append(getattr(body, f"{part}_us") / 1000)
    return [
        Row(
            f"calls_{level.calls}{level.agent.suffix}.turn.{part}.p50",
            percentile(values, 0.5),
            "ms",
            f"{condition}, TurnMeasured on the log",
        )
        for part, values in parts.items()
        if values
    ]
