"""Composition root of the rag service: the model on its threads, the store that the settings name, gRPC before them."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

from parley.v1 import rag_pb2_grpc
from parley_core.clock import SystemClock
from parley_core.egress import EgressPolicy
from parley_core.rpc import serve
from parley_core.runtime import Runtime
from qdrant_client import AsyncQdrantClient
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from parley_rag.embeddings.base import EmbeddingModel
from parley_rag.embeddings.local import MINILM
from parley_rag.embeddings.minilm import MiniLm
from parley_rag.embeddings.opener import Models
from parley_rag.indexes import Index, Indexes
from parley_rag.knowledge import Knowledge, Limits
from parley_rag.metrics import RagMetrics
from parley_rag.offload import CachedEmbedder, Offload
from parley_rag.parsing.sandbox import Sandbox
from parley_rag.ports import Store
from parley_rag.rpc import RagServicer
from parley_rag.settings import RagSettings
from parley_rag.stores.edge import MODELS_FOLDER, EdgeStore, shard_dimension
from parley_rag.stores.server import ServerStore, collection_of

log = logging.getLogger(__name__)

SERVICE = "parley.v1.Rag"

_BLAS_THREADS = 1  # of one matrix product: the machine's cores are shared with recognisers and synthesisers
_EMBED_THREADS = 2  # so that a large document does not stop the calls' look-ups
_EMBED_TIMEOUT_S = 60.0  # a batch of a whole document on a busy machine
_MAX_WAITING = 256  # operations in the queue; past it a refusal is quicker than an answer
_CACHE_ENTRIES = 4096  # vectors of 1.6 KB: callers ask the same things
_STORE_TIMEOUT_S = 10.0  # one operation; llm has given up long before
_MAX_DOCUMENT_BYTES = 32 * 1024 * 1024
_MAX_CHUNKS = 2000  # of one document: some 500 pages
_CHUNK_CHARS = 480  # where sentences allow: the model reads 256 tokens, and an answer needs no more


@asynccontextmanager
async def app(settings: RagSettings, runtime: Runtime) -> AsyncIterator[None]:
    """Serve until left. The port opens when the store is there and the model has made its first vector."""
    threadpool_limits(_BLAS_THREADS, user_api="blas")
    runtime.health.set("store", False)
    runtime.health.set("model", False)
    threads = Offload(
        "embedding",
        threads=_EMBED_THREADS,
        max_waiting=_MAX_WAITING,
        timeout_s=_EMBED_TIMEOUT_S,
    )
    with closing(threads):
        minilm = await threads.run(MiniLm)
        embedder = CachedEmbedder(minilm.embed, threads, cache_entries=_CACHE_ENTRIES)
        await embedder.embed(["the first text brings the weights into memory"])
        models = Models(embedder, threads, settings.vendors, _CACHE_ENTRIES)
        model = await models.open(settings.embedding)
        await model.queries(["the first text brings the weights into memory"])
        runtime.health.set("model", True)
        indexes = await open_indexes(settings, model, models)
        try:
            runtime.health.set("store", True)
            change = runtime.tasks.spawn(indexes.carry_over(), "embed anew")
            limits = Limits(_MAX_DOCUMENT_BYTES, _MAX_CHUNKS, _CHUNK_CHARS)
            knowledge = Knowledge(embedder, indexes, Sandbox(), limits)
            private = EgressPolicy.of(private=[*filter(None, settings.egress_networks.split(","))]).private
            servicer = RagServicer(knowledge, RagMetrics(), SystemClock(), private=private)
            service = (rag_pb2_grpc.add_RagServicer_to_server, servicer, SERVICE)
            async with serve(runtime, settings.bind_host, settings.grpc_port, [service]) as port:
                server = bool(settings.qdrant_url)
                log.info("rag ready", extra={"grpc_port": port, "model": model.name, "server": server})
                yield
            change.cancel()
            await asyncio.gather(change, return_exceptions=True)
        finally:
            await indexes.close()


async def open_indexes(settings: RagSettings, model: EmbeddingModel, models: Models) -> Indexes:
    """The index of the model, and those of other models that are left from before. They are on the Qdrant server where
    one is named, in the engine in this process otherwise."""
    opened = _on_server if settings.qdrant_url else _in_process
    current, earlier = await opened(settings, model)
    kept = [Index(await models.local(name), store) for name, store in earlier]
    return Indexes(Index(model, current), kept)


async def _in_process(settings: RagSettings, model: EmbeddingModel) -> tuple[Store, list[tuple[str, Store]]]:
    """The first model's shard is the folder itself, as it was when there was but one."""
    root = Path(settings.store_path)
    folders = {MINILM: root} | {one.name: one for one in (root / MODELS_FOLDER).glob("*")}
    own = folders.pop(model.name, root / MODELS_FOLDER / model.name)

    def opened(folder: Path, dimension: int) -> Store:
        return EdgeStore.open(folder, dimension=dimension, max_waiting=_MAX_WAITING, timeout_s=_STORE_TIMEOUT_S)

    earlier: list[tuple[str, Store]] = []
    for name, folder in folders.items():
        if dimension := shard_dimension(folder):
            earlier.append((name, await asyncio.to_thread(opened, folder, dimension)))
    return await asyncio.to_thread(opened, own, model.dimension), earlier


async def _on_server(settings: RagSettings, model: EmbeddingModel) -> tuple[Store, list[tuple[str, Store]]]:
    """The first model's collection has the name of the setting; the others' names end with theirs."""

    def client() -> AsyncQdrantClient:
        return AsyncQdrantClient(
            url=settings.qdrant_url,
            api_key=settings.qdrant_api_key.get_secret_value() or None,
            timeout=max(1, int(_STORE_TIMEOUT_S)),
            check_compatibility=False,
        )

    first = settings.collection
    own = first if model.name == MINILM else collection_of(first, model.name)
    current = await ServerStore.open(client(), own, dimension=model.dimension, timeout_s=_STORE_TIMEOUT_S)
    earlier: list[tuple[str, Store]] = []
    for name in await current.collections():
        if name != own and (name == first or name.startswith(collection_of(first, ""))):
            of = MINILM if name == first else name.removeprefix(collection_of(first, ""))
            earlier.append((of, ServerStore(client(), name, timeout_s=_STORE_TIMEOUT_S)))
    return current, earlier
