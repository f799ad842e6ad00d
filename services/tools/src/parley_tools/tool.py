"""What a tool is: its description for the model, what a call of it is given, and how a call comes out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol, Self, TypeAlias, runtime_checkable

from parley.v1 import tools_pb2
from parley_core.errors import BadInput
from pydantic import BaseModel, ConfigDict, ValidationError
from sqlalchemy.ext.asyncio import AsyncConnection

JsonObject = dict[str, object]
Status: TypeAlias = tools_pb2.ToolStatus.ValueType


@dataclass(frozen=True, slots=True)
class ToolSpec:
    """What the model and the executor know of a tool. Schemas are JSON Schema 2020-12."""

    name: str
    description: str
    parameters: JsonObject
    result: JsonObject
    side_effects: bool
    timeout_s: float = 5.0
    needs_approval: bool = False
    effects: tuple[str, ...] = ()  # what its OK bears out, see Tool.effects in the contract


@dataclass(frozen=True, slots=True)
class CallContext:
    """On whose behalf a tool runs."""

    tenant: str
    call: str = ""
    agent: str = ""
    user: str = ""
    turn: int = 0
    tool_call: str = ""
    idempotency_key: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a call came out. `result` is checked against the tool's schema when `status` is OK."""

    status: Status
    result: JsonObject = field(default_factory=dict)
    error: str = ""
    happened: bool = False  # it was carried out although the status is not OK: never to be done again


class LocalTool(Protocol):
    """Works in the service's own database."""

    @property
    def spec(self) -> ToolSpec: ...

    async def run(self, connection: AsyncConnection, context: CallContext, arguments: Mapping[str, object]) -> Outcome:
        """Do it. `arguments` match the schema. Raise a ParleyError for what cannot be done; others are failures.

        Whatever is written goes through `connection`: the executor commits it together with the call's result, so
        that a call is done wholly and once, or not at all.
        """
        ...


@runtime_checkable
class RemoteTool(Protocol):
    """Asks another system. No transaction is open meanwhile: the intent, each attempt and the receipt are rows of their
    own, and what a lost answer leaves open is settled by `find`, or by the same key again."""

    @property
    def spec(self) -> ToolSpec: ...

    async def send(self, context: CallContext, arguments: Mapping[str, object]) -> Outcome:
        """Make one request. `context.idempotency_key` goes with it where the server takes one.

        Raises Unreachable, Throttled or another permanent ParleyError where nothing was done for certain; any other
        error leaves that open.
        """
        ...

    async def find(self, context: CallContext, arguments: Mapping[str, object]) -> Outcome | None:
        """What came of an attempt whose answer was lost. None: nothing was done, or the same request with the same key
        is done only once: it may be made again. Raises NotFound where nobody can tell."""
        ...


Tool: TypeAlias = LocalTool | RemoteTool


@runtime_checkable
class PerTenant(Protocol):
    """A tool that is not the same for every tenant."""

    def spec_for(self, tenant: str) -> ToolSpec: ...


@runtime_checkable
class Checkable(Protocol):
    """A tool that can say whether it could be called now, without doing anything."""

    async def check(self) -> str:
        """What is wrong; empty: nothing. Raises a ParleyError that says it."""
        ...


def spec_for(tool: Tool, tenant: str) -> ToolSpec:
    return tool.spec_for(tenant) if isinstance(tool, PerTenant) else tool.spec


class Fields(BaseModel):
    """Base of the models that describe a built-in tool's arguments and results."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    @classmethod
    def read(cls, arguments: Mapping[str, object]) -> Self:
        """Make the model of arguments that match its schema. Raises BadInput for texts that are blank."""
        try:
            return cls.model_validate(arguments)
        except ValidationError as error:
            first = error.errors()[0]
            raise BadInput(".".join(map(str, first["loc"])), first["msg"]) from None


def ok(result: BaseModel) -> Outcome:
    return Outcome(tools_pb2.TOOL_STATUS_OK, result.model_dump(mode="json"))


def refused(reason: str, result: BaseModel) -> Outcome:
    """The world says no, with what may be had instead."""
    return Outcome(tools_pb2.TOOL_STATUS_CONFLICT, result.model_dump(mode="json"), reason)
