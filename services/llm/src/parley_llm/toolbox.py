"""A call's tools: what they are, and calling each exactly once. Used by `reply.generation`.

ToolCalled is stored before a tool is called and carries its idempotency key; the next worker calls again with the
same key, and the tools service answers with what came of it the first time.
"""

import asyncio
import contextlib
import json
from dataclasses import replace

from parley.v1 import events_pb2
from parley_core.agents import AgentDocument
from parley_core.conversation import ToolUse
from parley_core.errors import ParleyError, TimedOut
from parley_core.tasks import Tasks
from parley_core.text import load_json

from parley_llm.client_tools import ClientTools
from parley_llm.gate import FlowGate
from parley_llm.memory import Memory, outcome_of, same_json
from parley_llm.ports import ToolCaller, ToolService
from parley_llm.providers.base import WITHDRAWN, ToolCallRequest, ToolOutcome, ToolSpec
from parley_llm.speech_output import SpeechOutput

HAND_OFF = "hand_off"
TAKEN_BACK = "taken back"  # why a reply is cancelled: the caller spoke again
_PREFIX = "TOOL_STATUS_"
_DONE = ("OK", "WAITING_FOR_APPROVAL")
_OPEN = ("FAILED", "TIMED_OUT")  # it may have happened all the same
_RECEIPT = (
    "this was done earlier in the call with the same arguments, and this is its receipt: nothing was done again, and "
    "nothing needs to be. Tell the caller that it is done"
)


