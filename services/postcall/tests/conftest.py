"""Real servers on random ports, llm and billing as gRPC servers in this process, and one finished call."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import grpc
import pytest
import pytest_asyncio
from google.protobuf.message import Message as Proto
from parley.v1 import billing_pb2, billing_pb2_grpc, events_pb2, llm_pb2, llm_pb2_grpc, session_pb2
from parley_core import rpc
from parley_core.agents import AgentDocument, AgentStore
from parley_core.bus import subjects
from parley_core.bus.log import CallLog, event_name
from parley_core.bus.port import Bus
from parley_core.errors import NotFound
from parley_core.ids import new_id
from parley_core.objects import Objects
from parley_postcall.activities import Activities
from parley_postcall.live import Arrived
from parley_postcall.peers import BusLogs, GrpcBilling, GrpcSummaries
from parley_postcall.redaction import Redaction
from parley_postcall.stores import crm
from parley_postcall.stores.memory import MemoryWarehouse
from parley_store.engine import engine
from parley_store.migrate import migrate
from parley_testing.servers import find_program, free_port, wait_for_port
from temporalio.client import Client
from temporalio.service import RPCError

STARTED_US = 1_790_000_000_123_456


def call_log(tenant: str, call: str) -> list[tuple[str, Proto]]:
    """A short call: greeting, an interrupted answer, a booking, a last word that no turn took up."""
    e = events_pb2
    session = session_pb2.Session(
        tenant=tenant,
        call=call,
        user="+1 555 0100",
        channel=session_pb2.CHANNEL_WEBSOCKET,
        language="en-US",
        agent="clinic",
        agent_version=3,
        attributes={"campaign": "spring"},
    )
    booked = '{"appointment_id": "appt-1", "local_time": "2026-11-24T10:30", "name": "Maria Lopez"}'
    arguments = '{"when": "2026-11-24T10:30", "name": "Maria Lopez", "phone": "+15550142000"}'
    return [
        ("gateway/g1", e.CallStarted(session=session, gateway="g1")),
        ("llm/l1", e.SentenceSaid(turn=0, sentence=0, text="Hello, how can I help?", kind=e.SAY_KIND_REPLY)),
        ("gateway/g1", e.Spoken(turn=0, text="Hello, how can I help?", complete=True, start_ms=100, end_ms=1500)),
        ("asr/a1", e.Heard(utterance=1, text="are you open on saturday", start_ms=2000, end_ms=3500)),
        ("asr/a1", e.UsageMeasured(meter="asr_seconds", provider="pocketsphinx", quantity=1500, turn=1)),
        (
            "gateway/g1",
            e.TurnCommitted(
                turn=1,
                text="are you open on saturday",
                utterances=[1],
                reason=e.COMMIT_REASON_PAUSE,
                speech_end_ms=3500,
                committed_ms=4000,
            ),
        ),
        ("llm/l1", e.SentenceSaid(turn=1, sentence=0, text="On Saturdays we open at nine.", kind=e.SAY_KIND_REPLY)),
        ("llm/l1", e.SentenceSaid(turn=1, sentence=1, text="We close at one in the afternoon.")),
        ("llm/l1", e.Replied(turn=1, provider="local", model="parley-local-1", finish="stop", output_tokens=14)),
        (
            "gateway/g1",
            e.Spoken(turn=1, text="On Saturdays we open at nine.", complete=True, start_ms=4200, end_ms=6000),
        ),
        ("gateway/g1", e.Spoken(turn=1, sentence=1, text="We close", complete=False, start_ms=6000, end_ms=6400)),
        ("gateway/g1", e.Interrupted(turn=1, at_ms=6400, heard="On Saturdays we open at nine. We close", by="okay")),
        ("gateway/g1", e.TurnMeasured(turn=1, total_us=700_000, pause_us=500_000, model_us=100_000, bus_us=100_000)),
        ("asr/a1", e.Heard(utterance=2, text="book me tuesday at ten thirty", start_ms=6300, end_ms=8000)),
        (
            "gateway/g1",
            e.TurnCommitted(turn=2, text="book me tuesday at ten thirty", utterances=[2], speech_end_ms=8000),
        ),
        (
            "llm/l1",
            e.ToolCalled(
                turn=2,
                tool_call="t1",
                tool="book_appointment",
                arguments_json=arguments,
                idempotency_key="k1",
                side_effects=True,
            ),
        ),
        ("tools/t1", e.ToolAttempted(turn=2, tool_call="t1", tool="book_appointment", attempt=1, status="TIMED_OUT")),
        ("tools/t1", e.ToolAttempted(turn=2, tool_call="t1", tool="book_appointment", attempt=2, status="OK")),
        (
            "llm/l1",
            e.ToolReturned(
                turn=2, tool_call="t1", tool="book_appointment", status="TOOL_STATUS_OK", result_json=booked, took_ms=40
            ),
        ),
        ("llm/l1", e.SentenceSaid(turn=2, sentence=0, text="You are booked.")),
        ("gateway/g1", e.Spoken(turn=2, text="You are booked.", complete=True, start_ms=8600, end_ms=9400)),
        ("asr/a1", e.Heard(utterance=3, text="goodbye", start_ms=9600, end_ms=9900)),
        ("gateway/g1", e.RecordingStored(path=f"recordings/{tenant}/{call}.wav", bytes=10, duration_ms=10_000)),
        ("gateway/g1", e.UsageMeasured(meter="call_seconds", quantity=10_000)),
        ("gateway/g1", e.CallEnded(reason="caller_hung_up", duration_ms=10_000, turns=2)),
    ]


def events_of(tenant: str, call: str) -> list[events_pb2.Event]:
    """The same call as events, without a bus, at fixed times."""
    made = []
    fields = {one.message_type.full_name: one.name for one in events_pb2.Event.DESCRIPTOR.oneofs[0].fields}
    for number, (source, body) in enumerate(call_log(tenant, call)):
        event = events_pb2.Event(
            id=f"{source}:{number}",
            tenant=tenant,
            call=call,
            source=source,
            seq=number,
            time_us=STARTED_US + number * 1000,
            traceparent="00-" + "ab" * 16 + "-" + "cd" * 8 + "-01",
        )
        getattr(event, fields[body.DESCRIPTOR.full_name]).CopyFrom(body)
        made.append(event)
    return made


async def append_call(bus: Bus, tenant: str, call: str) -> None:
    """Put the whole call on its log; its end last."""
    logs: dict[str, CallLog] = {}
    for source, body in call_log(tenant, call):
        log = logs.setdefault(source, CallLog(bus, tenant, call, source))
        await log.append_stored(body)


class StoredLogs:
    """What the stream holds of each call."""

    def __init__(self, *logs: list[events_pb2.Event]) -> None:
        self.logs = {(log[0].tenant, log[0].call): list(log) for log in logs}
        self.reads = 0

    async def read(self, tenant: str, call: str) -> list[events_pb2.Event]:
        self.reads += 1
        if (tenant, call) not in self.logs:
            raise NotFound("call", call)
        return self.logs[tenant, call]


def arrivals_of(events: list[events_pb2.Event], *, first: int = 1, delivery: int = 1) -> list[Arrived]:
    """The events as the consumer hands them out."""
    return [
        Arrived(
            subjects.log(event.tenant, event.call, event_name(event)),
            event.SerializeToString(),
            first + at,
            delivery + at,
        )
        for at, event in enumerate(events)
    ]


class NoDocuments:
    async def get(self, tenant: str, agent: str, version: int = 0) -> AgentDocument:
        raise NotFound("agent", agent)


@pytest.fixture
def stored_logs() -> type[StoredLogs]:
    return StoredLogs


@pytest.fixture
def arrivals() -> Callable[..., list[Arrived]]:
    return arrivals_of


@pytest.fixture
def redaction() -> Redaction:
    """As for an agent document that says nothing of it."""
    return Redaction(NoDocuments())


@pytest.fixture
def call() -> str:
    return new_id("c-")


@pytest.fixture
def events(tenant: str, call: str) -> list[events_pb2.Event]:
    return events_of(tenant, call)


@pytest.fixture
def end_call(bus: Bus, tenant: str) -> Callable[[str], Awaitable[None]]:
    """Put a whole call of this test's tenant on its log; its end last."""

    async def end(call: str) -> None:
        await append_call(bus, tenant, call)

    return end


