"""Vectors and the store that has them belong together: an index. Owns the change from one model's index to another's.

`knowledge` reads and writes through it. While documents of an earlier model's index are embedded anew (`carry_over`),
that index answers, and both are written to. Nothing is lost when the process ends in between: what has its new vectors
is known by its content's hash, and the next start does the rest.
"""

import asyncio
import logging
import weakref
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import numpy as np
from parley_core.errors import ParleyError

from parley_rag.embeddings.base import EmbeddingModel, Floats
from parley_rag.ports import Chunk, Found, Held, Scope, Store, Wanted

log = logging.getLogger(__name__)

_EMBED_BATCH = 32  # texts embedded at once, so that a caller's question gets a thread in between
_AGAIN_S = 30.0  # after a fault of the model or the store

Progress = Callable[[int, int], None]  # chunks that have vectors, of how many; (0, 0): the file is being read


@dataclass(frozen=True, slots=True)
class Index:
    model: EmbeddingModel | None  # None: an earlier one that cannot be asked any more; searched by words alone
    store: Store


@dataclass(frozen=True, slots=True)
class Near:
    """A hit. Without a vector, by words alone, both figures are 0."""

    found: Found
    cosine: float = 0.0  # of its vector with the query's
    likeness: float = 0.0  # what the cosine means for the model, 0 to 1


class Indexes:
    def __init__(self, current: Index, earlier: Sequence[Index] = ()) -> None:
        """`earlier`: of other models, the one to search first."""
        self._current = current
        self._earlier = list(earlier)
        self._uses: set[asyncio.Event] = set()  # operations under way, each with what it sets at its end
        # One lock per document being written; gone when nobody holds it.
        self._locks: weakref.WeakValueDictionary[tuple[Scope, str], asyncio.Lock] = weakref.WeakValueDictionary()

    @property
    def carrying_over(self) -> bool:
        return bool(self._earlier)

    @asynccontextmanager
    async def _in_use(self) -> AsyncIterator[None]:
        """An earlier index is not dropped under an operation that has begun with it."""
        ended = asyncio.Event()
        self._uses.add(ended)
        try:
            yield
        finally:
            self._uses.discard(ended)
            ended.set()

    @asynccontextmanager
    async def writing(self, scope: Scope, document: str) -> AsyncIterator[None]:
        """One document's replacements in order."""
        async with self._locks.setdefault((scope, document), asyncio.Lock()), self._in_use():
            yield

    async def replace(self, scope: Scope, document: str, chunks: Sequence[Chunk], progress: Progress) -> None:
        """Make `chunks` all there is of the document. Called while `writing` it."""
        texts = [chunk.indexed_text for chunk in chunks]
        for index in [self._current, *self._earlier]:
            if index.model is None:
                await index.store.delete(scope, document)  # it cannot be kept up to date: the new index has it
                continue
            vectors = await _embedded(index.model, texts, progress if index is self._current else _silent)
            await index.store.replace(scope, document, chunks, vectors)

    async def search(self, scope: Scope, text: str, *, limit: int, wanted: Wanted) -> list[Near]:
        """Best first, by both searches."""
        async with self._in_use():
            index = self._earlier[0] if self._earlier else self._current
            try:
                if index.model is None:
                    return await self._search_both(index, scope, text, limit, wanted)
                return await self._search(index, scope, text, limit, wanted)
            except ParleyError:
                if index is self._current:
                    raise
                # Another process may have finished the change meanwhile and dropped the earlier index.
                return await self._search(self._current, scope, text, limit, wanted)

    async def likeness(self, question: str, texts: Sequence[str]) -> list[float]:
        """How near each text is to the question for the current model, from 0 to 1."""
        model = self._current.model
        if model is None or not texts:
            return [0.0] * len(texts)
        asked = (await model.queries([question]))[0]
        return [model.likeness.of(float(one @ asked)) for one in await model.passages(texts)]

    async def held(self, scope: Scope, document: str) -> Held:
        return await self._current.store.held(scope, document)

    async def chunks(self, scope: Scope, document: str) -> list[Chunk]:
        """Of all indexes, each chunk once."""
        found: dict[str, Chunk] = {}
        async with self._in_use():
            for index in [self._current, *self._earlier]:
                for chunk in await index.store.chunks(scope, document):
                    found.setdefault(chunk.id, chunk)
        return list(found.values())

    async def delete(self, scope: Scope, document: str) -> int:
        counts = [await index.store.delete(scope, document) for index in [self._current, *self._earlier]]
        return max(counts)

    async def carry_over(self) -> None:
        """Give the documents of the earlier indexes vectors of the current model, then drop those indexes."""
        while self._earlier:
            index = self._earlier[-1]
            try:
                for scope, document in await index.store.documents():
                    async with self.writing(scope, document):
                        await self._carry(index, scope, document)
            except ParleyError as error:
                log.warning("documents keep their old vectors for now", extra={"error": type(error).__name__})
                await asyncio.sleep(_AGAIN_S)
                continue
            # Out of the list first: nothing begins in it any more, and what has begun comes to its end.
            self._earlier.remove(index)
            for ended in list(self._uses):
                await ended.wait()
            await index.store.drop()
            if index.model is not None and index.model is not self._current.model:
                await index.model.close()
            log.info("documents have their new vectors")

    async def close(self) -> None:
        for index in [self._current, *self._earlier]:
            await index.store.close()
            if index.model is not None:
                await index.model.close()

    async def _carry(self, index: Index, scope: Scope, document: str) -> None:
        chunks = sorted(await index.store.chunks(scope, document), key=lambda one: one.ordinal)
        held = await self._current.store.held(scope, document)
        if not chunks or (held.hashes == {chunks[0].content_hash} and held.chunks == len(chunks)):
            return
        if self._current.model is not None:
            vectors = await _embedded(self._current.model, [one.indexed_text for one in chunks], _silent)
            await self._current.store.replace(scope, document, chunks, vectors)

    async def _search(self, index: Index, scope: Scope, text: str, limit: int, wanted: Wanted) -> list[Near]:
        vector: Floats | None = None
        if index.model is not None:
            vector = (await index.model.queries([text]))[0]
        found = await index.store.search(scope, text, vector, limit=limit, wanted=wanted)
        if vector is None or index.model is None:
            return [Near(one) for one in found]
        cosines = [float(one.vector @ vector) for one in found]
        return [Near(one, cosine, index.model.likeness.of(cosine)) for one, cosine in zip(found, cosines, strict=True)]

    async def _search_both(self, earlier: Index, scope: Scope, text: str, limit: int, wanted: Wanted) -> list[Near]:
        """What the current index has by now, then what the earlier one finds by words."""
        found = await self._search(self._current, scope, text, limit, wanted)
        known = {one.found.chunk.id for one in found}
        more = await self._search(earlier, scope, text, limit, wanted)
        return [*found, *(one for one in more if one.found.chunk.id not in known)][:limit]


def _silent(done: int, of: int) -> None:
    return None


async def _embedded(model: EmbeddingModel, texts: Sequence[str], progress: Progress) -> Floats:
    rows = []
    for at in range(0, len(texts), _EMBED_BATCH):
        rows.append(await model.passages(texts[at : at + _EMBED_BATCH]))
        progress(min(at + _EMBED_BATCH, len(texts)), len(texts))
    return np.concatenate(rows) if rows else np.empty((0, model.dimension), dtype=np.float32)
