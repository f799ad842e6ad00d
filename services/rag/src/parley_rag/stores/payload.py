"""The one layout of a point in Qdrant, shared by both stores: names of vectors, fields of the payload, word vectors."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from qdrant_edge import Bm25, Bm25Config

from parley_rag.ports import ORIGIN_AGENT, PUBLIC, Chunk, Held, Scope, Wanted

DENSE = "dense"
WORDS = "words"  # BM25 term weights; the engine multiplies the inverse document frequency itself
KEYWORD_FIELDS = ("tenant", "agent", "document", "permissions", "content_hash", "language")
TENANT_FIELD = "tenant"
NO_LANGUAGE = "*"  # stored where the language of a document is not known
CANDIDATES = 4  # how many times `limit` each of the two searches hands to the fusion
RRF_K = 2  # Qdrant's own default: being first counts much, being tenth little


@dataclass(frozen=True, slots=True)
class WordVector:
    indices: list[int]
    values: list[float]


class WordVectors:
    """BM25 with each language's stems and stop words, as Qdrant's inference does it. Both stores need the same hashes.

    A document is read in its own language, in English where none is known; a query in both, so that it meets both.
    """

    def __init__(self) -> None:
        self._english = Bm25()
        self._others: dict[str, Bm25 | None] = {}

    def of_document(self, text: str, language: str) -> WordVector:
        vector = (self._of(language) or self._english).embed_document(text)
        return WordVector(list(vector.indices), list(vector.values))

    def of_query(self, text: str, language: str) -> WordVector:
        own = self._of(language)
        readers = [self._english] if own is None else [own, self._english]
        found = dict.fromkeys(index for one in readers for index in one.embed_query(text).indices)
        return WordVector(list(found), [1.0] * len(found))

    def _of(self, language: str) -> Bm25 | None:
        """None for English, and for a language that the engine has no words of."""
        if language in ("", "en"):
            return None
        if language not in self._others:
            try:
                self._others[language] = Bm25(Bm25Config(language=language))
            except ValueError:
                self._others[language] = None
        return self._others[language]


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
        "page": chunk.page,
        "language": chunk.language or NO_LANGUAGE,
        "media_type": chunk.media_type,
        "origin": chunk.origin,
        "added_at": chunk.added_at,
        "total": chunk.total,
    }


def to_chunk(point_id: object, payload: Mapping[str, object]) -> Chunk:
    """Points of earlier releases lack the later fields."""
    permissions = payload.get("permissions")
    return Chunk(
        id=str(point_id),
        document=str(payload["document"]),
        section=str(payload["section"]),
        ordinal=_number(payload.get("ordinal")),
        text=str(payload["text"]),
        permissions=tuple(str(one) for one in permissions) if isinstance(permissions, list) else (PUBLIC,),
        source_uri=str(payload["source_uri"]),
        content_hash=str(payload["content_hash"]),
        page=_number(payload.get("page")),
        language=str(payload.get("language", "")).replace(NO_LANGUAGE, ""),
        media_type=str(payload.get("media_type", "")),
        origin=str(payload.get("origin", ORIGIN_AGENT)),
        added_at=str(payload.get("added_at", "")),
        total=_number(payload.get("total")),
    )


def granted(wanted: Wanted) -> list[str]:
    return [PUBLIC, *wanted.permissions]


def languages(wanted: Wanted) -> list[str]:
    """The values of the field that match; empty: no condition."""
    return [wanted.language, NO_LANGUAGE] if wanted.language else []


HELD_FIELDS = ["content_hash", "total"]
OWNER_FIELDS = ["tenant", "agent", "document"]


def to_owner(payload: Mapping[str, object]) -> tuple[Scope, str]:
    """Of the `OWNER_FIELDS` of a point."""
    return Scope(str(payload["tenant"]), str(payload["agent"])), str(payload["document"])


def to_held(payloads: Sequence[Mapping[str, object]]) -> Held:
    """Of the `HELD_FIELDS` of a document's points."""
    return Held(
        frozenset(str(one["content_hash"]) for one in payloads),
        len(payloads),
        max((_number(one.get("total")) for one in payloads), default=0),
    )


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0
