"""What typed calls run on, in this process: the agent's knowledge in the real search, the platform's own tools on an
empty database, and stand-ins for the business's. Used by `call`."""

import json
import shutil
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from datetime import datetime
from importlib import import_module
from pathlib import Path
from zoneinfo import ZoneInfo

from parley.v1 import rag_pb2, tools_pb2
from parley_core.agents import AgentDocument
from parley_core.bus.memory import MemoryBus
from parley_core.clock import SystemClock
from parley_core.tasks import Tasks
from parley_core.vendors import Vendors
from parley_llm.ports import Found, Hits, Vector
from parley_llm.providers.base import Asker, ToolOutcome, ToolSpec
from parley_rag.embeddings.minilm import MiniLm
from parley_rag.embeddings.opener import Models
from parley_rag.knowledge import Knowledge, Limits
from parley_rag.metrics import RagMetrics
from parley_rag.offload import CachedEmbedder, Offload
from parley_rag.parsing.sandbox import Sandbox
from parley_rag.rpc import RagServicer
from parley_rag.settings import RagSettings
from parley_store.engine import engine
from parley_store.migrate import migrate
from parley_tools.http import HttpClients
from parley_tools.policy import PolicyDocument
from parley_tools.rpc import ToolsService
from parley_tools.settings import ToolsSettings

from parley_sim.typed.script import StandIn

TENANT = "typed"
# Put together as the services do it themselves, by their composition roots.
_RAG, _TOOLS = "parley_rag.app", "parley_tools.app"
_PREFIX = "TOOL_STATUS_"


