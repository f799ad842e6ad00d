"""What every store promises, run on Qdrant's engine in this process and on the Qdrant client's own local mode.

The local mode stands in for a server: the same client, the same requests, its collection in memory.
"""

import warnings
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from parley_core.errors import Unavailable
from parley_rag.chunking import Part, chunk_id
from parley_rag.embeddings.base import Floats
from parley_rag.embeddings.minilm import DIMENSION
from parley_rag.ports import PUBLIC, Chunk, Held, Scope, Store, Wanted
from parley_rag.stores.edge import EdgeStore
from parley_rag.stores.server import ServerStore
from parley_testing.servers import free_port
from qdrant_client import AsyncQdrantClient

ACME = Scope("acme", "clinic")
OTHER_TENANT = Scope("other", "clinic")
OTHER_AGENT = Scope("acme", "hotel")


def axis(at: int) -> Floats:
    vector = np.zeros(DIMENSION, dtype=np.float32)
    vector[at] = 1
    return vector


def between(first: int, second: int) -> Floats:
    return (axis(first) + axis(second)) / np.float32(2**0.5)


def chunks(
    scope: Scope,
    document: str,
    texts: Sequence[str],
    *,
    content_hash: str = "h1",
    permissions: tuple[str, ...] = (PUBLIC,),
) -> list[Chunk]:
    return [
        Chunk(
            id=chunk_id(scope, document, Part("Section", at, text)),
            document=document,
            section="Section",
            ordinal=at,
            text=text,
            permissions=permissions,
            source_uri="https://example.org/faq",
            content_hash="h1",
        )
        for at, text in enumerate(texts)
    ]


async def put(store: Store, scope: Scope, document: str, texts: Sequence[str], first_axis: int = 0) -> list[Chunk]:
    made = chunks(scope, document, texts)
    await store.replace(scope, document, made, np.stack([axis(first_axis + at) for at in range(len(texts))]))
    return made


async def texts_found(
    store: Store, scope: Scope, text: str, vector: Floats, *, limit: int = 10, permissions: Sequence[str] = ()
) -> list[str]:
    found = await store.search(scope, text, vector, limit=limit, wanted=Wanted(tuple(permissions)))
    return [one.chunk.text for one in found]


