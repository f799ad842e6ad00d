"""A claim becomes a call: its conversation, from the agent's document. Holds what the calls of this process share."""

import logging
from collections.abc import Awaitable, Callable

from parley.v1 import live_pb2
from parley_core import telemetry
from parley_core.agents import AgentDocument, AgentStore
from parley_core.bus.log import CallLog
from parley_core.bus.port import Bus
from parley_core.clock import Clock
from parley_core.errors import ParleyError
from parley_core.tasks import Tasks

from parley_llm.conversation import LiveConversation
from parley_llm.memory import Memory
from parley_llm.metrics import LlmMetrics
from parley_llm.ports import Knowledge, ToolCaller, ToolService
from parley_llm.providers.router import Router
from parley_llm.reply.context import CallContext
from parley_llm.speech_output import LiveOutput
from parley_llm.toolbox import Toolbox
from parley_llm.tuning import ReplyTuning

log = logging.getLogger(__name__)

ROLE = "llm"

Warm = Callable[[str, AgentDocument], Awaitable[None]]


class CallOpener:
    """`open_call` for `ClaimedWorker`."""

    def __init__(
        self,
        bus: Bus,
        tuning: ReplyTuning,
        clock: Clock,
        *,
        worker: str,
        router: Router,
        knowledge: Knowledge,
        tools: ToolService,
        metrics: LlmMetrics,
        warm: Warm | None = None,
    ) -> None:
        self._bus = bus
        self._tuning = tuning
        self._clock = clock
        self._worker = worker
        self._router = router
        self._knowledge = knowledge
        self._tools = tools
        self._metrics = metrics
        self._warm = warm
        self._agents = AgentStore(bus)

    async def open_call(self, claim: live_pb2.Claim) -> LiveConversation:
        agent = await self._agents.get(claim.tenant, claim.agent, claim.agent_version)
        traceparent = telemetry.current_traceparent()
        call_log = CallLog(self._bus, claim.tenant, claim.call, f"{ROLE}/{self._worker}", traceparent=traceparent)
        tasks = Tasks(f"conversation {claim.call}")
        memory = Memory()
        output = LiveOutput(self._bus, call_log, memory, named=len(agent.tags) > 1)
        caller = ToolCaller(claim.tenant, claim.call, agent.agent, "", tuple(agent.tools))
        toolbox = Toolbox(
            self._tools,
            caller=caller,
            agent=agent,
            memory=memory,
            output=output,
            tasks=tasks,
            timeout_s=self._tuning.tool_s,
        )
        context = CallContext(
            self._tuning,
            self._clock,
            agent,
            self._router,
            self._knowledge,
            toolbox,
            memory,
            output,
            self._metrics,
            claim.tenant,
            claim.call,
            traceparent,
        )
        conversation = LiveConversation(self._bus, context, worker=self._worker, resume=claim.resume, tasks=tasks)
        await conversation.open()
        tasks.spawn(self._prepare(toolbox, claim.tenant, agent), "prepare")
        return conversation

    async def _prepare(self, toolbox: Toolbox, tenant: str, agent: AgentDocument) -> None:
        """Fetch what the first turns need while the greeting is spoken."""
        try:
            await toolbox.load()
            if self._warm is not None:
                await self._warm(tenant, agent)
        except ParleyError as error:
            log.warning("call setup failed", extra={"error": type(error).__name__})