@dataclass
class Peers:
    """The llm and billing services as this test sees them: what they are asked, and whether they answer."""

    llm: str = ""
    billing: str = ""
    summarised: list[llm_pb2.SummariseRequest] = field(default_factory=list)
    rated: list[billing_pb2.RateCallRequest] = field(default_factory=list)
    asked_for_cost: asyncio.Event = field(default_factory=asyncio.Event)
    llm_down: bool = False
    billing_down: bool = False


class _Llm(llm_pb2_grpc.LlmServicer):
    def __init__(self, peers: Peers) -> None:
        self._peers = peers

    async def Summarise(
        self, request: llm_pb2.SummariseRequest, context: "grpc.aio.ServicerContext"
    ) -> llm_pb2.SummariseResponse:
        self._peers.summarised.append(request)
        if self._peers.llm_down:
            await context.abort(grpc.StatusCode.INTERNAL, "broken")
        return llm_pb2.SummariseResponse(
            summary="Maria Lopez booked for Tuesday.",
            action_items=["Send a reminder"],
            sentiment="positive",
            sentiment_score=0.5,
        )


class _Billing(billing_pb2_grpc.BillingServicer):
    def __init__(self, peers: Peers) -> None:
        self._peers = peers

    async def RateCall(
        self, request: billing_pb2.RateCallRequest, context: "grpc.aio.ServicerContext"
    ) -> billing_pb2.RateCallResponse:
        self._peers.rated.append(request)
        self._peers.asked_for_cost.set()
        if self._peers.billing_down:
            await context.abort(grpc.StatusCode.INTERNAL, "broken")
        line = billing_pb2.InvoiceLine(meter="asr_seconds", quantity=1500, cost_micros=1200)
        more = billing_pb2.InvoiceLine(meter="asr_seconds", quantity=1, cost_micros=34)
        return billing_pb2.RateCallResponse(
            lines=[line, more], total_micros=1234, per_minute_micros=7404, currency="USD"
        )


