"""gRPC in: the Llm service. Decode, call, answer."""

import logging
from collections.abc import Mapping

import grpc
from parley.v1 import llm_pb2, llm_pb2_grpc
from parley_core.agents import AgentStore
from parley_core.errors import BadInput, NotFound, ParleyError

from parley_llm.providers.base import ModelProvider
from parley_llm.providers.openai_compatible import OpenAiProvider
from parley_llm.summaries import local, modelled

log = logging.getLogger(__name__)

MOST_LINES = 5000


class Summaries(llm_pb2_grpc.LlmServicer):
    def __init__(self, agents: AgentStore, providers: Mapping[str, ModelProvider], override: str) -> None:
        self._agents = agents
        self._providers = providers
        self._override = override
        self._local = local.Summariser()

    async def Summarise(
        self, request: llm_pb2.SummariseRequest, context: "grpc.aio.ServicerContext[object, object]"
    ) -> llm_pb2.SummariseResponse:
        if len(request.lines) > MOST_LINES:
            raise BadInput("lines", f"more than {MOST_LINES}")
        summary = self._local.summarise(request)
        provider = self._providers.get("openai")
        if isinstance(provider, OpenAiProvider) and await self._wants_model(request):
            try:
                return await modelled.summarise(provider, request, summary)
            except ParleyError as error:
                log.warning("model summary failed", extra={"error": type(error).__name__})
        return summary

    async def _wants_model(self, request: llm_pb2.SummariseRequest) -> bool:
        """Whether the agent's first model is the one that is asked; a local agent's words stay on this machine."""
        if self._override:
            return self._override == "openai"
        try:
            agent = await self._agents.get(request.tenant, request.agent, request.agent_version)
        except (NotFound, BadInput):
            return False
        return agent.models[0].provider == "openai"
