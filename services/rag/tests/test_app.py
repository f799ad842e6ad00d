"""The whole service in this process: settings, model, store and gRPC, asked through its port."""

from collections.abc import AsyncIterator
from pathlib import Path

import grpc
import numpy as np
import pytest
from parley.v1 import rag_pb2, rag_pb2_grpc
from parley_core.errors import BadInput, NotFound, Unavailable
from parley_core.rpc import connect, translating
from parley_core.runtime import Runtime
from parley_core.settings import load
from parley_rag.app import app
from parley_rag.settings import RagSettings
from parley_testing.servers import free_port

FAQ = b"# Parking\n\nParking is **free** for patients. The lot is behind the building.\n"


@pytest.fixture
def settings(shard: Path) -> RagSettings:
    return RagSettings(store_path=str(shard), grpc_port=free_port())


@pytest.fixture
async def stub(settings: RagSettings) -> AsyncIterator[rag_pb2_grpc.RagStub]:
    runtime = Runtime("rag", "rag-1")
    async with runtime.tasks, app(settings, runtime), connect(f"127.0.0.1:{settings.grpc_port}") as channel:
        assert runtime.health.ready
        yield rag_pb2_grpc.RagStub(channel)


@pytest.mark.outside
async def test_a_document_goes_in_and_its_sentence_comes_out(stub: rag_pb2_grpc.RagStub) -> None:
    owner = {"tenant": "acme", "agent": "clinic"}
    document = rag_pb2.Document(
        name="faq.md", media_type="text/markdown", content=FAQ, metadata={"source_uri": "https://example.org/faq"}
    )
    request = rag_pb2.IngestRequest(**owner, document=document)
    first = await stub.Ingest(request, timeout=10)
    assert (first.chunks, first.unchanged) == (1, False)
    assert first.version
    again = await stub.Ingest(request, timeout=10)
    assert (again.chunks, again.unchanged, again.version) == (1, True, first.version)

    answer = await stub.Answer(rag_pb2.AnswerRequest(**owner, question="is parking free"), timeout=10)
    assert answer.text.startswith("Parking is free for patients.")
    assert answer.confidence > 0.5
    (hit,) = answer.hits
    assert (hit.document, hit.section, hit.source_uri) == ("faq.md", "Parking", "https://example.org/faq")
    assert hit.similarity > 0.5

    found = await stub.Search(rag_pb2.SearchRequest(**owner, query="where can i park"), timeout=10)
    assert [one.chunk for one in found.hits] == [hit.chunk]
    elsewhere = rag_pb2.SearchRequest(tenant="other", agent="clinic", query="where can i park")
    assert not (await stub.Search(elsewhere, timeout=10)).hits

    assert (await stub.Delete(rag_pb2.DeleteRequest(**owner, document="faq.md"), timeout=10)).chunks == 1
    assert not (await stub.Search(rag_pb2.SearchRequest(**owner, query="park"), timeout=10)).hits


@pytest.mark.outside
async def test_an_upload_in_pieces_shows_its_progress_and_can_be_listed_and_read(stub: rag_pb2_grpc.RagStub) -> None:
    owner = {"tenant": "acme", "agent": "bistro"}
    table = b"Dish,Price\n" + b"".join(b"Dish number %d,%d euros\n" % (at, at + 5) for at in range(200))

    async def parts() -> AsyncIterator[rag_pb2.UploadRequest]:
        document = rag_pb2.Document(name="menu.csv", metadata={"language": "en-GB", "permissions": "staff"})
        yield rag_pb2.UploadRequest(request=rag_pb2.IngestRequest(**owner, document=document))
        for at in range(0, len(table), 1000):
            yield rag_pb2.UploadRequest(content=table[at : at + 1000])

    steps = [step async for step in stub.Upload(parts(), timeout=60)]
    stages = [step.stage for step in steps]
    assert stages == sorted(stages)
    assert steps[-1].stage == rag_pb2.UploadResponse.STAGE_DONE
    assert len({step.chunks_done for step in steps if step.stage == rag_pb2.UploadResponse.STAGE_INDEXING}) > 1

    (listed,) = (await stub.Documents(rag_pb2.DocumentsRequest(**owner), timeout=10)).documents
    assert (listed.name, listed.media_type, listed.language) == ("menu.csv", "text/csv", "en")
    assert (listed.version, listed.chunks) == (steps[-1].result.version, steps[-1].result.chunks)
    assert list(listed.permissions) == ["staff"]
    read = (await stub.Read(rag_pb2.ReadRequest(**owner, document="menu.csv"), timeout=10)).chunks
    assert len(read) == listed.chunks
    assert "Dish number 7, Price 12 euros." in read[0].text
    with pytest.raises(NotFound), translating("rag"):
        await stub.Read(rag_pb2.ReadRequest(tenant="other", agent="bistro", document="menu.csv"), timeout=10)