class Toolbox:
    """The tools of one call."""

    def __init__(
        self,
        service: ToolService,
        *,
        caller: ToolCaller,
        agent: AgentDocument,
        memory: Memory,
        output: SpeechOutput,
        tasks: Tasks,
        timeout_s: float,
    ) -> None:
        self._service = service
        self._caller = caller
        self.agent = agent
        self.memory = memory
        self.output = output
        self._tasks = tasks
        self._timeout_s = timeout_s
        self._running: dict[str, asyncio.Task[ToolOutcome]] = {}
        self._own: tuple[ToolSpec, ...] = ()
        self.unreachable = False  # the service did not answer what the tools are
        self._loading: asyncio.Task[None] | None = None
        self.client = ClientTools(agent, memory)

    @property
    def known(self) -> tuple[ToolSpec, ...]:
        """The agent's tools, and those that the caller's client brought."""
        return (*self._own, *self.client.known)

    async def load(self) -> None:
        """Learn what the tools look like. Raises a ParleyError when the tools service does not answer."""
        if not self.agent.tools:
            return
        try:
            self._own = await self._service.list_tools(self._caller.tenant, self.agent.tools)
        except ParleyError:
            self.unreachable = True
            raise
        self.unreachable = False

    def load_again(self) -> None:
        """The service did not answer when the call began: ask it once more, beside the turn that runs."""
        if self._loading is None or self._loading.done():
            self._loading = self._tasks.spawn(self._load_again(), "load tools")

    async def _load_again(self) -> None:
        with contextlib.suppress(ParleyError):
            await self.load()

    def executor(self, turn: int, *, gated: bool, output: SpeechOutput, draft: int = 0) -> "Executor":
        """`gated`: the model itself asks for tools, so that flows must watch over their effects. What is called is
        logged through `output`, with ids that no other draft of the turn has."""
        gate = FlowGate(self.agent, self.memory, output, turn) if gated else None
        return Executor(self, turn, gate, output=output, draft=draft)

    def allows(self, tool: str) -> bool:
        """Whether the agent has this tool, and the caller's token did not take it away."""
        session = self.memory.conversation.session
        only = session.policy.allowed_tools if session is not None else ()
        return (tool in self.agent.tools or self.client.knows(tool)) and (not only or tool in only)

    @property
    def offered(self) -> tuple[ToolSpec, ...]:
        """The tools that a model may see."""
        return tuple(one for one in self.known if self.allows(one.name))

    def has_side_effects(self, tool: str) -> bool:
        known = next((one.side_effects for one in self.known if one.name == tool), None)
        if known is not None:
            return known
        return not any(slot.check == tool for flow in self.agent.flows for slot in flow.slots)

    def done_before(self, tool: str, arguments_json: str) -> ToolOutcome | None:
        """The receipt of the same wish, carried out earlier in the call; None where it is new, or may have been undone
        by another effect since. Transfers, and what a client runs itself, may be wanted twice."""
        done = self._last_same(tool, arguments_json)
        if done is None or tool == HAND_OFF or outcome_of(done).status not in _DONE:
            return None
        effects = self.memory.effects()
        follow_ups = {flow.then_call for flow in self.agent.flows if flow.call == tool} | {HAND_OFF}
        since = effects[effects.index(done) + 1 :]
        if any(use.tool not in follow_ups and outcome_of(use).status in _DONE for use in since):
            return None
        return replace(outcome_of(done), tool_call="", note=_RECEIPT)

    def open_key(self, tool: str, arguments_json: str) -> str:
        """The key of the same wish where it was tried last and may have happened or not: with it the tools service
        answers what came of it, or does it now. "" where there is none."""
        tried = self._last_same(tool, arguments_json)
        return tried.idempotency_key if tried is not None and outcome_of(tried).status in _OPEN else ""

    def _last_same(self, tool: str, arguments_json: str) -> ToolUse | None:
        effects = (use for use in reversed(self.memory.effects()) if use.tool == tool and not use.by_client)
        return next((use for use in effects if same_json(use.arguments_json, arguments_json)), None)

    async def call(self, turn: int, use: ToolUse, output: SpeechOutput | None = None) -> ToolOutcome:
        """Call, or join the call that runs. A call with effects goes on to its end even when the reply is cancelled."""
        running = self._running.get(use.tool_call)
        if running is None:
            running = self._tasks.spawn(self._call(turn, use, output or self.output), f"tool {use.tool}")
            self._running[use.tool_call] = running
            running.add_done_callback(lambda _: self._running.pop(use.tool_call, None))
        if use.side_effects:
            return await asyncio.shield(running)
        return await running

    async def settle_pending(self, before: int) -> None:
        """Learn the outcome of every call of earlier turns that has effects and has not returned."""
        for turn, use in self.memory.pending_tools():
            if turn < before and use.side_effects:
                await self.call(turn, use)

    async def _call(self, turn: int, use: ToolUse, output: SpeechOutput) -> ToolOutcome:
        outcome = await self._attempt(turn, use)
        if outcome.status == "TIMED_OUT" and use.side_effects and not use.by_client:
            # It may have happened: the same key asks again without doing it twice.
            outcome = await self._attempt(turn, use)
        output.append(
            events_pb2.ToolReturned(
                turn=turn,
                tool_call=use.tool_call,
                tool=use.tool,
                status=_PREFIX + outcome.status,
                result_json=outcome.result_json,
                error=outcome.error,
                took_ms=outcome.took_ms,
            )
        )
        return outcome

    async def _attempt(self, turn: int, use: ToolUse) -> ToolOutcome:
        if use.by_client:
            return await self.client.outcome(use, self._timeout_s)
        session = self.memory.conversation.session
        caller = replace(self._caller, user=session.user if session is not None else "")
        try:
            return await self._service.call_tool(
                caller,
                turn=turn,
                tool_call=use.tool_call,
                tool=use.tool,
                arguments_json=use.arguments_json,
                idempotency_key=use.idempotency_key,
                timeout_s=self._timeout_s,
            )
        except TimedOut as error:
            return ToolOutcome(use.tool_call, use.tool, use.arguments_json, "TIMED_OUT", error=str(error))
        except ParleyError as error:
            return ToolOutcome(use.tool_call, use.tool, use.arguments_json, "FAILED", error=type(error).__name__)


