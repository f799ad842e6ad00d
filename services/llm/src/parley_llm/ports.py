"""What the conversation needs from other services, as protocols: `clients` serves them over gRPC.

`parley_testing.conversation` serves them in memory.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from parley.v1 import events_pb2

from parley_llm.providers.base import Asker, ToolOutcome, ToolSpec

Vector = tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """What the knowledge answers. `text` is empty where nothing was found."""

    text: str = ""
    confidence: float = 0.0  # 0 to 1
    citations: tuple[events_pb2.Citation, ...] = ()
    took_ms: int = 0


@dataclass(frozen=True, slots=True)
class Hits:
    texts: tuple[str, ...] = ()
    citations: tuple[events_pb2.Citation, ...] = ()
    took_ms: int = 0


class Knowledge(Protocol):
    """The agent's knowledge. Every method raises a ParleyError when rag does not answer in time."""

    async def answer(self, asker: Asker, question: str) -> Found: ...

    async def search(self, asker: Asker, query: str) -> Hits:
        """The passages that concern the query; none where nothing does."""
        ...

    async def embed(self, tenant: str, texts: Sequence[str]) -> list[Vector]:
        """One vector of length 1 per text."""
        ...


@dataclass(frozen=True, slots=True)
class ToolCaller:
    """In whose name a tool is called."""

    tenant: str
    call: str
    agent: str
    user: str
    allowed: tuple[str, ...]


class ToolService(Protocol):
    async def list_tools(self, tenant: str, names: Sequence[str]) -> tuple[ToolSpec, ...]: ...

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
        """Raises a ParleyError when the tools service does not answer; what the tool says is in the outcome."""
        ...
