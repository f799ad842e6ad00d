"""Calls that another system carries out: the intent first, then attempts, then the receipt.

An effect is never asked for twice blindly. Where an attempt's answer was lost (a timeout, a broken connection, a
process that died), the tool is asked what came of it before anything is sent again. Work goes on to its end when its
caller is gone, since the effect may be under way: the receipt is there for the next call with the key.
"""

import asyncio
import contextlib
from dataclasses import replace

from parley.v1 import tools_pb2
from parley_core.errors import NotFound, ParleyError, Throttled, TimedOut, Unavailable, Unreachable
from parley_core.tasks import Tasks

from parley_tools.audit import CallAudit
from parley_tools.pipeline.attempts import Attempts
from parley_tools.pipeline.outcome import STORED, CallResult, as_stored, broken, result_of, status_of, wrong_result
from parley_tools.schema import canonical
from parley_tools.stores.calls import INTENDED, CallStore, fingerprint
from parley_tools.stores.intents import LOST, NOT_DONE, IntentStore, Opened
from parley_tools.tool import CallContext, JsonObject, Outcome, RemoteTool

_SLACK_S = 10.0  # beyond a tool's deadline, before its process counts as dead
_ASK_AGAIN_S = 0.1  # while another process works on the same key
_NOT_DONE = (Unreachable, Throttled)


class RemoteCalls:
    def __init__(self, store: CallStore, intents: IntentStore, attempts: Attempts, tasks: Tasks) -> None:
        self._store = store
        self._intents = intents
        self._attempts = attempts
        self._tasks = tasks
        self._running: dict[tuple[str, str], asyncio.Task[CallResult]] = {}

    async def look_up(
        self, tool: RemoteTool, context: CallContext, arguments: JsonObject, audit: CallAudit
    ) -> CallResult:
        """A tool without effects: nothing is kept."""

        async def once() -> CallResult:
            try:
                outcome = await _asked(tool, context, arguments)
            except ParleyError as error:
                if not error.permanent:
                    raise
                outcome = Outcome(status_of(error), error=str(error))
            return result_of(outcome)

        return await self._attempts.retried(tool, once, audit)

    async def call(self, tool: RemoteTool, context: CallContext, arguments: JsonObject, audit: CallAudit) -> CallResult:
        """Carry out what is wanted, once, or return what came of it. Raises KeyReused."""
        name, mark = tool.spec.name, fingerprint(tool.spec.name, arguments)
        stored = await self._intents.intend(context, name, mark, canonical(arguments))
        if stored.state != INTENDED:
            return as_stored(stored)
        return await self.carry_out(tool, context, arguments, audit)

    async def carry_out(
        self, tool: RemoteTool, context: CallContext, arguments: JsonObject, audit: CallAudit
    ) -> CallResult:
        """Do what is stored as wanted. It goes on when the one who waits for it is cancelled."""
        key = (context.tenant, context.idempotency_key)
        if running := self._running.get(key):
            result = await asyncio.shield(running)
            return replace(result, replayed=result.status in STORED)
        running = self._tasks.spawn(self._carried_out(tool, context, arguments, audit), f"tool {tool.spec.name}")
        self._running[key] = running
        running.add_done_callback(lambda _: self._running.pop(key, None))
        return await asyncio.shield(running)

    async def _carried_out(
        self, tool: RemoteTool, context: CallContext, arguments: JsonObject, audit: CallAudit
    ) -> CallResult:
        result = await self._attempts.retried(tool, lambda: self._once(tool, context, arguments), audit)
        if not result.replayed and result.status not in STORED:
            with contextlib.suppress(ParleyError):
                await self._intents.give_up(context)
        return result

    async def _once(self, tool: RemoteTool, context: CallContext, arguments: JsonObject) -> CallResult:
        """One attempt. Transient errors are raised, everything else is a result."""
        opened = await self._intents.open(context, tool.spec.name, tool.spec.timeout_s + _SLACK_S)
        if opened is None:
            return await self._other(tool, context)
        try:
            outcome = await self._settled_or_asked(tool, context, arguments, opened)
        except _Unknown as error:
            await self._intents.end(opened, LOST, str(error))
            return CallResult(tools_pb2.TOOL_STATUS_FAILED, error=str(error))
        except ParleyError as error:
            done = isinstance(error, _NOT_DONE) or error.permanent
            await self._intents.end(opened, NOT_DONE if done else LOST, str(error))
            if not error.permanent:
                raise
            return CallResult(status_of(error), error=str(error))
        if outcome.status in STORED or outcome.happened:
            await self._intents.receipt(context, opened, outcome)
        else:
            await self._intents.end(opened, NOT_DONE, outcome.error)
        return result_of(outcome)

    async def _settled_or_asked(
        self, tool: RemoteTool, context: CallContext, arguments: JsonObject, opened: Opened
    ) -> Outcome:
        if opened.lost:
            try:
                async with asyncio.timeout(tool.spec.timeout_s):
                    found = await tool.find(context, arguments)
            except TimeoutError:
                raise TimedOut(f"tool {tool.spec.name}", tool.spec.timeout_s) from None
            except NotFound:
                raise _Unknown(
                    f"tool {tool.spec.name}: an answer was lost, and nobody can tell what came of it"
                ) from None
            if found is not None:
                return found
        outcome = await _asked(tool, context, arguments)
        if opened.lost:
            await self._intents.settled(context, opened)
        return outcome

    async def _other(self, tool: RemoteTool, context: CallContext) -> CallResult:
        """What another process comes to that works on the same key."""
        try:
            async with asyncio.timeout(tool.spec.timeout_s):
                while True:
                    stored = await self._store.find(context.tenant, context.idempotency_key)
                    if stored is None:
                        raise Unavailable(f"tool {tool.spec.name}", "another attempt at it has just failed")
                    if stored.state != INTENDED:
                        return as_stored(stored)
                    await asyncio.sleep(_ASK_AGAIN_S)
        except TimeoutError:
            return CallResult(tools_pb2.TOOL_STATUS_TIMED_OUT, error=f"tool {tool.spec.name} has not answered yet")


class _Unknown(Exception):
    """An attempt may have been carried out, and nobody can tell."""


async def _asked(tool: RemoteTool, context: CallContext, arguments: JsonObject) -> Outcome:
    """One request within the tool's deadline. What a broken tool raises leaves open whether something was done."""
    spec = tool.spec
    try:
        async with asyncio.timeout(spec.timeout_s):
            outcome = await tool.send(context, arguments)
    except TimeoutError:
        raise TimedOut(f"tool {spec.name}", spec.timeout_s) from None
    except ParleyError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever it is, it is this tool's failure alone
        raise Unavailable(f"tool {spec.name}", broken(tool, context.call, error).error) from None
    if outcome.status != tools_pb2.TOOL_STATUS_OK:
        return outcome
    wrong = wrong_result(tool, outcome.result)
    # It has happened all the same: the failure is stored, so that nobody does it again.
    return outcome if wrong is None else replace(wrong, happened=True)
