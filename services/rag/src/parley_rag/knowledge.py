"""What the service does, apart from how it is asked: ingest, list, search, answer, delete, over any embedder and store.

`rpc` calls it with plain values; it checks them, keeps one document's replacements in order and makes nothing twice.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import numpy as np
from parley_core import clock
from parley_core.errors import BadInput, NotFound
from parley_core.ids import check_token

from parley_rag import answering, chunking
from parley_rag.answering import Answer
from parley_rag.embeddings.base import Floats
from parley_rag.embeddings.minilm import DIMENSION
from parley_rag.indexes import Indexes, Progress
from parley_rag.parsing import formats
from parley_rag.ports import (
    PUBLIC,
    VERSION_CHARS,
    Chunk,
    DocumentParser,
    Embedder,
    Found,
    Scope,
    Wanted,
)
from parley_rag.reranking import Reranker, WordsAndMeaning

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
RERANKED = 12  # hits that are weighed anew, where fewer are wanted
PLACE = 0.15  # what being first of both searches counts, against a relevance of 1
MEANT_HITS = 2  # the same in another language than English: its sentences cost more
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
    version: str = ""
    notes: tuple[str, ...] = ()  # what could not be read


@dataclass(frozen=True, slots=True)
class DocumentInfo:
    """One document as it is held; `sample` is any chunk of it, all have the document's own facts."""

    sample: Chunk
    chunks: int


@dataclass(frozen=True, slots=True)
class Upload:
    """A document on its way in. Metadata that means something: `source_uri` is cited with each hit; `permissions`
    (comma-separated) are those of which a searcher needs one; `language` is a BCP 47 tag; `origin` says what added it.
    """

    name: str
    content: bytes
    media_type: str = ""  # empty: told by the ending of the name
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Hit:
    found: Found
    similarity: float  # cosine with the query
    relevance: float  # how surely the passage concerns the query, 0 to 1


def _silent(done: int, of: int) -> None:
    return None


EVERYBODYS = Wanted()  # public documents, in any language


