"""One tool call from request to outcome: permission, schema, stored results, approval, rate, attempts, audit.

`rpc` calls it. Tools do their work inside the transaction that stores the result, see `stores.calls`.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, replace

from parley.v1 import tools_pb2
from parley_core import telemetry
from parley_core.clock import Clock
from parley_core.errors import BadInput, Conflict, LimitReached, NotAllowed, NotFound, ParleyError, TimedOut
from parley_core.rates import RateLimiter

from parley_tools.audit import Audit, CallAudit
from parley_tools.guards import Breakers, retries
from parley_tools.metrics import Metrics
from parley_tools.policy import PolicyDocument, permit
from parley_tools.registry import Registry
from parley_tools.schema import canonical, check, parse_arguments
from parley_tools.stores.calls import (
    DONE,
    AlreadyDone,
    CallStore,
    Effect,
    KeyReused,
    StoredCall,
    fingerprint,
    same_call,
)
from parley_tools.tool import CallContext, JsonObject, Outcome, Status, Tool

log = logging.getLogger(__name__)

_STATUS: tuple[tuple[type[ParleyError], Status], ...] = (
    (BadInput, tools_pb2.TOOL_STATUS_INVALID_ARGUMENTS),
    (NotFound, tools_pb2.TOOL_STATUS_NOT_FOUND),
    (NotAllowed, tools_pb2.TOOL_STATUS_NOT_ALLOWED),
    (Conflict, tools_pb2.TOOL_STATUS_CONFLICT),
    (LimitReached, tools_pb2.TOOL_STATUS_RATE_LIMITED),
    (TimedOut, tools_pb2.TOOL_STATUS_TIMED_OUT),
)
_STORED = (tools_pb2.TOOL_STATUS_OK, tools_pb2.TOOL_STATUS_CONFLICT)

Work = Callable[[], AbstractAsyncContextManager[Effect]]


@dataclass(frozen=True, slots=True)
class CallResult:
    """The result of a call, for its caller."""

    status: Status
    result_json: str = ""
    error: str = ""
    replayed: bool = False
    attempts: int = 0
    took_ms: int = 0


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on a call; see the settings of the same names."""

    calls_per_minute: int = 240
    attempts: int = 3
    backoff_s: float = 0.1