class StoreContract:
    @pytest.fixture
    async def store(self) -> AsyncIterator[Store]:
        raise NotImplementedError

    async def test_an_empty_store_finds_and_holds_nothing(self, store: Store) -> None:
        assert await texts_found(store, ACME, "anything", axis(0)) == []
        assert await store.held(ACME, "faq.md") == Held(frozenset(), 0)
        assert await store.delete(ACME, "") == 0

    async def test_a_hit_brings_back_the_whole_chunk_and_its_vector(self, store: Store) -> None:
        made = await put(store, ACME, "faq.md", ["Parking is free."])
        (found,) = await store.search(ACME, "parking", between(0, 1), limit=5, wanted=Wanted())
        assert found.chunk == made[0]
        assert found.vector == pytest.approx(axis(0), abs=1e-6)
        assert found.score > 0

    async def test_meaning_and_words_both_find(self, store: Store) -> None:
        await put(store, ACME, "faq.md", ["Parking is free.", "The doctor is in.", "Bring a card."])
        assert (await texts_found(store, ACME, "nothing like it", axis(1)))[0] == "The doctor is in."
        assert "Bring a card." in await texts_found(store, ACME, "a card", axis(300), limit=2)

    async def test_what_both_ways_find_comes_first(self, store: Store) -> None:
        await put(store, ACME, "faq.md", [f"Text {at} about nothing." for at in range(6)] + ["Parking is free."])
        vector = axis(6) * 0.6 + axis(2) * 0.8
        assert (await texts_found(store, ACME, "is parking free", vector))[0] == "Parking is free."

    async def test_words_match_by_stem(self, store: Store) -> None:
        await put(store, ACME, "faq.md", ["Parking is free.", "We park no cars.", "Bring a card."])
        assert set(await texts_found(store, ACME, "parked", axis(300), limit=2)) >= {"Parking is free."}

    async def test_a_query_of_stop_words_alone_is_answered_by_meaning(self, store: Store) -> None:
        await put(store, ACME, "faq.md", ["Parking is free.", "The doctor is in."])
        assert (await texts_found(store, ACME, "is it in the", axis(0)))[0] == "Parking is free."

    async def test_another_tenants_chunk_is_never_returned_even_as_the_best_match(self, store: Store) -> None:
        await put(store, ACME, "faq.md", ["Bring a card."], first_axis=7)
        await put(store, OTHER_TENANT, "faq.md", ["The secret is parking."])
        await put(store, OTHER_AGENT, "faq.md", ["The hotel has parking."])
        for permissions in ((), ("*",), ("acme", "other", "staff")):
            found = await texts_found(store, ACME, "the secret is parking", axis(0), permissions=permissions)
            assert found == ["Bring a card."]
        assert await texts_found(store, Scope("third", "clinic"), "the secret is parking", axis(0)) == []

    async def test_other_tenants_do_not_crowd_out_a_tenants_own_chunks(self, store: Store) -> None:
        await put(store, OTHER_TENANT, "big.md", [f"Parking rule {at}." for at in range(60)])
        await put(store, ACME, "faq.md", ["Bring a card."], first_axis=100)
        assert await texts_found(store, ACME, "parking rule", axis(0), limit=1) == ["Bring a card."]

    async def test_the_ranks_of_a_tenant_do_not_depend_on_what_others_store(self, store: Store) -> None:
        await put(store, ACME, "faq.md", ["Parking card.", "Parking ticket.", "Parking card ticket."])
        asked = axis(0) * 0.5 + axis(1) * 0.8 + axis(2) * 0.3
        alone = await store.search(ACME, "parking card", asked, limit=3, wanted=Wanted())
        await put(store, OTHER_TENANT, "big.md", [f"Card {at}." for at in range(60)])
        after = await store.search(ACME, "parking card", asked, limit=3, wanted=Wanted())
        assert [(one.chunk, one.score) for one in after] == [(one.chunk, one.score) for one in alone]

    async def test_chunks_with_permissions_are_for_those_who_have_one(self, store: Store) -> None:
        made = chunks(ACME, "staff.md", ["The channel code is here."], permissions=("doctors", "staff"))
        await store.replace(ACME, "staff.md", made, axis(0)[None])
        await put(store, ACME, "faq.md", ["Bring a card."], first_axis=9)
        query = ("the channel code", axis(0))
        assert await texts_found(store, ACME, *query) == ["Bring a card."]
        assert await texts_found(store, ACME, *query, permissions=["callers"]) == ["Bring a card."]
        found = await texts_found(store, ACME, *query, permissions=["callers", "staff"])
        assert found == ["The channel code is here.", "Bring a card."]

    async def test_replacing_leaves_only_the_new_chunks_of_that_document(self, store: Store) -> None:
        await put(store, ACME, "faq.md", ["Old one.", "Old two.", "Old three."])
        await put(store, ACME, "other.md", ["Stays."], first_axis=20)
        await put(store, OTHER_TENANT, "faq.md", ["Stays too."])
        fresh = [replace(one, content_hash="h2") for one in chunks(ACME, "faq.md", ["New one."])]
        await store.replace(ACME, "faq.md", fresh, axis(0)[None])
        assert set(await texts_found(store, ACME, "one two three", axis(0))) == {"New one.", "Stays."}
        assert await store.held(ACME, "faq.md") == Held(frozenset({"h2"}), 1)
        assert await store.held(OTHER_TENANT, "faq.md") == Held(frozenset({"h1"}), 1)

    async def test_delete_takes_one_document_or_all_of_the_agent(self, store: Store) -> None:
        await put(store, ACME, "a.md", ["One.", "Two."])
        await put(store, ACME, "b.md", ["Three."], first_axis=5)
        await put(store, OTHER_AGENT, "a.md", ["Four."], first_axis=6)
        assert await store.delete(ACME, "a.md") == 2
        assert await texts_found(store, ACME, "one", axis(0)) == ["Three."]
        assert await store.delete(ACME, "") == 1
        assert await texts_found(store, ACME, "one", axis(0)) == []
        assert await texts_found(store, OTHER_AGENT, "one", axis(0)) == ["Four."]

    async def test_limit_bounds_the_hits(self, store: Store) -> None:
        await put(store, ACME, "a.md", [f"Line {at}." for at in range(12)])
        assert len(await texts_found(store, ACME, "line", axis(0), limit=3)) == 3


class TestEdgeStore(StoreContract):
    @pytest.fixture
    async def store(self, shard: Path) -> AsyncIterator[Store]:
        store = EdgeStore.open(shard, dimension=DIMENSION)
        yield store
        await store.close()

    async def test_what_was_stored_is_there_after_a_restart(self, shard: Path) -> None:
        first = EdgeStore.open(shard, dimension=DIMENSION)
        await put(first, ACME, "faq.md", ["Parking is free."])
        await first.close()
        second = EdgeStore.open(shard, dimension=DIMENSION)
        assert await texts_found(second, ACME, "parking", axis(0)) == ["Parking is free."]
        await second.close()

    async def test_a_folder_has_one_owner_at_a_time(self, store: Store, shard: Path) -> None:
        with pytest.raises(Unavailable):
            EdgeStore.open(shard, dimension=DIMENSION)

    async def test_an_error_of_the_engine_is_unavailable(self, store: Store) -> None:
        with pytest.raises(Unavailable, match="dim"):
            await store.search(ACME, "parking", np.ones(3, dtype=np.float32), limit=1, wanted=Wanted())


class TestServerStore(StoreContract):
    @pytest.fixture
    def store(self, memory_store: ServerStore) -> Store:
        return memory_store

    async def test_a_collection_that_is_there_is_used(self) -> None:
        client = AsyncQdrantClient(":memory:")
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="Payload indexes have no effect")
            first = await ServerStore.open(client, "parley", dimension=DIMENSION)
            await put(first, ACME, "faq.md", ["Parking is free."])
            second = await ServerStore.open(client, "parley", dimension=DIMENSION)
        assert await texts_found(second, ACME, "parking", axis(0)) == ["Parking is free."]
        await client.close()

    @pytest.mark.outside
    async def test_a_server_that_is_not_there_is_unavailable(self) -> None:
        client = AsyncQdrantClient(url=f"http://127.0.0.1:{free_port()}", check_compatibility=False)
        with pytest.raises(Unavailable, match="Qdrant"):
            await ServerStore.open(client, "parley", dimension=DIMENSION)
        await client.close()
