"""Gives a running platform an agent: publishes its document and has its knowledge ingested."""

import re
from pathlib import Path

from parley.v1 import rag_pb2, rag_pb2_grpc
from parley_core import rpc
from parley_core.agents import AgentStore, load_agent
from parley_core.bus.port import Bus
from parley_core.errors import BadInput

INGEST_TIMEOUT_S = 60.0
_MEDIA = {".md": "text/markdown", ".txt": "text/plain"}
_SENTENCE = re.compile(r"[^.!?\n]+")
_MARKUP = re.compile(r"[#*_`>|\[\]()]|^\s*[-+]\s+", re.MULTILINE)


async def publish_agent(bus: Bus, rag_address: str, tenant: str, document_path: Path) -> tuple[str, int]:
    """Publish a document and its knowledge files; returns the agent's name and version. Safe to repeat."""
    document = load_agent(document_path)
    files = [_read(document_path.parent, name) for name in document.knowledge]
    async with rpc.connect(rag_address) as channel:
        rag = rag_pb2_grpc.RagStub(channel)
        for name, content in files:
            media = _MEDIA.get(Path(name).suffix.lower())
            if media is None:
                raise BadInput(f"knowledge file {name}", f"is none of {', '.join(_MEDIA)}")
            with rpc.translating("rag"):
                await rag.Ingest(
                    rag_pb2.IngestRequest(
                        tenant=tenant,
                        agent=document.agent,
                        document=rag_pb2.Document(name=name, media_type=media, content=content),
                    ),
                    timeout=INGEST_TIMEOUT_S,
                    wait_for_ready=True,
                )
    corpus = [sentence for _, content in files for sentence in sentences_of(content.decode())]
    published = document.model_copy(update={"speech_corpus": corpus})
    return document.agent, await AgentStore(bus).put(tenant, published)


def sentences_of(text: str) -> list[str]:
    """The sentences of a text without its markup, for the recogniser's language model."""
    plain = _MARKUP.sub(" ", text)
    found = (" ".join(match.group().split()) for match in _SENTENCE.finditer(plain))
    return [sentence for sentence in found if sentence]


def _read(folder: Path, name: str) -> tuple[str, bytes]:
    path = folder / name
    try:
        content = path.read_bytes()
        content.decode()
    except OSError as error:
        raise BadInput(f"knowledge file {name}", error.strerror or "cannot be read") from None
    except UnicodeDecodeError:
        raise BadInput(f"knowledge file {name}", "is not UTF-8 text") from None
    return name, content
