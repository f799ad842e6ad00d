"""The real model once per test session, and vectors that tests can foresee."""

import asyncio
import hashlib
import shutil
import warnings
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from parley_rag.embeddings.base import Floats, Likeness
from parley_rag.embeddings.minilm import DIMENSION, MiniLm
from parley_rag.indexes import Index, Indexes
from parley_rag.knowledge import Knowledge, Limits
from parley_rag.parsing.sandbox import Sandbox
from parley_rag.stores.edge import EdgeStore
from parley_rag.stores.server import ServerStore
from qdrant_client import AsyncQdrantClient
from threadpoolctl import threadpool_limits


def foreseen_vector(text: str) -> Floats:
    """The same text, the same vector; any two texts, nearly orthogonal ones."""
    seed = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "little")
    vector = np.random.default_rng(seed).standard_normal(DIMENSION).astype(np.float32)
    unit: Floats = vector / np.linalg.norm(vector)
    return unit


class ForeseenEmbedder:
    """An embedder of sentences, and a model of an index."""

    name = "foreseen"
    dimension = DIMENSION
    likeness = Likeness(0.0, 1.0)

    def __init__(self) -> None:
        self.texts: list[str] = []

    async def queries(self, texts: Sequence[str]) -> Floats:
        return await self.embed(texts)

    async def passages(self, texts: Sequence[str]) -> Floats:
        return await self.embed(texts)

    async def close(self) -> None:
        pass

    async def embed(self, texts: Sequence[str]) -> Floats:
        self.texts += texts
        return np.stack([foreseen_vector(text) for text in texts]) if texts else np.empty((0, DIMENSION), np.float32)


@pytest.fixture
def foreseen() -> ForeseenEmbedder:
    return ForeseenEmbedder()


@pytest.fixture(scope="session")
def model() -> Iterator[MiniLm]:
    with threadpool_limits(1, user_api="blas"):
        yield MiniLm()


@pytest.fixture(scope="session")
def empty_shard(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty shard to copy: making one waits for the disk many times."""
    folder = tmp_path_factory.mktemp("empty") / "shard"
    store = EdgeStore.open(folder, dimension=DIMENSION)
    asyncio.run(store.close())
    return folder


@pytest.fixture
def shard(empty_shard: Path, tmp_path: Path) -> Path:
    """The folder of an empty shard of this test's own."""
    return shutil.copytree(empty_shard, tmp_path / "shard")


@pytest.fixture
async def memory_store() -> AsyncIterator[ServerStore]:
    """The server's store on the client's local mode: nothing waits for a disk."""
    client = AsyncQdrantClient(":memory:")
    with warnings.catch_warnings():
        # Local mode tells that it has no payload indexes.
        warnings.filterwarnings("ignore", message="Payload indexes have no effect")
        store = await ServerStore.open(client, "parley", dimension=DIMENSION)
    yield store
    await store.close()


@pytest.fixture
def knowledge(foreseen: ForeseenEmbedder, memory_store: ServerStore) -> Knowledge:
    return Knowledge(
        foreseen,
        Indexes(Index(foreseen, memory_store)),
        Sandbox(),
        Limits(document_bytes=10_000, chunks=50, chunk_chars=300),
    )
