"""`parley knowledge`: what agents know. Files, folders and web pages are added, shown, searched, measured, removed."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml
from parley.v1 import rag_pb2
from parley_core import rpc
from parley_core.errors import BadInput, ParleyError
from parley_core.media_types import EXTENSIONS
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from rich.console import Console
from rich.table import Column, Table

from parley_cli.knowledge.api import Rag, opened
from parley_cli.target import Target

UPLOAD_TIMEOUT_S = 600.0
FETCH_TIMEOUT_S = 3600.0  # of a whole sitemap
ASK_TIMEOUT_S = 15.0
SURE = 0.5  # of an answer; the README of rag says what it means
_PIECE = 256 * 1024
_KINDS = {media_type: ending for ending, media_type in reversed(EXTENSIONS.items())}


@dataclass(frozen=True, slots=True)
class Owner:
    tenant: str
    agent: str


@dataclass(frozen=True, slots=True)
class Asked:
    """How a question is asked. `language`: of the documents; `spoken`: of the question."""

    limit: int
    permissions: Sequence[str] = ()
    language: str = ""
    spoken: str = ""


class Question(BaseModel):
    """One line of a file of questions. `expects`: words that the passage has; none: nothing answers it."""

    model_config = ConfigDict(extra="forbid")

    question: str = Field(min_length=1)
    expects: list[str] = Field(default_factory=list)


async def add(
    target: Target,
    agent: str,
    sources: Sequence[str],
    console: Console,
    *,
    metadata: Mapping[str, str],
    hosts: Sequence[str],
    max_pages: int,
    api: bool = False,
) -> int:
    """Take files, folders (with all below) and URLs; returns 1 where one was refused. The same again is quick."""
    owner = Owner(target.tenant, agent)
    refused = 0
    async with opened(target, api=api) as rag:
        for source in sources:
            if "://" in source:
                refused += await _add_site(rag, owner, source, metadata, hosts, max_pages, console)
                continue
            for path, name in await asyncio.to_thread(_files, Path(source)):
                refused += not await _add_file(rag, owner, path, name, metadata, console)
    return 1 if refused else 0


async def show_documents(target: Target, agent: str, console: Console, *, api: bool = False) -> None:
    async with opened(target, api=api) as rag:
        with rpc.translating("rag"):
            request = rag_pb2.DocumentsRequest(tenant=target.tenant, agent=agent)
            found = await rag.Documents(request, timeout=ASK_TIMEOUT_S)
    table = Table(Column("document", overflow="fold"), "version", "chunks", "kind", "language", box=None)
    for name in ("from", "added", "permissions"):
        table.add_column(name, overflow="fold")
    for one in found.documents:
        table.add_row(
            one.name,
            one.version,
            str(one.chunks),
            _KINDS.get(one.media_type, one.media_type),
            one.language,
            one.source_uri or one.origin,
            one.added_at[:16].replace("T", " "),
            ", ".join(one.permissions) or "everybody",
        )
    console.print(table if found.documents else f"{agent} knows nothing yet")


async def show_document(target: Target, agent: str, document: str, console: Console, *, api: bool = False) -> None:
    async with opened(target, api=api) as rag:
        with rpc.translating("rag"):
            request = rag_pb2.ReadRequest(tenant=target.tenant, agent=agent, document=document)
            found = await rag.Read(request, timeout=ASK_TIMEOUT_S)
    for chunk in found.chunks:
        console.print(f"[bold]{_place(chunk)}[/]", soft_wrap=True)
        console.print(chunk.text, soft_wrap=True, markup=False)


async def search(
    target: Target,
    agent: str,
    query: str,
    console: Console,
    given: Asked,
    *,
    api: bool = False,
) -> None:
    async with opened(target, api=api) as rag:
        asked = rag_pb2.SearchRequest(
            tenant=target.tenant,
            agent=agent,
            query=query,
            limit=given.limit,
            permissions=given.permissions,
            language=given.language,
            spoken=given.spoken,
        )
        question = _question(target, agent, query, given.spoken, given.permissions)
        with rpc.translating("rag"):
            found = await rag.Search(asked, timeout=ASK_TIMEOUT_S)
            answer = await rag.Answer(question, timeout=ASK_TIMEOUT_S)
    for hit in found.hits:
        console.print(f"{hit.similarity:.2f}  [bold]{_place(hit)}[/]  {hit.document}", soft_wrap=True)
        console.print(f"      {hit.text}", soft_wrap=True, markup=False)
    said = answer.text if answer.confidence >= SURE else "(I do not know)"
    console.print(f"answer, sure by {answer.confidence:.2f}: {said}", soft_wrap=True)


async def remove(
    target: Target, agent: str, documents: Sequence[str], console: Console, *, everything: bool, api: bool = False
) -> None:
    """Raises BadInput where neither documents nor `everything` is chosen."""
    if bool(documents) == everything:
        raise BadInput("knowledge remove", "takes names of documents, or --all")
    async with opened(target, api=api) as rag:
        for document in documents or [""]:
            request = rag_pb2.DeleteRequest(tenant=target.tenant, agent=agent, document=document)
            with rpc.translating("rag"):
                gone = await rag.Delete(request, timeout=ASK_TIMEOUT_S)
            console.print(f"{document or 'everything'}: {gone.chunks} chunks removed")


async def evaluate(
    target: Target, agent: str, path: Path, console: Console, *, least: float, spoken: str = "", api: bool = False
) -> int:
    """Ask the questions of a file: how often the passage is among the first three, and how often nothing is claimed
    where nothing answers. Returns 1 where one of the two shares is under `least`."""
    questions = await asyncio.to_thread(_questions, path)
    found = known = refused = right = 0
    async with opened(target, api=api) as rag:
        for one in questions:
            asked = rag_pb2.SearchRequest(tenant=target.tenant, agent=agent, query=one.question, limit=3, spoken=spoken)
            with rpc.translating("rag"):
                hits = (await rag.Search(asked, timeout=ASK_TIMEOUT_S)).hits
                answer = await rag.Answer(_question(target, agent, one.question, spoken), timeout=ASK_TIMEOUT_S)
            sure = answer.confidence >= SURE
            if not one.expects:
                refused += not sure
                if sure:
                    console.print(f"claimed: {one.question} → {answer.text}", soft_wrap=True, markup=False)
                continue
            known += 1
            passage = any(_has(hit.text, one.expects) for hit in hits)
            found += passage
            right += sure and _has(answer.text, one.expects)
            if not passage:
                console.print(f"not found: {one.question}", soft_wrap=True, markup=False)
    unknown = len(questions) - known
    shares = [(found, known, "recall at 3"), (refused, unknown, "unanswerable left unanswered")]
    for count, of, what in [*shares, (right, known, "answered right, without a model")]:
        if of:
            console.print(f"{what}: {count} of {of} ({count / of:.1%})")
    return 1 if any(of and count / of < least for count, of, _ in shares) else 0


async def _add_file(
    rag: Rag, owner: Owner, path: Path, name: str, metadata: Mapping[str, str], console: Console
) -> bool:
    try:
        content = await asyncio.to_thread(path.read_bytes)
        with console.status(name) as status, rpc.translating("rag"):
            async for step in rag.Upload(_parts(owner, name, content, metadata), timeout=UPLOAD_TIMEOUT_S):
                if step.stage == rag_pb2.UploadResponse.STAGE_INDEXING:
                    status.update(f"{name}: {step.chunks_done} of {step.chunks} chunks")
                if step.stage == rag_pb2.UploadResponse.STAGE_DONE:
                    _tell(name, step.result, console)
    except OSError as error:
        console.print(f"[red]{name}: {error.strerror or 'cannot be read'}[/]", soft_wrap=True)
        return False
    except ParleyError as error:
        console.print(f"[red]{name}: {error}[/]", soft_wrap=True)
        return False
    return True


async def _add_site(
    rag: Rag,
    owner: Owner,
    url: str,
    metadata: Mapping[str, str],
    hosts: Sequence[str],
    max_pages: int,
    console: Console,
) -> int:
    """Returns how many pages were refused."""
    request = rag_pb2.FetchRequest(
        tenant=owner.tenant, agent=owner.agent, url=url, hosts=hosts, max_pages=max_pages, metadata=metadata
    )
    refused = 0
    with rpc.translating("rag"):
        async for page in rag.Fetch(request, timeout=FETCH_TIMEOUT_S):
            if page.error:
                refused += 1
                console.print(f"[red]{page.url}: {page.error}[/]", soft_wrap=True)
            else:
                _tell(page.document, page.result, console)
    return refused


async def _parts(
    owner: Owner, name: str, content: bytes, metadata: Mapping[str, str]
) -> AsyncIterator[rag_pb2.UploadRequest]:
    document = rag_pb2.Document(name=name, metadata={"origin": "command", **metadata})
    yield rag_pb2.UploadRequest(
        request=rag_pb2.IngestRequest(tenant=owner.tenant, agent=owner.agent, document=document)
    )
    for at in range(0, len(content), _PIECE):
        yield rag_pb2.UploadRequest(content=content[at : at + _PIECE])


def _question(
    target: Target, agent: str, question: str, spoken: str, permissions: Sequence[str] = ()
) -> rag_pb2.AnswerRequest:
    return rag_pb2.AnswerRequest(
        tenant=target.tenant, agent=agent, question=question, language=spoken, permissions=permissions
    )


def _tell(name: str, result: rag_pb2.IngestResponse, console: Console) -> None:
    what = "unchanged" if result.unchanged else f"{result.chunks} chunks"
    console.print(f"{name}: {what}, version {result.version}", soft_wrap=True)
    for note in result.notes:
        console.print(f"  [yellow]{note}[/]", soft_wrap=True)


def _files(path: Path) -> Iterable[tuple[Path, str]]:
    """Files to take, with their names as documents: below a folder, the path from it. Raises BadInput."""
    if path.is_file():
        return [(path, path.name)]
    if not path.is_dir():
        raise BadInput(str(path), "is neither a file nor a folder")
    found = []
    for folder, folders, names in os.walk(path):
        folders[:] = sorted(one for one in folders if not one.startswith("."))
        for name in sorted(names):
            if name.rpartition(".")[2].lower() in EXTENSIONS and not name.startswith("."):
                file = Path(folder) / name
                found.append((file, file.relative_to(path).as_posix()))
    if not found:
        raise BadInput(str(path), f"has no file with a known ending: {', '.join(sorted(EXTENSIONS))}")
    return found


def _questions(path: Path) -> list[Question]:
    try:
        return TypeAdapter(list[Question]).validate_python(yaml.safe_load(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise BadInput(str(path), error.strerror or "cannot be read") from None
    except (yaml.YAMLError, UnicodeDecodeError):
        raise BadInput(str(path), "is no YAML") from None
    except ValidationError as error:
        first = error.errors()[0]
        raise BadInput(f"{path}: {'.'.join(map(str, first['loc']))}", first["msg"]) from None


def _has(text: str, expects: Sequence[str]) -> bool:
    plain = " ".join(text.lower().split())
    return all(" ".join(one.lower().split()) in plain for one in expects)


def _place(hit: rag_pb2.Hit) -> str:
    page = f"page {hit.page}" if hit.page else ""
    return ", ".join(part for part in (hit.section, page) if part) or hit.document
