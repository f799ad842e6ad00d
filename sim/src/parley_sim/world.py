"""One simulated call: gateway, workers and caller on one virtual clock and one bus in memory, faults from the seed.

The composition root of the simulator. The gateway's calls and turn logic, the conversation, the call handlers of asr
and tts and the claims between them are the real ones; the caller's leg, voice activity, vendors and tools are not.
"""

import asyncio
import contextlib
import contextvars
import random
from collections import Counter
from collections.abc import Awaitable
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any

from parley.v1 import session_pb2
from parley_asr.call import CallLimits
from parley_asr.opener import CallOpener as AsrOpener
from parley_core import clock as core_clock
from parley_core import ids
from parley_core.agents import AgentDocument, AgentStore
from parley_core.bus.claims import BEAT_S, RECHECK_S, Beating, ClaimedWorker, Claims, OpenCall
from parley_core.bus.log import follow_log, read_log
from parley_core.conversation import Conversation
from parley_core.providers import Attempts, Names, Registry
from parley_core.reasons import EndReason
from parley_core.tasks import Tasks
from parley_gateway.call.call import Call
from parley_gateway.call.registry import Calls, Refused
from parley_gateway.caller import Caller as Session
from parley_gateway.language import identification
from parley_llm.opener import CallOpener as LlmOpener
from parley_llm.providers.base import ModelProvider
from parley_llm.providers.router import Router
from parley_llm.tuning import ReplyTuning
from parley_tts.call import Patience
from parley_tts.opener import CallOpener as TtsOpener
from parley_tts.shaping import Shape

from parley_sim import clock, expectations, faults
from parley_sim.assembly import asr_metrics, gateway_platform, llm_metrics, speech_metrics
from parley_sim.brains import FLOWS, SimLocal
from parley_sim.caller import Caller, Habits, Leg
from parley_sim.expect import deviations, observed
from parley_sim.faults import UNPROMISED, AtEvent, Faults, Role
from parley_sim.invariants import CLEAN, ENDS, SCRIPT, SOUND, Invariants, Violation
from parley_sim.network import Network, Port
from parley_sim.providers import SimEars, SimKnowledge, SimModel, SimTools, SimVoice, ToolServer
from parley_sim.script import Script, generate, merged
from parley_sim.trace import Trace
from parley_sim.unhandled_errors import problem, unforeseen
from parley_sim.vad import SimVad
from parley_sim.voices import Voices

TENANT = "sim"
AGENT = "clinic"
WORKERS_PER_ROLE = 2
LOCAL_SHARE = 4  # one call in so many
LONGEST_S = 400.0  # a call that is not over by then never ends
SETTLE_S = 2.0  # after the call, for its workers to notice

