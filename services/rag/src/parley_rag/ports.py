"""What the knowledge domain needs from outside: an embedder and a store of chunks."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from parley_rag.embeddings.base import Floats
from parley_rag.parsing.blocks import Parsed

PUBLIC = "*"  # the permission that everybody has; stored on every chunk that names no other
ORIGIN_AGENT = "agent"  # of a document that the agent's own document names
VERSION_CHARS = 12  # of the content's hash: enough to tell the versions of one document apart


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose knowledge. Every store operation is confined to one scope, inside the engine."""

    tenant: str
    agent: str


@dataclass(frozen=True, slots=True)
class Chunk:
    id: str  # UUID
    document: str
    section: str  # headings from the top, joined by " > "; may be empty
    ordinal: int  # place in the document, from 0
    text: str
    permissions: tuple[str, ...]
    source_uri: str
    content_hash: str  # of the whole document
    page: int = 0  # where it begins, from 1; 0: the format has no pages
    language: str = ""  # primary tag; empty: not known
    media_type: str = ""
    origin: str = ORIGIN_AGENT
    added_at: str = ""  # RFC 3339
    total: int = 0  # chunks of the document

    @property
    def version(self) -> str:
        return self.content_hash[:VERSION_CHARS]

    @property
    def indexed_text(self) -> str:
        """What is embedded and counted: the words of the headings belong to the meaning of what stands under them."""
        return f"{self.section}. {self.text}" if self.section else self.text


@dataclass(frozen=True, slots=True)
class Found:
    chunk: Chunk
    score: float  # fused rank score
    vector: Floats  # dense, length 1


@dataclass(frozen=True, slots=True)
class Held:
    """What the store has of one document; more than one hash means that a replacement was cut short."""

    hashes: frozenset[str]
    chunks: int
    total: int = 0  # that it should have

    @property
    def complete(self) -> bool:
        return len(self.hashes) == 1 and self.chunks == self.total


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a search may find in its scope: chunks with one of the permissions or PUBLIC; empty fields take all."""

    permissions: tuple[str, ...] = ()
    language: str = ""  # primary tag: chunks of it, and those of no known language
    document: str = ""
    least: float = 0.0  # hits of less relevance are left out
    spoken: str = ""  # primary tag of the language that the query is in; says what stands, not what may be found


class DocumentParser(Protocol):
    async def parse(self, content: bytes, media_type: str) -> Parsed:
        """Raises BadInput, LimitReached, TimedOut, Unavailable."""
        ...


class Embedder(Protocol):
    """Compares texts of one kind; a text is embedded alike on both sides."""

    async def embed(self, texts: Sequence[str]) -> Floats:
        """Return one row of length 1 per text. Raises LimitReached, TimedOut."""
        ...


class Store(Protocol):
    """Chunks by scope. Raises Unavailable, LimitReached, TimedOut."""

    async def replace(self, scope: Scope, document: str, chunks: Sequence[Chunk], vectors: Floats) -> None:
        """Make `chunks` all there is of `document`; a search meanwhile may see old and new together, never none."""
        ...

    async def search(
        self, scope: Scope, text: str, vector: Floats | None, *, limit: int, wanted: Wanted
    ) -> list[Found]:
        """Best first, by dense and word rank fused; only chunks of `scope` that `wanted` takes. No vector: by words."""
        ...

    async def chunks(self, scope: Scope, document: str) -> list[Chunk]:
        """Every chunk of one document, or of all where it is empty, in no order."""
        ...

    async def held(self, scope: Scope, document: str) -> Held: ...

    async def delete(self, scope: Scope, document: str) -> int:
        """Remove one document, or everything of the scope when `document` is empty; returns the chunks removed."""
        ...

    async def documents(self) -> list[tuple[Scope, str]]:
        """Every document of every scope, for the change of the model."""
        ...

    async def close(self) -> None: ...

    async def drop(self) -> None:
        """Remove all that the store has, and close it."""
        ...
