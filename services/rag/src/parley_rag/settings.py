"""What the rag service is told at its start. Read by `__main__`; used by `app` alone."""

from parley_core.settings import ServiceSettings
from pydantic import Field, SecretStr


class RagSettings(ServiceSettings, service="rag"):
    """Own fields read PARLEY_RAG_<FIELD>; shared ones, such as qdrant_url, read PARLEY_<FIELD>."""

    grpc_port: int = Field(50051, ge=0, le=65535, description="0: any free port")
    store_path: str = Field("var/rag", description="Folder of the built-in engine; not used with qdrant_url")
    qdrant_api_key: SecretStr = Field(SecretStr(""), description="Key of the Qdrant server at qdrant_url")
    collection: str = Field("parley", pattern="^[A-Za-z0-9_-]{1,64}$", description="Collection on the Qdrant server")
    store_timeout_s: float = Field(10.0, gt=0, le=120, description="Longest wait for one store operation, in seconds")
    embed_threads: int = Field(2, ge=1, le=16, description="Texts are embedded on so many threads at once")
    embed_timeout_s: float = Field(60.0, gt=0, le=600, description="Longest wait for one batch of vectors, in seconds")
    blas_threads: int = Field(1, ge=1, le=64, description="Threads of one matrix product")
    max_waiting: int = Field(
        256, ge=1, le=10_000, description="Operations that may wait for a thread; more are refused"
    )
    cache_entries: int = Field(4096, ge=0, le=1_000_000, description="Vectors kept in memory; each takes 1.6 KB")
    max_document_bytes: int = Field(1_048_576, ge=1, le=33_554_432, description="Largest document, in bytes")
    max_chunks: int = Field(2000, ge=1, le=100_000, description="Most chunks of one document")
    chunk_chars: int = Field(480, ge=100, le=1000, description="Most characters of a chunk, where sentences allow")
