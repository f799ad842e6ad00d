"""Puts asr together: the bus, a provider, the claimed worker and the gRPC service. Only here classes are named."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from parley.v1 import live_pb2, speech_pb2_grpc
from parley_core.agents import AgentStore
from parley_core.bus.claims import ClaimedWorker
from parley_core.bus.connection import connect
from parley_core.bus.log import CallLog
from parley_core.bus.port import Bus
from parley_core.clock import Clock, SystemClock
from parley_core.rpc import serve
from parley_core.runtime import Runtime

from parley_asr.call import AsrCall, CallLimits, Finished
from parley_asr.call_language import CallRecogniser
from parley_asr.metrics import AsrMetrics
from parley_asr.providers.base import Provider, Recogniser
from parley_asr.providers.registry import open_provider
from parley_asr.rpc import AsrServicer
from parley_asr.settings import AsrSettings
from parley_asr.speech import speech_of

ROLE = "asr"


class Opener:
    """Opens a call for each claim."""

    def __init__(self, bus: Bus, provider: Provider, worker: str, limits: CallLimits, clock: Clock) -> None:
        self._bus = bus
        self._provider = provider
        self._worker = worker
        self._limits = limits
        self._clock = clock
        self._agents = AgentStore(bus)
        self._finished = Finished()
        self._metrics = AsrMetrics()

    async def open(self, claim: live_pb2.Claim) -> AsrCall:
        """Raises NotFound for an agent nobody published, BadInput where the provider hears none of its languages."""
        document = await self._agents.get(claim.tenant, claim.agent, claim.agent_version)
        language = claim.language or document.language
        known = [tag for tag in document.tags if self._provider.hears(tag)]
        if document.tag_of(language) not in known:
            # Another of the agent's languages is better than a call without ears; the answer tells which are heard.
            language = known[0] if known and len(document.tags) > 1 else language

        async def open_for(language: str) -> Recogniser:
            others = [tag for tag in known if tag != language]
            return await self._provider.open(speech_of(document.spoken_in(language)), language, others=others)

        call_log = CallLog(self._bus, claim.tenant, claim.call, f"{ROLE}/{self._worker}")
        call = AsrCall(
            self._bus,
            claim,
            CallRecogniser(await open_for(language), language, known, open_for, call_log),
            self._provider,
            calllog=call_log,
            finished=self._finished,
            limits=self._limits,
            clock=self._clock,
            metrics=self._metrics,
        )
        try:
            await call.start()
        except BaseException:
            await call.close("not opened")
            raise
        return call


@asynccontextmanager
async def app(settings: AsrSettings, runtime: Runtime) -> AsyncIterator[None]:
    limits = CallLimits(
        chunk_ms=settings.chunk_ms,
        max_utterance_s=settings.max_utterance_s,
        missing_audio_s=settings.missing_audio_ms / 1000,
    )
    async with (
        connect(settings.nats_url, runtime.worker, timeout_s=settings.connect_timeout_s) as bus,
        open_provider(settings) as provider,
    ):
        opener = Opener(bus, provider, runtime.worker, limits, SystemClock())
        worker = ClaimedWorker(bus, ROLE, runtime.worker, settings.capacity, opener.open)
        servicer = AsrServicer(provider, AgentStore(bus), at_once=settings.transcriptions)
        services = [(speech_pb2_grpc.add_AsrServicer_to_server, servicer, "parley.v1.Asr")]
        async with serve(runtime, settings.grpc_host, settings.grpc_port, services):
            await worker.start()
            runtime.on_drain(lambda: worker.drain(settings.drain_timeout_s))
            runtime.health.set("bus", True)
            runtime.health.set("recogniser", True, provider.name)
            try:
                yield
            finally:
                await worker.stop()
