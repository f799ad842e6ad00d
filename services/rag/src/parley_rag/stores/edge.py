"""Chunks in Qdrant's engine inside this process: one shard in one folder, one process at a time (its log is locked).

Calls block, so they run on threads: several for reading, a single one for writing.
"""

import asyncio
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from parley_core.errors import Unavailable
from parley_core.text import load_json
from qdrant_edge import (
    CountRequest,
    Distance,
    EdgeConfig,
    EdgeShard,
    EdgeSparseVectorParams,
    EdgeVectorParams,
    FieldCondition,
    Filter,
    Fusion,
    IdfParams,
    KeywordIndexParams,
    MatchAny,
    MatchValue,
    Modifier,
    Point,
    Prefetch,
    Query,
    QueryRequest,
    ScrollRequest,
    SearchParams,
    SparseVector,
    UpdateOperation,
)

from parley_rag.embeddings.base import Floats
from parley_rag.offload import Offload
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

MODELS_FOLDER = "models"  # in the folder of the store: a shard for each model but the first, which lies beside it

_CONFIG = "edge_config.json"
_SCROLL = 1000
_READERS = 2


class EdgeStore:
    def __init__(self, shard: EdgeShard, folder: Path, *, max_waiting: int, timeout_s: float) -> None:
        self._shard = shard
        self._folder = folder
        self._words = WordVectors()
        self._reads = Offload("knowledge read", threads=_READERS, max_waiting=max_waiting, timeout_s=timeout_s)
        self._writes = Offload("knowledge write", threads=1, max_waiting=max_waiting, timeout_s=timeout_s)

    @classmethod
    def open(cls, folder: Path, *, dimension: int, max_waiting: int = 256, timeout_s: float = 10.0) -> "EdgeStore":
        """Open the shard, made where missing. Blocks. Raises Unavailable when it is broken or another process's."""
        config = EdgeConfig(
            vectors={DENSE: EdgeVectorParams(size=dimension, distance=Distance.Cosine)},
            sparse_vectors={WORDS: EdgeSparseVectorParams(modifier=Modifier.Idf)},
            max_search_threads=_READERS,
        )
        made = (folder / _CONFIG).exists()
        try:
            folder.mkdir(parents=True, exist_ok=True)
            shard = EdgeShard.load(str(folder), config) if made else EdgeShard.create(str(folder), config)
            indexed = shard.info().payload_schema
            missing = [name for name in KEYWORD_FIELDS if name not in indexed]
            for name in missing:
                params = KeywordIndexParams(is_tenant=name == TENANT_FIELD)
                shard.update(UpdateOperation.create_field_index(name, params))
            if missing:
                shard.flush()
        except Exception as error:  # the engine knows no narrower class
            raise Unavailable("the knowledge store", str(error)) from error
        return cls(shard, folder, max_waiting=max_waiting, timeout_s=timeout_s)

    async def replace(self, scope: Scope, document: str, chunks: Sequence[Chunk], vectors: Floats) -> None:
        points = []
        for chunk, vector in zip(chunks, vectors, strict=True):
            words = self._words.of_document(chunk.indexed_text, chunk.language)
            named = {DENSE: vector.tolist(), WORDS: SparseVector(words.indices, words.values)}
            points.append(Point(chunk.id, named, to_payload(scope, chunk)))
        fresh = chunks[0].content_hash

        def work() -> None:
            self._shard.update(UpdateOperation.upsert_points(points))
            stale = _filter(scope, document, but_hash=fresh)
            self._shard.update(UpdateOperation.delete_points_by_filter(stale))
            self._shard.flush()

        await self._writes.run(lambda: _engine(work))

    async def search(
        self, scope: Scope, text: str, vector: Floats | None, *, limit: int, wanted: Wanted
    ) -> list[Found]:
        words = self._words.of_query(text, wanted.language or wanted.spoken)
        allowed = _filter(scope, wanted.document, permissions=granted(wanted), languages=languages(wanted))
        depth = limit * CANDIDATES
        # Word rarity is counted in the scope alone, or other tenants' texts would move this tenant's ranks.
        idf = SearchParams(idf=IdfParams(corpus=_filter(scope)))
        prefetches = []
        if vector is not None:
            near = Query.Nearest(vector.tolist(), using=DENSE)
            prefetches.append(Prefetch(limit=depth, query=near, filter=allowed))
        if words.indices:
            sparse = SparseVector(words.indices, words.values)
            prefetches.append(
                Prefetch(limit=depth, query=Query.Nearest(sparse, using=WORDS), filter=allowed, params=idf)
            )
        if not prefetches:
            return []
        request = QueryRequest(
            limit=limit,
            prefetches=prefetches,
            query=Fusion.Rrf(RRF_K),  # type: ignore[arg-type]  # the stub has the variants as unrelated classes
            filter=allowed,
            with_payload=True,
            with_vector=[DENSE],
        )
        points = await self._reads.run(lambda: _engine(lambda: self._shard.query(request)))
        found = []
        for point in points:
            dense = point.vector[DENSE] if isinstance(point.vector, dict) else []
            found.append(
                Found(to_chunk(point.id, point.payload or {}), point.score, np.asarray(dense, dtype=np.float32))
            )
        return found

    async def held(self, scope: Scope, document: str) -> Held:
        def work() -> Held:
            payloads: list[Mapping[str, object]] = []
            offset = None
            while True:
                records, offset = self._shard.scroll(
                    ScrollRequest(
                        offset=offset, limit=_SCROLL, filter=_filter(scope, document), with_payload=HELD_FIELDS
                    )
                )
                payloads += [record.payload or {} for record in records]
                if offset is None:
                    return to_held(payloads)

        return await self._reads.run(lambda: _engine(work))

    async def chunks(self, scope: Scope, document: str) -> list[Chunk]:
        def work() -> list[Chunk]:
            found: list[Chunk] = []
            offset = None
            while True:
                asked = ScrollRequest(offset=offset, limit=_SCROLL, filter=_filter(scope, document), with_payload=True)
                records, offset = self._shard.scroll(asked)
                found += [to_chunk(record.id, record.payload or {}) for record in records]
                if offset is None:
                    return found

        return await self._reads.run(lambda: _engine(work))

    async def delete(self, scope: Scope, document: str) -> int:
        def work() -> int:
            chosen = _filter(scope, document)
            count = self._shard.count(CountRequest(filter=chosen))
            self._shard.update(UpdateOperation.delete_points_by_filter(chosen))
            self._shard.flush()
            return count

        return await self._writes.run(lambda: _engine(work))

    async def documents(self) -> list[tuple[Scope, str]]:
        def work() -> list[tuple[Scope, str]]:
            known: dict[tuple[Scope, str], None] = {}
            offset = None
            while True:
                asked = ScrollRequest(offset=offset, limit=_SCROLL, with_payload=OWNER_FIELDS)
                records, offset = self._shard.scroll(asked)
                known |= dict.fromkeys(to_owner(record.payload or {}) for record in records)
                if offset is None:
                    return list(known)

        return await self._reads.run(lambda: _engine(work))

    async def close(self) -> None:
        await self._writes.run(self._shard.flush)
        self._writes.close()
        self._reads.close()
        self._shard.close()

    async def drop(self) -> None:
        await self.close()
        await asyncio.to_thread(remove_shard, self._folder)


