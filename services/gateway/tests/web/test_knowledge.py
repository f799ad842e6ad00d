"""The API of knowledge, through a whole gateway, with rag's contract served by a stand-in on a port of its own."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import grpc
import pytest
from parley.v1 import rag_pb2, rag_pb2_grpc
from parley_cli.knowledge import documents as knowledge
from parley_cli.target import Target
from parley_testing.callers import Gateway
from rich.console import Console

StartGateway = Callable[..., Awaitable[Gateway]]
OWNER = {"agent": "clinic"}
KEY = {"Authorization": "Bearer secret-key"}


class Rag(rag_pb2_grpc.RagServicer):
    """Keeps documents by their owner; a name that ends in .exe is refused; `gate` holds what takes long."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str, str], rag_pb2.IngestRequest] = {}
        self.gate = asyncio.Event()
        self.gate.set()
        self.searches: list[rag_pb2.SearchRequest] = []

    async def Upload(self, parts: Any, context: Any) -> AsyncIterator[rag_pb2.UploadResponse]:
        request, content = rag_pb2.IngestRequest(), b""
        async for part in parts:
            if part.HasField("request"):
                request = part.request
            content += part.content
        if request.document.name.endswith(".exe"):
            await context.abort(grpc.StatusCode.INVALID_ARGUMENT, "media_type: is not taken")
        yield rag_pb2.UploadResponse(stage=rag_pb2.UploadResponse.STAGE_INDEXING, chunks_done=1, chunks=2)
        await self.gate.wait()
        key = (request.tenant, request.agent, request.document.name)
        unchanged = key in self.kept and self.kept[key].document.content == content
        request.document.content = content
        self.kept[key] = request
        version = hashlib.sha256(content).hexdigest()[:12]
        result = rag_pb2.IngestResponse(chunks=2, unchanged=unchanged, version=version)
        yield rag_pb2.UploadResponse(stage=rag_pb2.UploadResponse.STAGE_DONE, result=result)

    async def Fetch(self, request: rag_pb2.FetchRequest, context: Any) -> AsyncIterator[rag_pb2.FetchResponse]:
        await self.gate.wait()
        result = rag_pb2.IngestResponse(chunks=1)
        yield rag_pb2.FetchResponse(url=request.url, document="a", done=1, pages=2, result=result)
        yield rag_pb2.FetchResponse(url="https://example.com/b", done=2, pages=2, error="is too large")

    async def Documents(self, request: rag_pb2.DocumentsRequest, context: Any) -> rag_pb2.DocumentsResponse:
        mine = [name for tenant, agent, name in self.kept if (tenant, agent) == (request.tenant, request.agent)]
        return rag_pb2.DocumentsResponse(documents=[rag_pb2.DocumentInfo(name=name, chunks=2) for name in mine])

    async def Read(self, request: rag_pb2.ReadRequest, context: Any) -> rag_pb2.ReadResponse:
        kept = self.kept.get((request.tenant, request.agent, request.document))
        if kept is None:
            await context.abort(grpc.StatusCode.NOT_FOUND, f"no document named {request.document!r}")
            raise AssertionError
        return rag_pb2.ReadResponse(chunks=[rag_pb2.Hit(text=kept.document.content.decode())])

    async def Search(self, request: rag_pb2.SearchRequest, context: Any) -> rag_pb2.SearchResponse:
        self.searches.append(request)
        return rag_pb2.SearchResponse(hits=[rag_pb2.Hit(document="faq.md", text="Parking is free.", relevance=0.5)])

    async def Answer(self, request: rag_pb2.AnswerRequest, context: Any) -> rag_pb2.AnswerResponse:
        return rag_pb2.AnswerResponse(text="Parking is free.", confidence=0.75)

    async def Delete(self, request: rag_pb2.DeleteRequest, context: Any) -> rag_pb2.DeleteResponse:
        gone = self.kept.pop((request.tenant, request.agent, request.document), None)
        return rag_pb2.DeleteResponse(chunks=2 if gone else 0)


