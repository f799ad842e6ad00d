"""The API of agents' knowledge, with the API key: documents are put, listed, read, searched, removed; jobs take files
and sites in the background. Made by `app`, served by `server`; rag does the work. docs/knowledge-api.md is for users.

Errors are problem details (RFC 9457). A job is kept where every gateway finds it. Taking a document in is idempotent by
its content: a job that was cut off is begun again with what is done already being quick.
"""

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass, field, replace

from aiohttp import web
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message
from parley.v1 import rag_pb2, rag_pb2_grpc
from parley_core import clock, rpc
from parley_core.bus.port import Bus
from parley_core.errors import (
    BadInput,
    Conflict,
    LimitReached,
    NotAllowed,
    NotFound,
    ParleyError,
    Rejected,
    TimedOut,
    Unavailable,
)
from parley_core.ids import TOKEN, check_token, new_id
from parley_core.tasks import Tasks
from pydantic import BaseModel, ConfigDict, Field

from parley_gateway.admission.api_key import ApiKey
from parley_gateway.channels.requests import read_body

PATH = "/v1/knowledge"
BUCKET = "knowledge_jobs"
JOBS_KEPT_S = 7 * 86_400
MAX_BYTES = 32 * 1024 * 1024  # of a document; rag's own limit
ASK_TIMEOUT_S = 15.0
WORK_TIMEOUT_S = 3600.0
_PIECE = 256 * 1024
_ALIVE_S = 180.0  # a job that has not moved for so long was cut off
_MOST_JOBS = 8  # of this gateway at once
_FILE_METADATA = ("language", "permissions", "source_uri", "origin")
_STATUS: tuple[tuple[type[ParleyError], int], ...] = (
    (BadInput, 400),
    (NotAllowed, 403),
    (NotFound, 404),
    (Conflict, 409),
    (LimitReached, 429),
    (Rejected, 502),
    (TimedOut, 504),
    (Unavailable, 503),
)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class SiteRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")

    url: str = Field(min_length=1, max_length=2000, description="Of a page, or of a sitemap")
    hosts: list[str] = Field(default_factory=list, max_length=50, description="That may be asked; empty: the URL's own")
    max_pages: int = Field(50, ge=1, le=500)
    language: str = Field("", max_length=35)
    permissions: list[str] = Field(default_factory=list, max_length=64)


@dataclass(frozen=True, slots=True)
class Job:
    """`status`: running, done, failed, interrupted (its gateway is gone: resume it)."""

    id: str
    tenant: str
    agent: str
    what: str  # a document's name, or a URL
    status: str = "running"
    done: int = 0  # chunks, or pages
    of: int = 0
    moved: int = 0  # Unix seconds
    result: dict[str, object] = field(default_factory=dict)
    refused: tuple[str, ...] = ()  # pages, each with its reason
    detail: str = ""
    site: dict[str, object] = field(default_factory=dict)  # what to begin again with; empty for a file