def shard_dimension(folder: Path) -> int:
    """How many numbers its vectors have; 0 where there is no shard."""
    try:
        config: Any = load_json((folder / _CONFIG).read_bytes())
        size = config["vectors"][DENSE]["size"]
    except (OSError, ValueError, KeyError, TypeError):
        return 0
    return size if isinstance(size, int) else 0


def remove_shard(folder: Path) -> None:
    """Remove a closed shard, and not the folders of other models' shards inside it."""
    for one in folder.iterdir() if folder.is_dir() else ():
        if one.name == MODELS_FOLDER:
            continue
        shutil.rmtree(one) if one.is_dir() else one.unlink()


def _engine(work: Callable[[], T]) -> T:
    try:
        return work()
    except Exception as error:  # the engine knows no narrower class
        raise Unavailable("the knowledge store", str(error)) from error


def _filter(
    scope: Scope,
    document: str = "",
    *,
    permissions: Sequence[str] = (),
    languages: Sequence[str] = (),
    but_hash: str = "",
) -> Filter:
    must = [
        FieldCondition("tenant", match=MatchValue(scope.tenant)),
        FieldCondition("agent", match=MatchValue(scope.agent)),
    ]
    if document:
        must.append(FieldCondition("document", match=MatchValue(document)))
    if permissions:
        must.append(FieldCondition("permissions", match=MatchAny(list(permissions))))
    if languages:
        must.append(FieldCondition("language", match=MatchAny(list(languages))))
    must_not = [FieldCondition("content_hash", match=MatchValue(but_hash))] if but_hash else []
    return Filter(must=list(must), must_not=list(must_not))
