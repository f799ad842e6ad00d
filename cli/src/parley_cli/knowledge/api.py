"""The knowledge by the gateway's API instead of rag's own port, for a machine that reaches only the gateway.

`parley knowledge --api` uses it. `ApiRag` answers the calls of rag's stub that the commands make, so that the commands
are the same.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import quote

import aiohttp
from google.protobuf.json_format import ParseDict
from parley.v1 import rag_pb2, rag_pb2_grpc
from parley_core import rpc
from parley_core.errors import BadInput, NotAllowed, NotFound, ParleyError, TimedOut, Unavailable

from parley_cli.target import Target

_PATH = "/v1/knowledge"
_LOOK_S = 0.5  # between two looks at a job

Rag = Any  # rag's stub, which has no types, or what stands in for it


class ApiRag:
    def __init__(self, http: aiohttp.ClientSession) -> None:
        self._http = http

    async def Documents(self, request: rag_pb2.DocumentsRequest, *, timeout: float) -> rag_pb2.DocumentsResponse:
        return ParseDict(await self._asked("GET", "/documents", request, timeout), rag_pb2.DocumentsResponse())

    async def Read(self, request: rag_pb2.ReadRequest, *, timeout: float) -> rag_pb2.ReadResponse:
        found = await self._asked("GET", _document(request.document), request, timeout)
        return ParseDict({"chunks": found["chunks"]}, rag_pb2.ReadResponse())

    async def Delete(self, request: rag_pb2.DeleteRequest, *, timeout: float) -> rag_pb2.DeleteResponse:
        if not request.document:
            raise BadInput("--all", "is not in the API: remove documents by their names")
        gone = await self._asked("DELETE", _document(request.document), request, timeout)
        return rag_pb2.DeleteResponse(chunks=gone["chunks"])

    async def Search(self, request: rag_pb2.SearchRequest, *, timeout: float) -> rag_pb2.SearchResponse:
        more = {"q": request.query, "limit": str(request.limit or 5), "language": request.language}
        found = await self._asked("GET", "/search", request, timeout, more, request.permissions)
        return ParseDict({"hits": found["hits"]}, rag_pb2.SearchResponse())

    async def Answer(self, request: rag_pb2.AnswerRequest, *, timeout: float) -> rag_pb2.AnswerResponse:
        more = {"q": request.question, "limit": "1", "spoken": request.language}
        found = await self._asked("GET", "/search", request, timeout, more, request.permissions)
        return ParseDict(found["answer"], rag_pb2.AnswerResponse())

    async def Upload(
        self, parts: AsyncIterator[rag_pb2.UploadRequest], *, timeout: float
    ) -> AsyncIterator[rag_pb2.UploadResponse]:
        first, content = (await anext(parts)).request, b""
        async for part in parts:
            content += part.content
        more = {"Prefer": "respond-async", "Content-Type": first.document.media_type or "application/octet-stream"}
        metadata = dict(first.document.metadata)
        path = _document(first.document.name)
        begun = await self._asked("PUT", path, first, timeout, metadata, body=content, headers=more)
        job = begun
        async for job in self._watched(begun, first.tenant, timeout):
            stage = rag_pb2.UploadResponse.STAGE_INDEXING if job["of"] else rag_pb2.UploadResponse.STAGE_READING
            yield rag_pb2.UploadResponse(stage=stage, chunks_done=job["done"], chunks=job["of"])
        result = ParseDict(job["result"], rag_pb2.IngestResponse())
        yield rag_pb2.UploadResponse(stage=rag_pb2.UploadResponse.STAGE_DONE, result=result)

    async def Fetch(self, request: rag_pb2.FetchRequest, *, timeout: float) -> AsyncIterator[rag_pb2.FetchResponse]:
        site = {
            "url": request.url,
            "hosts": list(request.hosts),
            "max_pages": request.max_pages or 50,
            "language": request.metadata.get("language", ""),
            "permissions": [one for one in request.metadata.get("permissions", "").split(",") if one],
        }
        begun = job = await self._asked("POST", "/sites", request, timeout, json=site)
        refused = 0
        async for job in self._watched(begun, request.tenant, timeout):
            for page in job["refused"][refused:]:
                url, _, error = page.partition(": ")
                yield rag_pb2.FetchResponse(url=url, error=error, done=job["done"], pages=job["of"])
            refused = len(job["refused"])
        taken = rag_pb2.IngestResponse(chunks=0, version="")
        yield rag_pb2.FetchResponse(document=f"{job['done'] - refused} pages of {request.url}", result=taken)

    async def _watched(self, job: dict[str, Any], tenant: str, timeout: float) -> AsyncIterator[dict[str, Any]]:
        """The job until it is done. Raises Unavailable where it failed."""
        async with asyncio.timeout(timeout):
            while job["status"] == "running":
                yield job
                await asyncio.sleep(_LOOK_S)
                job = await self._sent("GET", f"/jobs/{job['id']}", {"tenant": tenant}, timeout)
        if job["status"] != "done":
            raise Unavailable(f"job {job['id']}", f"{job['status']} {job['detail']}".strip())
        yield job

    async def _asked(
        self,
        method: str,
        path: str,
        owner: Any,
        timeout: float,
        more: dict[str, str] | None = None,
        permissions: Sequence[str] = (),
        **given: Any,
    ) -> dict[str, Any]:
        given_query = {"tenant": owner.tenant, "agent": owner.agent, **(more or {})}
        query = [(name, value) for name, value in given_query.items() if value]
        return await self._sent(method, path, [*query, *(("permission", one) for one in permissions)], timeout, **given)

    async def _sent(self, method: str, path: str, query: Any, timeout: float, **given: Any) -> dict[str, Any]:
        if "body" in given:
            given["data"] = given.pop("body")
        try:
            async with (
                asyncio.timeout(timeout),
                self._http.request(method, _PATH + path, params=query, **given) as answer,
            ):
                found: dict[str, Any] = await answer.json(content_type=None)
        except TimeoutError:
            raise TimedOut("the gateway", timeout) from None
        except (aiohttp.ClientError, ValueError) as error:
            raise Unavailable("the gateway", type(error).__name__) from None
        if answer.status >= 400:
            raise _error(answer.status, found)
        return found


@asynccontextmanager
async def opened(target: Target, *, api: bool) -> AsyncIterator[Rag]:
    """What the commands ask: rag itself, or the gateway's API."""
    if not api:
        async with rpc.connect(target.rag_address) as channel:
            yield rag_pb2_grpc.RagStub(channel)
        return
    headers = {"Authorization": f"Bearer {target.api_key}"} if target.api_key else {}
    async with aiohttp.ClientSession(target.gateway_url, headers=headers) as http:
        yield ApiRag(http)


def _document(name: str) -> str:
    return f"/documents/{quote(name, safe='/')}"


def _error(status: int, problem: dict[str, Any]) -> ParleyError:
    detail, field = str(problem.get("detail", "")), str(problem.get("field", ""))
    if status == 400:
        return BadInput(field or "the request", detail.removeprefix(f"{field}: "))
    if status in (401, 403):
        return NotAllowed("the knowledge", detail)
    if status == 404:
        return NotFound("document", detail)
    return Unavailable("the gateway", f"{status} {detail}".strip())