class KnowledgeApi:
    def __init__(self, bus: Bus, rag: rag_pb2_grpc.RagStub, api_key: ApiKey, tasks: Tasks, *, tenant: str) -> None:
        """`tenant`: where a request names none."""
        self._jobs = bus.kv(BUCKET, ttl_s=JOBS_KEPT_S)
        self._rag = rag
        self._api_key = api_key
        self._tasks = tasks
        self._tenant = tenant
        self._running = 0

    def routes(self) -> list[web.RouteDef]:
        document = PATH + "/documents/{document:.+}"
        return [
            web.get(PATH + "/documents", self._problems(self.documents)),
            web.get(document, self._problems(self.read)),
            web.put(document, self._problems(self.put)),
            web.delete(document, self._problems(self.remove)),
            web.get(PATH + "/search", self._problems(self.search)),
            web.post(PATH + "/sites", self._problems(self.add_site)),
            web.get(PATH + "/jobs/{job}", self._problems(self.job)),
            web.post(PATH + "/jobs/{job}/resume", self._problems(self.resume)),
        ]

    # -- documents ---------------------------------------------------------------------------------------------------

    async def documents(self, request: web.Request) -> web.Response:
        tenant, agent = self._owner(request)
        asked = rag_pb2.DocumentsRequest(tenant=tenant, agent=agent)
        with rpc.translating("rag"):
            found = await self._rag.Documents(asked, timeout=ASK_TIMEOUT_S)
        return web.json_response({"documents": [_plain(one) for one in found.documents]})

    async def read(self, request: web.Request) -> web.Response:
        tenant, agent = self._owner(request)
        asked = rag_pb2.ReadRequest(tenant=tenant, agent=agent, document=request.match_info["document"])
        with rpc.translating("rag"):
            found = await self._rag.Read(asked, timeout=ASK_TIMEOUT_S)
        return web.json_response({"document": asked.document, "chunks": [_plain(one) for one in found.chunks]})

    async def remove(self, request: web.Request) -> web.Response:
        tenant, agent = self._owner(request)
        document = request.match_info["document"]
        with rpc.translating("rag"):
            asked = rag_pb2.DeleteRequest(tenant=tenant, agent=agent, document=document)
            gone = await self._rag.Delete(asked, timeout=ASK_TIMEOUT_S)
        if not gone.chunks:
            raise NotFound("document", document)
        return web.json_response({"document": document, "chunks": gone.chunks})

    async def search(self, request: web.Request) -> web.Response:
        tenant, agent = self._owner(request)
        query = request.query
        limit = query.get("limit", "5")
        if not limit.isascii() or not limit.isdigit():
            raise BadInput("limit", "is no number")
        groups = [one for text in query.getall("permission", []) for one in text.split(",") if one]
        asked = rag_pb2.SearchRequest(
            tenant=tenant,
            agent=agent,
            query=query.get("q", ""),
            limit=min(int(limit), 1000),
            permissions=groups,
            language=query.get("language", ""),
            spoken=query.get("spoken", ""),
        )
        question = rag_pb2.AnswerRequest(
            tenant=tenant, agent=agent, question=asked.query, permissions=groups, language=asked.spoken
        )
        with rpc.translating("rag"):
            found = await self._rag.Search(asked, timeout=ASK_TIMEOUT_S)
            answer = await self._rag.Answer(question, timeout=ASK_TIMEOUT_S)
        said = {"text": answer.text, "confidence": round(answer.confidence, 4)}
        return web.json_response({"hits": [_plain(one) for one in found.hits], "answer": said})

    async def put(self, request: web.Request) -> web.Response:
        """Take a document in: 200 with what came of it, or 202 with a job where the client prefers not to wait."""
        tenant, agent = self._owner(request)
        name = request.match_info["document"]
        metadata = {"origin": "api", **{key: request.query[key] for key in _FILE_METADATA if key in request.query}}
        media_type = "" if request.content_type == "application/octet-stream" else request.content_type
        document = rag_pb2.Document(name=name, media_type=media_type, metadata=metadata)
        ingest = rag_pb2.IngestRequest(tenant=tenant, agent=agent, document=document)
        content = await _body(request)
        if "respond-async" in request.headers.get("Prefer", ""):
            job = self._new(tenant, agent, name)
            await self._keep(job)
            self._begin(job, lambda: self._upload(ingest, content, job))
            return _accepted(job)
        result: dict[str, object] = {}
        with rpc.translating("rag"):
            async for step in self._rag.Upload(_parts(ingest, content), timeout=WORK_TIMEOUT_S):
                if step.stage == rag_pb2.UploadResponse.STAGE_DONE:
                    result = _plain(step.result)
        return web.json_response({"document": name, **result})

    # -- jobs --------------------------------------------------------------------------------------------------------

    async def add_site(self, request: web.Request) -> web.Response:
        tenant, agent = self._owner(request)
        asked = read_body(SiteRequest, await request.read())
        job = replace(self._new(tenant, agent, asked.url), site=asked.model_dump())
        await self._keep(job)
        self._begin(job, lambda: self._fetch(job))
        return _accepted(job)

    async def job(self, request: web.Request) -> web.Response:
        return web.json_response(_shown(await self._find(request)))

    async def resume(self, request: web.Request) -> web.Response:
        """Begin a site's job again that was cut off or failed. A file's content is gone: put it once more."""
        job = await self._find(request)
        if job.status == "running":
            raise Conflict("job", "it is running")
        if not job.site:
            raise Conflict("job", "a file's content is not kept: put the document again, which changes nothing twice")
        again = replace(job, status="running", done=0, of=0, refused=(), detail="", moved=_now())
        await self._keep(again)
        self._begin(again, lambda: self._fetch(again))
        return _accepted(again)

    def _new(self, tenant: str, agent: str, what: str) -> Job:
        if self._running >= _MOST_JOBS:
            raise LimitReached("jobs of this gateway", _MOST_JOBS)
        return Job(new_id("job-"), tenant, agent, what, moved=_now())

    def _begin(self, job: Job, work: Callable[[], AsyncIterator[Job]]) -> None:
        self._running += 1
        self._tasks.spawn(self._work(job, work), f"knowledge {job.id}")

    async def _work(self, job: Job, work: Callable[[], AsyncIterator[Job]]) -> None:
        kept = 0
        try:
            async for moved in work():
                job = moved
                if job.status != "running" or _now() - kept >= 1:
                    kept = _now()
                    await self._keep(job)
        except ParleyError as error:
            await self._keep(replace(job, status="failed", detail=str(error)[:500]))
        finally:
            self._running -= 1

    async def _upload(self, ingest: rag_pb2.IngestRequest, content: bytes, job: Job) -> AsyncIterator[Job]:
        with rpc.translating("rag"):
            async for step in self._rag.Upload(_parts(ingest, content), timeout=WORK_TIMEOUT_S):
                job = replace(job, done=step.chunks_done, of=step.chunks)
                if step.stage == rag_pb2.UploadResponse.STAGE_DONE:
                    job = replace(job, status="done", done=step.result.chunks, of=step.result.chunks)
                    job = replace(job, result=_plain(step.result))
                yield job

    async def _fetch(self, job: Job) -> AsyncIterator[Job]:
        site = SiteRequest.model_validate(job.site)
        metadata = {"origin": "api", "language": site.language, "permissions": ",".join(site.permissions)}
        asked = rag_pb2.FetchRequest(
            tenant=job.tenant,
            agent=job.agent,
            url=site.url,
            hosts=site.hosts,
            max_pages=site.max_pages,
            metadata={key: value for key, value in metadata.items() if value},
        )
        with rpc.translating("rag"):
            async for page in self._rag.Fetch(asked, timeout=WORK_TIMEOUT_S):
                refused = (*job.refused, f"{page.url}: {page.error}") if page.error else job.refused
                job = replace(job, done=page.done, of=page.pages, refused=refused)
                yield job
        yield replace(job, status="done")

    async def _find(self, request: web.Request) -> Job:
        tenant, _ = self._owner(request, agent=False)
        name = request.match_info["job"]
        stored = await self._jobs.get(f"{tenant}.{name}") if TOKEN.fullmatch(name) else None
        if stored is None:
            raise NotFound("job", name)
        values = json.loads(stored)
        job = Job(**{**values, "refused": tuple(values["refused"])})
        if job.status == "running" and _now() - job.moved > _ALIVE_S:
            return replace(job, status="interrupted")
        return job

    async def _keep(self, job: Job) -> None:
        await self._jobs.put(f"{job.tenant}.{job.id}", json.dumps(asdict(replace(job, moved=_now()))).encode())

    # -- requests and answers ----------------------------------------------------------------------------------------

    def _owner(self, request: web.Request, *, agent: bool = True) -> tuple[str, str]:
        """Tenant and agent of a request that has the key. Raises 401, 403, BadInput."""
        self._api_key.authorize(request)
        tenant = check_token(request.query.get("tenant") or self._tenant, "tenant")
        return tenant, check_token(request.query.get("agent", ""), "agent") if agent else ""

    def _problems(self, handler: Handler) -> Handler:
        async def answered(request: web.Request) -> web.StreamResponse:
            try:
                return await handler(request)
            except web.HTTPException as error:
                return problem(error.status, error.reason, error.text or error.reason, error.headers)
            except ParleyError as error:
                status = next((status for kind, status in _STATUS if isinstance(error, kind)), 500)
                title = type(error).__name__
                return problem(status, title, str(error), field=error.where if isinstance(error, BadInput) else "")

        return answered


