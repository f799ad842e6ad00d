"""Composition root of the llm service: the only place that names concrete classes."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from parley.v1 import llm_pb2_grpc
from parley_core import rpc
from parley_core.agents import AgentStore
from parley_core.bus.claims import ClaimedWorker
from parley_core.bus.connection import connect
from parley_core.clock import SystemClock
from parley_core.providers import Attempts
from parley_core.providers.news import RefusalNews
from parley_core.runtime import Runtime

from parley_llm.clients import RagClient, ToolsClient
from parley_llm.metrics import LlmMetrics
from parley_llm.opener import ROLE, CallOpener
from parley_llm.providers.registry import build_registry
from parley_llm.providers.router import Router
from parley_llm.providers.rule_based.brain import RuleBasedProvider
from parley_llm.rpc import Summaries
from parley_llm.settings import LlmSettings
from parley_llm.tuning import ReplyTuning


@asynccontextmanager
async def app(settings: LlmSettings, runtime: Runtime) -> AsyncIterator[None]:
    metrics = LlmMetrics()
    rag_channel, tools_channel = rpc.connect(settings.rag_address), rpc.connect(settings.tools_address)
    tuning = ReplyTuning()
    knowledge = RagClient(rag_channel, timeout_s=tuning.rag_s)
    rule_based = RuleBasedProvider(knowledge)
    registry = build_registry(settings, rule_based)
    attempts = Attempts(metrics.providers)
    router = Router(
        registry,
        attempts,
        token_gap_s=tuning.token_gap_s,
        last_s=tuning.last_first_token_s,
        override=settings.provider,
    )
    try:
        async with (
            registry,
            connect(
                settings.nats_url,
                f"llm {runtime.worker}",
                unsent_dir=settings.unsent_dir,
                health=runtime.health,
            ) as bus,
        ):
            await registry.start(registry.names)
            news = RefusalNews(bus, ROLE, runtime.worker, attempts, settings.access)
            await news.start()
            opener = CallOpener(
                bus,
                tuning,
                SystemClock(),
                worker=runtime.worker,
                router=router,
                knowledge=knowledge,
                tools=ToolsClient(tools_channel),
                metrics=metrics,
                warm=None if settings.provider == "fake" else rule_based.warm,
            )
            claimed = ClaimedWorker(bus, ROLE, runtime.worker, settings.capacity, opener.open_call)
            summaries = Summaries(AgentStore(bus), router)
            service = (llm_pb2_grpc.add_LlmServicer_to_server, summaries, "parley.v1.Llm")
            async with rpc.serve(runtime, settings.bind_host, settings.grpc_port, [service]):
                await claimed.start()
                runtime.on_drain(lambda: claimed.drain(settings.drain_timeout_s))
                try:
                    yield
                finally:
                    await claimed.stop()
                    await news.close()
    finally:
        await rag_channel.close()
        await tools_channel.close()
