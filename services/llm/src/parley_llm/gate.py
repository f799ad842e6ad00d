"""What a flow demands of a model that asks for tools itself: the words are the model's, order and effects the flow's.

Every value that the model fills must be one of its slot's kind and choices (`slot_values`).
The tool that a flow ends with runs only after its arguments were read back in an earlier turn and the caller has then
said a whole yes (`languages.answers`, in the call's language); changed arguments are read back anew. The tool behind it
runs only once that one has succeeded. The wait for the yes is on the log as FlowAdvanced with step "confirm", so it
outlives the worker. Other tools pass.
"""

import json
from datetime import date, datetime
from zoneinfo import ZoneInfo

from parley.v1 import events_pb2
from parley_core.agents import AgentDocument, Flow
from parley_core.languages.answers import Answer, judge
from parley_core.languages.pack import Pack
from parley_core.languages.registry import pack
from parley_core.languages.turn_words import Answers

from parley_llm.memory import Memory, outcome_of, same_json
from parley_llm.slot_values import problems_of
from parley_llm.speech_output import SpeechOutput

CONFIRM = "confirm"
_OBJECTS = (Answer.NO, Answer.CHANGE)
_WHY: dict[Answer | None, str] = {
    None: "",
    Answer.NO: "the caller said no. Ask what is wrong, and with the right values ",
    Answer.CHANGE: "the caller wants something changed. Take that up, and with the new values ",
    Answer.WAIT: "the caller wants a moment. Give it, and then ",
    Answer.QUESTION: "the caller asked something first. Answer it, and then ",
    Answer.UNCLEAR: "the caller's answer was no clear yes. Again ",
}


class FlowGate:
    def __init__(self, agent: AgentDocument, memory: Memory, output: SpeechOutput, turn: int) -> None:
        self._agent = agent
        self._memory = memory
        self._output = output
        self._turn = turn

    def stops(self, tool: str, arguments: dict[str, object]) -> str:
        """Why the tool may not run now, in words for the model; "" where it may."""
        for flow in self._agent.flows:
            if problems := problems_of(flow, tool, arguments, self._pack(self._turn), today=self._today):
                return problems
            if tool == flow.call and flow.confirm:
                return self._stops_call(flow, arguments)
            if tool == flow.then_call and not self._succeeded(flow.call):
                return f"{tool} runs only after {flow.call} has succeeded"
        return ""

    def _stops_call(self, flow: Flow, arguments: dict[str, object]) -> str:
        missing = [slot.name for slot in flow.slots if slot.required and not arguments.get(slot.name)]
        if missing:
            return f"ask the caller first for: {', '.join(missing)}"
        text = json.dumps(arguments, sort_keys=True, ensure_ascii=False)
        if not self._words(self._turn).yes:
            return "the caller's answer cannot be judged in this language: offer to connect them to a person"
        answer = self._answer(flow, text)
        if answer is Answer.YES:
            self._log(flow.name, "call", arguments, text)
            return ""
        self._log(flow.name, CONFIRM, arguments, text)
        return (
            f"not yet: {_WHY[answer]}read these values back to the caller in one short sentence, ask whether they are "
            f"right, and call {flow.call} again with the same arguments once the caller has said yes"
        )

    def _answer(self, flow: Flow, text: str) -> Answer | None:
        """What the caller says to the read-back of these very values; None where they have not been read back since a
        caller last objected."""
        waiting = self._memory.flow_before(self._turn)
        if waiting is None or (waiting.flow, waiting.step) != (flow.name, CONFIRM):
            return None
        since = [self._judge(turn) for turn in range(waiting.turn + 1, self._turn)]
        if not same_json(waiting.state_json, text) or any(one in _OBJECTS for one in since):
            return None
        return self._judge(self._turn)

    def _judge(self, turn: int) -> Answer:
        return judge(self._memory.turn(turn).text, self._words(turn), asked=self._memory.last_said(turn))

    def _words(self, turn: int) -> Answers:
        """What an answer is made of in the language of a turn."""
        return self._pack(turn).answers

    @property
    def _today(self) -> date:
        """Of the business, when the turn was committed."""
        moment = self._memory.turn(self._turn).committed_us / 1e6
        return datetime.fromtimestamp(moment, ZoneInfo(self._agent.timezone)).date()

    def _pack(self, turn: int) -> Pack:
        return pack(self._agent.tag_of(self._memory.language(turn)) or self._agent.language)

    def _succeeded(self, tool: str) -> bool:
        turns = self._memory.conversation.turns.values()
        return any(outcome_of(use).status == "OK" for turn in turns for use in turn.tools.values() if use.tool == tool)

    def _log(self, flow: str, step: str, arguments: dict[str, object], state_json: str) -> None:
        slots = {name: str(value) for name, value in arguments.items()}
        self._output.append(
            events_pb2.FlowAdvanced(turn=self._turn, flow=flow, step=step, slots=slots, state_json=state_json)
        )