class Executor:
    def __init__(
        self,
        registry: Registry,
        store: CallStore,
        *,
        policies: PolicyDocument,
        breakers: Breakers,
        audit: Audit,
        clock: Clock,
        limits: Limits,
        rates: RateLimiter,
    ) -> None:
        self._registry = registry
        self._store = store
        self._policies = policies
        self._breakers = breakers
        self._audit = audit
        self._clock = clock
        self._limits = limits
        self._rates = rates
        self._metrics = Metrics()

    async def call(
        self, context: CallContext, tool_name: str, arguments_json: str, *, allowed: frozenset[str]
    ) -> CallResult:
        """Call a tool. What went wrong is in the result's status, except for a reused key, which raises KeyReused."""
        audit, started = self._audit.of(context, tool_name), self._clock.monotonic()
        with telemetry.span(f"tool {tool_name}", attributes={"parley.call": context.call, "parley.tool": tool_name}):
            try:
                result = await self._call(context, tool_name, arguments_json, allowed=allowed, audit=audit)
            except KeyReused as error:
                audit.attempted(1, tools_pb2.TOOL_STATUS_CONFLICT, str(error), took_ms=self._since_ms(started))
                raise
            except ParleyError as error:
                result = CallResult(_status_of(error), error=str(error))
            if result.attempts == 0:
                audit.attempted(
                    1, result.status, result.error, took_ms=self._since_ms(started), replayed=result.replayed
                )
        return self._measured(tool_name, result, started)

    async def _count(self, tenant: str, per_minute: int) -> None:
        """Count one call of the tenant, over all processes. Raises LimitReached when the last minute is full."""
        if not await self._rates.take(f"tools/{tenant}", per_minute):
            raise LimitReached("tool calls a minute", per_minute)

    async def decide(self, tenant: str, key: str, *, approve: bool, by: str, note: str) -> CallResult:
        """Carry out or drop a call that waits. Deciding the same again returns what came of it.

        Raises NotFound for an unknown key and Conflict for a call that waits for nothing or was decided otherwise.
        """
        if not by:
            raise BadInput("by", "must name who decides")
        started = self._clock.monotonic()
        stored = await self._store.named(tenant, key)
        if stored.state == DONE:
            return _as_decided(stored, approve)
        audit = self._audit.of(stored.context, stored.tool)
        if approve:
            tool = self._registry.named(stored.tool)
            permit(self._policies.of(tenant), stored.tool, frozenset({stored.tool}))
            result = await self._attempt(
                tool,
                stored.context,
                parse_arguments(stored.arguments_json),
                work=lambda: self._store.decided(stored.context, by, note),
                audit=audit,
            )
        else:
            denied = Outcome(tools_pb2.TOOL_STATUS_NOT_ALLOWED, error="it was refused by the one who decides")
            try:
                async with self._store.decided(stored.context, by, note) as effect:
                    effect.outcome = denied
            except AlreadyDone as done:
                return _as_decided(done.stored, approve)
            result = CallResult(denied.status, error=denied.error)
            audit.attempted(1, result.status, result.error, took_ms=self._since_ms(started))
        return self._measured(stored.tool, result, started)

    async def _call(
        self, context: CallContext, tool_name: str, arguments_json: str, *, allowed: frozenset[str], audit: CallAudit
    ) -> CallResult:
        tool, policy = self._registry.named(tool_name), self._policies.of(context.tenant)
        permit(policy, tool_name, allowed)
        arguments = parse_arguments(arguments_json)
        check(tool.spec.parameters, arguments, "arguments")
        rate = policy.calls_per_minute or self._limits.calls_per_minute
        if not tool.spec.side_effects:
            await self._count(context.tenant, rate)
            return await self._attempt(tool, context, arguments, work=self._look_up, audit=audit)

        if not context.idempotency_key:
            raise BadInput("idempotency_key", "is required: this tool has side effects")
        mark = fingerprint(tool_name, arguments)
        stored = await self._store.find(context.tenant, context.idempotency_key)
        if stored is not None:
            same_call(stored, mark)
            return _as_stored(stored)
        await self._count(context.tenant, rate)
        if tool.spec.needs_approval or tool_name in policy.approve:
            waiting = await self._store.wait_for_approval(context, tool_name, mark, canonical(arguments))
            return replace(_as_stored(waiting), replayed=waiting.state == DONE)
        return await self._attempt(
            tool, context, arguments, work=lambda: self._store.effect(context, tool_name, mark), audit=audit
        )

    async def _attempt(
        self, tool: Tool, context: CallContext, arguments: JsonObject, *, work: Work, audit: CallAudit
    ) -> CallResult:
        """Run the tool, again while it fails transiently; every attempt is on the call's log."""
        number = 0
        try:
            async for attempt in retries(self._limits.attempts, self._limits.backoff_s):
                with attempt:
                    number += 1
                    result = await self._audited(tool, context, arguments, work=work, audit=audit, number=number)
                    if not result.replayed and result.status in _STORED:
                        audit.used()
                    return result
        except KeyReused:
            raise
        except ParleyError as error:
            return CallResult(_status_of(error), error=str(error), attempts=number)
        raise RuntimeError("no attempt was made")

    async def _audited(
        self, tool: Tool, context: CallContext, arguments: JsonObject, *, work: Work, audit: CallAudit, number: int
    ) -> CallResult:
        started = self._clock.monotonic()
        try:
            async with self._breakers.guard(tool.spec.name):
                result = await self._once(tool, context, arguments, work)
        except ParleyError as error:
            audit.attempted(number, _status_of(error), str(error), took_ms=self._since_ms(started))
            raise
        audit.attempted(number, result.status, result.error, took_ms=self._since_ms(started), replayed=result.replayed)
        return replace(result, attempts=number)

    async def _once(self, tool: Tool, context: CallContext, arguments: JsonObject, work: Work) -> CallResult:
        """One attempt. Transient errors are raised, everything else is a result."""
        spec = tool.spec
        try:
            async with asyncio.timeout(spec.timeout_s), work() as effect:
                outcome = await tool.run(effect.connection, context, arguments)
                if outcome.status == tools_pb2.TOOL_STATUS_OK:
                    _check_result(tool, outcome.result)
                if outcome.status not in _STORED:
                    raise _RolledBack(outcome)
                effect.outcome = outcome
        except AlreadyDone as done:
            return _as_stored(done.stored)
        except _RolledBack as back:
            outcome = back.outcome
        except TimeoutError:
            raise TimedOut(f"tool {spec.name}", spec.timeout_s) from None
        except KeyReused:
            raise
        except ParleyError as error:
            if not error.permanent:
                raise
            outcome = Outcome(_status_of(error), error=str(error))
        except Exception as error:  # noqa: BLE001 - only its class is logged: a message may quote what the caller said
            log.error("tool failed", extra={"tool": spec.name, "call": context.call, "error": _where(error)})
            outcome = Outcome(tools_pb2.TOOL_STATUS_FAILED, error=f"tool {spec.name} failed: {type(error).__name__}")
        return CallResult(outcome.status, canonical(outcome.result) if outcome.result else "", outcome.error)

    @asynccontextmanager
    async def _look_up(self) -> AsyncIterator[Effect]:
        async with self._store.look_up() as connection:
            yield Effect(connection)

    def _measured(self, tool: str, result: CallResult, started: float) -> CallResult:
        took_s = self._clock.monotonic() - started
        # An unknown tool's name is the caller's invention; as an attribute it would make a metric of its own.
        known = "unknown" if result.status == tools_pb2.TOOL_STATUS_NOT_FOUND and result.attempts == 0 else tool
        self._metrics.called(known, result.status, attempts=result.attempts, took_s=took_s, replayed=result.replayed)
        return replace(result, took_ms=round(took_s * 1000))

    def _since_ms(self, started: float) -> int:
        return round((self._clock.monotonic() - started) * 1000)