@pytest.fixture
async def rag() -> AsyncIterator[tuple[Rag, str]]:
    server, made = grpc.aio.server(), Rag()
    rag_pb2_grpc.add_RagServicer_to_server(made, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    yield made, f"127.0.0.1:{port}"
    await server.stop(0)


@pytest.fixture
async def api(start_gateway: StartGateway, rag: tuple[Rag, str]) -> AsyncIterator[aiohttp.ClientSession]:
    gateway = await start_gateway(api_key="secret-key", rag_address=rag[1])
    async with aiohttp.ClientSession(gateway.http, headers=KEY) as http:
        yield http


async def test_a_document_is_put_listed_read_searched_and_removed(
    api: aiohttp.ClientSession, rag: tuple[Rag, str]
) -> None:
    path = "/v1/knowledge/documents/prices/2026.md"
    async with api.put(path, params={**OWNER, "permissions": "staff", "language": "en"}, data=b"# Prices") as answer:
        first = await answer.json()
        assert (answer.status, first["chunks"], first["unchanged"]) == (200, 2, False)
    async with api.put(path, params=OWNER, data=b"# Prices") as answer:
        again = await answer.json()
        assert (again["unchanged"], again["version"]) == (True, first["version"])
    (kept,) = rag[0].kept.values()
    assert (kept.document.name, kept.document.content) == ("prices/2026.md", b"# Prices")
    async with api.get("/v1/knowledge/documents", params=OWNER) as answer:
        assert [one["name"] for one in (await answer.json())["documents"]] == ["prices/2026.md"]
    async with api.get(path, params=OWNER) as answer:
        assert [one["text"] for one in (await answer.json())["chunks"]] == ["# Prices"]
    asked = [*OWNER.items(), ("q", "is parking free"), ("permission", "staff"), ("permission", "patients")]
    async with api.get("/v1/knowledge/search", params=asked) as answer:
        found = await answer.json()
        assert (found["hits"][0]["document"], found["answer"]["confidence"]) == ("faq.md", 0.75)
    assert list(rag[0].searches[0].permissions) == ["staff", "patients"]
    async with api.delete(path, params=OWNER) as answer:
        assert (await answer.json())["chunks"] == 2
    async with api.delete(path, params=OWNER) as answer:
        assert answer.status == 404


@pytest.mark.parametrize(
    ("method", "path", "query", "status", "field"),
    [
        ("GET", "/documents", {}, 400, "agent"),
        ("GET", "/documents", {"agent": "Not A Token"}, 400, "agent"),
        ("GET", "/documents/none.md", OWNER, 404, ""),
        ("GET", "/search", {**OWNER, "limit": "x"}, 400, "limit"),
        ("PUT", "/documents/virus.exe", OWNER, 400, "media_type"),
        ("POST", "/sites", OWNER, 400, "url"),
        ("GET", "/jobs/job-nothing", {}, 404, ""),
    ],
)
async def test_what_is_wrong_is_told_as_problem_details(
    api: aiohttp.ClientSession, method: str, path: str, query: dict[str, str], status: int, field: str
) -> None:
    async with api.request(method, f"/v1/knowledge{path}", params=query, data=b"{}") as answer:
        told = await answer.json(content_type="application/problem+json")
        assert (answer.status, told["status"], told.get("field", "")) == (status, status, field)
        assert told["detail"]


async def test_without_the_key_nothing_is_told(start_gateway: StartGateway, rag: tuple[Rag, str]) -> None:
    gateway = await start_gateway(api_key="secret-key", rag_address=rag[1])
    async with (
        aiohttp.ClientSession(gateway.http) as http,
        http.get("/v1/knowledge/documents", params=OWNER) as answer,
    ):
        assert answer.status == 401
        assert answer.content_type == "application/problem+json"


async def test_more_than_a_document_may_have_is_refused_before_it_is_sent(api: aiohttp.ClientSession) -> None:
    claimed = {"Content-Length": str(2 * 1024**3)}
    async with api.put("/v1/knowledge/documents/big.pdf", params=OWNER, headers=claimed, data=b"x") as answer:
        told = await answer.json(content_type="application/problem+json")
        assert (answer.status, told["field"]) == (400, "content")


async def finished(api: aiohttp.ClientSession, job: str) -> dict[str, Any]:
    async with asyncio.timeout(20):
        while True:
            async with api.get(f"/v1/knowledge/jobs/{job}") as answer:
                found: dict[str, Any] = await answer.json()
            if found["status"] != "running":
                return found
            await asyncio.sleep(0)


async def test_a_job_shows_its_progress_and_its_result(api: aiohttp.ClientSession, rag: tuple[Rag, str]) -> None:
    rag[0].gate.clear()
    headers = {"Prefer": "respond-async"}
    async with api.put("/v1/knowledge/documents/a.md", params=OWNER, headers=headers, data=b"text") as answer:
        begun = await answer.json()
        assert (answer.status, begun["status"]) == (202, "running")
        assert begun["id"] in answer.headers["Location"]
    rag[0].gate.set()
    done = await finished(api, begun["id"])
    assert (done["status"], done["done"], done["of"], done["result"]["chunks"]) == ("done", 2, 2, 2)
    async with api.post(f"/v1/knowledge/jobs/{begun['id']}/resume") as answer:
        assert answer.status == 409


async def test_a_site_is_taken_page_by_page_and_may_be_begun_again(api: aiohttp.ClientSession) -> None:
    site = {"url": "https://example.com/sitemap.xml", "max_pages": 5}
    async with api.post("/v1/knowledge/sites", params=OWNER, json=site) as answer:
        begun = await answer.json()
        assert answer.status == 202
    done = await finished(api, begun["id"])
    assert (done["status"], done["done"], done["of"]) == ("done", 2, 2)
    assert done["refused"] == ["https://example.com/b: is too large"]
    async with api.post(f"/v1/knowledge/jobs/{begun['id']}/resume") as answer:
        assert answer.status == 202
    assert (await finished(api, begun["id"]))["status"] == "done"


async def test_a_job_whose_document_is_refused_says_why(api: aiohttp.ClientSession) -> None:
    headers = {"Prefer": "respond-async"}
    async with api.put("/v1/knowledge/documents/a.exe", params=OWNER, headers=headers, data=b"MZ") as answer:
        begun = await answer.json()
    failed = await finished(api, begun["id"])
    assert (failed["status"], failed["detail"]) == ("failed", "media_type: is not taken")


async def test_the_command_works_by_the_api_as_it_does_by_rags_own_port(
    start_gateway: StartGateway, rag: tuple[Rag, str], tmp_path: Path
) -> None:
    gateway = await start_gateway(api_key="secret-key", rag_address=rag[1])
    target = replace(Target.from_environment(), gateway_url=gateway.http, api_key="secret-key", tenant=gateway.tenant)
    console = Console(record=True, width=200)
    (tmp_path / "faq.md").write_text("Parking is free.\n")
    added = await knowledge.add(
        target, "clinic", [str(tmp_path)], console, metadata={"permissions": "staff"}, hosts=[], max_pages=5, api=True
    )
    assert added == 0
    assert [key for key in rag[0].kept] == [(gateway.tenant, "clinic", "faq.md")]
    await knowledge.show_documents(target, "clinic", console, api=True)
    await knowledge.show_document(target, "clinic", "faq.md", console, api=True)
    await knowledge.search(target, "clinic", "parking", console, knowledge.Asked(3, ["staff"]), api=True)
    site = ["https://example.com/sitemap.xml"]
    refused = await knowledge.add(target, "clinic", site, console, metadata={}, hosts=[], max_pages=5, api=True)
    assert refused == 1
    await knowledge.remove(target, "clinic", ["faq.md"], console, everything=False, api=True)
    said = console.export_text()
    for told in ("2 chunks, version", "Parking is free.", "sure by 0.75", "is too large", "2 chunks removed"):
        assert told in said
