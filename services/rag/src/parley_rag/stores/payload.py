"""The one layout of a point in Qdrant, shared by both stores: names of vectors, fields of the payload, word vectors."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from qdrant_edge import Bm25

from parley_rag.ports import PUBLIC, Chunk, Scope

DENSE = "dense"
WORDS = "words"  # BM25 term weights; the engine multiplies the inverse document frequency itself
KEYWORD_FIELDS = ("tenant", "agent", "document", "permissions", "content_hash")
TENANT_FIELD = "tenant"
CANDIDATES = 4  # how many times `limit` each of the two searches hands to the fusion
RRF_K = 2  # Qdrant's own default: being first counts much, being tenth little


@dataclass(frozen=True, slots=True)
class WordVector:
    indices: list[int]
    values: list[float]


class WordVectors:
    """BM25 with English stemming and stop words, as Qdrant's inference does it. Both stores need the same hashes."""

    def __init__(self) -> None:
        self._bm25 = Bm25()

    def of_document(self, text: str) -> WordVector:
        vector = self._bm25.embed_document(text)
        return WordVector(list(vector.indices), list(vector.values))

    def of_query(self, text: str) -> WordVector:
        vector = self._bm25.embed_query(text)
        return WordVector(list(vector.indices), list(vector.values))


def to_payload(scope: Scope, chunk: Chunk) -> dict[str, object]:
    return {
        "tenant": scope.tenant,
        "agent": scope.agent,
        "document": chunk.document,
        "section": chunk.section,
        "ordinal": chunk.ordinal,
        "text": chunk.text,
        "permissions": list(chunk.permissions or (PUBLIC,)),
        "source_uri": chunk.source_uri,
        "content_hash": chunk.content_hash,
    }


def to_chunk(point_id: object, payload: Mapping[str, object]) -> Chunk:
    permissions = payload.get("permissions")
    ordinal = payload.get("ordinal")
    return Chunk(
        id=str(point_id),
        document=str(payload["document"]),
        section=str(payload["section"]),
        ordinal=ordinal if isinstance(ordinal, int) else 0,
        text=str(payload["text"]),
        permissions=tuple(str(one) for one in permissions) if isinstance(permissions, list) else (PUBLIC,),
        source_uri=str(payload["source_uri"]),
        content_hash=str(payload["content_hash"]),
    )


def granted(permissions: Sequence[str]) -> list[str]:
    return [PUBLIC, *permissions]
