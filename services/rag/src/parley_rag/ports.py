"""What the knowledge domain needs from outside: an embedder and a store of chunks."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from parley_rag.embedding import Floats

PUBLIC = "*"  # the permission that everybody has; stored on every chunk that names no other


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


class Embedder(Protocol):
    async def embed(self, texts: Sequence[str]) -> Floats:
        """Return one row of length 1 per text. Raises LimitReached, TimedOut."""
        ...


class Store(Protocol):
    """Chunks by scope. Raises Unavailable, LimitReached, TimedOut."""

    async def replace(self, scope: Scope, document: str, chunks: Sequence[Chunk], vectors: Floats) -> None:
        """Make `chunks` all there is of `document`; a search meanwhile may see old and new together, never none."""
        ...

    async def search(
        self, scope: Scope, text: str, vector: Floats, *, limit: int, permissions: Sequence[str]
    ) -> list[Found]:
        """Best first, by dense and word rank fused; only chunks of `scope` with PUBLIC or one of `permissions`."""
        ...

    async def held(self, scope: Scope, document: str) -> Held: ...

    async def delete(self, scope: Scope, document: str) -> int:
        """Remove one document, or everything of the scope when `document` is empty; returns the chunks removed."""
        ...

    async def close(self) -> None: ...
