"""One tool call from request to outcome, step by step: known, permission, schema, stored result, rate, approval,
attempts, audit. `rpc` calls it.

Local tools do their work inside the transaction that stores the result (`attempts`, `stores.calls`), remote ones
through intent, attempts and receipt (`remote`, `stores.intents`).
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from parley.v1 import tools_pb2
from parley_core import telemetry
from parley_core.clock import Clock
from parley_core.errors import BadInput, LimitReached, ParleyError
from parley_core.rates import RateLimiter

from parley_tools.audit import Audit, CallAudit
from parley_tools.metrics import Metrics
from parley_tools.pipeline.attempts import Attempts, Limits
from parley_tools.pipeline.outcome import CallResult, as_decided, as_stored, status_of
from parley_tools.pipeline.permission import Verification, permit
from parley_tools.pipeline.remote import RemoteCalls
from parley_tools.policy import PolicyDocument
from parley_tools.registry import Registry
from parley_tools.schema import canonical, check, parse_arguments
from parley_tools.stores.calls import (
    DONE,
    INTENDED,
    WAITING,
    AlreadyDone,
    CallStore,
    Effect,
    KeyReused,
    fingerprint,
    same_call,
)
from parley_tools.stores.intents import IntentStore
from parley_tools.tool import CallContext, JsonObject, Outcome, RemoteTool, Tool


class Executor:
    def __init__(
        self,
        registry: Registry,
        store: CallStore,
        *,
        intents: IntentStore,
        attempts: Attempts,
        remote: RemoteCalls,
        verification: Verification,
        policies: PolicyDocument,
        audit: Audit,
        clock: Clock,
        limits: Limits,
        rates: RateLimiter,
    ) -> None:
        self._registry = registry
        self._store = store
        self._intents = intents
        self._attempts = attempts
        self._remote = remote
        self._verification = verification
        self._policies = policies
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
                result = CallResult(status_of(error), error=str(error))
            if result.attempts == 0:
                audit.attempted(
                    1, result.status, result.error, took_ms=self._since_ms(started), replayed=result.replayed
                )
        return self._measured(tool_name, result, started)

    async def decide(self, tenant: str, key: str, *, approve: bool, by: str, note: str) -> CallResult:
        """Carry out or drop a call that waits. Deciding the same again returns what came of it.

        Raises NotFound for an unknown key and Conflict for a call that waits for nothing or was decided otherwise.
        """
        if not by:
            raise BadInput("by", "must name who decides")
        started = self._clock.monotonic()
        stored = await self._store.named(tenant, key)
        if stored.state == DONE:
            return as_decided(stored, approve)
        audit = self._audit.of(stored.context, stored.tool, by)
        if approve:
            tool = self._registry.named(stored.tool, tenant)
            permit(self._policies.of(tenant), stored.tool, frozenset({stored.tool}))
            arguments = parse_arguments(stored.arguments_json)
            result = await self._approved(tool, stored.context, arguments, by=by, note=note, audit=audit)
        else:
            denied = Outcome(tools_pb2.TOOL_STATUS_NOT_ALLOWED, error="it was refused by the one who decides")
            try:
                async with self._store.decided(stored.context, by, note) as effect:
                    effect.outcome = denied
            except AlreadyDone as done:
                return as_decided(done.stored, approve)
            result = CallResult(denied.status, error=denied.error)
            audit.attempted(1, result.status, result.error, took_ms=self._since_ms(started))
        return self._measured(stored.tool, result, started)

    async def _call(
        self, context: CallContext, tool_name: str, arguments_json: str, *, allowed: frozenset[str], audit: CallAudit
    ) -> CallResult:
        tool, policy = self._registry.named(tool_name, context.tenant), self._policies.of(context.tenant)
        permit(policy, tool_name, allowed)
        arguments = parse_arguments(arguments_json)
        check(tool.spec.parameters, arguments, "arguments")
        await self._verification.require(policy, tool_name, context, arguments)
        rate = policy.calls_per_minute or self._limits.calls_per_minute
        if not tool.spec.side_effects:
            await self._count(context.tenant, rate)
            if isinstance(tool, RemoteTool):
                return await self._remote.look_up(tool, context, arguments, audit)
            return await self._attempts.local(tool, context, arguments, work=self._look_up, audit=audit)

        if not context.idempotency_key:
            raise BadInput("idempotency_key", "is required: this tool has side effects")
        mark = fingerprint(tool_name, arguments)
        stored = await self._store.find(context.tenant, context.idempotency_key)
        if stored is not None:
            same_call(stored, mark)
            if stored.state != INTENDED:
                return as_stored(stored)
        else:
            await self._count(context.tenant, rate)
            if tool.spec.needs_approval or tool_name in policy.approve:
                waiting = await self._store.wait_for_approval(context, tool_name, mark, canonical(arguments))
                return replace(as_stored(waiting), replayed=waiting.state == DONE)
        if isinstance(tool, RemoteTool):
            return await self._remote.call(tool, context, arguments, audit)
        return await self._attempts.local(
            tool, context, arguments, work=lambda: self._store.effect(context, tool_name, mark), audit=audit
        )

    async def _approved(
        self, tool: Tool, context: CallContext, arguments: JsonObject, *, by: str, note: str, audit: CallAudit
    ) -> CallResult:
        if not isinstance(tool, RemoteTool):
            work = lambda: self._store.decided(context, by, note)  # noqa: E731 - read where it is used
            return await self._attempts.local(tool, context, arguments, work=work, audit=audit)
        stored = await self._intents.approved(context, by, note)
        if stored.state in (DONE, WAITING):
            return as_stored(stored)
        return await self._remote.carry_out(tool, context, arguments, audit)

    async def _count(self, tenant: str, per_minute: int) -> None:
        """Count one call of the tenant, over all processes. Raises LimitReached when the last minute is full."""
        if not await self._rates.take(f"tools/{tenant}", per_minute):
            raise LimitReached("tool calls a minute", per_minute)

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
