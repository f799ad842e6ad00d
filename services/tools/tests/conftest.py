"""A tools service over a fresh database, the clinic's calendar, a bus in memory, and a clock that stands still."""

import json
import os
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest
from parley.v1 import tools_pb2
from parley_core.bus.log import Event, body_of, event_name, read_log
from parley_core.bus.memory import MemoryBus
from parley_core.clock import Clock
from parley_core.errors import NotFound
from parley_core.ids import new_id
from parley_core.tasks import Tasks
from parley_store.engine import engine, reading
from parley_store.migrate import migrate
from parley_tools.app import MIGRATIONS, build
from parley_tools.http import HttpClients
from parley_tools.pipeline.attempts import Limits
from parley_tools.pipeline.guards import Breakers
from parley_tools.pipeline.outcome import CallResult
from parley_tools.policy import PolicyDocument
from parley_tools.settings import ToolsSettings
from parley_tools.tool import CallContext, Tool
from sqlalchemy import Table, func, select, text
from sqlalchemy.ext.asyncio import AsyncEngine

EXAMPLES = Path(__file__).parents[3] / "examples"
MONDAY_NINE = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)  # 9:00 in New York
POSTGRES = os.environ.get("PARLEY_TEST_POSTGRES_URL", "")


class StillClock:
    """Shows one time until it is set."""

    def __init__(self, now: datetime = MONDAY_NINE) -> None:
        self.now = now

    def monotonic(self) -> float:
        return self.now.timestamp()

    def time_us(self) -> int:
        return int(self.now.timestamp() * 1_000_000)


@dataclass
class Desk:
    """Calls tools as the conversation does."""

    database: AsyncEngine
    clock: Clock
    bus: MemoryBus = field(default_factory=MemoryBus)
    tenant: str = "t1"
    call_id: str = field(default_factory=new_id)
    user: str = ""
    policies: PolicyDocument = field(default_factory=PolicyDocument)
    breakers: Breakers = field(default_factory=lambda: Breakers(5, 60))
    limits: Limits = field(default_factory=lambda: Limits(1000, 3, 0.001))

    def __post_init__(self) -> None:
        self.tasks, self.http = Tasks("desk"), HttpClients()
        self.use(None)

    def use(self, tools: Sequence[Tool] | None) -> None:
        """Serve these tools from now on, under the policies and limits that are set; None: those of the platform."""
        self.parts = build(
            ToolsSettings(calendars=str(EXAMPLES)),
            self.database,
            self.bus,
            worker="w1",
            clock=self.clock,
            http=self.http,
            tasks=self.tasks,
            policies=self.policies,
            tools=tools,
            limits=self.limits,
            breakers=self.breakers,
        )
        self.registry, self.store, self.executor = self.parts.registry, self.parts.store, self.parts.executor
        self.service = self.parts.service

    def restart(self) -> None:
        """As another process: what the old one ran is gone. `use` follows."""
        self.tasks = Tasks("desk")

    async def close(self) -> None:
        await self.tasks.close()
        await self.http.close()

    async def call(
        self, tool: str, arguments: object, *, key: str | None = None, allowed: Sequence[str] | None = None
    ) -> CallResult:
        context = CallContext(
            tenant=self.tenant,
            call=self.call_id,
            agent="clinic",
            user=self.user,
            turn=3,
            tool_call="c1",
            idempotency_key=new_id() if key is None else key,
        )
        text_ = arguments if isinstance(arguments, str) else json.dumps(arguments)
        return await self.executor.call(context, tool, text_, allowed=frozenset([tool] if allowed is None else allowed))

    @staticmethod
    def status(result: CallResult) -> str:
        return tools_pb2.ToolStatus.Name(result.status).removeprefix("TOOL_STATUS_")

    @staticmethod
    def content(result: CallResult) -> dict[str, object]:
        return json.loads(result.result_json)

    async def count(self, table: Table) -> int:
        async with reading(self.database) as connection:
            return (await connection.execute(select(func.count()).select_from(table))).scalar_one()

    async def events(self, name: str) -> list[Event]:
        try:
            found = await read_log(self.bus, self.tenant, self.call_id)
        except NotFound:
            return []
        return [event for event in found if event_name(event) == name]

    async def attempts(self) -> list[tuple[int, str, bool]]:
        """Number, status and whether replayed, of every attempt on the call's log."""
        bodies = [body_of(event) for event in await self.events("ToolAttempted")]
        return [(body.attempt, body.status.removeprefix("TOOL_STATUS_"), body.replayed) for body in bodies]


@pytest.fixture
async def url(tmp_path: Path) -> AsyncIterator[str]:
    """An empty database: SQLite, or one of its own on the PostgreSQL server of PARLEY_TEST_POSTGRES_URL."""
    if not POSTGRES:
        yield f"sqlite+aiosqlite:///{tmp_path}/tools.db"
        return
    name = new_id("parley_test_")
    server = engine(POSTGRES).execution_options(isolation_level="AUTOCOMMIT")
    try:
        async with server.connect() as connection:
            await connection.execute(text(f"CREATE DATABASE {name}"))
        yield server.url.set(database=name).render_as_string(hide_password=False)
        async with server.connect() as connection:
            await connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    finally:
        await server.dispose()


@pytest.fixture
async def database(url: str) -> AsyncIterator[AsyncEngine]:
    await migrate(url, MIGRATIONS, "tools")
    made = engine(url)
    yield made
    await made.dispose()


@pytest.fixture
def clock() -> StillClock:
    return StillClock()


@pytest.fixture
async def desk(database: AsyncEngine, clock: StillClock) -> AsyncIterator[Desk]:
    made = Desk(database, clock)
    yield made
    await made.close()