@pytest_asyncio.fixture
async def peers() -> AsyncIterator[Peers]:
    served = Peers()
    server = grpc.aio.server()
    llm_pb2_grpc.add_LlmServicer_to_server(_Llm(served), server)
    billing_pb2_grpc.add_BillingServicer_to_server(_Billing(served), server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    served.llm = served.billing = f"127.0.0.1:{port}"
    yield served
    await server.stop(None)


@contextmanager
def running(command: list[str], port: int, log: Path, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    """A server process that listens on `port`; ended with the context."""
    with log.open("ab") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out, env={**os.environ, **environment})
    try:
        wait_for_port(port, process, 40)
        yield process
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextmanager
def temporal_server(folder: Path, port: int | None = None) -> Iterator[str]:
    """Temporal's dev server, in memory; gives its address."""
    port = port or free_port()
    command = [find_program("temporal"), "server", "start-dev", "--headless", "--ip", "127.0.0.1"]
    command += ["--port", str(port), "--log-level", "error"]
    with running(command, port, folder / "temporal.log"):
        yield f"127.0.0.1:{port}"


@pytest.fixture(scope="session")
def temporal_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with temporal_server(tmp_path_factory.mktemp("temporal")) as address:
        yield address


@pytest.fixture
def start_temporal(tmp_path: Path) -> Callable[[int | None], AbstractContextManager[str]]:
    """Run a Temporal of its own on a port (None: any); gives its address."""
    return lambda port: temporal_server(tmp_path, port)


@contextmanager
def warehouse_server(folder: Path, port: int) -> Iterator[str]:
    environment = {"PARLEY_WAREHOUSE_PORT": str(port), "PARLEY_WAREHOUSE_DATA_DIR": str(folder / "data")}
    with running([sys.executable, "-m", "parley_warehouse"], port, folder / "log", **environment):
        yield f"http://127.0.0.1:{port}"


@pytest.fixture
def start_warehouse(tmp_path: Path) -> Callable[[int], AbstractContextManager[str]]:
    """Run a warehouse of its own on a port; gives its URL."""
    return lambda port: warehouse_server(tmp_path, port)


@pytest.fixture(scope="session")
def warehouse_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Parley's warehouse: the ClickHouse engine behind ClickHouse's HTTP interface."""
    with warehouse_server(tmp_path_factory.mktemp("warehouse"), free_port()) as url:
        yield url


async def connected(address: str) -> Client:
    """A client, once the server is whole: its port is open before its namespace is there."""
    async with asyncio.timeout(30):
        while True:
            try:
                client = await Client.connect(address, identity="client")
                await client.count_workflows()
                return client
            except (RuntimeError, RPCError):
                await asyncio.sleep(0.1)


@pytest.fixture
def connect() -> Callable[[str], Awaitable[Client]]:
    return connected


@pytest_asyncio.fixture
async def temporal(temporal_address: str) -> Client:
    return await connected(temporal_address)


@pytest.fixture
def task_queue() -> str:
    return new_id("postcall-")


@pytest.fixture
def environment(
    nats_url: str, temporal_address: str, peers: Peers, task_queue: str, tmp_path: Path
) -> Callable[..., dict[str, str]]:
    """The settings of a worker process of this test."""

    def make(**more: str) -> dict[str, str]:
        return {
            **{name: value for name, value in os.environ.items() if not name.startswith("PARLEY_")},
            "PARLEY_NATS_URL": nats_url,
            "PARLEY_TEMPORAL_ADDRESS": temporal_address,
            "PARLEY_LLM_ADDRESS": peers.llm,
            "PARLEY_BILLING_ADDRESS": peers.billing,
            "PARLEY_OBJECTS_URL": str(tmp_path / "objects"),
            "PARLEY_DATABASE_URL": f"sqlite+aiosqlite:///{tmp_path}/system.db",
            "PARLEY_POSTCALL_TASK_QUEUE": task_queue,
            **more,
        }

    return make


@pytest_asyncio.fixture
async def parts(bus: Bus, peers: Peers, tmp_path: Path) -> AsyncIterator[Activities]:
    """The activities on the real bus, gRPC, objects and database, with the warehouse in memory."""
    database = engine(f"sqlite+aiosqlite:///{tmp_path}/parts.db")
    await migrate(database, crm.MIGRATIONS, crm.SERVICE)
    async with rpc.connect(peers.llm) as channel:
        yield Activities(
            logs=BusLogs(bus),
            agents=AgentStore(bus),
            objects=Objects(str(tmp_path / "objects")),
            summaries=GrpcSummaries(channel, timeout_s=5),
            billing=GrpcBilling(channel, timeout_s=5),
            crm=crm.SqlCrm(database),
            warehouse=MemoryWarehouse(),
        )
    await database.dispose()
