"""How a call ends: why, and the last events of its log: its recording, its usage, its end."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass

from parley.v1 import events_pb2
from parley_core.bus.log import CallLog
from parley_core.errors import ParleyError
from parley_core.reasons import EndReason, call_ended

from parley_gateway.call.context import GatewayContext
from parley_gateway.recording import Recording

log = logging.getLogger(__name__)

_STEP_S = 10.0  # each step


class CallEnd:
    """Whether a call is over, and why. The first reason stands."""

    def __init__(
        self, *, on_end: Callable[[], None], busy_text: Callable[[], str], apologise: Callable[[], asyncio.Task[None]]
    ) -> None:
        """`on_end`: turn-taking decides nothing more. `apologise` plays the busy message, `busy_text` is its words."""
        self.busy_text = busy_text
        self.reason = EndReason.ERROR
        self.detail = ""
        self._on_end = on_end
        self._apologise = apologise
        self._ended = asyncio.Event()

    @property
    def is_set(self) -> bool:
        return self._ended.is_set()

    async def wait(self) -> None:
        await self._ended.wait()

    def hang_up(self, reason: EndReason, detail: str = "") -> None:
        if not self._ended.is_set():
            self.reason, self.detail = reason, detail
            self._ended.set()
            self._on_end()

    def with_busy_message(self, detail: str, reason: EndReason = EndReason.NOBODY_FREE) -> None:
        """No worker can be had (`detail`: its role), or no log: the caller hears so, then the call is over."""
        self._apologise().add_done_callback(lambda _: self.hang_up(reason, detail))


@dataclass(frozen=True, slots=True)
class End:
    """How a call ended. `handed_over`: it did not; another gateway holds it now."""

    reason: EndReason
    detail: str
    duration_s: float
    turns: int
    handed_over: bool = False


async def write_end(
    context: GatewayContext, call_log: CallLog, end: End, recording: Recording | None, first: Iterable[Awaitable[None]]
) -> None:
    """Do what comes `first`, then complete the log. Whatever fails keeps nothing else from being done."""
    for step in (*first, _store(context, call_log, end, recording)):
        try:
            await asyncio.wait_for(step, _STEP_S)
        except (ParleyError, OSError, TimeoutError) as error:
            log.error("teardown step failed", extra={"call": call_log.call, "error": type(error).__name__})
    if end.handed_over or await context.leases.lost(call_log.tenant, call_log.call):
        log.info("call handed to another gateway", extra={"call": call_log.call})
    else:
        duration_ms = int(end.duration_s * 1000)
        call_log.append(events_pb2.UsageMeasured(meter="call_seconds", provider="parley", quantity=duration_ms))
        call_log.append(call_ended(end.reason, duration_ms=duration_ms, turns=end.turns, detail=end.detail))
        context.metrics.ended.add(1, {"reason": end.reason})
    try:
        await call_log.flush(_STEP_S)
    except ParleyError as error:
        log.error("call log not flushed", extra={"call": call_log.call, "error": type(error).__name__})


async def _store(context: GatewayContext, call_log: CallLog, end: End, recording: Recording | None) -> None:
    if recording is None:
        return
    stored = await context.recorder.finish(recording, end.duration_s)
    call_log.append(
        events_pb2.RecordingStored(
            path=stored.path,
            bytes=stored.bytes,
            duration_ms=stored.duration_ms,
            sha256=stored.sha256,
            start_ms=stored.start_ms,
        )
    )
