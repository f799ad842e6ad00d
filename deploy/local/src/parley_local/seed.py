"""Gives a running platform an agent: publishes its document and has its knowledge ingested."""

import re
from collections.abc import Mapping
from pathlib import Path

from parley.v1 import rag_pb2, rag_pb2_grpc
from parley_core import rpc
from parley_core.agents import AgentStore, load_agent
from parley_core.bus.port import Bus
from parley_core.errors import BadInput
from parley_core.media_types import EXTENSIONS

INGEST_TIMEOUT_S = 300.0  # a scanned document takes a second and more a page
FROM_AGENT = "agent"  # origin of documents that the agent's own document names
_TEXT = {".md", ".markdown", ".txt"}
_SENTENCE = re.compile(r"[^.!?\n]+")
_MARKUP = re.compile(r"[#*_`>|\[\]()]|^\s*[-+]\s+", re.MULTILINE)


async def publish_agent(
    bus: Bus, rag_address: str, tenant: str, document_path: Path, *, live: bool = True
) -> tuple[str, int]:
    """Publish a document and its knowledge files; returns the agent's name and version. Safe to repeat.

    Without `live` it is a draft: new calls do not take it. Knowledge belongs to the agent and not to a version: a draft
    adds and renews files, and removes none.
    """
    document = load_agent(document_path)
    files = [_read(document_path.parent, name) for name in document.knowledge]
    owner = {"tenant": tenant, "agent": document.agent}
    corpus: list[str] = []
    async with rpc.connect(rag_address) as channel:
        rag = rag_pb2_grpc.RagStub(channel)
        for name, content in files:
            file = rag_pb2.Document(
                name=name, content=content, metadata={"origin": FROM_AGENT, "language": document.language}
            )
            with rpc.translating("rag"):
                request = rag_pb2.IngestRequest(**owner, document=file)
                await rag.Ingest(request, timeout=INGEST_TIMEOUT_S, wait_for_ready=True)
            corpus += await _corpus(rag, owner, name, content)
        if live:
            await _forget(rag, owner, {name for name, _ in files})
    published = document.model_copy(update={"speech_corpus": corpus})
    store = AgentStore(bus)
    return document.agent, await (store.put(tenant, published) if live else store.draft(tenant, published))


async def _forget(rag: rag_pb2_grpc.RagStub, owner: Mapping[str, str], named: set[str]) -> None:
    """Remove what an earlier version of the agent's document named and this one does not."""
    with rpc.translating("rag"):
        held = await rag.Documents(rag_pb2.DocumentsRequest(**owner), timeout=INGEST_TIMEOUT_S, wait_for_ready=True)
        for one in held.documents:
            if one.origin == FROM_AGENT and one.name not in named:
                await rag.Delete(rag_pb2.DeleteRequest(**owner, document=one.name), timeout=INGEST_TIMEOUT_S)


async def _corpus(rag: rag_pb2_grpc.RagStub, owner: Mapping[str, str], name: str, content: bytes) -> list[str]:
    """The sentences of a document, for the recogniser: of text as it was written, of other kinds as it was read."""
    if Path(name).suffix.lower() in _TEXT:
        return sentences_of(content.decode())
    with rpc.translating("rag"):
        read = await rag.Read(rag_pb2.ReadRequest(**owner, document=name), timeout=INGEST_TIMEOUT_S)
    return [sentence for chunk in read.chunks for sentence in sentences_of(chunk.text)]


def sentences_of(text: str) -> list[str]:
    """The sentences of a text without its markup, for the recogniser's language model."""
    plain = _MARKUP.sub(" ", text)
    found = (" ".join(match.group().split()) for match in _SENTENCE.finditer(plain))
    return [sentence for sentence in found if sentence]


def _read(folder: Path, name: str) -> tuple[str, bytes]:
    """Raises BadInput for what is not there, no known kind, or no text although its name says so."""
    ending = Path(name).suffix.lower()
    if ending.removeprefix(".") not in EXTENSIONS:
        raise BadInput(f"knowledge file {name}", f"has none of the known endings: {', '.join(sorted(EXTENSIONS))}")
    try:
        content = (folder / name).read_bytes()
        if ending in _TEXT:
            content.decode()
    except OSError as error:
        raise BadInput(f"knowledge file {name}", error.strerror or "cannot be read") from None
    except UnicodeDecodeError:
        raise BadInput(f"knowledge file {name}", "is not UTF-8 text") from None
    return name, content