_DOCUMENT: dict[str, object] = {
    "agent": AGENT,
    "name": "Simulated clinic",
    "voice": {"provider": "sim", "name": "en-us", "fallbacks": ["sim-second"]},
    "models": [{"provider": "sim"}, {"provider": "sim-second"}],
    "tools": ["find_slots", "book_appointment", "hand_off"],
    "greeting": {"text": "Hello, this is the clinic. How can I help you?"},
    "goodbye": "Thank you for calling. Goodbye.",
}
_NAMES = Names(
    recogniser=frozenset({"sim"}),
    model=frozenset({"sim", "sim-second", "rule_based"}),
    voice=frozenset({"sim", "sim-second"}),
)
_TASKS_OF_WORKERS = (
    "subscription claim.",
    "subscription worker.",
    "subscription gateway.",
    "subscription call.*.*.",
    "claims/",
    "gateway/",
    "monitor/",
    "follow log/",
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one call was; `digest` is of its trace, where one was kept."""

    seed: int
    violations: tuple[Violation, ...]
    injected: Counter[str]
    checked: Counter[str]
    seconds: float  # virtual
    turns: int
    ended: str
    lines: tuple[str, ...] = ()
    digest: str = ""


def simulate(
    seed: int, *, script: Script | None = None, planned: Faults | None = None, trace: bool = False, real_s: float = 60.0
) -> Outcome:
    """Run one call from a seed; a script or a plan of faults takes the place of the seed's own."""
    return clock.run(_World(seed, script, planned, trace=trace).run(), real_s=real_s)


@dataclass(slots=True)
class _Worker:
    role: Role
    name: str
    port: Port
    claimed: ClaimedWorker
    context: contextvars.Context
    ending: "asyncio.Task[None] | None" = field(default=None)


class _World:
    def __init__(self, seed: int, script: Script | None, planned: Faults | None, *, trace: bool) -> None:
        self._seed = seed
        self._chance = random.Random(f"world/{seed}")
        self._script = script or generate(seed)
        self._faults = planned or faults.plan(seed)
        self._faults.always_s = self._script.slow_s
        self._trace = Trace(on=trace)
        self._workers: list[_Worker] = []
        self._made = 0
        self._pending = sorted(self._faults.at_events, key=lambda one: one.event)
        self._followed = Conversation()

    async def run(self) -> Outcome:
        ids.RANDOM_BITS.set(self._chance.getrandbits)
        self._loop = asyncio.get_running_loop()
        core_clock.CURRENT.set(clock.SimClock(self._loop))
        self._voices = Voices()
        self._rules = Invariants(self._voices)
        self._network = Network(delay_s=self._chance.choice((0.0, 0.0004, 0.004)))
        self._network.fates = self._faults.fate
        self._network.loses = self._faults.loses
        self._network.watches += [self._traced, self._rules.message, self._happened]
        self._tools = ToolServer(self._faults, self._chance, self._rules.tool_asked, self._did_effect)
        self._loop.set_exception_handler(lambda _, context: self._rules.broken(SOUND, problem(context)))
        began = self._loop.time()
        ended = ""
        with unforeseen(lambda what: self._rules.broken(SOUND, what)):
            async with Tasks("monitor") as self._tasks, contextlib.AsyncExitStack() as stack:
                stack.push_async_callback(self._tools.close)
                agent = AgentDocument.model_validate(merged(self._document(), self._script.agent))
                if agent.languages:
                    identification.warm()
                await AgentStore(self._network.memory, _NAMES).put(TENANT, agent)
                for role in faults.ROLES:
                    for _ in range(WORKERS_PER_ROLE):
                        await self._hire(role)
                stack.push_async_callback(self._dismiss)
                ended = await self._call(stack)
            self._clean_world()
        self._rules.checked[SOUND] += 1
        self._expectations()
        return Outcome(
            self._seed,
            tuple(self._rules.violations),
            self._faults.injected,
            self._rules.checked,
            self._loop.time() - began,
            self._rules.conversation.newest_turn,
            ended,
            tuple(self._trace.lines),
            self._trace.digest() if self._trace.on else "",
        )

    def _document(self) -> dict[str, object]:
        """A share of the calls has the local brain, the others a seeded model."""
        brain = self._script.brain or ("local" if self._seed % LOCAL_SHARE == 0 else "model")
        if brain == "model":
            return _DOCUMENT
        return {**_DOCUMENT, "models": [{"provider": "rule_based"}, {"provider": "sim-second"}], "flows": FLOWS}

    # The call

    async def _call(self, stack: contextlib.AsyncExitStack) -> str:
        port = self._network.connect("gateway")
        claims = Claims(port, "gateway-1")
        await claims.start()
        stack.push_async_callback(claims.stop)
        context = gateway_platform(port, claims, self._loop, SimVad(off_frames=self._chance.randint(3, 7)))
        await context.announcements.prepare()
        await context.gateways.start()
        stack.push_async_callback(context.gateways.stop)
        calls = Calls(context)
        await calls.start()
        beating = Beating(port, "gateway", context.worker, 10, lambda: len(calls))
        gateway_tasks = await stack.enter_async_context(Tasks("gateway"))
        gateway_tasks.spawn(beating.run(), "beat")
        gateway_tasks.spawn(calls.watch(), "watch callers")
        leg = Leg(self._loop, self._rules)
        self._rules.leg = leg
        session = Session(
            TENANT,
            AGENT,
            session_pb2.CHANNEL_WEBSOCKET,
            session_pb2.AudioFormat(),
            language=self._script.language,
        )
        try:
            call = await calls.open(session, leg)
        except Refused as refused:
            self._rules.broken(ENDS, f"refused: {refused.reason}")
            return refused.reason
        self._line = (call, leg)
        name = call.session.call
        self._tasks.spawn(self._follow(name), "follow")
        caller = Caller(
            self._loop,
            leg,
            self._voices,
            self._script,
            chance=self._chance,
            habits=self._habits(),
            did=lambda what: self._trace.add(self._loop.time(), "caller", what),
        )
        caller.start(call)
        await self._until_over(calls, leg, call)
        caller.stop()
        held_s = max((port.is_held() for port in self._network.ports), default=0.0)
        # A worker that missed the end reads it from the stream in a while.
        rereads_s = RECHECK_S + 2 * BEAT_S if self._faults.log_rate else 0.0
        await asyncio.sleep(SETTLE_S + rereads_s + max(held_s, 0.0))
        await self._gone()
        stored = await read_log(self._network.memory, TENANT, name)
        self._rules.finished(self._followed, stored)
        self._left_behind(name)
        await calls.close()
        folded = self._rules.conversation.ended
        return folded.reason if folded else ""

    async def _until_over(self, calls: Calls, leg: Leg, call: Call) -> None:
        try:
            await asyncio.wait_for(leg.over.wait(), LONGEST_S)
        except TimeoutError:
            self._rules.broken(ENDS, f"not over after {LONGEST_S:.0f} s")
            call.hang_up(EndReason.CALLER_HUNG_UP)
        await calls.drain(40.0)

    async def _follow(self, call: str) -> None:
        """Somebody who follows the log from beside, as the monitor of the platform does."""
        async with aclosing(follow_log(self._network.connect("monitor"), TENANT, call)) as events:
            async for event in events:
                self._followed.apply(event)

    def _habits(self) -> Habits:
        habits = Habits(frame_ms=self._chance.choice((20, 20, 40, 60)), lost=self._count)
        if "caller_line" in self._faults.kinds:
            habits.frame_lost = self._chance.choice((0.0, 0.01, 0.05))
            habits.stall = self._chance.choice((0.0, 0.002, 0.01))
        if "clocks_drift" in self._faults.kinds:
            habits.drift = self._chance.uniform(-0.005, 0.005)
        return habits

    def _count(self, kind: str) -> None:
        self._faults.injected[kind] += 1

    # Workers

    async def _hire(self, role: Role) -> None:
        self._made += 1
        name = f"{role}-{self._made}"
        port = self._network.connect(name)
        drift, offset_s = self._faults.drift()
        own = clock.SimClock(self._loop, drift=drift, offset_s=offset_s)
        context = contextvars.copy_context()
        context.run(core_clock.CURRENT.set, own)
        claimed = ClaimedWorker(port, role, name, 4, self._open_call(role, name, port, own))
        worker = _Worker(role, name, port, claimed, context)
        self._workers.append(worker)
        await self._in_its_place(worker, claimed.start())

    async def _in_its_place(self, worker: _Worker, work: Awaitable[None]) -> None:
        """Run something as this worker: its clock is the one its parts read."""

        async def run() -> None:
            await work

        await self._loop.create_task(run(), name=f"monitor/{worker.name}", context=worker.context)

    def _open_call(self, role: Role, name: str, port: Port, own: clock.SimClock) -> OpenCall:
        if role == "asr":
            ears = SimEars(self._voices, self._faults, self._chance, languages=self._script.hears)
            return AsrOpener(
                port,
                Registry("recogniser", [ears]),
                default=ears.name,
                worker=name,
                limits=CallLimits(),
                clock=own,
                attempts=Attempts(asr_metrics().providers),
                metrics=asr_metrics(),
            ).open_call
        if role == "tts":
            voices = [SimVoice(one, self._voices, self._faults, self._chance) for one in ("sim", "sim-second")]
            return TtsOpener(
                port,
                Registry("voice", voices),
                worker=name,
                clock=own,
                attempts=Attempts(speech_metrics().providers),
                metrics=speech_metrics(),
                shape=Shape(),
                patience=Patience(),
            ).open_call
        replays = self._seed % 3 != 0
        models: list[ModelProvider] = [
            SimModel(
                one, self._seed, self._faults, replays=replays, acts=0.3, asked=self._rules.asked if replays else None
            )
            for one in ("sim", "sim-second")
        ]
        models.append(SimLocal(self._faults, self._rules.asked))
        return LlmOpener(
            port,
            ReplyTuning(),
            own,
            worker=name,
            router=Router(Registry("model", models), Attempts(llm_metrics().providers), token_gap_s=5.0),
            knowledge=SimKnowledge(self._faults),
            tools=SimTools(self._tools, port.passage),
            metrics=llm_metrics(),
        ).open_call

    async def _end(self, worker: _Worker) -> None:
        await worker.claimed.stop()

    async def _drain(self, worker: _Worker) -> None:
        await worker.claimed.drain(8.0)
        await worker.claimed.stop()

    async def _replace(self, worker: _Worker) -> None:
        await asyncio.sleep(self._chance.uniform(0.3, 3.0))
        await self._hire(worker.role)

    async def _gone(self) -> None:
        """Wait for workers that were asked to stop."""
        for worker in self._workers:
            if worker.ending is not None:
                await asyncio.wait([worker.ending])

    async def _dismiss(self) -> None:
        await self._gone()
        for worker in self._workers:
            if worker.ending is None:
                await self._in_its_place(worker, worker.claimed.stop())

    # What happens to it

    def _traced(self, subject: str, data: bytes, port: Port, stored: bool) -> None:
        self._trace.message(self._loop.time(), subject, data, port.name)

    def _happened(self, subject: str, data: bytes, port: Port, stored: bool) -> None:
        while stored and self._pending and self._pending[0].event <= len(self._rules.events):
            self._loop.call_soon(self._inject, self._pending.pop(0))

    def _inject(self, one: AtEvent) -> None:
        if one.kind == "bus_paused":
            self._note(one.kind, f"the bus pauses for {one.seconds:.1f} s")
            self._network.held_until = self._loop.time() + one.seconds
            return
        if one.kind == "line_broken":
            self._break_line(one)
            return
        holding = [worker for worker in self._workers if worker.role == one.role and worker.ending is None]
        busy = [worker for worker in holding if worker.claimed.calls]
        if not holding:
            return
        worker = (busy or holding)[0]
        self._note(one.kind, worker.name)
        if one.kind == "worker_held":
            worker.port.hold(one.seconds)
            return
        if one.kind == "worker_killed":
            worker.port.kill()
            another = bool(busy) and len(holding) > 1 and not self._faults.kinds & UNPROMISED
            self._rules.worker_killed(one.role, another=another)
        going = self._end(worker) if one.kind == "worker_killed" else self._drain(worker)
        worker.ending = self._loop.create_task(going, name=f"monitor/end {worker.name}", context=worker.context)
        self._tasks.spawn(self._replace(worker), "hire")

    def _break_line(self, one: AtEvent) -> None:
        call, leg = self._line
        if not call.ready or call.disconnected:
            return
        self._note(one.kind, f"the caller is away for {one.seconds:.1f} s")
        leg.broken = True
        call.leg_lost(EndReason.CLIENT_GONE)

        def back() -> None:
            if call.disconnected:
                call.resume(leg)

        self._loop.call_later(one.seconds, back)

    def _note(self, kind: str, what: str) -> None:
        self._count(kind)
        self._trace.add(self._loop.time(), "fault", f"{kind} {what}")

    def _did_effect(self, effect: Any) -> None:
        self._trace.add(effect.at, "tools", f"{effect.tool} done for turn {effect.turn}")
        self._rules.effect(effect)

    # The end

    def _left_behind(self, call: str) -> None:
        listeners = [one for one in self._network.listeners(call) if not one.startswith("monitor ")]
        holding = [f"{w.name}" for w in self._workers if w.claimed.calls and w.port.alive]
        expected = (*_TASKS_OF_WORKERS, *(f"{role} worker/" for role in faults.ROLES))
        tasks = [
            task.get_name()
            for task in asyncio.all_tasks()
            if not task.get_name().startswith(expected)
            and task.get_name() != "world"
            and not (
                task.get_name().startswith("subscription call.")
                and call in task.get_name()
                and ".log.*" in task.get_name()
            )
        ]
        self._rules.left_behind(listeners, tasks, holding)

    def _clean_world(self) -> None:
        left = [task.get_name() for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        self._rules.check(CLEAN, not left, f"tasks of workers that have stopped: {', '.join(sorted(left))}")

    def _expectations(self) -> None:
        missed = deviations(self._script.expect, observed(self._rules.events))
        self._rules.check(SCRIPT, not missed, "; ".join(missed))
        for wanted, got, what in expectations.differences(self._script.expect, self._rules):
            self._rules.check(SCRIPT, wanted == got, f"{what}: expected {wanted}, were {got}")