def problem(
    status: int, title: str, detail: str, headers: Mapping[str, str] | None = None, *, field: str = ""
) -> web.Response:
    """Problem details: what went wrong, with the field of the request where one is to blame."""
    body: dict[str, object] = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    if field:
        body["field"] = field
    kept = {name: value for name, value in (headers or {}).items() if name == "WWW-Authenticate"}
    if status in (429, 503):
        kept["Retry-After"] = "5"
    return web.Response(text=json.dumps(body), status=status, headers=kept, content_type="application/problem+json")


def _accepted(job: Job) -> web.Response:
    location = f"{PATH}/jobs/{job.id}?tenant={job.tenant}"
    return web.json_response(_shown(job), status=202, headers={"Location": location})


def _shown(job: Job) -> dict[str, object]:
    return {name: value for name, value in asdict(job).items() if name != "site"}


async def _body(request: web.Request) -> bytes:
    """Raises BadInput before more is held than a document may have, whatever the request claims."""
    content = bytearray()
    if (request.content_length or 0) > MAX_BYTES:
        raise BadInput("content", f"has {request.content_length} bytes; at most {MAX_BYTES} are taken")
    async for piece in request.content.iter_chunked(_PIECE):
        content += piece
        if len(content) > MAX_BYTES:
            raise BadInput("content", f"has more than {MAX_BYTES} bytes")
    return bytes(content)


async def _parts(ingest: rag_pb2.IngestRequest, content: bytes) -> AsyncIterator[rag_pb2.UploadRequest]:
    yield rag_pb2.UploadRequest(request=ingest)
    for at in range(0, len(content), _PIECE):
        yield rag_pb2.UploadRequest(content=content[at : at + _PIECE])


def _plain(message: Message) -> dict[str, object]:
    found: dict[str, object] = MessageToDict(
        message, preserving_proto_field_name=True, always_print_fields_with_no_presence=True
    )
    return found


def _now() -> int:
    return clock.current().time_us() // 1_000_000
