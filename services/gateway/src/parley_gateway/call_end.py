"""The last lines of a call's log. Written by `call` once everything else has ended."""

import logging

from parley.v1 import events_pb2
from parley_core.bus.log import CallLog
from parley_core.errors import ParleyError

log = logging.getLogger(__name__)

_STORED_S = 10.0


async def close_log(call_log: CallLog, reason: str, detail: str, *, duration_ms: int, turns: int) -> None:
    """Append what the call was; returns when all of the log is stored, or could not be in time."""
    call_log.append(events_pb2.UsageMeasured(meter="call_seconds", provider="parley", quantity=duration_ms))
    call_log.append(events_pb2.CallEnded(reason=reason, duration_ms=duration_ms, turns=turns, detail=detail))
    try:
        await call_log.flush(_STORED_S)
    except ParleyError as error:
        log.error("log not flushed", extra={"call": call_log.call, "error": type(error).__name__})
