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
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib import import_module
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
    first: int = 0  # the number of the first call
    virtual: bool = False

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
    made = await asyncio.to_thread(_prepare, wanted, folder / "voices", console)
    async with connect(target.nats_url, "parley-eval", timeout_s=5) as bus:
        for one in trades(wanted.half):
            await agent.publish(bus, target, one, wanted.pause_ms)
    kept = _folder(folder, wanted)
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


def evaluate_virtually(wanted: Wanted, weights: Path, folder: Path, console: Console) -> list[Played]:
    """The same calls without a stack, on a virtual clock, one after the other."""
    virtual = import_module("parley_evaluation.virtual")  # it loads the recogniser's models
    made = _prepare(wanted, folder / "voices", console)
    kept = _folder(folder, wanted)
    console.print(f"{len(made)} calls on a virtual clock; kept in {kept}")
    platform_ = virtual.VirtualPlatform(weights, folder / "decodes")
    done: list[Played] = []
    for ready in made:
        person = _person(ready)
        caller = platform_.call(ready.plan.trade, wanted.pause_ms, person)
        _keep(kept, ready, person, caller.messages)
        done.append(_played(ready, person, caller.call, caller.messages, 0.0))
        results.write(kept / "calls.json", done, about(wanted))
        console.print(_line(done[-1], len(done), len(made)), markup=False)
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
        "clock": "virtual" if wanted.virtual else "real",
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


def score_again(files: Sequence[Path], console: Console) -> bool:
    """Score the calls of earlier runs as those of one."""
    read = [results.read(file) for file in files]
    return score([one for _, calls in read for one in calls], read[-1][0], files[-1].parent, console)


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
    for number in range(wanted.first, wanted.first + wanted.calls + wanted.echo_calls):
        plan = plan_call(
            number,
            wanted.seed,
            trades(wanted.half),
            questions=wanted.questions,
            regular=wanted.regular,
            echo=number >= wanted.first + wanted.calls,
        )
        scene = Scene(speaker, found, plan.voice, np.random.default_rng((wanted.seed, number, 1)))
        made.append(_Ready(plan, found[plan.voice % len(found)], sounds_of(plan, scene)))
    return made


async def _call(target: Target, ready: _Ready, kept: Path) -> Played:
    person = _person(ready)
    async with calling(
        target.gateway_url,
        _agent(ready),
        user="eval",
        tenant=target.tenant,
        microphone=person.microphone,
        api_key=target.api_key,
    ) as caller:
        await person.play(caller)
    await asyncio.to_thread(_keep, kept, ready, person, caller.messages)
    return _played(ready, person, caller.call, caller.messages, caller.late_s)


def _person(ready: _Ready) -> PlanCaller:
    line = Line(ready.plan.conditions, np.random.default_rng((ready.plan.number, 2)))
    return PlanCaller(ready.plan, line, ready.sounds)


def _agent(ready: _Ready) -> str:
    return f"turns-{ready.plan.trade.name}"


def _played(
    ready: _Ready, person: PlanCaller, call: str, messages: Sequence[Mapping[str, object]], late_s: float
) -> Played:
    kinds = [str(one.get("type")) for one in messages]
    return Played(
        ready.plan.number,
        call,
        _agent(ready),
        ready.voice.name,
        ready.plan.conditions.noise,
        ready.plan.conditions.echo_db is not None,
        ready.plan.hesitant,
        person.recording(),
        late_s=round(late_s, 3),
        left_out=person.left_out,
        unanswered=person.unanswered,
        interrupted=kinds.count("interrupted"),
        answers=kinds.count("agent_started"),
    )


def _keep(kept: Path, ready: _Ready, person: PlanCaller, messages: Sequence[Mapping[str, object]]) -> None:
    """Both channels, and what the gateway reported."""
    name = kept / f"call-{ready.plan.number:03}"
    with wave.open(str(name.with_suffix(".wav")), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(np.stack(person.channels(), axis=1).astype("<i2").tobytes())
    name.with_suffix(".json").write_text(json.dumps(messages), "utf-8")


def _folder(folder: Path, wanted: Wanted) -> Path:
    kept = folder / f"turns-{wanted.half}-{wanted.seed}.{wanted.first}-{datetime.now(UTC):%Y%m%d-%H%M%S}"
    kept.mkdir(parents=True)
    return kept


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
    found = results.figures([replace(played, echo=False, hesitant=False)]).panel
    events, wrong = sum(found.events.values()), sum(found.errors.values())
    kind = ", ".join(
        name
        for name, true in ((played.noise or "no noise", True), ("echo", played.echo), ("hesitant", played.hesitant))
        if true
    )
    return (
        f"{done} of {of}: call {played.number} ({played.voice}, {kind}), yielded {len(found.yields_s)} of "
        f"{found.interruptions}, held {events - wrong} of {events}, "
        f"answered {len(found.responses_s)} of {found.turns}, left out {played.left_out}, late {played.late_s} s"
    )


def command(wanted: Wanted, weights: Path, folder: Path, console: Console, *, start: bool, small: bool) -> int:
    """`parley eval turns`: 0 when the goals are reached; a small run has too few events to judge them."""
    began = time.monotonic()
    if wanted.virtual:
        calls = evaluate_virtually(wanted, weights, folder, console)
    else:
        calls = asyncio.run(_live(wanted, folder, console, start=start))
    if not calls:
        raise Unavailable("a whole call", "none was played")
    well = score(calls, about(wanted), folder, console)
    console.print(f"{(time.monotonic() - began) / 60:.1f} min")
    return 0 if well or small else 1


async def _live(wanted: Wanted, folder: Path, console: Console, *, start: bool) -> list[Played]:
    if not start:
        return await evaluate(Target.from_environment(), wanted, folder, console)
    async with own_stack(folder, console) as target:
        return await evaluate(target, wanted, folder, console)
