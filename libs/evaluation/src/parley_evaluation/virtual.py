"""The same calls on a virtual clock: real gateway, recogniser, voice and model in one process, no sockets.

`run` uses it for `--virtual`. Time passes only with what is computed: a decode takes its CPU time, on cores that nobody
else uses. So a busy machine changes nothing, and a change of the turn logic is compared on equal calls.
"""

import asyncio
import contextlib
import hashlib
import pickle
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, TypeVar, TypeVarTuple

from parley.v1 import session_pb2
from parley_asr.call import CallLimits
from parley_asr.opener import CallOpener as AsrOpener
from parley_asr.providers.whisper import decoder
from parley_asr.providers.whisper.decoder import Decoding, Skipped, WhisperDecoder
from parley_asr.providers.whisper.models import Models
from parley_asr.providers.whisper.process import INTERIM_WAITS_S, Job
from parley_asr.providers.whisper.provider import WhisperProvider
from parley_asr.providers.whisper.wire import Decoded, Wish
from parley_cli.loudspeaker import Loudspeaker
from parley_core import clock as core_clock
from parley_core.agents import AgentStore
from parley_core.bus.claims import Beating, ClaimedWorker, Claims, OpenCall
from parley_core.errors import NotAllowed
from parley_core.providers import Attempts, Names, Registry
from parley_core.reasons import EndReason, Reason
from parley_core.tasks import Tasks
from parley_gateway.call.call import Call
from parley_gateway.call.registry import Calls
from parley_gateway.call_events import CallEvent
from parley_gateway.caller import Caller as Session
from parley_gateway.channels.event_json import to_json
from parley_gateway.listening.vad import BatchedVad
from parley_llm.opener import CallOpener as LlmOpener
from parley_llm.providers.base import ModelEvent, ModelRequest
from parley_llm.providers.router import Router
from parley_llm.providers.rule_based.brain import RuleBasedProvider
from parley_llm.tuning import ReplyTuning
from parley_sim import clock
from parley_sim.assembly import asr_metrics, gateway_platform, llm_metrics, speech_metrics
from parley_sim.network import Network, Port
from parley_testing.conversation import FakeKnowledge, FakeTools
from parley_tts.call import Patience
from parley_tts.opener import CallOpener as TtsOpener
from parley_tts.providers.hibari import HibariProvider
from parley_tts.shaping import Shape

from parley_evaluation.agent import document_of
from parley_evaluation.caller import PlanCaller
from parley_evaluation.trades import Trade

TENANT = "eval"
BUS_S = 0.001  # one way
MODEL_S = 0.03
ECHO_S = 0.06  # from the loudspeaker through the room to the microphone
THREADS = 2  # of the recogniser
FRAME_S = 0.02
LONGEST_S = 600.0
READY_WITHIN_S = 20.0
_REAL_S = 3600.0
_ROLES = ("asr", "llm", "tts")

T = TypeVar("T")
Ts = TypeVarTuple("Ts")


class _Loop(clock.VirtualLoop):
    """What other loops give to threads is done at once, and takes its CPU time."""

    def run_in_executor(self, executor: object, func: Callable[[*Ts], T], *args: *Ts) -> "asyncio.Future[T]":
        future: asyncio.Future[T] = self.create_future()
        began = time.process_time()
        try:
            result = func(*args)
        except Exception as error:  # noqa: BLE001 - it is the future's
            future.set_exception(error)
            return future
        self.call_later(time.process_time() - began, _settle, future, result)
        return future


def _settle(future: "asyncio.Future[T]", result: T) -> None:
    if not future.done():
        future.set_result(result)


class Kept:
    """Decodes of earlier runs: the same sound is decoded once, whatever the turn logic makes of it. A recogniser that
    was changed begins anew."""

    def __init__(self, folder: Path) -> None:
        made_by = hashlib.sha256()
        for source in sorted(Path(decoder.__file__).parent.glob("*.py")):
            made_by.update(source.read_bytes())
        self._folder = folder / made_by.hexdigest()[:12]
        self._folder.mkdir(parents=True, exist_ok=True)

    def get(self, pcm: bytes, wish: Wish, interim: bool, make: Callable[[], Decoded]) -> tuple[Decoded, float]:
        """The decode and the CPU seconds that it takes."""
        key = hashlib.sha256(pcm + repr((wish, interim)).encode()).hexdigest()[:32]
        file = self._folder / key[:2] / key
        with contextlib.suppress(OSError, EOFError):
            kept: tuple[Decoded, float] = pickle.loads(file.read_bytes())
            return kept
        began = time.process_time()
        decoded = make()
        taken = decoded, time.process_time() - began
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(pickle.dumps(taken))
        return taken


