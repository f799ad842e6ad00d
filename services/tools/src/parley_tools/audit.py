"""Writes each attempt at a tool, and what it used, to the log of the call it was made for."""

import logging

from google.protobuf.message import Message
from parley.v1 import events_pb2, tools_pb2
from parley_core.bus.log import CallLog
from parley_core.bus.port import Bus

from parley_tools.tool import CallContext, Status

log = logging.getLogger(__name__)

METER = "tool_calls"


class CallAudit:
    """The log of one tool call. What cannot be logged never fails the call: the effect is what matters to it."""

    def __init__(self, calls_log: CallLog | None, context: CallContext, tool: str, decided_by: str = "") -> None:
        self._log = calls_log
        self._context = context
        self._tool = tool
        self._decided_by = decided_by

    def attempted(self, number: int, status: Status, error: str, *, took_ms: int, replayed: bool = False) -> None:
        self._append(
            events_pb2.ToolAttempted(
                turn=self._context.turn,
                tool_call=self._context.tool_call,
                tool=self._tool,
                attempt=number,
                status=tools_pb2.ToolStatus.Name(status),
                error=error,
                took_ms=took_ms,
                replayed=replayed,
                idempotency_key=self._context.idempotency_key,
                decided_by=self._decided_by,
            )
        )

    def used(self) -> None:
        """Count one call for the bill."""
        self._append(events_pb2.UsageMeasured(meter=METER, provider=self._tool, quantity=1000, turn=self._context.turn))

    def _append(self, body: Message) -> None:
        if self._log is None:
            return
        try:
            self._log.append(body)
        except Exception as error:  # noqa: BLE001 - whatever it is, the effect stands
            log.warning("audit event not stored", extra={"call": self._context.call, "error": type(error).__name__})


class Audit:
    """Opens the log of a tool call; one that belongs to no call has none."""

    def __init__(self, bus: Bus, source: str) -> None:
        self._bus = bus
        self._source = source

    def of(self, context: CallContext, tool: str, decided_by: str = "") -> CallAudit:
        calls_log = CallLog(self._bus, context.tenant, context.call, self._source) if context.call else None
        return CallAudit(calls_log, context, tool, decided_by)
