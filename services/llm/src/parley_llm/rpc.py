"""gRPC in: the Llm service. Decode, call, answer."""

import logging

import grpc
from parley.v1 import llm_pb2, llm_pb2_grpc
from parley_core.agents import AgentStore
from parley_core.errors import BadInput, NotFound, ParleyError

from parley_llm.providers.base import JsonModel
from parley_llm.summaries import local, modelled

log = logging.getLogger(__name__)

MOST_LINES = 5000


class Summaries(llm_pb2_grpc.LlmServicer):
    def __init__(self, agents: AgentStore, writer: JsonModel | None, override: str) -> None:
        self._agents = agents
        self._writer = writer
        self._override = override
        self._local = local.Summariser()

    async def Summarise(
        self, request: llm_pb2.SummariseRequest, context: "grpc.aio.ServicerContext[object, object]"
    ) -> llm_pb2.SummariseResponse:
        if len(request.lines) > MOST_LINES:
            raise BadInput("lines", f"more than {MOST_LINES}")
        summary = self._local.summarise(request)
        if self._writer is not None and await self._wants_model(request):
            try:
                return await modelled.summarise(self._writer, request, summary)
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
