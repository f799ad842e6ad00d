"""The Rag service of the contract: decode, call `Knowledge`, encode. Errors become statuses in core."""

from collections.abc import Iterator
from contextlib import contextmanager

import grpc
from parley.v1 import rag_pb2, rag_pb2_grpc
from parley_core.clock import Clock
from parley_core.ids import check_token

from parley_rag.knowledge import Hit, Knowledge
from parley_rag.metrics import RagMetrics
from parley_rag.ports import Scope


class RagServicer(rag_pb2_grpc.RagServicer):
    def __init__(self, knowledge: Knowledge, metrics: RagMetrics, clock: Clock) -> None:
        self._knowledge = knowledge
        self._metrics = metrics
        self._clock = clock

    async def Ingest(
        self,
        request: rag_pb2.IngestRequest,
        context: "grpc.aio.ServicerContext[rag_pb2.IngestRequest, rag_pb2.IngestResponse]",
    ) -> rag_pb2.IngestResponse:
        with self._timed("Ingest"):
            document = request.document
            done = await self._knowledge.ingest(
                Scope(request.tenant, request.agent),
                document.name,
                media_type=document.media_type,
                content=document.content,
                metadata=dict(document.metadata),
            )
        if not done.unchanged:
            self._metrics.chunks.add(done.chunks)
        return rag_pb2.IngestResponse(chunks=done.chunks, unchanged=done.unchanged)

    async def Search(
        self,
        request: rag_pb2.SearchRequest,
        context: "grpc.aio.ServicerContext[rag_pb2.SearchRequest, rag_pb2.SearchResponse]",
    ) -> rag_pb2.SearchResponse:
        with self._timed("Search"):
            hits = await self._knowledge.search(
                Scope(request.tenant, request.agent),
                request.query,
                limit=request.limit,
                permissions=list(request.permissions),
            )
        return rag_pb2.SearchResponse(hits=[_hit(hit) for hit in hits])

    async def Answer(
        self,
        request: rag_pb2.AnswerRequest,
        context: "grpc.aio.ServicerContext[rag_pb2.AnswerRequest, rag_pb2.AnswerResponse]",
    ) -> rag_pb2.AnswerResponse:
        with self._timed("Answer"):
            answer, hits = await self._knowledge.answer(
                Scope(request.tenant, request.agent), request.question, max_sentences=request.max_sentences
            )
        self._metrics.answer_confidence.record(answer.confidence)
        return rag_pb2.AnswerResponse(text=answer.text, confidence=answer.confidence, hits=[_hit(hit) for hit in hits])

    async def Delete(
        self,
        request: rag_pb2.DeleteRequest,
        context: "grpc.aio.ServicerContext[rag_pb2.DeleteRequest, rag_pb2.DeleteResponse]",
    ) -> rag_pb2.DeleteResponse:
        with self._timed("Delete"):
            removed = await self._knowledge.delete(Scope(request.tenant, request.agent), request.document)
        return rag_pb2.DeleteResponse(chunks=removed)

    async def Embed(
        self,
        request: rag_pb2.EmbedRequest,
        context: "grpc.aio.ServicerContext[rag_pb2.EmbedRequest, rag_pb2.EmbedResponse]",
    ) -> rag_pb2.EmbedResponse:
        with self._timed("Embed"):
            check_token(request.tenant, "tenant")
            rows = await self._knowledge.embed(list(request.texts))
        return rag_pb2.EmbedResponse(vectors=[rag_pb2.Vector(values=row.tolist()) for row in rows])

    @contextmanager
    def _timed(self, rpc: str) -> Iterator[None]:
        start = self._clock.monotonic()
        try:
            yield
        finally:
            self._metrics.duration.record(self._clock.monotonic() - start, {"rpc": rpc})


def _hit(hit: Hit) -> rag_pb2.Hit:
    chunk = hit.found.chunk
    return rag_pb2.Hit(
        document=chunk.document,
        section=chunk.section,
        chunk=chunk.id,
        text=chunk.text,
        score=hit.found.score,
        similarity=hit.similarity,
        source_uri=chunk.source_uri,
    )
