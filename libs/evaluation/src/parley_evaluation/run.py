"""A run: starts a stack where asked to, publishes the agents, plays the calls side by side, keeps and scores them.

`parley eval turns` is the command. A run that is stopped leaves its finished calls in its file; `score` reads it again.
"""

import asyncio
import json
import os
import platform
import shutil
import time
import wave
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from parley.v1 import speech_pb2, speech_pb2_grpc
from parley_cli.caller import calling
from parley_cli.target import Target
from parley_core import rpc
from parley_core.bus.connection import connect
from parley_core.errors import ParleyError, Unavailable
from parley_local.plan import Ports, make_plan
from parley_local.stack import Stack, examples_folder, free_offset
from rich.console import Console

from parley_evaluation import agent, results, table
from parley_evaluation.caller import PlanCaller, Scene, sounds_of
from parley_evaluation.line import Line
from parley_evaluation.plans import CallPlan, Event, Question, plan_call
from parley_evaluation.recording import RATE
from parley_evaluation.results import Played
from parley_evaluation.take_over import SpokenWord
from parley_evaluation.trades import trades
from parley_evaluation.voices import Speaker, Spoken, Voice, voices

QUESTION_S = 17.0  # a question with its answer and the sounds over it, for the estimate
STAGGER_S = 2.0
TRANSCRIBED_WITHIN_S = 300.0
PAUSE_MS = 400
_AFTER_CALLS = ("postcall", "billing")
LATE_S = 0.15  # by which a frame went out late: a call with such a frame was not in real time


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a run is made of. `half`: of voices and businesses, "tuning" or "held"."""

    calls: int
    echo_calls: int
    questions: int
    at_once: int
    seed: int
    half: str
    regular: bool
    words: bool  # have the agent's words recognised, for the take-over rule
    pause_ms: int = PAUSE_MS

    @property
    def length_s(self) -> float:
        rounds = -(-(self.calls + self.echo_calls) // self.at_once)
        return rounds * (self.questions * QUESTION_S + STAGGER_S)


@dataclass(slots=True)
class _Ready:
    plan: CallPlan
    voice: Voice
    sounds: dict[Question | Event, Spoken]


async def evaluate(target: Target, wanted: Wanted, folder: Path, console: Console) -> list[Played]:
    """Play all calls. Raises Unavailable where no stack answers."""
    chosen = trades(wanted.half)
    made = await asyncio.to_thread(_prepare, wanted, folder / "voices", console)
    async with connect(target.nats_url, "parley-eval", timeout_s=5) as bus:
        for one in chosen:
            await agent.publish(bus, target, one, wanted.pause_ms)
    name = f"turns-{wanted.half}-{wanted.seed}-{datetime.now(UTC):%Y%m%d-%H%M%S}"
    kept = folder / name
    kept.mkdir(parents=True)
    console.print(f"{len(made)} calls, {wanted.at_once} at once, about {wanted.length_s / 60:.0f} min; kept in {kept}")
    room, done = asyncio.Semaphore(wanted.at_once), list[Played]()

    async def one_call(place: int, ready: _Ready) -> None:
        async with room:
            if place < wanted.at_once:
                await asyncio.sleep(place * STAGGER_S)
            try:
                played = await _call(target, ready, kept)
            except ParleyError as error:
                console.print(f"call {ready.plan.number}: no call, {error}", markup=False)
                return
        done.append(played)
        results.write(kept / "calls.json", done, about(wanted))
        console.print(_line(played, len(done), len(made)), markup=False)

    await asyncio.gather(*(one_call(place, ready) for place, ready in enumerate(made)))
    if wanted.words:
        done = [await _with_words(target, one, kept) for one in done]
        results.write(kept / "calls.json", done, about(wanted))
    return done


def about(wanted: Wanted) -> dict[str, object]:
    """The circumstances, for the table."""
    return {
        "at": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        "machine": f"{os.cpu_count()} cores, {platform.machine()}",
        "load": round(os.getloadavg()[1], 1),
        "half": wanted.half,
        "seed": wanted.seed,
        "at_once": wanted.at_once,
        "regular": wanted.regular,
        "pause_ms": wanted.pause_ms,
    }


def score(calls: Sequence[Played], told: dict[str, object], folder: Path, console: Console) -> bool:
    """Print the table and write it as JSON; returns whether every goal was reached."""
    listed = table.rows(results.figures(calls))
    console.print(" · ".join(f"{name} {value}" for name, value in told.items()), markup=False)
    print(table.markdown(listed))
    results.write_table(folder, told, table.as_json(listed))
    late = [one.number for one in calls if one.late_s > LATE_S]
    if late:
        console.print(f"{len(late)} calls were not in real time: a frame was more than {LATE_S} s late")
    return all(one.reached is not False for one in listed)


def score_again(file: Path, console: Console) -> bool:
    """Score the calls of an earlier run."""
    told, calls = results.read(file)
    return score(calls, told, file.parent, console)


@asynccontextmanager
async def own_stack(folder: Path, console: Console) -> AsyncIterator[Target]:
    """A stack of what a call needs, on free ports; ended and removed afterwards."""
    var = folder / f"stack-{os.getpid()}"
    plan = make_plan(var, examples=examples_folder(), ports=Ports().moved(free_offset()), workers=1, overrides={})
    plan = replace(plan, programs=tuple(one for one in plan.programs if one.group != "ground" or one.name == "nats"))
    plan = replace(plan, programs=tuple(one for one in plan.programs if one.name not in _AFTER_CALLS))
    stack = Stack(plan)
    try:
        with console.status("starting a stack"):
            await stack.start()
        yield Target.of_plan(plan)
    finally:
        await asyncio.shield(asyncio.to_thread(stack.stop))
        shutil.rmtree(var, ignore_errors=True)


def _prepare(wanted: Wanted, kept: Path, console: Console) -> list[_Ready]:
    speaker, found = Speaker(kept), voices(wanted.half)
    console.print(f"callers: {', '.join(one.name for one in found)}")
    made: list[_Ready] = []
    for number in range(wanted.calls + wanted.echo_calls):
        plan = plan_call(
            number,
            wanted.seed,
            trades(wanted.half),
            questions=wanted.questions,
            regular=wanted.regular,
            echo=number >= wanted.calls,
        )
        scene = Scene(speaker, found, plan.voice, np.random.default_rng((wanted.seed, number, 1)))
        made.append(_Ready(plan, found[plan.voice % len(found)], sounds_of(plan, scene)))
    return made


async def _call(target: Target, ready: _Ready, kept: Path) -> Played:
    plan = ready.plan
    person = PlanCaller(plan, Line(plan.conditions, np.random.default_rng((plan.number, 2))), ready.sounds)
    name = f"turns-{plan.trade.name}"
    async with calling(
        target.gateway_url,
        name,
        user="eval",
        tenant=target.tenant,
        microphone=person.microphone,
        api_key=target.api_key,
    ) as caller:
        await person.play(caller)
    own, heard = person.channels()
    await asyncio.to_thread(_write_stereo, kept / f"call-{plan.number:03}.wav", own, heard)
    (kept / f"call-{plan.number:03}.json").write_text(json.dumps(caller.messages), "utf-8")
    kinds = [str(one.get("type")) for one in caller.messages]
    return Played(
        plan.number,
        caller.call,
        name,
        ready.voice.name,
        plan.conditions.noise,
        plan.conditions.echo_db is not None,
        person.recording(),
        late_s=round(caller.late_s, 3),
        left_out=person.left_out,
        unanswered=person.unanswered,
        interrupted=kinds.count("interrupted"),
        answers=kinds.count("agent_started"),
    )


async def _with_words(target: Target, played: Played, kept: Path) -> Played:
    """With the words of the agent's channel, by the platform's own recogniser."""
    with wave.open(str(kept / f"call-{played.number:03}.wav")) as file:
        both = np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, 2)
    async with rpc.connect(target.asr_address) as channel:
        request = speech_pb2.TranscribeRequest(
            tenant=target.tenant, agent=played.agent, pcm=np.ascontiguousarray(both[:, 1]).tobytes()
        )
        with rpc.translating("asr"):
            answer = await speech_pb2_grpc.AsrStub(channel).Transcribe(
                request, timeout=TRANSCRIBED_WITHIN_S, wait_for_ready=True
            )
    words = tuple(SpokenWord(one.text, one.start_ms / 1000, one.end_ms / 1000) for one in answer.words)
    return replace(played, words=words)


def _line(played: Played, done: int, of: int) -> str:
    found = results.figures([played]).panel
    wrong = sum(found.errors.values())
    return (
        f"{done} of {of}: call {played.number} ({played.voice}, {played.noise or 'no noise'}"
        f"{', echo' if played.echo else ''}), yielded {len(found.yields_s)} of {found.interruptions}, "
        f"held {sum(found.events.values()) - wrong} of {sum(found.events.values())}, "
        f"answered {len(found.responses_s)} of {found.turns}, left out {played.left_out}, late {played.late_s} s"
    )


def _write_stereo(path: Path, own: "np.ndarray[tuple[int], np.dtype[np.int16]]", heard: object) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(np.stack([own, np.asarray(heard, np.int16)], axis=1).astype("<i2").tobytes())


async def command(wanted: Wanted, folder: Path, console: Console, *, start: bool, small: bool) -> int:
    """`parley eval turns`: 0 when the goals are reached; a small run has too few events to judge them."""
    began = time.monotonic()
    if start:
        async with own_stack(folder, console) as target:
            calls = await evaluate(target, wanted, folder, console)
    else:
        calls = await evaluate(Target.from_environment(), wanted, folder, console)
    if not calls:
        raise Unavailable("a whole call", "none was played")
    well = score(calls, about(wanted), folder, console)
    console.print(f"{(time.monotonic() - began) / 60:.1f} min")
    return 0 if well or small else 1
