"""Composition root of the speech service: the only place that names concrete classes."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from parley.v1 import speech_pb2_grpc
from parley_core import rpc
from parley_core.bus.claims import ClaimedWorker
from parley_core.bus.connection import connect
from parley_core.clock import SystemClock
from parley_core.errors import Unavailable
from parley_core.providers import Attempts, Registry
from parley_core.runtime import Runtime

from parley_tts.call import Patience
from parley_tts.metrics import SpeechMetrics
from parley_tts.opener import ROLE, CallOpener
from parley_tts.providers.base import SpeechProvider
from parley_tts.providers.registry import build_registry
from parley_tts.rpc import TtsServicer
from parley_tts.settings import TtsSettings
from parley_tts.shaping import Shape

log = logging.getLogger(__name__)


@asynccontextmanager
async def app(settings: TtsSettings, runtime: Runtime) -> AsyncIterator[None]:
    metrics = SpeechMetrics()
    async with (
        connect(
            settings.nats_url,
            runtime.worker,
            unsent_dir=settings.unsent_dir,
            health=runtime.health,
        ) as bus,
        build_registry(settings) as registry,
    ):
        await _start(registry, settings.provider)
        opener = CallOpener(
            bus,
            registry,
            preferred=settings.provider,
            worker=runtime.worker,
            clock=SystemClock(),
            attempts=Attempts(metrics.providers),
            metrics=metrics,
            shape=Shape(),
            patience=Patience(),
        )
        worker = ClaimedWorker(bus, ROLE, runtime.worker, settings.capacity, opener.open_call)
        servicer = (
            speech_pb2_grpc.add_TtsServicer_to_server,
            TtsServicer(registry, settings.provider),
            "parley.v1.Tts",
        )
        async with rpc.serve(runtime, settings.bind_host, settings.grpc_port, [servicer]):
            await worker.start()
            runtime.on_drain(lambda: worker.drain(settings.drain_timeout_s))
            runtime.health.set("speech", True)
            try:
                yield
            finally:
                await worker.stop()


async def _start(registry: Registry[SpeechProvider], chosen: str) -> None:
    """Have the voices ready that will be asked for: the one that the settings choose, or else every one.

    A voice that cannot start is done without, unless it was chosen.
    """
    for name in [chosen] if chosen else registry.names:
        try:
            await registry.get(name)
        except Unavailable as error:
            if name == chosen:
                raise
            log.warning("a voice is unavailable", extra={"provider": name, "why": str(error)})
