"""Composition root of the rag service: the model on its threads, the store that the settings name, gRPC before them."""

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

from parley_rag.embedding import MiniLm
from parley_rag.knowledge import Knowledge, Limits
from parley_rag.metrics import RagMetrics
from parley_rag.offload import CachedEmbedder, Offload
from parley_rag.parsing.sandbox import Sandbox
from parley_rag.ports import Store
from parley_rag.rpc import RagServicer
from parley_rag.settings import RagSettings
from parley_rag.stores.edge import EdgeStore
from parley_rag.stores.server import ServerStore

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
        model = await threads.run(MiniLm)
        embedder = CachedEmbedder(model.embed, threads, cache_entries=_CACHE_ENTRIES)
        await embedder.embed(["the first text brings the weights into memory"])
        runtime.health.set("model", True)
        store = await open_store(settings)
        try:
            runtime.health.set("store", True)
            limits = Limits(_MAX_DOCUMENT_BYTES, _MAX_CHUNKS, _CHUNK_CHARS)
            knowledge = Knowledge(embedder, store, Sandbox(), limits)
            private = EgressPolicy.of(private=[*filter(None, settings.egress_networks.split(","))]).private
            servicer = RagServicer(knowledge, RagMetrics(), SystemClock(), private=private)
            service = (rag_pb2_grpc.add_RagServicer_to_server, servicer, SERVICE)
            async with serve(runtime, settings.bind_host, settings.grpc_port, [service]) as port:
                log.info("rag ready", extra={"grpc_port": port, "store": type(store).__name__})
                yield
        finally:
            await store.close()


async def open_store(settings: RagSettings) -> Store:
    """The Qdrant server where one is named, the engine in this process otherwise."""
    if settings.qdrant_url:
        client = AsyncQdrantClient(
            url=settings.qdrant_url,
            api_key=settings.qdrant_api_key.get_secret_value() or None,
            timeout=max(1, int(_STORE_TIMEOUT_S)),
            check_compatibility=False,
        )
        return await ServerStore.open(client, settings.collection, timeout_s=_STORE_TIMEOUT_S)
    return EdgeStore.open(Path(settings.store_path), max_waiting=_MAX_WAITING, timeout_s=_STORE_TIMEOUT_S)
