"""What the work after a call needs from outside; the activities receive these, `app` names the concrete ones."""

from collections.abc import Sequence
from typing import Protocol

from parley.v1 import billing_pb2, events_pb2, llm_pb2
from parley_core.agents import AgentDocument
from parley_core.bus.log import Event

from parley_postcall.crm import Note
from parley_postcall.rows import Table


class Logs(Protocol):
    async def read(self, tenant: str, call: str) -> list[Event]:
        """The whole log of a call, in order. Raises NotFound."""
        ...

    async def append_once(self, tenant: str, call: str, body: events_pb2.PostcallFinished, traceparent: str) -> str:
        """Append unless it is there already; returns the event's id."""
        ...


class Agents(Protocol):
    async def get(self, tenant: str, agent: str, version: int = 0) -> AgentDocument:
        """Raises NotFound."""
        ...


class ObjectStore(Protocol):
    async def put(self, path: str, content: bytes) -> None: ...

    async def get(self, path: str) -> bytes:
        """Raises NotFound."""
        ...

    async def exists(self, path: str) -> bool: ...


class Summaries(Protocol):
    async def summarise(self, request: llm_pb2.SummariseRequest) -> llm_pb2.SummariseResponse: ...


class Billing(Protocol):
    async def rate(self, tenant: str, call: str) -> billing_pb2.RateCallResponse: ...


class Crm(Protocol):
    async def write(self, note: Note) -> str:
        """Store the call's note and its contact, or find those stored before; returns the note's id."""
        ...

    async def complete(
        self, tenant: str, note: str, *, transcript_path: str, summary: llm_pb2.SummariseResponse | None
    ) -> None:
        """Add what became known after the note was written; the same again changes nothing. Raises NotFound."""
        ...


class Warehouse(Protocol):
    async def prepare(self) -> None:
        """Bring the tables to this release's version; safe to repeat and to run from several workers at once."""
        ...

    async def write(self, tables: Sequence[Table]) -> None:
        """Insert, in the order given. Of rows with one key the one with the newest `written_at` stays."""
        ...

    async def events_of(self, tenant: str, call: str) -> int:
        """How many events of the call's log are there."""
        ...

    async def check(self) -> None:
        """Raises Unavailable when it does not answer."""
        ...
