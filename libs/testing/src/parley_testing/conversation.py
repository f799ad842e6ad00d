"""The conversation's knowledge and tools in memory: for llm's tests, and for the simulator's rule-based brain."""

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from parley.v1 import events_pb2
from parley_core.errors import Unavailable
from parley_llm.ports import Found, Hits, ToolCaller, Vector
from parley_llm.providers.base import Asker, ToolOutcome, ToolSpec
from parley_llm.providers.rule_based.intents import content, hashed_vector

Run = Callable[[dict[str, object]], tuple[str, dict[str, object]]]  # arguments to status name and result


@dataclass(slots=True)
class FakeKnowledge:
    """Answers a question by the entry whose words it shares; vectors are hashed bags of words."""

    entries: Mapping[str, str] = field(default_factory=dict)
    down: bool = False

    async def answer(self, asker: Asker, question: str) -> Found:
        self._check()
        words = content(question)
        best = max(self.entries, key=lambda entry: len(words & content(entry)), default="")
        shared = len(words & content(best))
        if not shared:
            return Found()
        citation = events_pb2.Citation(source="fake.md", section=best, chunk=best, score=1.0)
        return Found(self.entries[best], min(1.0, 0.5 + 0.1 * shared), (citation,), 1)

    async def search(self, asker: Asker, query: str) -> Hits:
        self._check()
        return Hits(tuple(self.entries.values()), (), 1)

    async def embed(self, tenant: str, texts: Sequence[str]) -> list[Vector]:
        self._check()
        return [hashed_vector(text) for text in texts]

    def _check(self) -> None:
        if self.down:
            raise Unavailable("rag", "down")


@dataclass(slots=True)
class FakeTools:
    """Runs a function per tool and keeps results by idempotency key, as the tools service does.

    `executed` counts real executions; a tool in `held` does not return until its event is set.
    """

    run: Mapping[str, Run]
    specs: tuple[ToolSpec, ...] = ()
    executed: list[tuple[str, dict[str, object]]] = field(default_factory=list)
    requests: int = 0
    held: dict[str, asyncio.Event] = field(default_factory=dict)
    results: dict[str, tuple[str, dict[str, object]]] = field(default_factory=dict)
    down: bool = False  # no tool can be called
    silent: bool = False  # nor even listed

    async def list_tools(self, tenant: str, names: Sequence[str]) -> tuple[ToolSpec, ...]:
        if self.silent:
            raise Unavailable("tools", "down")
        return tuple(spec for spec in self.specs if spec.name in names)

    async def call_tool(
        self,
        caller: ToolCaller,
        *,
        turn: int,
        tool_call: str,
        tool: str,
        arguments_json: str,
        idempotency_key: str,
        timeout_s: float,
    ) -> ToolOutcome:
        self.requests += 1
        if self.down:
            raise Unavailable("tools", "down")
        if idempotency_key in self.results:
            status, result = self.results[idempotency_key]
        else:
            arguments = json.loads(arguments_json)
            self.executed.append((tool, arguments))
            status, result = self.run[tool](arguments)
            if status in ("OK", "CONFLICT"):
                self.results[idempotency_key] = status, result
        if tool in self.held:
            await self.held[tool].wait()
        return ToolOutcome(tool_call, tool, arguments_json, status, json.dumps(result, sort_keys=True), took_ms=1)
