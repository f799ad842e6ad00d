"""Settings of the rag service. Read by `__main__`; used by `app` alone."""

from typing import ClassVar, Literal

from parley_core.settings import ServiceSettings, constants
from pydantic import Field, SecretStr


class RagSettings(ServiceSettings, service="rag"):
    """Own fields read PARLEY_RAG_<FIELD>; shared ones, such as qdrant_url, read PARLEY_<FIELD>."""

    grpc_port: int = Field(50051, ge=0, le=65535, description="gRPC port; 0: any free port")
    store_path: str = Field("var/rag", description="Folder of the built-in engine; unused with qdrant_url")
    qdrant_api_key: SecretStr = Field(SecretStr(""), description="API key of the Qdrant server at qdrant_url")
    collection: str = Field("parley", pattern="^[A-Za-z0-9_-]{1,64}$", description="Collection on the Qdrant server")

    embedding: Literal["", "all-minilm-l6-v2", "multilingual-e5-small", "openai", "triton"] = Field(
        "",
        description="Model of the index; empty: the multilingual one, or MiniLM where the machine has no wheel of it",
    )

    removed: ClassVar = constants(
        "max_document_bytes",
        "store_timeout_s",
        "embed_threads",
        "embed_timeout_s",
        "blas_threads",
        "max_waiting",
        "cache_entries",
        "max_chunks",
        "chunk_chars",
    )
