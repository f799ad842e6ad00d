"""The load generator, a separate process: callers that speak, hear the answer to its end, and speak again.

`python -m parley_bench.load ORDER.json` runs the order and prints one JSON object. Its CPU is not the platform's.
"""

import asyncio
import json
import random
import sys
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path

import uvloop

from parley_bench.caller import Caller, Script
from parley_bench.clip import frames_of
from parley_bench.interrupter import Interrupter


@dataclass(frozen=True, slots=True)
class OutboundCall:
    """What to run: `calls` callers for `duration_s`, their starts spread over `ramp_s`. `think_s`: between turns.

    With `interrupts` they talk over the agent's answers.
    """

    url: str
    start: dict[str, object]
    questions: list[str]  # files of PCM16 mono 16 kHz
    calls: int
    duration_s: float
    ramp_s: float
    think_s: tuple[float, float] = (0.3, 0.8)
    noise: int = 0  # amplitude of the caller's line while they are silent
    seed: int = 1
    interrupts: bool = False


@dataclass(slots=True)
class Report:
    """What the callers saw. Times in milliseconds; `jitter_ms` is |time between two frames - length of the first|,
    without the first frames of each reply."""

    latency_ms: list[float] = field(default_factory=list)
    jitter_ms: list[float] = field(default_factory=list)
    late_frames: int = 0
    frames: int = 0
    unanswered: int = 0
    call_s: list[float] = field(default_factory=list)
    call_ids: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    ducked_ms: list[float] = field(default_factory=list)
    silent_ms: list[float] = field(default_factory=list)
    not_ducked: int = 0
    not_silenced: int = 0
    into_silence: int = 0


async def run(order: OutboundCall) -> Report:
    questions = [frames_of(await asyncio.to_thread(Path(path).read_bytes)) for path in order.questions]
    report = Report()
    end = time.monotonic() + order.duration_s
    chance = random.Random(order.seed)

    async def one(number: int) -> None:
        await asyncio.sleep(order.ramp_s * number / max(order.calls, 1))
        script = Script(questions, end, order.think_s, order.noise, seed=chance.getrandbits(32))
        caller = (Interrupter if order.interrupts else Caller)(order.url, order.start, script)
        try:
            await caller.call()
        except (OSError, TimeoutError, ConnectionError) as error:
            report.failures.append(f"call {number}: {type(error).__name__}: {error}")
        seen = caller.seen
        report.latency_ms += seen.latency_ms
        report.jitter_ms += seen.jitter_ms
        report.late_frames += seen.late_frames
        report.frames += seen.frames
        report.unanswered += seen.unanswered
        report.ducked_ms += seen.ducked_ms
        report.silent_ms += seen.silent_ms
        report.not_ducked += seen.not_ducked
        report.not_silenced += seen.not_silenced
        report.into_silence += seen.into_silence
        report.call_s.append(seen.call_s)
        if seen.call_id:
            report.call_ids.append(seen.call_id)
        if seen.problem:
            report.failures.append(f"call {number}: {seen.problem}")

    await asyncio.gather(*(one(number) for number in range(order.calls)))
    return report


def main() -> None:
    order = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    report = uvloop.run(run(OutboundCall(**order)))
    json.dump(asdict(report), sys.stdout)


if __name__ == "__main__":
    main()
