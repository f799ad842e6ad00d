"""Attempts at a tool: a deadline for each, a rest after repeated failures, retries, and each on the call's log.

`Attempts.local` works inside one transaction with the stored result (decision 10); `remote` builds on `retried`.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace

from parley.v1 import tools_pb2
from parley_core.clock import Clock
from parley_core.errors import ParleyError, TimedOut

from parley_tools.audit import CallAudit
from parley_tools.pipeline.guards import Breakers, retries
from parley_tools.pipeline.outcome import STORED, CallResult, as_stored, broken, result_of, status_of, wrong_result
from parley_tools.stores.calls import AlreadyDone, Effect, KeyReused
from parley_tools.tool import CallContext, JsonObject, LocalTool, Outcome, Tool

Work = Callable[[], AbstractAsyncContextManager[Effect]]


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on a call; see the settings of the same names."""

    calls_per_minute: int = 240
    attempts: int = 3
    backoff_s: float = 0.1


class Attempts:
    def __init__(self, breakers: Breakers, limits: Limits, clock: Clock) -> None:
        self._breakers = breakers
        self._limits = limits
        self._clock = clock

    async def retried(self, tool: Tool, once: Callable[[], Awaitable[CallResult]], audit: CallAudit) -> CallResult:
        """Run `once`, again while it raises a transient error; every attempt is on the call's log."""
        number = 0
        try:
            async for attempt in retries(self._limits.attempts, self._limits.backoff_s):
                with attempt:
                    number += 1
                    result = await self._audited(tool, once, audit, number)
                    if not result.replayed and result.status in STORED:
                        audit.used()
                    return result
        except KeyReused:
            raise
        except ParleyError as error:
            return CallResult(status_of(error), error=str(error), attempts=number)
        raise RuntimeError("no attempt was made")

    async def local(
        self, tool: LocalTool, context: CallContext, arguments: JsonObject, *, work: Work, audit: CallAudit
    ) -> CallResult:
        return await self.retried(tool, lambda: _once(tool, context, arguments, work), audit)

    async def _audited(
        self, tool: Tool, once: Callable[[], Awaitable[CallResult]], audit: CallAudit, number: int
    ) -> CallResult:
        started = self._clock.monotonic()
        try:
            async with self._breakers.guard(tool.spec.name):
                result = await once()
        except ParleyError as error:
            audit.attempted(number, status_of(error), str(error), took_ms=self._since_ms(started))
            raise
        audit.attempted(number, result.status, result.error, took_ms=self._since_ms(started), replayed=result.replayed)
        return replace(result, attempts=number)

    def _since_ms(self, started: float) -> int:
        return round((self._clock.monotonic() - started) * 1000)


async def _once(tool: LocalTool, context: CallContext, arguments: JsonObject, work: Work) -> CallResult:
    """One attempt. Transient errors are raised, everything else is a result."""
    spec = tool.spec
    try:
        async with asyncio.timeout(spec.timeout_s), work() as effect:
            outcome = await tool.run(effect.connection, context, arguments)
            if outcome.status == tools_pb2.TOOL_STATUS_OK:
                outcome = wrong_result(tool, outcome.result) or outcome
            if outcome.status not in STORED:
                raise _RolledBack(outcome)
            effect.outcome = outcome
    except AlreadyDone as done:
        return as_stored(done.stored)
    except _RolledBack as back:
        outcome = back.outcome
    except TimeoutError:
        raise TimedOut(f"tool {spec.name}", spec.timeout_s) from None
    except KeyReused:
        raise
    except ParleyError as error:
        if not error.permanent:
            raise
        outcome = Outcome(status_of(error), error=str(error))
    except Exception as error:  # noqa: BLE001 - whatever it is, it is this tool's failure alone
        outcome = broken(tool, context.call, error)
    return result_of(outcome)


class _RolledBack(Exception):
    def __init__(self, outcome: Outcome) -> None:
        super().__init__("not to be stored")
        self.outcome = outcome
