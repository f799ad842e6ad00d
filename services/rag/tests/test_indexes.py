"""The change from one model's index to another's: what is searched, written and removed meanwhile."""

import asyncio
import warnings
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import numpy as np
import pytest
from parley_core.errors import Unavailable
from parley_rag.embeddings.base import Floats, Likeness
from parley_rag.indexes import Index, Indexes
from parley_rag.knowledge import Knowledge, Limits, Upload
from parley_rag.parsing.sandbox import Sandbox
from parley_rag.ports import Scope, Wanted
from parley_rag.stores.server import ServerStore
from qdrant_client import AsyncQdrantClient

ACME = Scope("acme", "clinic")


class Counting:
    """A model whose vectors say how many letters a text has; it can be held, and it can fail."""

    likeness = Likeness(0.0, 1.0)

    def __init__(self, name: str, dimension: int) -> None:
        self.name, self.dimension = name, dimension
        self.gate = asyncio.Event()
        self.gate.set()
        self.asked = asyncio.Event()
        self.asking = asyncio.Event()  # cleared: questions wait
        self.asking.set()
        self.queried = asyncio.Event()
        self.embedded: list[str] = []
        self.down = False

    async def queries(self, texts: Sequence[str]) -> Floats:
        self.queried.set()
        await self.asking.wait()
        return self._rows(texts)

    async def passages(self, texts: Sequence[str]) -> Floats:
        self.asked.set()
        await self.gate.wait()
        if self.down:
            raise Unavailable("the model", "down")
        self.embedded += texts
        return self._rows(texts)

    async def close(self) -> None:
        pass

    def _rows(self, texts: Sequence[str]) -> Floats:
        rows = np.ones((len(texts), self.dimension), np.float32)
        rows[:, 0] = [len(text) for text in texts]
        unit: Floats = rows / np.linalg.norm(rows, axis=1, keepdims=True)
        return unit


@asynccontextmanager
async def store(dimension: int) -> AsyncIterator[ServerStore]:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Payload indexes have no effect")
        made = await ServerStore.open(AsyncQdrantClient(":memory:"), "parley", dimension=dimension)
    yield made
    await made.close()


@pytest.fixture
async def stores() -> AsyncIterator[tuple[ServerStore, ServerStore]]:
    async with store(3) as first, store(5) as second:
        yield first, second


def knowledge(indexes: Indexes, foreseen: object) -> Knowledge:
    limits = Limits(document_bytes=10_000, chunks=50, chunk_chars=300)
    return Knowledge(foreseen, indexes, Sandbox(), limits)  # type: ignore[arg-type]


async def said(known: Knowledge, query: str) -> list[str]:
    return [hit.found.chunk.document for hit in await known.search(ACME, query, limit=5, wanted=Wanted())]


async def test_no_search_is_lost_while_another_model_embeds_anew(
    stores: tuple[ServerStore, ServerStore], foreseen: object
) -> None:
    old, new = Counting("old", 3), Counting("new", 5)
    before = knowledge(Indexes(Index(old, stores[0])), foreseen)
    await before.ingest(ACME, Upload("parking.md", b"Parking is free.\n"))
    await before.ingest(ACME, Upload("sauna.md", b"The sauna is hot.\n"))

    indexes = Indexes(Index(new, stores[1]), [Index(old, stores[0])])
    known = knowledge(indexes, foreseen)
    new.gate.clear()
    change = asyncio.ensure_future(indexes.carry_over())
    await new.asked.wait()
    assert await said(known, "is parking free") == ["parking.md", "sauna.md"]
    assert [one.sample.document for one in await known.documents(ACME)] == ["parking.md", "sauna.md"]

    # Written and removed meanwhile: both hold for either index.
    removal = asyncio.ensure_future(known.delete(ACME, "sauna.md"))
    new.gate.set()
    assert await removal == 1
    await known.ingest(ACME, Upload("towels.md", b"Towels cost two euros.\n"))
    assert "towels.md" in await said(known, "what do towels cost")
    await change
    assert not indexes.carrying_over
    assert sorted(await said(known, "what do towels cost")) == ["parking.md", "towels.md"]
    assert (await known.ingest(ACME, Upload("parking.md", b"Parking is free.\n"))).unchanged


async def test_what_is_carried_over_already_is_not_embedded_again(
    stores: tuple[ServerStore, ServerStore], foreseen: object
) -> None:
    old, new = Counting("old", 3), Counting("new", 5)
    both = Indexes(Index(new, stores[1]), [Index(old, stores[0])])
    await knowledge(both, foreseen).ingest(ACME, Upload("parking.md", b"Parking is free.\n"))
    embedded = list(new.embedded)
    await both.carry_over()
    assert new.embedded == embedded


async def test_a_model_that_is_gone_is_searched_by_words_until_its_documents_have_new_vectors(
    stores: tuple[ServerStore, ServerStore], foreseen: object
) -> None:
    old, new = Counting("old", 3), Counting("new", 5)
    await knowledge(Indexes(Index(old, stores[0])), foreseen).ingest(ACME, Upload("p.md", b"Parking is free.\n"))
    indexes = Indexes(Index(new, stores[1]), [Index(None, stores[0])])
    known = knowledge(indexes, foreseen)
    await known.ingest(ACME, Upload("t.md", b"Towels cost two euros.\n"))
    assert sorted(await said(known, "is the parking free and what do towels cost")) == ["p.md", "t.md"]
    await indexes.carry_over()
    assert sorted(await said(known, "anything")) == ["p.md", "t.md"]


async def test_a_model_that_fails_leaves_the_earlier_index_in_use(
    stores: tuple[ServerStore, ServerStore], foreseen: object
) -> None:
    old, new = Counting("old", 3), Counting("new", 5)
    await knowledge(Indexes(Index(old, stores[0])), foreseen).ingest(ACME, Upload("p.md", b"Parking is free.\n"))
    new.down = True
    indexes = Indexes(Index(new, stores[1]), [Index(old, stores[0])])
    change = asyncio.ensure_future(indexes.carry_over())
    await new.asked.wait()
    assert await said(knowledge(indexes, foreseen), "parking") == ["p.md"]
    assert indexes.carrying_over
    change.cancel()


async def test_an_index_is_not_dropped_under_a_search_that_has_begun_in_it(
    stores: tuple[ServerStore, ServerStore], foreseen: object
) -> None:
    old, new = Counting("old", 3), Counting("new", 5)
    await knowledge(Indexes(Index(old, stores[0])), foreseen).ingest(ACME, Upload("p.md", b"Parking is free.\n"))
    indexes = Indexes(Index(new, stores[1]), [Index(old, stores[0])])
    old.asking.clear()
    search = asyncio.ensure_future(said(knowledge(indexes, foreseen), "parking"))
    await old.queried.wait()
    change = asyncio.ensure_future(indexes.carry_over())
    await asyncio.wait({change}, timeout=0.3)  # it has all it needs but the end of the search
    assert not change.done()
    old.asking.set()
    assert await search == ["p.md"]
    await change
