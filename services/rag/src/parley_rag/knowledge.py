"""What the service does, apart from how it is asked: ingest, search, answer, delete, over any embedder and any store.

`rpc` calls it with plain values; it checks them, keeps one document's replacements in order and makes nothing twice.
"""

import asyncio
import hashlib
import json
import weakref
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from parley_core.errors import BadInput
from parley_core.ids import check_token

from parley_rag import answering, chunking
from parley_rag.answering import Answer
from parley_rag.embedding import DIMENSION, Floats
from parley_rag.ports import PUBLIC, Chunk, Embedder, Found, Held, Scope, Store

MAX_LIMIT = 20
DEFAULT_LIMIT = 5
MAX_QUERY_CHARS = 2000
MAX_NAME_CHARS = 200
MAX_METADATA = 32
MAX_METADATA_CHARS = 2000
MAX_PERMISSIONS = 64
MAX_SENTENCES = 5
DEFAULT_SENTENCES = 2
MAX_TEXTS = 256
MAX_TEXT_CHARS = 20_000
ANSWER_HITS = 6  # chunks whose sentences are weighed for an answer
WARM_SENTENCES = 300  # of a document, whose vectors are made ready at ingest
_EMBED_BATCH = 32  # texts embedded at once, so that a caller's question gets a thread in between


@dataclass(frozen=True, slots=True)
class Limits:
    document_bytes: int
    chunks: int
    chunk_chars: int


@dataclass(frozen=True, slots=True)
class Ingested:
    chunks: int
    unchanged: bool


@dataclass(frozen=True, slots=True)
class Hit:
    found: Found
    similarity: float  # cosine with the query


class Knowledge:
    def __init__(self, embedder: Embedder, store: Store, limits: Limits) -> None:
        self._embedder = embedder
        self._store = store
        self._limits = limits
        # One lock per document being written; gone when nobody holds it.
        self._locks: weakref.WeakValueDictionary[tuple[Scope, str], asyncio.Lock] = weakref.WeakValueDictionary()

    async def ingest(
        self, scope: Scope, name: str, *, media_type: str, content: bytes, metadata: Mapping[str, str]
    ) -> Ingested:
        """Make `content` the document `name`. The same again changes nothing. Raises BadInput naming what is wrong.

        Metadata that means something: `source_uri` is cited with each hit; `permissions` (comma-separated) are those of
        which a searcher needs one.
        """
        _check_scope(scope)
        _check_document_name(name)
        _check_metadata(metadata)
        if not content:
            raise BadInput("content", "is empty")
        if len(content) > self._limits.document_bytes:
            raise BadInput("content", f"has {len(content)} bytes; at most {self._limits.document_bytes} are taken")
        parts = chunking.parts_of(content, media_type, max_chars=self._limits.chunk_chars)
        if len(parts) > self._limits.chunks:
            raise BadInput("content", f"makes {len(parts)} chunks; at most {self._limits.chunks} are taken")
        content_hash = _hash(content, media_type, metadata, self._limits.chunk_chars)
        chunks = [
            Chunk(
                id=chunking.chunk_id(scope, name, part),
                document=name,
                section=part.section,
                ordinal=part.ordinal,
                text=part.text,
                permissions=_permissions(metadata) or (PUBLIC,),
                source_uri=metadata.get("source_uri", ""),
                content_hash=content_hash,
            )
            for part in parts
        ]
        async with self._locks.setdefault((scope, name), asyncio.Lock()):
            unchanged = await self._store.held(scope, name) == Held(frozenset({content_hash}), len(chunks))
            if not unchanged:
                vectors = await self._embed_in_batches([chunk.indexed_text for chunk in chunks])
                await self._store.replace(scope, name, chunks, vectors)
        # The first caller to ask about it should not wait for the vectors of its sentences.
        candidates = answering.candidates_of(chunks)[:WARM_SENTENCES]
        await self._embed_in_batches(answering.texts_of(candidates))
        return Ingested(len(chunks), unchanged=unchanged)

    async def search(self, scope: Scope, query: str, *, limit: int, permissions: Sequence[str]) -> list[Hit]:
        """Up to `limit` (0: 5) hits, best first."""
        _check_scope(scope)
        if limit < 0 or limit > MAX_LIMIT:
            raise BadInput("limit", f"must be 1 to {MAX_LIMIT}, or 0 for {DEFAULT_LIMIT}")
        if len(permissions) > MAX_PERMISSIONS:
            raise BadInput("permissions", f"has more than {MAX_PERMISSIONS} entries")
        hits, _ = await self._find(scope, _check_query(query, "query"), limit or DEFAULT_LIMIT, permissions)
        return hits

    async def answer(self, scope: Scope, question: str, *, max_sentences: int) -> tuple[Answer, list[Hit]]:
        """The sentences that answer best, from documents without permissions, and the hits they were taken from."""
        _check_scope(scope)
        if max_sentences < 0 or max_sentences > MAX_SENTENCES:
            raise BadInput("max_sentences", f"must be 1 to {MAX_SENTENCES}, or 0 for {DEFAULT_SENTENCES}")
        hits, vector = await self._find(scope, _check_query(question, "question"), ANSWER_HITS, ())
        candidates = answering.candidates_of([hit.found.chunk for hit in hits])
        vectors = await self._embedder.embed(answering.texts_of(candidates))
        found = answering.answer(
            question,
            candidates,
            question_vector=vector,
            alone=vectors[: len(candidates)],
            in_context=vectors[len(candidates) :],
            max_sentences=max_sentences or DEFAULT_SENTENCES,
        )
        return found, [hits[at] for at in found.hits]

    async def delete(self, scope: Scope, document: str) -> int:
        """Remove a document, or all of the agent's when `document` is empty; returns the chunks removed."""
        _check_scope(scope)
        if document:
            _check_document_name(document)
        async with self._locks.setdefault((scope, document), asyncio.Lock()):
            return await self._store.delete(scope, document)

    async def embed(self, texts: Sequence[str]) -> Floats:
        if len(texts) > MAX_TEXTS:
            raise BadInput("texts", f"has {len(texts)} entries; at most {MAX_TEXTS} are taken")
        for at, text in enumerate(texts):
            if len(text) > MAX_TEXT_CHARS:
                raise BadInput(f"texts[{at}]", f"has {len(text)} characters; at most {MAX_TEXT_CHARS} are taken")
        return await self._embed_in_batches(texts)

    async def _find(self, scope: Scope, query: str, limit: int, permissions: Sequence[str]) -> tuple[list[Hit], Floats]:
        vector: Floats = (await self._embedder.embed([query]))[0]
        found = await self._store.search(scope, query, vector, limit=limit, permissions=permissions)
        return [Hit(one, float(one.vector @ vector)) for one in found], vector

    async def _embed_in_batches(self, texts: Sequence[str]) -> Floats:
        """Raises what the embedder raises. The rows of an empty list are an empty array."""
        rows = [await self._embedder.embed(texts[at : at + _EMBED_BATCH]) for at in range(0, len(texts), _EMBED_BATCH)]
        return np.concatenate(rows) if rows else np.empty((0, DIMENSION), dtype=np.float32)


