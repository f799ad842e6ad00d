"""Through the real service and its port: what a caller may not hear is never found, whatever the documents say."""

import random
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from parley.v1 import rag_pb2, rag_pb2_grpc
from parley_core.rpc import connect
from parley_core.runtime import Runtime
from parley_rag.app import app
from parley_rag.settings import RagSettings
from parley_testing.servers import free_port

pytestmark = [pytest.mark.outside, pytest.mark.asyncio(loop_scope="module")]

TENANTS, AGENTS, GROUPS = ("acme", "other"), ("clinic", "hotel"), ("", "patients", "staff", "patients, staff")
WORDS = ["price", "visit", "doctor", "opening", "saturday", "parking", "insurance", "blue", "cross", "refund"]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stub(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[rag_pb2_grpc.RagStub]:
    port = free_port()
    folder: Path = tmp_path_factory.mktemp("separation")
    # MiniLM: what is tested is the filter, and it is the quicker of the two to embed with.
    settings = RagSettings(store_path=str(folder), grpc_port=port, embedding="all-minilm-l6-v2")
    runtime = Runtime("rag", "rag-1")
    async with runtime.tasks, app(settings, runtime), connect(f"127.0.0.1:{port}") as channel:
        yield rag_pb2_grpc.RagStub(channel)


async def test_tenants_agents_and_groups_with_the_same_words_never_see_each_others_chunks(
    stub: rag_pb2_grpc.RagStub,
) -> None:
    chance = random.Random(11)
    texts = [" ".join(chance.sample(WORDS, 6)) for _ in range(4)]
    for tenant in TENANTS:
        for agent in AGENTS:
            for at, groups in enumerate(GROUPS):
                text = ". ".join(one.capitalize() for one in texts) + f". It is for {groups or 'everybody'}."
                name = f"{tenant}-{agent}-{at}.md"
                document = rag_pb2.Document(name=name, content=text.encode(), metadata={"permissions": groups})
                await stub.Ingest(rag_pb2.IngestRequest(tenant=tenant, agent=agent, document=document), timeout=30)

    for _ in range(120):
        tenant, agent = chance.choice(TENANTS), chance.choice(AGENTS)
        mine = chance.sample(["patients", "staff", "nobody", "*", "Staff", "patients, staff", ""], chance.randint(0, 3))
        owner = {"tenant": tenant, "agent": agent}
        query = " ".join(chance.sample(WORDS, chance.randint(1, 5)))
        allowed = {f"{tenant}-{agent}-0.md"}
        allowed |= {f"{tenant}-{agent}-1.md", f"{tenant}-{agent}-3.md"} if "patients" in mine else set()
        allowed |= {f"{tenant}-{agent}-2.md", f"{tenant}-{agent}-3.md"} if "staff" in mine else set()
        search = rag_pb2.SearchRequest(query=query, limit=20, permissions=mine)
        search.tenant, search.agent = tenant, agent
        found = {hit.document for hit in (await stub.Search(search, timeout=30)).hits}
        assert found <= allowed, (owner, mine, query)
        assert f"{tenant}-{agent}-0.md" in found
        question = rag_pb2.AnswerRequest(question=query, permissions=mine, language=chance.choice(("", "en", "es")))
        question.tenant, question.agent = tenant, agent
        assert {hit.document for hit in (await stub.Answer(question, timeout=30)).hits} <= allowed


async def test_a_group_alone_opens_its_documents(stub: rag_pb2_grpc.RagStub) -> None:
    content = b"The code of the medicine room is four seven one one.\n"
    document = rag_pb2.Document(name="codes.md", content=content, metadata={"permissions": "staff"})
    await stub.Ingest(rag_pb2.IngestRequest(tenant="acme", agent="codes", document=document), timeout=30)

    async def answer(*groups: str) -> str:
        asked = rag_pb2.AnswerRequest(tenant="acme", agent="codes", question="what is the code of the medicine room")
        asked.permissions.extend(groups)
        return (await stub.Answer(asked, timeout=30)).text

    assert await answer() == ""
    assert await answer("patients") == ""
    assert "four seven one one" in await answer("staff")
