"""The Rag service of the contract: decode, call `Knowledge`, encode. Errors become statuses in core."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager

import grpc
from parley.v1 import rag_pb2, rag_pb2_grpc
from parley_core.clock import Clock
from parley_core.egress.policy import Network
from parley_core.errors import BadInput, ParleyError, Unavailable
from parley_core.ids import check_token
from parley_core.tasks import Tasks

from parley_rag.indexes import Progress
from parley_rag.knowledge import DocumentInfo, Hit, Ingested, Knowledge, Upload
from parley_rag.metrics import RagMetrics
from parley_rag.ports import PUBLIC, Chunk, Scope, Wanted
from parley_rag.web import Site, learn


class RagServicer(rag_pb2_grpc.RagServicer):
    def __init__(
        self, knowledge: Knowledge, metrics: RagMetrics, clock: Clock, *, private: tuple[Network, ...] = ()
    ) -> None:
        """`private`: networks that `Fetch` may reach although they are not public."""
        self._private = private
        self._knowledge = knowledge
        self._metrics = metrics
        self._clock = clock

    async def Ingest(
        self,
        request: rag_pb2.IngestRequest,
        context: "grpc.aio.ServicerContext[rag_pb2.IngestRequest, rag_pb2.IngestResponse]",
    ) -> rag_pb2.IngestResponse:
        with self._timed("Ingest"):
            return await self._ingest(request, request.document.content)

    async def Upload(
        self,
        request_iterator: AsyncIterator[rag_pb2.UploadRequest],
        context: "grpc.aio.ServicerContext[rag_pb2.UploadRequest, rag_pb2.UploadResponse]",
    ) -> AsyncIterator[rag_pb2.UploadResponse]:
        with self._timed("Upload"):
            request, content = await self._gathered(request_iterator)
            steps: asyncio.Queue[rag_pb2.UploadResponse | ParleyError] = asyncio.Queue()

            def progress(done: int, of: int) -> None:
                stage = rag_pb2.UploadResponse.STAGE_INDEXING if of else rag_pb2.UploadResponse.STAGE_READING
                steps.put_nowait(rag_pb2.UploadResponse(stage=stage, chunks_done=done, chunks=of))

            async def work() -> None:
                try:
                    result = await self._ingest(request, content, progress)
                except ParleyError as error:
                    steps.put_nowait(error)
                    return
                done = rag_pb2.UploadResponse.STAGE_DONE
                steps.put_nowait(rag_pb2.UploadResponse(stage=done, result=result))

            def failed(task: str, error: BaseException) -> None:
                steps.put_nowait(Unavailable("rag", type(error).__name__))

            async with Tasks("upload", on_error=failed) as tasks:
                tasks.spawn(work(), "ingest")
                while True:
                    step = await steps.get()
                    if isinstance(step, ParleyError):
                        raise step
                    yield step
                    if step.stage == rag_pb2.UploadResponse.STAGE_DONE:
                        return

    async def Fetch(
        self,
        request: rag_pb2.FetchRequest,
        context: "grpc.aio.ServicerContext[rag_pb2.FetchRequest, rag_pb2.FetchResponse]",
    ) -> AsyncIterator[rag_pb2.FetchResponse]:
        with self._timed("Fetch"):
            site = Site(request.url, list(request.hosts), request.max_pages, dict(request.metadata))
            async for visit in learn(self._knowledge, Scope(request.tenant, request.agent), site, self._private):
                result = self._response(visit.result) if visit.result is not None else None
                yield rag_pb2.FetchResponse(
                    url=visit.url,
                    document=visit.document,
                    done=visit.done,
                    pages=visit.pages,
                    result=result,
                    error=visit.error,
                )

    async def Documents(
        self,
        request: rag_pb2.DocumentsRequest,
        context: "grpc.aio.ServicerContext[rag_pb2.DocumentsRequest, rag_pb2.DocumentsResponse]",
    ) -> rag_pb2.DocumentsResponse:
        with self._timed("Documents"):
            found = await self._knowledge.documents(Scope(request.tenant, request.agent))
        return rag_pb2.DocumentsResponse(documents=[_info(one) for one in found])

    async def Read(
        self,
        request: rag_pb2.ReadRequest,
        context: "grpc.aio.ServicerContext[rag_pb2.ReadRequest, rag_pb2.ReadResponse]",
    ) -> rag_pb2.ReadResponse:
        with self._timed("Read"):
            chunks = await self._knowledge.read(Scope(request.tenant, request.agent), request.document)
        return rag_pb2.ReadResponse(chunks=[_chunk(one) for one in chunks])

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
                wanted=Wanted(
                    tuple(request.permissions),
                    _primary(request.language),
                    request.document,
                    least=request.least,
                    spoken=_primary(request.spoken),
                ),
            )
        return rag_pb2.SearchResponse(hits=[_hit(hit) for hit in hits])

    async def Answer(
        self,
        request: rag_pb2.AnswerRequest,
        context: "grpc.aio.ServicerContext[rag_pb2.AnswerRequest, rag_pb2.AnswerResponse]",
    ) -> rag_pb2.AnswerResponse:
        with self._timed("Answer"):
            answer, hits = await self._knowledge.answer(
                Scope(request.tenant, request.agent),
                request.question,
                max_sentences=request.max_sentences,
                wanted=Wanted(tuple(request.permissions), spoken=_primary(request.language)),
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

    async def _ingest(
        self, request: rag_pb2.IngestRequest, content: bytes, progress: Progress | None = None
    ) -> rag_pb2.IngestResponse:
        document = request.document
        upload = Upload(document.name, content, document.media_type, dict(document.metadata))
        scope = Scope(request.tenant, request.agent)
        return self._response(await self._knowledge.ingest(scope, upload, *([progress] if progress else [])))

    def _response(self, done: Ingested) -> rag_pb2.IngestResponse:
        if not done.unchanged:
            self._metrics.chunks.add(done.chunks)
        return rag_pb2.IngestResponse(
            chunks=done.chunks, unchanged=done.unchanged, version=done.version, notes=done.notes
        )

    async def _gathered(self, parts: AsyncIterator[rag_pb2.UploadRequest]) -> tuple[rag_pb2.IngestRequest, bytes]:
        """Raises BadInput before more is held than a document may have."""
        request: rag_pb2.IngestRequest | None = None
        content = bytearray()
        async for part in parts:
            if part.WhichOneof("part") == "request":
                if request is not None:
                    raise BadInput("parts", "have a second request")
                request = part.request
            elif request is None:
                raise BadInput("parts", "do not begin with the request")
            content += part.content
            self._knowledge.check_size(len(content))
        if request is None:
            raise BadInput("parts", "are missing")
        return request, bytes(content)

    @contextmanager
    def _timed(self, rpc: str) -> Iterator[None]:
        start = self._clock.monotonic()
        try:
            yield
        finally:
            self._metrics.duration.record(self._clock.monotonic() - start, {"rpc": rpc})


def _primary(language: str) -> str:
    return language.split("-")[0].lower()


def _hit(hit: Hit) -> rag_pb2.Hit:
    found = _chunk(hit.found.chunk)
    found.score, found.similarity, found.relevance = hit.found.score, hit.similarity, hit.relevance
    return found


def _chunk(chunk: Chunk) -> rag_pb2.Hit:
    return rag_pb2.Hit(
        document=chunk.document,
        section=chunk.section,
        chunk=chunk.id,
        text=chunk.text,
        source_uri=chunk.source_uri,
        page=chunk.page,
        language=chunk.language,
        version=chunk.version,
    )


def _info(document: DocumentInfo) -> rag_pb2.DocumentInfo:
    chunk = document.sample
    return rag_pb2.DocumentInfo(
        name=chunk.document,
        version=chunk.version,
        chunks=document.chunks,
        media_type=chunk.media_type,
        language=chunk.language,
        source_uri=chunk.source_uri,
        origin=chunk.origin,
        added_at=chunk.added_at,
        permissions=[one for one in chunk.permissions if one != PUBLIC],
    )