class StillClock:
    """Shows one time."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def monotonic(self) -> float:
        return self.now.timestamp()

    def time_us(self) -> int:
        return int(self.now.timestamp() * 1_000_000)


class Search:
    """See `parley_llm.ports.Knowledge`."""

    def __init__(self, rag: RagServicer) -> None:
        self._rag = rag

    async def answer(self, asker: Asker, question: str) -> Found:
        request = rag_pb2.AnswerRequest(
            tenant=asker.tenant,
            agent=asker.agent,
            question=question,
            permissions=asker.groups,
            language=asker.language,
        )
        found = await self._rag.Answer(request, None)
        return Found(found.text, found.confidence, (), 1)

    async def search(self, asker: Asker, query: str) -> Hits:
        return Hits()

    async def embed(self, tenant: str, texts: Sequence[str]) -> list[Vector]:
        request = rag_pb2.EmbedRequest(tenant=tenant, texts=texts)
        found = await self._rag.Embed(request, None)
        return [tuple(vector.values) for vector in found.vectors]

    async def learn(self, agent: AgentDocument, folder: Path) -> None:
        for name in agent.knowledge:
            document = rag_pb2.Document(name=name, content=(folder / name).read_bytes())
            request = rag_pb2.IngestRequest(tenant=TENANT, agent=agent.agent, document=document)
            await self._rag.Ingest(request, None)


@dataclass
class Tools:
    """The tools of one call."""

    service: ToolsService
    stand_ins: Mapping[str, StandIn]
    agent: AgentDocument
    call: str
    done: list[tuple[str, dict[str, object]]] = field(default_factory=list)
    tried: int = 0

    async def specs(self) -> tuple[ToolSpec, ...]:
        names = [name for name in self.agent.tools if name not in self.stand_ins]
        listed = await self.service.ListTools(tools_pb2.ListToolsRequest(tenant=TENANT, names=names), None)
        own = [
            ToolSpec(one.name, one.description, one.parameters_schema, one.side_effects, effects=tuple(one.effects))
            for one in listed.tools
        ]
        return (*own, *(_spec(name, one) for name, one in self.stand_ins.items() if name in self.agent.tools))

    async def run(self, tool: str, arguments_json: str, turn: int) -> ToolOutcome:
        self.tried += 1
        given = json.loads(arguments_json)
        if tool in self.stand_ins:
            one = self.stand_ins[tool]
            row = one.rows.get(str(given.get(one.by, ""))) if one.by else {"done": True}
            status, result = ("OK", row) if row is not None else ("NOT_FOUND", {})
            outcome = ToolOutcome(f"t{self.tried}", tool, arguments_json, status, json.dumps(result),
                                  side_effects=one.side_effects)  # fmt: skip
        else:
            request = tools_pb2.CallToolRequest(
                tenant=TENANT, call=self.call, agent=self.agent.agent, tool=tool, arguments_json=arguments_json,
                allowed=self.agent.tools, turn=turn, tool_call=f"t{self.tried}",
                idempotency_key=f"{self.call}-{self.tried}",
            )  # fmt: skip
            answer = await self.service.CallTool(request, None)
            status = tools_pb2.ToolStatus.Name(answer.status).removeprefix(_PREFIX)
            effect = next((spec.side_effects for spec in await self.specs() if spec.name == tool), False)
            outcome = ToolOutcome(f"t{self.tried}", tool, arguments_json, status, answer.result_json, answer.error,
                                  side_effects=effect)  # fmt: skip
        if outcome.status == "OK":
            self.done.append((tool, given))
        return outcome


def _spec(name: str, one: StandIn) -> ToolSpec:
    schema = {"type": "object", "properties": {key: {"type": kind} for key, kind in one.parameters.items()}}
    return ToolSpec(name, one.description, json.dumps(schema), one.side_effects, effects=tuple(one.effects))


@dataclass
class Place:
    search: Search
    calendars: Path
    database: Path  # an empty one, which each call copies

    @asynccontextmanager
    async def tools(
        self, agent: AgentDocument, stand_ins: Mapping[str, StandIn], call: str, now: datetime
    ) -> AsyncIterator[Tools]:
        """The tools of one call, on a database of its own."""
        with tempfile.TemporaryDirectory(prefix="parley-typed-") as folder:
            root = import_module(_TOOLS)
            shutil.copy(self.database, f"{folder}/tools.db")
            database, http = engine(f"sqlite+aiosqlite:///{folder}/tools.db"), HttpClients()
            clock = StillClock(now.replace(tzinfo=ZoneInfo(agent.timezone)))
            settings = ToolsSettings(calendars=str(self.calendars))
            try:
                async with Tasks("typed tools") as tasks:
                    parts = root.build(
                        settings,
                        database,
                        MemoryBus(),
                        worker="typed",
                        clock=clock,
                        http=http,
                        tasks=tasks,
                        policies=PolicyDocument(),
                    )
                    yield Tools(parts.service, stand_ins, agent, call)
            finally:
                await http.close()
                await database.dispose()


@asynccontextmanager
async def place(calendars: Path) -> AsyncIterator[Place]:
    """`calendars`: the folder of the agents' folders."""
    with (
        tempfile.TemporaryDirectory(prefix="parley-typed-") as folder,
        closing(Offload("embedding", threads=1, max_waiting=256, timeout_s=60.0)) as threads,
    ):
        minilm = await threads.run(MiniLm)
        embedder = CachedEmbedder(minilm.embed, threads, cache_entries=4096)
        settings = RagSettings(store_path=folder)
        models = Models(embedder, threads, Vendors({}), 4096)
        indexes = await import_module(_RAG).open_indexes(settings, await models.open(settings.embedding), models)
        try:
            knowledge = Knowledge(embedder, indexes, Sandbox(), Limits(4 * 1024 * 1024, 2000, 480))
            empty = Path(folder) / "tools.db"
            tables = engine(f"sqlite+aiosqlite:///{empty}")
            await migrate(tables, package=import_module(_TOOLS).MIGRATIONS, service="tools")
            await tables.dispose()
            yield Place(Search(RagServicer(knowledge, RagMetrics(), SystemClock(), private=())), calendars, empty)
        finally:
            await indexes.close()
