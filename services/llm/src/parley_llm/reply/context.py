"""What a reply works with. `worker` makes one `CallContext` per call; each reply makes itself a `TurnContext`."""

import logging
from dataclasses import dataclass, field

from parley.v1 import events_pb2
from parley_core.agents import AgentDocument, Notices
from parley_core.clock import Clock
from parley_core.conversation import Turn
from parley_core.languages.registry import primary

from parley_llm.memory import Memory
from parley_llm.metrics import LlmMetrics
from parley_llm.ports import Knowledge
from parley_llm.providers.base import Asker
from parley_llm.providers.router import Router
from parley_llm.reply.draft_output import DraftOutput
from parley_llm.reply.evidence import Retrieved
from parley_llm.reply.groups import groups_of
from parley_llm.speech_output import LiveOutput, SpeechOutput
from parley_llm.toolbox import Executor, Toolbox
from parley_llm.tuning import ReplyTuning

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class CallContext:
    """What all replies of a call share."""

    tuning: ReplyTuning
    clock: Clock
    agent: AgentDocument
    router: Router
    knowledge: Knowledge
    toolbox: Toolbox
    memory: Memory
    output: LiveOutput
    metrics: LlmMetrics
    tenant: str
    call: str
    traceparent: str = ""
    retrieved: Retrieved = field(default_factory=Retrieved)  # from the knowledge, in the whole call


@dataclass(frozen=True, slots=True)
class TurnContext:
    """What the parts of one reply share: the call, the turn, and what the reply speaks and logs through."""

    context: CallContext
    number: int
    output: SpeechOutput  # the call's, or the draft's
    draft: int  # 0: the turn was committed before the reply began
    agent: AgentDocument  # in the turn's language
    notices: Notices  # in the turn's language

    @classmethod
    def of(cls, context: CallContext, number: int, draft: DraftOutput | None) -> "TurnContext":
        language = context.memory.language(number)
        return cls(
            context,
            number,
            output=draft or context.output,
            draft=draft.draft if draft is not None else 0,
            agent=context.agent.spoken_in(language),
            notices=context.agent.notices_in(language),
        )

    @property
    def memory(self) -> Memory:
        return self.context.memory

    @property
    def known(self) -> Turn:
        """The turn as the log has it now. Read anew each time: a draft's turn is made again with its commit."""
        return self.context.memory.turn(self.number)

    @property
    def asker(self) -> Asker:
        """In whose name the knowledge is asked now: a caller who has just proved who they are may hear more."""
        context = self.context
        groups = groups_of(context.agent, context.memory, self.number)
        return Asker(context.tenant, context.agent.agent, groups, primary(self.agent.language))

    def executor(self, *, gated: bool) -> Executor:
        """Calls the turn's tools. `gated`: the model itself asks for them, so that flows watch over their effects."""
        return self.context.toolbox.executor(self.number, gated=gated, output=self.output, draft=self.draft)

    def log_failure(self, stage: str, error: str, action: str) -> None:
        log.warning(
            "turn failed in part",
            extra={
                "call": self.context.call,
                "turn": self.number,
                "stage": stage,
                "error": error,
                "action": action,
            },
        )
        self.context.metrics.faults.add(1, {"stage": stage, "action": action})
        self.output.append(events_pb2.TurnFailed(turn=self.number, stage=stage, error=error, action=action))
