"""Composition root of the speech service: the only place that names concrete classes."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from parley.v1 import speech_pb2_grpc
from parley_core import rpc
from parley_core.bus.claims import ClaimedWorker
from parley_core.bus.connection import connect
from parley_core.clock import SystemClock
from parley_core.runtime import Runtime

from parley_tts.call import Patience
from parley_tts.handlers import Opener
from parley_tts.metrics import SpeechMetrics
from parley_tts.providers.base import SpeechProvider
from parley_tts.providers.espeak import EspeakProvider
from parley_tts.providers.fake import FakePace, FakeProvider
from parley_tts.providers.pyttsx3 import Pyttsx3Provider
from parley_tts.providers.registry import Registry, started
from parley_tts.rpc import TtsServicer
from parley_tts.settings import TtsSettings
from parley_tts.shaping import Shape


@asynccontextmanager
async def app(settings: TtsSettings, runtime: Runtime) -> AsyncIterator[None]:
    async with (
        connect(settings.nats_url, runtime.worker, timeout_s=settings.connect_timeout_s) as bus,
        started(registry_of(settings)) as registry,
    ):
        opener = Opener(
            bus,
            registry,
            worker=runtime.worker,
            clock=SystemClock(),
            metrics=SpeechMetrics(),
            shape=Shape(settings.first_chunk_ms, settings.chunk_ms, settings.sentence_gap_ms),
            patience=Patience(settings.first_audio_timeout_s, settings.next_audio_timeout_s),
        )
        worker = ClaimedWorker(bus, "tts", runtime.worker, settings.capacity, opener.open_call)
        servicer = (speech_pb2_grpc.add_TtsServicer_to_server, TtsServicer(registry), "parley.v1.Tts")
        async with rpc.serve(runtime, settings.grpc_host, settings.grpc_port, [servicer]):
            await worker.start()
            runtime.on_drain(lambda: worker.drain(settings.drain_timeout_s))
            runtime.health.set("speech", True)
            try:
                yield
            finally:
                await worker.stop()


def registry_of(settings: TtsSettings) -> Registry:
    providers: dict[str, SpeechProvider] = {"espeak": EspeakProvider(), "pyttsx3": Pyttsx3Provider()}
    if settings.provider == "fake":  # never a fallback of a service that callers hear
        pace = FakePace(settings.fake_first_ms, settings.fake_times_real_time, settings.fake_word_ms)
        providers = {"fake": FakeProvider(pace), **providers}
    return Registry(providers, preferred=settings.provider)