class Knowledge:
    def __init__(
        self,
        embedder: Embedder,
        indexes: Indexes,
        parser: DocumentParser,
        limits: Limits,
        reranker: Reranker | None = None,
    ) -> None:
        """`embedder`: of sentences and of callers' texts; the indexes have models of their own."""
        self._reranker = reranker or WordsAndMeaning()
        self._embedder = embedder
        self._parser = parser
        self._indexes = indexes
        self._limits = limits

    async def ingest(self, scope: Scope, upload: Upload, progress: Progress = _silent) -> Ingested:
        """Make it the document of its name. The same again changes nothing. Raises BadInput naming what is wrong."""
        _check_scope(scope)
        _check_document_name(upload.name)
        _check_metadata(upload.metadata)
        if not upload.content:
            raise BadInput("content", "is empty")
        self.check_size(len(upload.content))
        media_type = formats.media_type_of(upload.name, upload.content, upload.media_type)
        content_hash = _hash(upload.content, media_type, upload.metadata, self._limits.chunk_chars)
        async with self._indexes.writing(scope, upload.name):
            held = await self._indexes.held(scope, upload.name)
            if held.hashes == {content_hash} and held.complete:
                await self._warm(await self._indexes.chunks(scope, upload.name))
                return Ingested(held.chunks, unchanged=True, version=content_hash[:VERSION_CHARS])
            progress(0, 0)
            parsed = await self._parser.parse(upload.content, media_type)
            parts = chunking.parts_of(parsed.blocks, max_chars=self._limits.chunk_chars)
            if len(parts) > self._limits.chunks:
                raise BadInput("content", f"makes {len(parts)} chunks; at most {self._limits.chunks} are taken")
            chunks = _chunks(scope, upload, media_type, content_hash, parts)
            progress(0, len(chunks))
            await self._indexes.replace(scope, upload.name, chunks, progress)
        await self._warm(chunks)
        return Ingested(len(chunks), unchanged=False, version=content_hash[:VERSION_CHARS], notes=parsed.notes)

    def check_size(self, size: int) -> None:
        """Raises BadInput for more bytes than a document may have."""
        if size > self._limits.document_bytes:
            raise BadInput("content", f"has {size} bytes; at most {self._limits.document_bytes} are taken")

    async def documents(self, scope: Scope) -> list[DocumentInfo]:
        """What the scope holds, by name."""
        _check_scope(scope)
        found: dict[str, DocumentInfo] = {}
        for chunk in await self._indexes.chunks(scope, ""):
            known = found.get(chunk.document)
            found[chunk.document] = DocumentInfo(chunk, 1 if known is None else known.chunks + 1)
        return [found[name] for name in sorted(found)]

    async def read(self, scope: Scope, document: str) -> list[Chunk]:
        """The chunks of a document in its order. Raises NotFound."""
        _check_scope(scope)
        _check_document_name(document)
        chunks = await self._indexes.chunks(scope, document)
        if not chunks:
            raise NotFound("document", document)
        return sorted(chunks, key=lambda one: one.ordinal)

    async def search(self, scope: Scope, query: str, *, limit: int, wanted: Wanted) -> list[Hit]:
        """Up to `limit` (0: 5) hits, best first."""
        _check_scope(scope)
        if limit < 0 or limit > MAX_LIMIT:
            raise BadInput("limit", f"must be 1 to {MAX_LIMIT}, or 0 for {DEFAULT_LIMIT}")
        _check_wanted(wanted)
        return await self._find(scope, _check_query(query, "query"), limit or DEFAULT_LIMIT, wanted)

    async def answer(
        self, scope: Scope, question: str, *, max_sentences: int, wanted: Wanted = EVERYBODYS
    ) -> tuple[Answer, list[Hit]]:
        """The sentences that answer best, and the hits they were taken from."""
        _check_scope(scope)
        _check_wanted(wanted)
        if max_sentences < 0 or max_sentences > MAX_SENTENCES:
            raise BadInput("max_sentences", f"must be 1 to {MAX_SENTENCES}, or 0 for {DEFAULT_SENTENCES}")
        question = _check_query(question, "question")
        by_words = wanted.spoken in ("", "en")
        # Where each sentence is weighed by itself, passages come as the two searches found them.
        hits = await self._find(scope, question, ANSWER_HITS, wanted, reranked=not by_words)
        if not by_words:
            found, used = await self._answer_by_meaning(question, hits[:MEANT_HITS])
            return found, [hits[at] for at in used]
        candidates = answering.candidates_of([hit.found.chunk for hit in hits])
        vectors = await self._embedder.embed([question, *answering.texts_of(candidates)])
        vector, vectors = vectors[0], vectors[1:]
        found = answering.answer(
            question,
            candidates,
            question_vector=vector,
            alone=vectors[: len(candidates)],
            in_context=vectors[len(candidates) :],
            max_sentences=max_sentences or DEFAULT_SENTENCES,
        )
        return found, [hits[at] for at in found.hits]

    async def _answer_by_meaning(self, question: str, hits: Sequence[Hit]) -> tuple[Answer, tuple[int, ...]]:
        candidates = answering.candidates_of([hit.found.chunk for hit in hits])
        likeness = await self._indexes.likeness(question, [one.in_context for one in candidates])
        found = answering.answer_by_meaning(candidates, likeness, [hit.relevance for hit in hits])
        return found, found.hits

    async def delete(self, scope: Scope, document: str) -> int:
        """Remove a document, or all of the agent's when `document` is empty; returns the chunks removed."""
        _check_scope(scope)
        if document:
            _check_document_name(document)
        async with self._indexes.writing(scope, document):
            return await self._indexes.delete(scope, document)

    async def embed(self, texts: Sequence[str]) -> Floats:
        if len(texts) > MAX_TEXTS:
            raise BadInput("texts", f"has {len(texts)} entries; at most {MAX_TEXTS} are taken")
        for at, text in enumerate(texts):
            if len(text) > MAX_TEXT_CHARS:
                raise BadInput(f"texts[{at}]", f"has {len(text)} characters; at most {MAX_TEXT_CHARS} are taken")
        return await self._embed_in_batches(texts)

    async def _find(self, scope: Scope, query: str, limit: int, wanted: Wanted, *, reranked: bool = True) -> list[Hit]:
        near = await self._indexes.search(scope, query, limit=max(limit, RERANKED), wanted=wanted)
        found = [one.found for one in near]
        relevance = await self._reranker.relevance(query, wanted.spoken, found, [one.likeness for one in near])
        hits = [Hit(one.found, one.cosine, sure) for one, sure in zip(near, relevance, strict=True)]
        # A hit keeps part of the place that the two searches gave it: they know words that the re-ranker does not.
        places = {id(hit): hit.relevance + PLACE / (1 + place) for place, hit in enumerate(hits)}
        ranked = sorted(hits, key=lambda hit: -places[id(hit)]) if reranked else hits
        return [hit for hit in ranked if hit.relevance >= wanted.least][:limit]

    async def _warm(self, chunks: Sequence[Chunk]) -> None:
        """The first caller to ask about a document should not wait for the vectors of its sentences."""
        candidates = answering.candidates_of(chunks)[:WARM_SENTENCES]
        await self._embed_in_batches(answering.texts_of(candidates))

    async def _embed_in_batches(self, texts: Sequence[str]) -> Floats:
        """Raises what the embedder raises. The rows of an empty list are an empty array."""
        batches = range(0, len(texts), _EMBED_BATCH)
        rows = [await self._embedder.embed(texts[at : at + _EMBED_BATCH]) for at in batches]
        return np.concatenate(rows) if rows else np.empty((0, DIMENSION), dtype=np.float32)


def _chunks(
    scope: Scope, upload: Upload, media_type: str, content_hash: str, parts: Sequence[chunking.Part]
) -> list[Chunk]:
    metadata = upload.metadata
    added_at = datetime.fromtimestamp(clock.current().time_us() // 1_000_000, UTC).isoformat()
    return [
        Chunk(
            id=chunking.chunk_id(scope, upload.name, part),
            document=upload.name,
            section=part.section,
            ordinal=part.ordinal,
            text=part.text,
            permissions=_permissions(metadata) or (PUBLIC,),
            source_uri=metadata.get("source_uri", ""),
            content_hash=content_hash,
            page=part.page,
            language=metadata.get("language", "").split("-")[0].lower(),
            media_type=media_type,
            origin=metadata.get("origin", "api"),
            added_at=added_at,
            total=len(parts),
        )
        for part in parts
    ]


def _check_scope(scope: Scope) -> None:
    check_token(scope.tenant, "tenant")
    check_token(scope.agent, "agent")


def _check_wanted(wanted: Wanted) -> None:
    if len(wanted.permissions) > MAX_PERMISSIONS:
        raise BadInput("permissions", f"has more than {MAX_PERMISSIONS} entries")


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
