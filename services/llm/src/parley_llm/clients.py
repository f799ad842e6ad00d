"""The rag and tools services over gRPC, behind `ports`. Every call has a deadline; gRPC's errors become Parley's."""

import time
from collections.abc import Sequence

import grpc
from parley.v1 import events_pb2, rag_pb2, rag_pb2_grpc, tools_pb2, tools_pb2_grpc
from parley_core import rpc

from parley_llm.ports import Found, Hits, ToolCaller, Vector
from parley_llm.providers.base import Asker, ToolOutcome, ToolSpec

SEARCH_LIMIT = 5
LEAST_RELEVANCE = 0.15  # under it a passage is about something else
LIST_S = 3.0
EMBED_S = 10.0  # a flow's examples at once, on a busy machine; an utterance alone takes 30 ms


class RagClient:
    def __init__(self, channel: grpc.aio.Channel, *, timeout_s: float) -> None:
        self._stub = rag_pb2_grpc.RagStub(channel)
        self._timeout_s = timeout_s

    async def answer(self, asker: Asker, question: str) -> Found:
        began = time.monotonic()
        request = rag_pb2.AnswerRequest(
            tenant=asker.tenant,
            agent=asker.agent,
            question=question,
            permissions=asker.groups,
            language=asker.language,
        )
        with rpc.translating("rag"):
            answer = await self._stub.Answer(request, timeout=self._timeout_s)
        return Found(answer.text, answer.confidence, _citations(answer.hits), _ms_since(began))

    async def search(self, asker: Asker, query: str) -> Hits:
        began = time.monotonic()
        request = rag_pb2.SearchRequest(
            tenant=asker.tenant,
            agent=asker.agent,
            query=query,
            limit=SEARCH_LIMIT,
            permissions=asker.groups,
            spoken=asker.language,
            least=LEAST_RELEVANCE,
        )
        with rpc.translating("rag"):
            found = await self._stub.Search(request, timeout=self._timeout_s)
        return Hits(tuple(hit.text for hit in found.hits), _citations(found.hits), _ms_since(began))

    async def embed(self, tenant: str, texts: Sequence[str]) -> list[Vector]:
        timeout_s = self._timeout_s if len(texts) < 4 else EMBED_S
        with rpc.translating("rag"):
            answer = await self._stub.Embed(rag_pb2.EmbedRequest(tenant=tenant, texts=texts), timeout=timeout_s)
        return [tuple(vector.values) for vector in answer.vectors]


class ToolsClient:
    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub = tools_pb2_grpc.ToolsStub(channel)

    async def list_tools(self, tenant: str, names: Sequence[str]) -> tuple[ToolSpec, ...]:
        with rpc.translating("tools"):
            answer = await self._stub.ListTools(tools_pb2.ListToolsRequest(tenant=tenant, names=names), timeout=LIST_S)
        return tuple(
            ToolSpec(
                tool.name,
                tool.description,
                tool.parameters_schema or "{}",
                tool.side_effects,
                effects=tuple(tool.effects),
            )
            for tool in answer.tools
        )

    async def call_tool(
        self,
        caller: ToolCaller,
        *,
        turn: int,
        tool_call: str,
        tool: str,
        arguments_json: str,
        idempotency_key: str,
        timeout_s: float,
    ) -> ToolOutcome:
        request = tools_pb2.CallToolRequest(
            tenant=caller.tenant,
            call=caller.call,
            agent=caller.agent,
            user=caller.user,
            turn=turn,
            tool_call=tool_call,
            tool=tool,
            arguments_json=arguments_json,
            idempotency_key=idempotency_key,
            allowed=caller.allowed,
        )
        began = time.monotonic()
        with rpc.translating("tools"):
            answer = await self._stub.CallTool(request, timeout=timeout_s)
        status = tools_pb2.ToolStatus.Name(answer.status).removeprefix("TOOL_STATUS_")
        took_ms = answer.took_ms or _ms_since(began)
        return ToolOutcome(tool_call, tool, arguments_json, status, answer.result_json, answer.error, took_ms)


def _citations(hits: Sequence[rag_pb2.Hit]) -> tuple[events_pb2.Citation, ...]:
    return tuple(
        events_pb2.Citation(
            source=hit.document, section=hit.section, chunk=hit.chunk, score=hit.similarity, version=hit.version
        )
        for hit in hits
    )


def _ms_since(began: float) -> int:
    return int((time.monotonic() - began) * 1000)