class Executor:
    """The tool calls of one reply, in order. A call that the log already knows is not made anew."""

    def __init__(self, toolbox: Toolbox, turn: int, gate: FlowGate | None, *, output: SpeechOutput, draft: int) -> None:
        self._output = output
        self._draft = draft
        self._toolbox = toolbox
        self._turn = turn
        self._gate = gate
        self._begun = list(toolbox.memory.turn(turn).tools.values())

    async def settle_begun(self) -> list[ToolOutcome]:
        """The calls of this turn that the log knows, each returned by now."""
        begun, self._begun = self._begun, []
        return [await self._finish(use) for use in begun]

    async def execute(self, request: ToolCallRequest) -> ToolOutcome:
        for use in self._begun:
            if use.tool == request.name and same_json(use.arguments_json, request.arguments_json):
                self._begun.remove(use)
                return await self._finish(use)
        if refused := self._refusal(request):
            return refused
        if (done := self._toolbox.done_before(request.name, request.arguments_json)) is not None:
            return done
        if stopped := self._stopped(request):
            return stopped
        return await self._begin(request.name, request.arguments_json)

    async def hand_off(self, reason: str) -> None:
        """Call the hand_off tool once in the turn, where the agent has it."""
        handoffs = self._toolbox.memory.conversation.handoffs
        known = [use for use in self._toolbox.memory.turn(self._turn).tools.values() if use.tool == HAND_OFF]
        if known:
            await self._finish(known[0])
        elif HAND_OFF in self._toolbox.agent.tools:
            arguments = {
                "reason": reason or "asked for",
                "summary": handoffs[-1].summary if handoffs else "",
                "target": self._toolbox.agent.handoff.target,
            }
            await self._begin(HAND_OFF, json.dumps(arguments, sort_keys=True))

    async def _finish(self, use: ToolUse) -> ToolOutcome:
        return outcome_of(use) if use.returned else await self._toolbox.call(self._turn, use, self._output)

    async def _begin(self, tool: str, arguments_json: str) -> ToolOutcome:
        memory = self._toolbox.memory
        # A draft that was dropped may have looked something else up: its key must not bring that result back.
        drafted = f"d{self._draft}" if self._draft else ""
        tool_call = f"t{self._turn}{drafted}-{len(memory.turn(self._turn).tools) + 1}"
        body = events_pb2.ToolCalled(
            turn=self._turn,
            tool_call=tool_call,
            tool=tool,
            arguments_json=arguments_json,
            idempotency_key=self._toolbox.open_key(tool, arguments_json) or f"{self._output.call}-{tool_call}",
            side_effects=self._toolbox.has_side_effects(tool),
            by_client=tool not in self._toolbox.agent.tools and self._toolbox.client.knows(tool),
        )
        try:
            await self._output.append_stored(body)
        except asyncio.CancelledError as cancelled:
            # A worker that is stopped leaves the call to the next one instead.
            if body.side_effects and TAKEN_BACK in cancelled.args:
                self._withdraw(body)
            raise
        return await self._toolbox.call(self._turn, memory.turn(self._turn).tools[tool_call], self._output)

    def _withdraw(self, call: events_pb2.ToolCalled) -> None:
        """Close the call on the log: nothing was sent, and nothing will be."""
        self._output.append(
            events_pb2.ToolReturned(
                turn=call.turn,
                tool_call=call.tool_call,
                tool=call.tool,
                status=_PREFIX + "NOT_ALLOWED",
                error=WITHDRAWN,
            )
        )

    def _refusal(self, request: ToolCallRequest) -> ToolOutcome | None:
        """Why a model's request is not tried; the model gets the reason and may correct it."""
        if not self._toolbox.allows(request.name):
            return self._refused(request, "NOT_ALLOWED", "there is no such tool in this call")
        try:
            arguments = load_json(request.arguments_json or "{}")
        except ValueError:
            return self._refused(request, "INVALID_ARGUMENTS", "the arguments are not JSON")
        if not isinstance(arguments, dict):
            return self._refused(request, "INVALID_ARGUMENTS", "the arguments are not an object")
        return None

    def _stopped(self, request: ToolCallRequest) -> ToolOutcome | None:
        """Why the flow does not let it happen yet."""
        arguments = load_json(request.arguments_json or "{}")
        if self._gate is None or not isinstance(arguments, dict):
            return None
        problem = self._gate.stops(request.name, arguments)
        return self._refused(request, "NOT_ALLOWED", problem) if problem else None

    def _refused(self, request: ToolCallRequest, status: str, error: str) -> ToolOutcome:
        return ToolOutcome("", request.name, request.arguments_json, status, error=error)
