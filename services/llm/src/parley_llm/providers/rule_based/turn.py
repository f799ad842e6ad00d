"""One turn of the local brain as a plain function: what it says, looks up and calls.

A tool call ends the stream; the stream after it runs the same function again, which then finds the tool's result and
goes on. That makes the brain a pure function of the request, so a turn that was broken off can be made again.
"""

import json
from dataclasses import dataclass, field
from typing import Any

from parley.v1 import events_pb2
from parley_core.errors import ParleyError
from parley_core.languages.answers import Answer, judge, leans_to_yes
from parley_core.languages.pack import Pack, Sentences
from parley_core.languages.registry import pack, primary, sentences
from parley_core.languages.talk_words import Talk
from parley_core.languages.turn_words import Answers

from parley_llm.ports import Found, Knowledge
from parley_llm.providers.base import (
    LookUpFailed,
    ModelEvent,
    ModelRequest,
    Searched,
    TextDelta,
    ToolCallRequest,
    ToolOutcome,
)
from parley_llm.providers.rule_based.state import State


class NeedTool(Exception):
    def __init__(self, request: ToolCallRequest) -> None:
        super().__init__(request.name)
        self.request = request


@dataclass(slots=True)
class Turn:
    request: ModelRequest
    knowledge: Knowledge
    state: State
    events: list[ModelEvent] = field(default_factory=list)
    then: events_pb2.AfterReply.ValueType = events_pb2.AFTER_REPLY_LISTEN
    handoff_reason: str = ""
    faulty: bool = False  # something could not be looked up: what is not known may be known another time
    _used: int = 0

    @property
    def text(self) -> str:
        return self.request.text

    @property
    def answer(self) -> Answer:
        """What the caller's words are as an answer to the agent's last question."""
        return judge(self.text, self._answers, asked=self.state.question)

    @property
    def accepts(self) -> bool:
        """Whether the caller takes up what was offered, where that has no effect yet."""
        return self.answer is Answer.YES or leans_to_yes(self.text, self._answers)

    @property
    def says(self) -> Sentences:
        """The platform's sentences in the call's language."""
        return sentences(self.request.agent.language)

    @property
    def talk(self) -> Talk:
        """What the rule-based agent says of its own in the call's language."""
        return pack(self.request.agent.language).talk

    @property
    def language(self) -> str:
        return self.request.agent.language

    @property
    def has_flows(self) -> bool:
        """Whether the pack has the words for flows, and the document's own sentences are in the call's language."""
        written_in = self.request.written_in or self.language
        return bool(self.talk.anything_else) and primary(written_in) == primary(self.language)

    @property
    def words(self) -> Pack:
        return pack(self.language)

    @property
    def _answers(self) -> Answers:
        return self.words.answers

    def say(self, *sentences: str) -> None:
        for sentence in sentences:
            if sentence:
                self.events.append(TextDelta(sentence.strip() + " "))

    @property
    def does_not_know(self) -> str:
        """Why there is no answer: it is not known, or it could not be looked up."""
        return self.says.cannot_look_up if self.faulty else self.says.unknown

    def remember(self) -> None:
        """Put the state on the log now: before a tool call whose outcome decides how to go on."""
        self.events.append(self.state.moved())

    def tool(self, name: str, arguments: dict[str, Any]) -> ToolOutcome:
        """The tool's outcome. Ends this stream where the tool has yet to be called."""
        for at in range(self._used, len(self.request.turn_tools)):
            if self.request.turn_tools[at].tool == name:
                self._used = at + 1
                # All before this point went out with the stream that asked for the tool.
                self.events.clear()
                return self.request.turn_tools[at]
        raise NeedTool(ToolCallRequest(name, json.dumps(arguments, sort_keys=True, ensure_ascii=False)))

    def hand_off(self, reason: str) -> None:
        self.say(self.request.agent.handoff.say)
        self.then = events_pb2.AFTER_REPLY_HAND_OFF
        self.handoff_reason = reason

    def hang_up(self) -> None:
        self.say(self.request.agent.goodbye)
        self.then = events_pb2.AFTER_REPLY_HANG_UP

    @property
    def said(self) -> str:
        """What this turn has said so far."""
        return " ".join(event.text for event in self.events if isinstance(event, TextDelta))

    def tool_with(self, effect: str) -> str:
        """The agent's tool that has an effect (`claim_words`); "" where there is none."""
        return next((one.name for one in self.request.tools if effect in one.effects and one.side_effects), "")

    @property
    def can_hand_off(self) -> bool:
        return "hand_off" in self.request.agent.tools

    @property
    def last_said(self) -> str:
        agent = (message for message in reversed(self.request.history) if message.role == "agent")
        return next((message.said or message.text for message in agent), "")

    @property
    def unsaid(self) -> str:
        """The rest of what the agent said last, if it was cut off."""
        agent = (message for message in reversed(self.request.history) if message.role == "agent")
        return next((message.rest for message in agent), "")

    @property
    def untold(self) -> str:
        """What came of the newest effect, where the caller has not heard all of it: it was told, and cut off."""
        agent = [message for message in self.request.history if message.role == "agent"]
        for at in range(len(agent) - 1, -1, -1):
            if any(one.side_effects and one.status == "OK" for one in agent[at].tools):
                told = agent[at].said.removesuffix(self.talk.anything_else).split()
                heard = any(
                    (message.text if message.interrupted else message.said).split()[: len(told)] == told
                    for message in agent[at:]
                )
                return "" if heard else " ".join(told)
        return ""

    async def look_up(self, question: str) -> Found:
        """The knowledge's answer; an empty one, and `faulty`, where rag does not answer."""
        try:
            found = await self.knowledge.answer(self.request.asker, question)
        except ParleyError as error:
            self.faulty = True
            self.events.append(LookUpFailed(type(error).__name__))
            return Found()
        self.events.append(Searched(question, found.citations, found.took_ms, (found.text,)))
        return found
