"""How a call came out, for its caller; which errors mean which status; whether a result is as the tool describes it."""

import logging
from dataclasses import dataclass

from parley.v1 import tools_pb2
from parley_core.errors import BadInput, Conflict, LimitReached, NotAllowed, NotFound, ParleyError, TimedOut

from parley_tools.schema import canonical, check
from parley_tools.stores.calls import DONE, INTENDED, StoredCall
from parley_tools.tool import JsonObject, Outcome, Status, Tool

log = logging.getLogger(__name__)

_STATUS: tuple[tuple[type[ParleyError], Status], ...] = (
    (BadInput, tools_pb2.TOOL_STATUS_INVALID_ARGUMENTS),
    (NotFound, tools_pb2.TOOL_STATUS_NOT_FOUND),
    (NotAllowed, tools_pb2.TOOL_STATUS_NOT_ALLOWED),
    (Conflict, tools_pb2.TOOL_STATUS_CONFLICT),
    (LimitReached, tools_pb2.TOOL_STATUS_RATE_LIMITED),
    (TimedOut, tools_pb2.TOOL_STATUS_TIMED_OUT),
)
STORED = (tools_pb2.TOOL_STATUS_OK, tools_pb2.TOOL_STATUS_CONFLICT)  # kept under the key; all others may be tried again


@dataclass(frozen=True, slots=True)
class CallResult:
    status: Status
    result_json: str = ""
    error: str = ""
    replayed: bool = False
    attempts: int = 0
    took_ms: int = 0


def status_of(error: ParleyError) -> Status:
    return next((status for kind, status in _STATUS if isinstance(error, kind)), tools_pb2.TOOL_STATUS_FAILED)


def result_of(outcome: Outcome) -> CallResult:
    return CallResult(outcome.status, canonical(outcome.result) if outcome.result else "", outcome.error)


def as_stored(stored: StoredCall) -> CallResult:
    if stored.state == INTENDED:
        return CallResult(tools_pb2.TOOL_STATUS_TIMED_OUT, error=f"tool {stored.tool} has not answered yet")
    if stored.state != DONE:
        return CallResult(stored.status, error=f"tool {stored.tool} waits for approval")
    result = "" if stored.result_json == "{}" else stored.result_json
    return CallResult(stored.status, result, stored.error, replayed=True)


def as_decided(stored: StoredCall, approve: bool) -> CallResult:
    if not stored.decided_by:
        raise Conflict("tool call", "it waits for no decision")
    if approve == (stored.status == tools_pb2.TOOL_STATUS_NOT_ALLOWED):
        raise Conflict("tool call", "it has been decided otherwise")
    return as_stored(stored)


def wrong_result(tool: Tool, result: JsonObject) -> Outcome | None:
    """The failure that takes the place of a result that does not match the tool's schema; None: it does."""
    try:
        check(tool.spec.result, result, "result")
    except BadInput as error:
        log.error("tool result does not match its schema", extra={"tool": tool.spec.name, "problem": error.problem})
        return Outcome(tools_pb2.TOOL_STATUS_FAILED, error=f"tool {tool.spec.name} returned a wrong result")
    return None


def broken(tool: Tool, call: str, error: Exception) -> Outcome:
    """The failure of a tool that raised what it should not. Only the error's class is kept: a message may quote
    what the caller said."""
    log.error("tool failed", extra={"tool": tool.spec.name, "call": call, "error": _where(error)})
    return Outcome(tools_pb2.TOOL_STATUS_FAILED, error=f"tool {tool.spec.name} failed: {type(error).__name__}")


def _where(error: BaseException) -> str:
    """The error's class and the line that raised it."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = f" at {trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else ""
    return f"{type(error).__name__}{place}"
