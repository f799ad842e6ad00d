"""What the conversation knows of its call: the fold of the log, and what only the conversation asks of it."""

import json
from dataclasses import replace

from google.protobuf.message import Message as Proto
from parley.v1 import events_pb2, live_pb2
from parley_core import clock
from parley_core.bus.log import field_of
from parley_core.conversation import FIRST_NOTICE, Conversation, Sentence, ToolUse, Turn

from parley_llm.guardrails import without_card_digits
from parley_llm.providers.base import ChatMessage, ToolOutcome

_PREFIX = "TOOL_STATUS_"
RESAYING_ROLES = ("llm", "tts")


class Memory:
    def __init__(self) -> None:
        self.conversation = Conversation()
        self._flows: dict[int, events_pb2.FlowAdvanced] = {}
        self._own: set[tuple[int, int]] = set()  # sentences by this role; the gateway says some of its own
        self._newest: dict[str, int] = {}  # by source, the number of its newest event
        self._imagined = 0
        self._resumed: list[str] = []  # workers of the resumed claims that make sentences be said again

    def apply(self, event: events_pb2.Event) -> bool:
        """Fold one event in; False when it was folded before."""
        if not self.conversation.apply(event):
            return False
        self._newest[event.source] = max(event.seq, self._newest.get(event.source, 0))
        kind = event.WhichOneof("body")
        if kind == "sentence_said" and event.source.startswith("llm/"):
            self._own.add((event.sentence_said.turn, event.sentence_said.sentence))
        elif kind == "flow_advanced":
            self._flows[event.flow_advanced.turn] = event.flow_advanced
        elif kind == "worker_claimed":
            claim = event.worker_claimed
            if claim.resume and not claim.handing_over and claim.role in RESAYING_ROLES:
                self._resumed.append(claim.worker)
        return True

    # -- drafts ------------------------------------------------------------------------------------------------------

    def begin_draft(self, asked: live_pb2.Draft) -> None:
        """Imagine that the caller's turn were committed with this text."""
        imagined = self.conversation.turn(asked.turn)
        imagined.text = asked.text
        # The log's word of a change of language may still be on its way.
        imagined.language, imagined.wish = asked.language or self.conversation.language, asked.wish
        imagined.committed_us = clock.current().time_us()

    def imagine(self, body: Proto) -> None:
        """Fold in what happens when the draft is committed."""
        self._imagined += 1
        event = events_pb2.Event(id=f"imagined:{self._imagined}", source="llm/draft")
        getattr(event, field_of(body)).CopyFrom(body)
        self.apply(event)

    def forget_draft(self, turn: int) -> None:
        """Be as if the turn had never been imagined."""
        self.conversation.turns.pop(turn, None)
        self._flows.pop(turn, None)
        self._own = {key for key in self._own if key[0] != turn}
        self.conversation.guardrails = [one for one in self.conversation.guardrails if one.turn != turn]
        self.conversation.handoffs = [one for one in self.conversation.handoffs if one.turn != turn]

    def knows(self, asked: live_pb2.Draft) -> bool:
        """Whether what the draft builds on was folded in."""
        return self._newest.get(asked.log_source, 0) >= asked.log_seq

    # -- what is known -----------------------------------------------------------------------------------------------

    def turn(self, number: int) -> Turn:
        return self.conversation.turn(number)

    @property
    def newest_turn(self) -> int:
        return self.conversation.newest_turn

    def resumes(self, me: str = "") -> int:
        """How often workers were replaced whose loss makes sentences be said again. `me` counts even before its own
        claim is on the log."""
        return len(self._resumed) + (1 if me and me not in self._resumed else 0)

    def flow_before(self, turn: int) -> events_pb2.FlowAdvanced | None:
        """The flow's state when the turn began."""
        return next((self._flows[one] for one in sorted(self._flows, reverse=True) if one < turn), None)

    def flow_now(self, turn: int) -> events_pb2.FlowAdvanced | None:
        return self.flow_before(turn + 1)

    def history(self, before: int) -> tuple[ChatMessage, ...]:
        """The turns before `before`, as the caller lived them."""
        messages: list[ChatMessage] = []
        for number in sorted(self.conversation.turns):
            turn = self.conversation.turns[number]
            if number >= before:
                break
            if turn.text:
                messages.append(ChatMessage("caller", without_card_digits(turn.text)))
            tools = tuple(outcome_of(use) for use in turn.tools.values())
            # Also of a reply that nobody interrupted: the voice may have failed in it.
            if turn.heard_text or turn.interrupted or tools:
                messages.append(ChatMessage("agent", turn.heard_text, turn.said_text, turn.interrupted, tools))
        return tuple(messages)

    def said(self, turn: int) -> list[Sentence]:
        """Sentences of the reply, without fillers, in order: those on the log, and what was heard to its end of a draft
        whose worker was lost before it could log them."""
        sentences = self.turn(turn).sentences
        ordered = [sentences[number] for number in sorted(sentences)]
        told = [one if one.text else replace(one, text=one.heard_text if one.complete else "") for one in ordered]
        return [one for one in told if one.text and one.kind == events_pb2.SAY_KIND_REPLY]

    def told(self, turn: int) -> bool:
        """Whether anything that was said in the turn is on the log; a lost worker's draft may be heard without."""
        return any(one.text for one in self.turn(turn).sentences.values())

    def fillers(self) -> int:
        """How many fillers were said in the call."""
        sentences = (one for turn in self.conversation.turns.values() for one in turn.sentences.values())
        return sum(1 for one in sentences if one.kind == events_pb2.SAY_KIND_FILLER)

    def language(self, turn: int) -> str:
        """What the turn is answered in: what it was committed in, or (the greeting) what the call is in."""
        return self.turn(turn).language or self.conversation.language

    def next_sentence(self, turn: int) -> int:
        """The number of the reply's next sentence; the gateway numbers its own notices apart."""
        return max((number for number in self.turn(turn).sentences if number < FIRST_NOTICE), default=-1) + 1

    def cut_off(self, before: int) -> Turn | None:
        """The newest turn before `before`, if it was interrupted."""
        number = max((one for one in self.conversation.turns if one < before), default=-1)
        turn = self.conversation.turns.get(number)
        return turn if turn is not None and turn.interrupted else None

    def last_asked(self, before: int) -> str:
        """The agent's last question, or else last statement, in the turns before `before`; "" if none."""
        for number in sorted((one for one in self.conversation.turns if one < before), reverse=True):
            sentences = self.turn(number).sentences
            ordered = [sentences[one] for one in sorted(sentences)]
            heard = [one.heard_text for one in ordered if one.kind == events_pb2.SAY_KIND_REPLY and one.heard_text]
            if heard:
                return next((text for text in reversed(heard) if "?" in text), heard[-1])
        return ""

    def last_said(self, before: int) -> str:
        """What the caller heard of the agent in the turn before `before`."""
        heard = (turn.heard_text for number in sorted(self.conversation.turns, reverse=True)
                 if number < before and (turn := self.conversation.turns[number]).heard_text)  # fmt: skip
        return next(heard, "")

    def unheard(self, turn: int) -> list[Sentence]:
        """Sentences that this role gave to the speech service and that were not heard to their end."""
        sentences = self.turn(turn).sentences
        own = [sentences[number] for number in sorted(sentences) if (turn, number) in self._own]
        return [one for one in own if not one.complete]

    def outcomes(self) -> dict[str, ToolOutcome]:
        """Every tool call of the call, by its id, in order."""
        turns = self.conversation.turns
        uses = [use for number in sorted(turns) for use in turns[number].tools.values()]
        return {use.tool_call: outcome_of(use) for use in uses}

    def effects(self) -> list[ToolUse]:
        """Every call with side effects, in order."""
        turns = self.conversation.turns
        return [use for number in sorted(turns) for use in turns[number].tools.values() if use.side_effects]

    def pending_tools(self) -> list[tuple[int, ToolUse]]:
        """Calls that were begun and have not returned."""
        turns = self.conversation.turns
        return [(number, use) for number in sorted(turns) for use in turns[number].tools.values() if not use.returned]

    def failed_in_a_row(self, before: int) -> int:
        count = 0
        for number in sorted(self.conversation.turns, reverse=True):
            turn = self.conversation.turns[number]
            if number >= before:
                continue
            if not any(failure.action == "apologised" for failure in turn.failed):
                break
            count += 1
        return count


def outcome_of(use: ToolUse) -> ToolOutcome:
    return ToolOutcome(
        use.tool_call,
        use.tool,
        use.arguments_json,
        use.status.removeprefix(_PREFIX),
        use.result_json,
        use.error,
        side_effects=use.side_effects,
    )


def same_json(one: str, other: str) -> bool:
    try:
        return bool(json.loads(one or "{}") == json.loads(other or "{}"))
    except ValueError:
        return one == other
