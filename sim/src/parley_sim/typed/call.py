"""One typed call: the real rule-based model and guardrails, turn by turn, and what came of it. Used by `command`."""

import re
from dataclasses import dataclass, field, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from parley.v1 import events_pb2
from parley_core.agents import AgentDocument
from parley_llm import guardrails
from parley_llm.providers.base import (
    ChatMessage,
    Finished,
    FlowMoved,
    ModelRequest,
    TextDelta,
    ToolCallRequest,
    ToolOutcome,
)
from parley_llm.providers.rule_based.brain import RuleBasedProvider

from parley_sim.typed.place import TENANT, Tools
from parley_sim.typed.script import Callers, Line, TypedCaller

MOST_TURNS = 40
_ENDS = {events_pb2.AFTER_REPLY_HANG_UP: "goodbye", events_pb2.AFTER_REPLY_HAND_OFF: "person"}


@dataclass
class TypedCall:
    agent: AgentDocument
    written_in: str
    brain: RuleBasedProvider
    tools: Tools
    now: datetime
    history: list[ChatMessage] = field(default_factory=list)
    flow: events_pb2.FlowAdvanced | None = None
    outcomes: dict[str, ToolOutcome] = field(default_factory=dict)
    turn: int = 0
    ended: str = "open"

    async def say(self, text: str) -> str:
        self.turn += 1
        if (tripped := guardrails.check_caller(self.agent, text)) is not None:
            self.ended = {"hand_off": "person", "hang_up": "goodbye"}.get(tripped.then, "open")
            self._told(text, tripped.say, ())
            return tripped.say
        used: list[ToolOutcome] = []
        said, moved = "", self.flow
        specs = await self.tools.specs()
        while True:
            request = ModelRequest(
                TENANT,
                self.tools.call,
                self.turn,
                self.agent,
                text,
                self.now.replace(tzinfo=ZoneInfo(self.agent.timezone)),
                history=tuple(self.history),
                flow=self.flow,
                tools=specs,
                turn_tools=tuple(used),
                outcomes=self.outcomes,
                written_in=self.written_in,
            )
            wanted = None
            async for event in self.brain.stream(request):
                match event:
                    case TextDelta(part):
                        said += part
                    case FlowMoved(flow, step, slots, state):
                        moved = events_pb2.FlowAdvanced(
                            turn=self.turn, flow=flow, step=step, slots=dict(slots), state_json=state
                        )
                    case ToolCallRequest():
                        wanted = event
                    case Finished(then=then):
                        self.ended = _ENDS.get(then, "open")
                    case _:
                        pass
            if wanted is None:
                break
            outcome = await self.tools.run(wanted.name, wanted.arguments_json, self.turn)
            used.append(outcome)
            self.outcomes[outcome.tool_call] = outcome
        self.flow = moved
        self._told(text, said.strip(), tuple(used))
        return said.strip()

    def cut(self, words: int) -> None:
        """The caller has heard only so many words of the last reply."""
        last = self.history[-1]
        self.history[-1] = replace(last, text=" ".join(last.said.split()[:words]), interrupted=True)

    def _told(self, text: str, said: str, used: tuple[ToolOutcome, ...]) -> None:
        if text:
            self.history.append(ChatMessage("caller", text))
        self.history.append(ChatMessage("agent", said, said, tools=used))


@dataclass(frozen=True)
class Came:
    """What came of a call."""

    caller: TypedCaller
    problems: tuple[str, ...]
    transcript: tuple[tuple[str, str], ...]


async def hold(
    callers: Callers, caller: TypedCaller, document: AgentDocument, brain: RuleBasedProvider, tools: Tools
) -> Came:
    agent = document.spoken_in(caller.language) if caller.language else document
    greeting = agent.greeting.text if agent.greeting is not None else ""
    call = TypedCall(agent, document.language, brain, tools, datetime.fromisoformat(callers.now))
    call.history.append(ChatMessage("agent", greeting, greeting))
    transcript, last = [("", greeting)], greeting
    once = list(caller.answers)
    lines = list(caller.says)
    for _ in range(MOST_TURNS):
        asked = re.split(r"(?<=[.!?])\s+", last.strip())[-1]
        said: str | None
        own = next((one for one in once if re.search(one.when, last, re.IGNORECASE)), None)
        if own is not None and len(transcript) > 1:
            once.remove(own)
            said = own.say
        else:
            said = next((one.say for one in callers.answers if re.search(one.when, asked, re.IGNORECASE)), None)
        if said is None or (lines and len(transcript) == 1):
            if not lines:
                break
            line = lines.pop(0)
            if isinstance(line, Line):
                if line.cut:
                    call.cut(line.cut)
                said = line.say
            else:
                said = line
        last = await call.say(said)
        transcript.append((said, last))
        if call.ended != "open":
            break
    return Came(caller, tuple(_problems(caller, call, transcript, lines)), tuple(transcript))


def _problems(
    caller: TypedCaller, call: TypedCall, transcript: list[tuple[str, str]], unsaid: list[str | Line]
) -> list[str]:
    replies = [reply for _, reply in transcript[1:]]
    found = [f"never heard {one!r}" for one in caller.hears if not any(re.search(one, it, re.I) for it in replies)]
    found += [f"heard {one!r}" for one in caller.unheard if any(re.search(one, it, re.I) for it in replies)]
    for tool, wanted in caller.calls.items():
        given = [arguments for name, arguments in call.tools.done if name == tool]
        if not any(all(_same(one.get(key), value) for key, value in wanted.items()) for one in given):
            found.append(f"no {tool} with {wanted}: {given}")
    done = {name for name, _ in call.tools.done}
    found += [f"{tool} was called" for tool in caller.never if tool in done]
    if caller.ends and call.ended != caller.ends:
        found.append(f"ended {call.ended!r}, not {caller.ends!r}")
    if unsaid and call.ended != "open":
        found.append(f"ended before {len(unsaid)} lines were said")
    if any(not reply.strip() for reply in replies):
        found.append("a turn was not answered")
    return found


def _same(given: object, wanted: object) -> bool:
    return str(given).casefold() == str(wanted).casefold()