@dataclass(slots=True)
class _Waiting:
    job: Job
    wish: Wish
    decoding: Decoding
    since: float


class _VirtualDecoder(WhisperDecoder):
    """Decodes in this process, in the order and with the threads of the real one."""

    def __init__(self, models: Models, kept: Kept) -> None:
        super().__init__(Path(), threads=THREADS, timeout_s=60.0)
        self._models = models
        self._kept = kept
        self._jobs: list[_Waiting] = []
        self._busy = self._interims = self._made = 0
        self.languages = frozenset(models.languages)

    async def start(self) -> None:
        """Ready as made."""

    def decode(self, pcm: bytes, wish: Wish, *, interim: bool = False) -> Decoding:
        loop = asyncio.get_running_loop()
        self._made += 1
        decoding: Decoding = loop.create_future()
        self._jobs.append(_Waiting(Job(interim, self._made, {}, pcm), wish, decoding, loop.time()))
        self._jobs.sort(key=lambda one: one.job)
        self._pump()
        return decoding

    def _pump(self) -> None:
        loop = asyncio.get_running_loop()
        while self._busy < THREADS:
            self._jobs = [one for one in self._jobs if not one.decoding.done()]
            if not self._jobs or (self._jobs[0].job.interim and self._interims >= max(THREADS - 1, 1)):
                return
            one = self._jobs.pop(0)
            job, waiting = one.job, sum(not other.job.interim for other in self._jobs)
            if job.interim and (waiting or loop.time() - one.since > INTERIM_WAITS_S):
                one.decoding.set_exception(Skipped())
                one.decoding.exception()
                continue
            decoded, took_s = self._kept.get(job.pcm, one.wish, job.interim, partial(self._decode, one, waiting))
            self._busy += 1
            self._interims += job.interim
            loop.call_later(took_s, self._done, one, decoded)

    def _decode(self, one: _Waiting, waiting: int) -> Decoded:
        return self._models.decode(one.job.pcm, one.wish, interim=one.job.interim, waiting=waiting)

    def _done(self, one: _Waiting, decoded: Decoded) -> None:
        self._busy -= 1
        self._interims -= one.job.interim
        _settle(one.decoding, decoded)
        self._pump()


class _Model(RuleBasedProvider):
    """The rule-based model, which takes as long as it does beside a knowledge service."""

    async def stream(self, request: ModelRequest) -> AsyncIterator[ModelEvent]:
        await asyncio.sleep(MODEL_S)
        async for event in super().stream(request):
            yield event


@dataclass(slots=True)
class VirtualCaller:
    """The caller's end, as the gateway's leg and as `PlanCaller` knows one. See `parley_gateway.ports.Leg`."""

    microphone: Callable[[bytes], bytes]
    loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.get_running_loop)
    loudspeaker: Loudspeaker = field(default_factory=Loudspeaker)
    messages: list[dict[str, Any]] = field(default_factory=list)
    ended: dict[str, Any] | None = None
    late_s: float = 0.0
    last_seen: float = 0.0
    ear_delay_s: float = 0.0
    call: str = ""
    began: float = 0.0
    over: asyncio.Event = field(default_factory=asyncio.Event)
    _talking: Call | None = None

    def send_audio(self, frame: bytes | memoryview) -> None:
        self.loudspeaker.take(bytes(frame), self.loop.time())

    def clear_audio(self) -> None:
        self.loudspeaker.clear(self.loop.time())

    def send_event(self, event: CallEvent) -> None:
        self.messages.append({**to_json(event), "at_s": round(self.loop.time() - self.began, 3)})

    async def transfer(self, address: str, summary: str) -> None:
        raise NotAllowed("a transfer", "nobody else is there")

    def close(self, reason: Reason, detail: str = "") -> None:
        if self.ended is None:
            self.ended = {"type": "ended", "reason": str(reason), "detail": detail}
        self.over.set()

    def start(self, call: Call) -> None:
        self._talking, self.call = call, call.session.call
        self.began = self.loop.time()
        self.loop.call_at(self.began, self._tick, 0)

    async def hang_up(self) -> None:
        if self._talking is not None and self.ended is None:
            self._talking.hang_up(EndReason.CALLER_HUNG_UP)

    def _tick(self, number: int) -> None:
        if self.ended is not None or self._talking is None:
            return
        now = self.began + number * FRAME_S
        self.last_seen = now
        heard = now - ECHO_S
        self._talking.caller.audio(self.microphone(self.loudspeaker.between(heard - FRAME_S, heard)))
        self.loop.call_at(now + FRAME_S, self._tick, number + 1)


