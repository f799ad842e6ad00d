"""Who calls a service's methods, through real gRPC: strangers, the wrong service, the right one."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from parley.v1 import rag_pb2, rag_pb2_grpc
from parley_core import identity, rpc
from parley_core.errors import NotAllowed
from parley_core.runtime import Runtime

pytestmark = pytest.mark.outside


class Rag(rag_pb2_grpc.RagServicer):
    def __init__(self) -> None:
        self.answered: list[str] = []

    async def Search(self, request: rag_pb2.SearchRequest, context: grpc.aio.ServicerContext) -> rag_pb2.SearchResponse:
        self.answered.append("Search")
        return rag_pb2.SearchResponse()

    async def Upload(
        self, requests: AsyncIterator[rag_pb2.UploadRequest], context: grpc.aio.ServicerContext
    ) -> AsyncIterator[rag_pb2.UploadResponse]:
        async for _ in requests:
            self.answered.append("Upload")
            yield rag_pb2.UploadResponse()

    async def Fetch(
        self, request: rag_pb2.FetchRequest, context: grpc.aio.ServicerContext
    ) -> AsyncIterator[rag_pb2.FetchResponse]:
        self.answered.append("Fetch")
        yield rag_pb2.FetchResponse()


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[tuple[Rag, str]]:
    identity.make_keys(tmp_path)
    rag, runtime = Rag(), Runtime("rag", "rag-1", identity.load(tmp_path / "rag.nk"))
    services = [(rag_pb2_grpc.add_RagServicer_to_server, rag, "parley.v1.Rag")]
    async with runtime.tasks, rpc.serve(runtime, "127.0.0.1", 0, services) as port:
        yield rag, f"127.0.0.1:{port}"


@pytest.fixture(autouse=True)
def stranger() -> Iterator[None]:
    """Before and after each test this process is a stranger."""
    identity.adopt(None)
    yield
    identity.adopt(None)


async def search(address: str) -> None:
    async with rpc.connect(address) as channel:
        with rpc.translating("rag"):
            await rag_pb2_grpc.RagStub(channel).Search(rag_pb2.SearchRequest(), timeout=5)


async def upload(address: str) -> None:
    async def one() -> AsyncIterator[rag_pb2.UploadRequest]:
        yield rag_pb2.UploadRequest()

    async with rpc.connect(address) as channel:
        with rpc.translating("rag"):
            async for _ in rag_pb2_grpc.RagStub(channel).Upload(one(), timeout=5):
                pass


async def fetch(address: str) -> None:
    async with rpc.connect(address) as channel:
        with rpc.translating("rag"):
            async for _ in rag_pb2_grpc.RagStub(channel).Fetch(rag_pb2.FetchRequest(), timeout=5):
                pass


async def test_a_stranger_is_refused_whatever_he_calls(served: tuple[Rag, str]) -> None:
    rag, address = served
    for call in (search, upload, fetch):
        with pytest.raises(NotAllowed, match="no service token"):
            await call(address)
    assert rag.answered == []


async def test_a_service_is_answered_for_its_methods_only(served: tuple[Rag, str], tmp_path: Path) -> None:
    rag, address = served
    identity.adopt(identity.load(tmp_path / "llm.nk"))
    await search(address)
    for call in (upload, fetch):
        with pytest.raises(NotAllowed, match="llm may not call it"):
            await call(address)
    assert rag.answered == ["Search"]


async def test_the_operator_may_call_everything(served: tuple[Rag, str], tmp_path: Path) -> None:
    rag, address = served
    identity.adopt(identity.load(tmp_path / "operator.nk"))
    for call in (search, upload, fetch):
        await call(address)
    assert rag.answered == ["Search", "Upload", "Fetch"]


async def test_another_installations_operator_is_a_stranger(served: tuple[Rag, str], tmp_path: Path) -> None:
    rag, address = served
    identity.make_keys(tmp_path / "other")
    identity.adopt(identity.load(tmp_path / "other" / "operator.nk"))
    with pytest.raises(NotAllowed, match="not valid"):
        await search(address)
    assert rag.answered == []


async def test_health_is_answered_to_all(served: tuple[Rag, str]) -> None:
    _, address = served
    async with grpc.aio.insecure_channel(address) as channel:
        await health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=5)