@pytest.mark.outside
async def test_an_upload_that_cannot_be_read_says_why(stub: rag_pb2_grpc.RagStub) -> None:
    async def parts(*names: str) -> AsyncIterator[rag_pb2.UploadRequest]:
        for name in names:
            document = rag_pb2.Document(name=name)
            yield rag_pb2.UploadRequest(request=rag_pb2.IngestRequest(tenant="acme", agent="bistro", document=document))
        yield rag_pb2.UploadRequest(content=b"not a pdf")

    for names, problem in ((["menu.pdf"], "is no PDF"), (["a.txt", "b.txt"], "second request"), ([], "do not begin")):
        with pytest.raises(BadInput, match=problem), translating("rag"):
            _ = [step async for step in stub.Upload(parts(*names), timeout=60)]


@pytest.mark.outside
async def test_vectors_are_given_to_others(stub: rag_pb2_grpc.RagStub) -> None:
    texts = ["book an appointment", "make an appointment", "the stock market"]
    response = await stub.Embed(rag_pb2.EmbedRequest(tenant="acme", texts=texts), timeout=10)
    rows = np.array([vector.values for vector in response.vectors])
    assert np.linalg.norm(rows, axis=1) == pytest.approx(np.ones(3), abs=1e-5)
    assert rows[0] @ rows[1] > 0.7 > rows[0] @ rows[2]


@pytest.mark.outside
async def test_what_is_wrong_comes_back_as_bad_input(stub: rag_pb2_grpc.RagStub) -> None:
    with pytest.raises(BadInput) as error, translating("rag"):
        await stub.Search(rag_pb2.SearchRequest(tenant="acme", agent="clinic", query=""), timeout=10)
    assert (error.value.where, error.value.problem) == ("query", "is empty")
    with pytest.raises(grpc.aio.AioRpcError) as status:
        await stub.Embed(rag_pb2.EmbedRequest(tenant="acme", texts=["t"] * 257), timeout=10)
    assert status.value.code() == grpc.StatusCode.INVALID_ARGUMENT


@pytest.mark.outside
async def test_a_second_service_on_the_same_folder_does_not_start(
    stub: rag_pb2_grpc.RagStub, settings: RagSettings
) -> None:
    runtime = Runtime("rag", "rag-2")
    with pytest.raises(Unavailable, match="knowledge store"):
        async with runtime.tasks, app(settings.model_copy(update={"grpc_port": free_port()}), runtime):
            pass


@pytest.mark.outside
async def test_a_qdrant_server_that_is_not_there_stops_the_start(settings: RagSettings) -> None:
    runtime = Runtime("rag", "rag-1")
    away = settings.model_copy(update={"qdrant_url": f"http://127.0.0.1:{free_port()}"})
    with pytest.raises(Unavailable, match="Qdrant"):
        async with runtime.tasks, app(away, runtime):
            pass


def test_settings_are_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARLEY_QDRANT_URL", "http://qdrant:6333")
    monkeypatch.setenv("PARLEY_RAG_GRPC_PORT", "300")
    settings = load(RagSettings)
    assert (settings.qdrant_url, settings.grpc_port) == ("http://qdrant:6333", 300)
    monkeypatch.setenv("PARLEY_RAG_GRPC_PORT", "70000")
    with pytest.raises(BadInput, match="PARLEY_RAG_GRPC_PORT"):
        load(RagSettings)


@pytest.mark.outside
async def test_documents_are_embedded_anew_when_another_model_is_set(shard: Path) -> None:
    owner = {"tenant": "acme", "agent": "clinic"}
    document = rag_pb2.Document(name="faq.md", media_type="text/markdown", content=FAQ)

    async def found(model: str, query: str, *, write: bool = False) -> list[str]:
        port = free_port()
        settings = RagSettings(store_path=str(shard), grpc_port=port, embedding=model)  # type: ignore[arg-type]
        runtime = Runtime("rag", "rag-1")
        async with runtime.tasks, app(settings, runtime), connect(f"127.0.0.1:{port}") as channel:
            stub = rag_pb2_grpc.RagStub(channel)
            if write:
                await stub.Ingest(rag_pb2.IngestRequest(document=document, **owner), timeout=30)
            hits = (await stub.Search(rag_pb2.SearchRequest(query=query, **owner), timeout=30)).hits
            return [hit.document for hit in hits]

    assert await found("all-minilm-l6-v2", "where can i park", write=True) == ["faq.md"]
    assert await found("multilingual-e5-small", "dónde puedo aparcar") == ["faq.md"]
    assert await found("multilingual-e5-small", "where can i park") == ["faq.md"]
