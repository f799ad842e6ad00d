"""The two models that run in this process, on threads: MiniLM for English, multilingual-e5-small for a hundred more.

MiniLM also weighs sentences and compares the words of flows (`Answer`, `Embed`), whose weights were set on its vectors.
"""

from collections.abc import Sequence

from parley_rag.embeddings.base import Floats, Likeness
from parley_rag.embeddings.minilm import DIMENSION
from parley_rag.embeddings.multilingual_e5 import MultilingualE5
from parley_rag.offload import CachedEmbedder, Offload

MINILM = "all-minilm-l6-v2"
E5 = "multilingual-e5-small"


class LocalMiniLm:
    """See `base.EmbeddingModel`. A query and a passage are made alike."""

    name = MINILM
    dimension = DIMENSION
    likeness = Likeness(0.13, 0.62)

    def __init__(self, embedder: CachedEmbedder) -> None:
        self._embedder = embedder

    async def queries(self, texts: Sequence[str]) -> Floats:
        return await self._embedder.embed(texts)

    async def passages(self, texts: Sequence[str]) -> Floats:
        return await self._embedder.embed(texts)

    async def close(self) -> None:
        """Nothing: the threads are the service's."""


class LocalE5:
    """See `base.EmbeddingModel`."""

    name = E5
    dimension = DIMENSION
    likeness = Likeness(0.80, 0.86)

    def __init__(self, model: MultilingualE5, threads: Offload, *, cache_entries: int) -> None:
        self._queries = CachedEmbedder(model.queries, threads, cache_entries=cache_entries)
        self._passages = CachedEmbedder(model.passages, threads, cache_entries=cache_entries)

    async def queries(self, texts: Sequence[str]) -> Floats:
        return await self._queries.embed(texts)

    async def passages(self, texts: Sequence[str]) -> Floats:
        return await self._passages.embed(texts)

    async def close(self) -> None:
        """Nothing: the threads are the service's."""