def _check_scope(scope: Scope) -> None:
    check_token(scope.tenant, "tenant")
    check_token(scope.agent, "agent")


def _check_document_name(name: str) -> None:
    if not name or len(name) > MAX_NAME_CHARS or not name.isprintable():
        raise BadInput("document", f"must be 1 to {MAX_NAME_CHARS} printable characters")


def _check_query(text: str, what: str) -> str:
    if not text.strip():
        raise BadInput(what, "is empty")
    if len(text) > MAX_QUERY_CHARS:
        raise BadInput(what, f"has {len(text)} characters; at most {MAX_QUERY_CHARS} are taken")
    return text.strip()


def _check_metadata(metadata: Mapping[str, str]) -> None:
    if len(metadata) > MAX_METADATA:
        raise BadInput("metadata", f"has more than {MAX_METADATA} entries")
    for key, value in metadata.items():
        if len(key) + len(value) > MAX_METADATA_CHARS:
            raise BadInput(f"metadata[{key[:40]}]", f"is longer than {MAX_METADATA_CHARS} characters")
    if len(_permissions(metadata)) > MAX_PERMISSIONS:
        raise BadInput("metadata[permissions]", f"has more than {MAX_PERMISSIONS} entries")


def _permissions(metadata: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(sorted({part.strip() for part in metadata.get("permissions", "").split(",")} - {""}))


def _hash(content: bytes, media_type: str, metadata: Mapping[str, str], chunk_chars: int) -> str:
    """Of everything that the stored chunks depend on."""
    about = json.dumps([chunking.VERSION, media_type, sorted(metadata.items()), chunk_chars])
    return hashlib.sha256(about.encode() + b"\0" + content).hexdigest()
