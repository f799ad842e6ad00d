import asyncio
from typing import Protocol

import pytest
from parley_core.errors import BadInput
from parley_rag.knowledge import Ingested, Knowledge, Upload
from parley_rag.ports import Scope, Wanted


class Foreseen(Protocol):
    texts: list[str]


CLINIC = Scope("acme", "clinic")
FAQ = b"# Hours\n\nWe open at nine.\n\n# Parking\n\nParking is free.\n"


async def ingest(
    knowledge: Knowledge,
    content: bytes = FAQ,
    *,
    name: str = "faq.md",
    scope: Scope = CLINIC,
    media_type: str = "text/markdown",
    metadata: dict[str, str] | None = None,
) -> Ingested:
    return await knowledge.ingest(scope, Upload(name, content, media_type, metadata or {}))


def outline(done: Ingested) -> tuple[int, bool]:
    return done.chunks, done.unchanged


async def found(knowledge: Knowledge, query: str, *, permissions: tuple[str, ...] = ()) -> list[str]:
    hits = await knowledge.search(CLINIC, query, limit=20, wanted=Wanted(permissions))
    return sorted(hit.found.chunk.text for hit in hits)


async def test_the_same_content_again_changes_nothing(knowledge: Knowledge, foreseen: Foreseen) -> None:
    document = b"# Hours\n\nWe open at nine. We close at six.\n"
    whole = "Hours. We open at nine. We close at six."
    assert outline(await ingest(knowledge, document)) == (1, False)
    assert whole in foreseen.texts
    foreseen.texts.clear()
    assert outline(await ingest(knowledge, document)) == (1, True)
    assert whole not in foreseen.texts


async def test_an_ingest_makes_the_vectors_of_its_sentences_ready(knowledge: Knowledge, foreseen: Foreseen) -> None:
    await ingest(knowledge, b"# Hours\n\nWe open at nine. We close at six.\n")
    assert {"We open at nine.", "We close at six.", "Hours. We close at six."} <= set(foreseen.texts)


async def test_new_content_replaces_all_of_the_old(knowledge: Knowledge) -> None:
    await ingest(knowledge)
    assert outline(await ingest(knowledge, b"Only this is left.")) == (1, False)
    assert await found(knowledge, "parking") == ["Only this is left."]


async def test_new_metadata_is_a_change(knowledge: Knowledge) -> None:
    await ingest(knowledge)
    assert not (await ingest(knowledge, metadata={"source_uri": "https://example.org/faq"})).unchanged
    (hit, *_) = await knowledge.search(CLINIC, "parking", limit=1, wanted=Wanted())
    assert hit.found.chunk.source_uri == "https://example.org/faq"


async def test_a_replacement_that_was_cut_short_is_made_again(knowledge: Knowledge) -> None:
    await ingest(knowledge)
    assert await knowledge.delete(CLINIC, "faq.md") == 2
    assert outline(await ingest(knowledge)) == (2, False)


async def test_two_ingests_of_one_document_at_once_leave_one_version(knowledge: Knowledge) -> None:
    versions = [f"# Version\n\nThis is version {at}.\n".encode() for at in range(5)]
    await asyncio.gather(*(ingest(knowledge, version) for version in versions))
    assert await found(knowledge, "version") == ["This is version 4."]


async def test_permissions_of_a_document_are_asked_for(knowledge: Knowledge) -> None:
    await ingest(knowledge, b"The code is green.", name="staff.md", metadata={"permissions": "staff, doctors"})
    await ingest(knowledge)
    assert "The code is green." not in await found(knowledge, "code")
    assert "The code is green." in await found(knowledge, "code", permissions=("doctors",))
    answer, hits = await knowledge.answer(CLINIC, "The code is green.", max_sentences=1)
    assert "green" not in answer.text
    assert all(hit.found.chunk.document == "faq.md" for hit in hits)


async def test_similarity_is_the_cosine_with_the_query(knowledge: Knowledge) -> None:
    await ingest(knowledge)
    (hit, *_) = await knowledge.search(CLINIC, "Hours. We open at nine.", limit=1, wanted=Wanted())
    assert hit.similarity == pytest.approx(1.0, abs=1e-4)


async def test_delete_tells_how_much_went(knowledge: Knowledge) -> None:
    await ingest(knowledge)
    await ingest(knowledge, b"Another.", name="other.md")
    assert await knowledge.delete(CLINIC, "nothing.md") == 0
    assert await knowledge.delete(CLINIC, "") == 3
    assert await found(knowledge, "parking") == []


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"content": b""}, "content"),
        ({"content": b"x" * 10_001}, "content"),
        ({"content": b"# A\n\nText.\n\n" * 60}, "content"),
        ({"content": b"\xff"}, "content"),
        ({"media_type": "application/zip"}, "media_type"),
        ({"media_type": "image/png"}, "content"),
        ({"name": ""}, "document"),
        ({"name": "a\nb"}, "document"),
        ({"name": "n" * 201}, "document"),
        ({"scope": Scope("", "clinic")}, "tenant"),
        ({"scope": Scope("acme", "No Good")}, "agent"),
        ({"metadata": {str(at): "" for at in range(33)}}, "metadata"),
        ({"metadata": {"note": "n" * 2001}}, "metadata[note]"),
    ],
)
async def test_a_bad_document_is_refused_by_name(knowledge: Knowledge, change: dict[str, object], where: str) -> None:
    with pytest.raises(BadInput) as error:
        await ingest(knowledge, **change)  # type: ignore[arg-type]
    assert error.value.where == where


async def test_bad_questions_are_refused_by_name(knowledge: Knowledge) -> None:
    with pytest.raises(BadInput, match="query: is empty"):
        await knowledge.search(CLINIC, "  ", limit=5, wanted=Wanted())
    with pytest.raises(BadInput, match="limit: must be 1 to 20"):
        await knowledge.search(CLINIC, "parking", limit=21, wanted=Wanted())
    with pytest.raises(BadInput, match="permissions"):
        await knowledge.search(CLINIC, "parking", limit=1, wanted=Wanted(("p",) * 65))
    with pytest.raises(BadInput, match="question: has 2001 characters"):
        await knowledge.answer(CLINIC, "q" * 2001, max_sentences=2)
    with pytest.raises(BadInput, match="max_sentences"):
        await knowledge.answer(CLINIC, "parking", max_sentences=6)


async def test_embedding_is_bounded(knowledge: Knowledge) -> None:
    assert (await knowledge.embed([])).shape == (0, 384)
    assert (await knowledge.embed(["text"] * 256)).shape == (256, 384)
    with pytest.raises(BadInput, match="texts: has 257 entries"):
        await knowledge.embed(["text"] * 257)
    with pytest.raises(BadInput, match=r"texts\[1\]"):
        await knowledge.embed(["a", "b" * 20_001])
