"""gRPC in: the Llm service. Decode, call, answer."""

import logging

import grpc
from parley.v1 import llm_pb2, llm_pb2_grpc
from parley_core.agents import AgentStore
from parley_core.errors import BadInput, NotFound, ParleyError

from parley_llm.providers.router import Router
from parley_llm.summaries import local, modelled

log = logging.getLogger(__name__)

MOST_LINES = 5000


class Summaries(llm_pb2_grpc.LlmServicer):
    def __init__(self, agents: AgentStore, router: Router) -> None:
        self._agents = agents
        self._router = router
        self._local = local.Summariser()

    async def Summarise(
        self, request: llm_pb2.SummariseRequest, context: "grpc.aio.ServicerContext[object, object]"
    ) -> llm_pb2.SummariseResponse:
        if len(request.lines) > MOST_LINES:
            raise BadInput("lines", f"more than {MOST_LINES}")
        summary = self._local.summarise(request)
        try:
            agent = await self._agents.get(request.tenant, request.agent, request.agent_version)
        except (NotFound, BadInput):
            return summary
        try:
            written = await self._router.first_answer(
                agent, lambda provider, model: modelled.summarise(provider, model, request, summary)
            )
        except ParleyError as error:
            log.warning("model summary failed", extra={"error": type(error).__name__})
            return summary
        return written or summary