class _RolledBack(Exception):
    def __init__(self, outcome: Outcome) -> None:
        super().__init__("not to be stored")
        self.outcome = outcome


def _check_result(tool: Tool, result: JsonObject) -> None:
    try:
        check(tool.spec.result, result, "result")
    except BadInput as error:
        log.error("tool result does not match its schema", extra={"tool": tool.spec.name, "problem": error.problem})
        raise _RolledBack(
            Outcome(tools_pb2.TOOL_STATUS_FAILED, error=f"tool {tool.spec.name} returned a wrong result")
        ) from None


def _status_of(error: ParleyError) -> Status:
    return next((status for kind, status in _STATUS if isinstance(error, kind)), tools_pb2.TOOL_STATUS_FAILED)


def _as_stored(stored: StoredCall) -> CallResult:
    if stored.state != DONE:
        return CallResult(stored.status, error=f"tool {stored.tool} waits for approval")
    result = "" if stored.result_json == "{}" else stored.result_json
    return CallResult(stored.status, result, stored.error, replayed=True)


def _as_decided(stored: StoredCall, approve: bool) -> CallResult:
    if not stored.decided_by:
        raise Conflict("tool call", "it waits for no decision")
    if approve == (stored.status == tools_pb2.TOOL_STATUS_NOT_ALLOWED):
        raise Conflict("tool call", "it has been decided otherwise")
    return _as_stored(stored)


def _where(error: BaseException) -> str:
    """The error's class and the line that raised it."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = f" at {trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else ""
    return f"{type(error).__name__}{place}"