class VirtualPlatform:
    """Models that are loaded once, and calls to them, each in a world of its own."""

    def __init__(self, weights: Path, kept: Path) -> None:
        self._models = Models(weights, THREADS)
        self._kept = Kept(kept)
        self._voice = HibariProvider(weights)
        asyncio.run(self._voice.start())

    def call(self, trade: Trade, pause_ms: int, person: PlanCaller) -> VirtualCaller:
        """Play one call to its end."""
        loop = _Loop(real_s=_REAL_S)
        try:
            asyncio.set_event_loop(loop)
            caller = loop.run_until_complete(self._world(loop, trade, pause_ms, person))
            left = asyncio.all_tasks(loop)
            for task in left:
                task.cancel()
            loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
        finally:
            asyncio.set_event_loop(None)
            loop.close()
        return caller

    async def _world(
        self, loop: asyncio.AbstractEventLoop, trade: Trade, pause_ms: int, person: PlanCaller
    ) -> VirtualCaller:
        core_clock.CURRENT.set(clock.SimClock(loop))
        network = Network(delay_s=BUS_S)
        document = document_of(trade, pause_ms)
        names = Names(recogniser=frozenset({"whisper"}), model=frozenset({"rule_based"}), voice=frozenset({"hibari"}))
        await AgentStore(network.memory, names).put(TENANT, document)
        async with contextlib.AsyncExitStack() as stack:
            for role in _ROLES:
                await self._hire(stack, loop, network.connect(role), role, trade)
            calls = await self._gateway(stack, loop, network.connect("gateway"))
            caller = VirtualCaller(person.microphone)
            session = Session(TENANT, document.agent, session_pb2.CHANNEL_WEBSOCKET, session_pb2.AudioFormat())
            caller.start(await calls.open(session, caller))
            person.clock = loop.time
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LONGEST_S):
                    await person.play(caller)
                    await caller.over.wait()
            await calls.drain(10.0)
            await calls.close()
        return caller

    async def _gateway(self, stack: contextlib.AsyncExitStack, loop: asyncio.AbstractEventLoop, port: Port) -> Calls:
        claims = Claims(port, "gateway-1")
        await claims.start()
        stack.push_async_callback(claims.stop)
        context = gateway_platform(port, claims, loop, BatchedVad(loop))
        await context.gateways.start()
        stack.push_async_callback(context.gateways.stop)
        calls = Calls(context)
        await calls.start()
        tasks = await stack.enter_async_context(Tasks("gateway"))
        tasks.spawn(Beating(port, "gateway", context.worker, 10, lambda: len(calls)).run(), "beat")
        tasks.spawn(calls.watch(), "watch callers")
        return calls

    async def _hire(
        self, stack: contextlib.AsyncExitStack, loop: asyncio.AbstractEventLoop, port: Port, role: str, trade: Trade
    ) -> None:
        claimed = ClaimedWorker(port, role, f"{role}-1", 4, self._open_call(port, role, trade, clock.SimClock(loop)))
        await claimed.start()
        stack.push_async_callback(claimed.stop)

    def _open_call(self, port: Port, role: str, trade: Trade, own: clock.SimClock) -> OpenCall:
        if role == "asr":
            ear = WhisperProvider(_VirtualDecoder(self._models, self._kept))
            return AsrOpener(
                port,
                Registry("recogniser", [ear]),
                default=ear.name,
                worker="asr-1",
                limits=CallLimits(),
                clock=own,
                attempts=Attempts(asr_metrics().providers),
                metrics=asr_metrics(),
            ).open_call
        if role == "tts":
            return TtsOpener(
                port,
                Registry("voice", [self._voice]),
                worker="tts-1",
                clock=own,
                attempts=Attempts(speech_metrics().providers),
                metrics=speech_metrics(),
                shape=Shape(),
                patience=Patience(),
            ).open_call
        known = FakeKnowledge({f"{one.heading} {' '.join(one.questions)}": one.answer for one in trade.topics})
        return LlmOpener(
            port,
            ReplyTuning(),
            own,
            worker="llm-1",
            router=Router(Registry("model", [_Model(known)]), Attempts(llm_metrics().providers), token_gap_s=5.0),
            knowledge=known,
            tools=FakeTools({}),
            metrics=llm_metrics(),
        ).open_call
