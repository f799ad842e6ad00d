"""Chunks on a Qdrant server, through its own client; the same points and the same queries as `edge`."""

import asyncio
from collections.abc import Awaitable, Mapping, Sequence
from http import HTTPStatus
from typing import TypeVar

import numpy as np
from parley_core.errors import Rejected, TimedOut, Unavailable
from qdrant_client import AsyncQdrantClient, models
from qdrant_client.common.client_exceptions import ResourceExhaustedResponse
from qdrant_client.http.exceptions import ResponseHandlingException, UnexpectedResponse

from parley_rag.embeddings.base import Floats
from parley_rag.ports import Chunk, Found, Held, Scope, Wanted
from parley_rag.stores.payload import (
    CANDIDATES,
    DENSE,
    HELD_FIELDS,
    KEYWORD_FIELDS,
    OWNER_FIELDS,
    RRF_K,
    TENANT_FIELD,
    WORDS,
    WordVectors,
    granted,
    languages,
    to_chunk,
    to_held,
    to_owner,
    to_payload,
)

T = TypeVar("T")

_SCROLL = 1000
_UPSERT = 256  # points in one request


class ServerStore:
    def __init__(self, client: AsyncQdrantClient, collection: str, *, timeout_s: float) -> None:
        self._client = client
        self._collection = collection
        self._timeout_s = timeout_s
        self._words = WordVectors()

    @classmethod
    async def open(
        cls, client: AsyncQdrantClient, collection: str, *, dimension: int, timeout_s: float = 10.0
    ) -> "ServerStore":
        """Make the collection and its indexes where missing. Raises Unavailable, TimedOut, Rejected."""
        store = cls(client, collection, timeout_s=timeout_s)
        await store._prepare(dimension)
        return store

    async def _prepare(self, dimension: int) -> None:
        if not await self._asked(self._client.collection_exists(self._collection)):
            try:
                await self._asked(
                    self._client.create_collection(
                        self._collection,
                        vectors_config={DENSE: models.VectorParams(size=dimension, distance=models.Distance.COSINE)},
                        sparse_vectors_config={WORDS: models.SparseVectorParams(modifier=models.Modifier.IDF)},
                    )
                )
            except Rejected as error:
                if error.status != str(HTTPStatus.CONFLICT.value):  # another worker has just made it
                    raise
        # Each time, as making one that is there does nothing, and a start may have ended between two.
        for name in KEYWORD_FIELDS:
            schema = models.KeywordIndexParams(type=models.KeywordIndexType.KEYWORD, is_tenant=name == TENANT_FIELD)
            await self._asked(self._client.create_payload_index(self._collection, name, field_schema=schema))

    async def replace(self, scope: Scope, document: str, chunks: Sequence[Chunk], vectors: Floats) -> None:
        points = []
        for chunk, vector in zip(chunks, vectors, strict=True):
            words = self._words.of_document(chunk.indexed_text, chunk.language)
            sparse = models.SparseVector(indices=words.indices, values=words.values)
            points.append(
                models.PointStruct(
                    id=chunk.id, vector={DENSE: vector.tolist(), WORDS: sparse}, payload=to_payload(scope, chunk)
                )
            )
        for first in range(0, len(points), _UPSERT):
            await self._asked(self._client.upsert(self._collection, points[first : first + _UPSERT], wait=True))
        stale = _filter(scope, document, but_hash=chunks[0].content_hash)
        selector = models.FilterSelector(filter=stale)
        await self._asked(self._client.delete(self._collection, selector, wait=True))

    async def search(
        self, scope: Scope, text: str, vector: Floats | None, *, limit: int, wanted: Wanted
    ) -> list[Found]:
        words = self._words.of_query(text, wanted.language or wanted.spoken)
        allowed = _filter(scope, wanted.document, permissions=granted(wanted), languages=languages(wanted))
        depth = limit * CANDIDATES
        prefetch = []
        if vector is not None:
            prefetch.append(models.Prefetch(query=vector.tolist(), using=DENSE, filter=allowed, limit=depth))
        if words.indices:
            # Word rarity is counted in the scope alone, or other tenants' texts would move this tenant's ranks.
            idf = models.SearchParams(idf=models.IdfCorpusParams(corpus=_filter(scope)))
            sparse = models.SparseVector(indices=words.indices, values=words.values)
            prefetch.append(models.Prefetch(query=sparse, using=WORDS, filter=allowed, limit=depth, params=idf))
        if not prefetch:
            return []
        response = await self._asked(
            self._client.query_points(
                self._collection,
                prefetch=prefetch,
                query=models.RrfQuery(rrf=models.Rrf(k=RRF_K)),
                query_filter=allowed,
                limit=limit,
                with_payload=True,
                with_vectors=[DENSE],
            )
        )
        found = []
        for point in response.points:
            dense = point.vector.get(DENSE, []) if isinstance(point.vector, dict) else []
            found.append(
                Found(to_chunk(point.id, point.payload or {}), point.score, np.asarray(dense, dtype=np.float32))
            )
        return found

    async def held(self, scope: Scope, document: str) -> Held:
        payloads: list[Mapping[str, object]] = []
        offset = None
        while True:
            records, offset = await self._asked(
                self._client.scroll(
                    self._collection,
                    scroll_filter=_filter(scope, document),
                    limit=_SCROLL,
                    offset=offset,
                    with_payload=HELD_FIELDS,
                )
            )
            payloads += [record.payload or {} for record in records]
            if offset is None:
                return to_held(payloads)

    async def chunks(self, scope: Scope, document: str) -> list[Chunk]:
        found: list[Chunk] = []
        offset = None
        while True:
            records, offset = await self._asked(
                self._client.scroll(
                    self._collection,
                    scroll_filter=_filter(scope, document),
                    limit=_SCROLL,
                    offset=offset,
                    with_payload=True,
                )
            )
            found += [to_chunk(record.id, record.payload or {}) for record in records]
            if offset is None:
                return found

    async def delete(self, scope: Scope, document: str) -> int:
        chosen = _filter(scope, document)
        count = (await self._asked(self._client.count(self._collection, count_filter=chosen, exact=True))).count
        selector = models.FilterSelector(filter=chosen)
        await self._asked(self._client.delete(self._collection, selector, wait=True))
        return count

    async def documents(self) -> list[tuple[Scope, str]]:
        known: dict[tuple[Scope, str], None] = {}
        offset = None
        while True:
            records, offset = await self._asked(
                self._client.scroll(self._collection, limit=_SCROLL, offset=offset, with_payload=OWNER_FIELDS)
            )
            known |= dict.fromkeys(to_owner(record.payload or {}) for record in records)
            if offset is None:
                return list(known)

    async def collections(self) -> list[str]:
        """Of the whole server."""
        return [one.name for one in (await self._asked(self._client.get_collections())).collections]

    async def close(self) -> None:
        await self._client.close()

    async def drop(self) -> None:
        await self._asked(self._client.delete_collection(self._collection))
        await self.close()

    async def _asked(self, answer: Awaitable[T]) -> T:
        """Await the server's answer; its errors become Parley's here."""
        try:
            return await asyncio.wait_for(_awaited(answer), self._timeout_s)
        except TimeoutError:
            raise TimedOut("Qdrant", self._timeout_s) from None
        except UnexpectedResponse as error:
            status = error.status_code or 0
            if status == HTTPStatus.TOO_MANY_REQUESTS or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
                raise Unavailable("Qdrant", f"HTTP {status}") from error
            raise Rejected("Qdrant", str(status), error.reason_phrase) from error
        except ResourceExhaustedResponse as error:
            raise Unavailable("Qdrant", "it asks to be left alone for a while") from error
        except ResponseHandlingException as error:
            raise Unavailable("Qdrant", type(error.source).__name__) from error


def collection_of(first: str, model: str) -> str:
    """The collection of a model that is not the first."""
    return f"{first}--{model.replace('/', '-')}"


async def _awaited(answer: Awaitable[T]) -> T:
    return await answer


def _filter(
    scope: Scope,
    document: str = "",
    *,
    permissions: Sequence[str] = (),
    languages: Sequence[str] = (),
    but_hash: str = "",
) -> models.Filter:
    must: list[models.Condition] = [
        models.FieldCondition(key="tenant", match=models.MatchValue(value=scope.tenant)),
        models.FieldCondition(key="agent", match=models.MatchValue(value=scope.agent)),
    ]
    if document:
        must.append(models.FieldCondition(key="document", match=models.MatchValue(value=document)))
    if permissions:
        must.append(models.FieldCondition(key="permissions", match=models.MatchAny(any=list(permissions))))
    if languages:
        must.append(models.FieldCondition(key="language", match=models.MatchAny(any=list(languages))))
    must_not: list[models.Condition] = []
    if but_hash:
        must_not.append(models.FieldCondition(key="content_hash", match=models.MatchValue(value=but_hash)))
    return models.Filter(must=must, must_not=must_not)
