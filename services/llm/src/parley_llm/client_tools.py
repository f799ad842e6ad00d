"""Tools that the caller's client brought and runs itself. Used by `toolbox`, which calls them like any other.

What they are is on the log (`ClientConfigured`), and so is what came of a call (`ClientToolReturned`, written by the
gateway, which asks the client once and keeps the deadline). A worker that takes the call up waits for the same result.
"""

import asyncio

from parley.v1 import events_pb2
from parley_core.agents import AgentDocument
from parley_core.conversation import ToolUse

from parley_llm.memory import Memory
from parley_llm.providers.base import ToolOutcome, ToolSpec

_PREFIX = "TOOL_STATUS_"
_GRACE_S = 2.0  # the deadline is the gateway's; this one is for a gateway that is gone


class ClientTools:
    def __init__(self, agent: AgentDocument, memory: Memory) -> None:
        self._allowed = agent.client_tools
        self._memory = memory
        self._waiting: dict[str, asyncio.Future[events_pb2.ClientToolReturned]] = {}

    @property
    def known(self) -> tuple[ToolSpec, ...]:
        client = self._memory.conversation.client
        if client is None or not self._allowed:
            return ()
        # What a client does may be anything: it is never done for a draft and never twice.
        return tuple(
            ToolSpec(tool.name, tool.description, tool.parameters_schema, side_effects=True, by_client=True)
            for tool in client.tools
        )

    def knows(self, tool: str) -> bool:
        return any(one.name == tool for one in self.known)

    def returned(self, body: events_pb2.ClientToolReturned) -> None:
        """The result of a call is on the log; the memory has folded it in."""
        waiting = self._waiting.get(body.tool_call)
        if waiting is not None and not waiting.done():
            waiting.set_result(body)

    async def outcome(self, use: ToolUse, timeout_s: float) -> ToolOutcome:
        body = self._memory.conversation.client_results.get(use.tool_call)
        if body is None:
            waiting = self._waiting[use.tool_call] = asyncio.get_running_loop().create_future()
            try:
                async with asyncio.timeout(timeout_s + _GRACE_S):
                    body = await waiting
            except TimeoutError:
                error = "the client did not answer"
                return ToolOutcome(use.tool_call, use.tool, use.arguments_json, "TIMED_OUT", error=error)
            finally:
                self._waiting.pop(use.tool_call, None)
        return ToolOutcome(
            use.tool_call,
            use.tool,
            use.arguments_json,
            body.status.removeprefix(_PREFIX),
            result_json=body.result_json,
            error=body.error,
            took_ms=body.took_ms,
        )
