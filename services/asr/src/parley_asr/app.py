"""Composition root of the asr service: the only place that names concrete classes."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from parley.v1 import speech_pb2_grpc
from parley_core.agents import AgentStore
from parley_core.bus.claims import ClaimedWorker
from parley_core.bus.connection import connect
from parley_core.clock import SystemClock
from parley_core.errors import Unavailable
from parley_core.providers import Attempts, Registry
from parley_core.rpc import serve
from parley_core.runtime import Runtime

from parley_asr.call import CallLimits
from parley_asr.metrics import AsrMetrics
from parley_asr.opener import ROLE, CallOpener
from parley_asr.providers.base import RecogniserProvider
from parley_asr.providers.registry import DECODE_TIMEOUT_S, build_registry
from parley_asr.rpc import AsrServicer
from parley_asr.settings import AsrSettings

log = logging.getLogger(__name__)

OWN = ("whisper", "pocketsphinx")  # the platform's own, best first
# Recordings transcribed at once: each takes a decoder from the calls.
_TRANSCRIPTIONS = 2


@asynccontextmanager
async def app(settings: AsrSettings, runtime: Runtime) -> AsyncIterator[None]:
    metrics = AsrMetrics()
    # A decoder that hangs is found by its own, shorter deadline.
    limits = CallLimits(last_answer_s=DECODE_TIMEOUT_S + 1)
    async with (
        connect(
            settings.nats_url,
            runtime.worker,
            unsent_dir=settings.unsent_dir,
            health=runtime.health,
        ) as bus,
        build_registry(settings) as registry,
    ):
        default = await _default(registry, settings.provider)
        opener = CallOpener(
            bus,
            registry,
            default=default,
            worker=runtime.worker,
            limits=limits,
            clock=SystemClock(),
            attempts=Attempts(metrics.providers),
            metrics=metrics,
        )
        worker = ClaimedWorker(bus, ROLE, runtime.worker, settings.capacity, opener.open_call)
        servicer = AsrServicer(registry, AgentStore(bus), default=default, at_once=_TRANSCRIPTIONS)
        services = [(speech_pb2_grpc.add_AsrServicer_to_server, servicer, "parley.v1.Asr")]
        async with serve(runtime, settings.bind_host, settings.grpc_port, services):
            await worker.start()
            runtime.on_drain(lambda: worker.drain(settings.drain_timeout_s))
            runtime.health.set("recogniser", True, default)
            try:
                yield
            finally:
                await worker.stop()


async def _default(registry: Registry[RecogniserProvider], chosen: str) -> str:
    """Who hears the callers of agents that name nobody: started, and named in one line where it is not the best."""
    if chosen:
        await registry.start([chosen])
        return chosen
    best, tiny = OWN
    try:
        await registry.start([best])
    except Unavailable as error:
        log.warning("Whisper is unavailable, PocketSphinx recognises speech instead", extra={"why": str(error)})
        await registry.start([tiny])
        return tiny
    return best
