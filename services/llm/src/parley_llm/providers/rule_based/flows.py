"""The flow engine: collects an agent document's slots, checks them, reads them back, and acts after a clear yes.

Order and effects are decided here, never by a model. A `FlowRun` works inside one turn of the brain; what it must
remember goes to the log with the state. The slots are the `collector`'s, moments and offers `moments`'.
"""

from collections.abc import Mapping
from datetime import datetime

from parley_core.agents import Flow, Slot
from parley_core.languages.answers import Answer

from parley_llm.providers.base import ToolOutcome
from parley_llm.providers.rule_based import intents, slots, spoken
from parley_llm.providers.rule_based.collector import Collector
from parley_llm.providers.rule_based.flow_tools import FlowTools
from parley_llm.providers.rule_based.state import WHAT_TO_CHANGE, PendingMoment, Step
from parley_llm.providers.rule_based.turn import Turn
from parley_llm.providers.rule_based.values.phrase import without
from parley_llm.providers.rule_based.words import bare, plain

_DENIES = (Answer.NO, Answer.CHANGE)
WISHES = ("doctor", "provider", "staff", "with_whom")  # arguments of tools that take whom a booking is with
# Kinds of which a no says that the caller will not give the value.
_PERSONAL = ("person", "phone", "email", "address", "spelled", "membership", "date_of_birth", "money", "number", "text")
MOST_TRIES = 3  # then a colleague is offered


class FlowRun:
    """One flow in one turn: which step comes next, and what is said at it."""

    def __init__(self, turn: Turn, flow: Flow) -> None:
        self._turn = turn
        self._flow = flow
        self._talk = turn.talk
        self._state = turn.state
        self._tools = FlowTools(turn, flow)
        self.slots = Collector(
            flow,
            turn.state,
            self._tools,
            text=turn.text,
            now=turn.request.now.replace(tzinfo=None),
            language=turn.request.agent.language,
        )

    # -- what the brain calls ----------------------------------------------------------------------------------------

    def start(self, *, about: str | None = None, known: Mapping[str, str] | None = None) -> None:
        """`about`: the part of the caller's words that values are read from; None: all. `known`: values from before."""
        self._state.leave_flow()
        self._state.flow, self._state.step = self._flow.name, Step.COLLECT
        self._state.slots.update(known or {})
        self.slots.hear(without(self._turn.words.intents.whom, plain(self._turn.text)) if about is None else about)
        self.slots.take(self.slots.read(asking=""))
        self._wish()
        self.go_on()

    def _wish(self) -> None:
        """A person whom the caller names and no slot asks for: the tools' argument, or the caller is told."""
        match = self._turn.words.intents.whom.search(bare(self._turn.text))
        if match is None or any(slot.name in WISHES for slot in self._flow.slots):
            return
        wish = match.group(1).strip()
        argument = self._tools.takes(WISHES)
        if argument and (name := self._tools.named(argument, wish)):
            self._state.slots[argument] = name
        else:
            self._turn.say(self._talk.not_wished.format(wish=wish.title()))

    def advance(self) -> bool:
        """Use the caller's words for the flow. False: they say nothing that belongs to it, and nothing was done."""
        if self._state.step == Step.CONFIRM:
            return self._answer_read_back()
        text = self._turn.text
        about = slots.mentioned(text, self._flow, self._turn.words)
        if self._state.asking == WHAT_TO_CHANGE or (self._turn.answer in _DENIES and about in self._state.slots):
            return self._change(about)
        values = self.slots.read(asking=self._state.asking)
        if (doubted := self.slots.doubted) is not None and self._answer_doubt(doubted, values):
            return True
        if intents.is_question(text, self._turn.language) and not self.slots.proposes(values):
            return False
        if values:
            self.slots.forget_doubted()
        if not self.slots.take(values):
            return self._answer_offer()
        self._state.tries = 0
        self.go_on()
        return True

    def ask_again(self, why: str = "") -> None:
        """The words were not understood, or `why` it cannot be answered: ask once more, and after some tries offer a
        person."""
        self._state.tries += 1
        if self._state.tries >= MOST_TRIES and self._turn.can_hand_off:
            self._state.tries = 0
            self._turn.hand_off("not understood")
            return
        if self._state.step == Step.CONFIRM:
            question = self._state.question
            self._turn.say(why or self._talk.yes_or_no, question)
            return
        self._turn.say(why or self._talk.not_understood, self._state.question)

    @property
    def _extra(self) -> set[str]:
        """Values for the tools that no slot asks for."""
        return set(self._state.slots) - {slot.name for slot in self._flow.slots}

    def outcome(self) -> ToolOutcome | None:
        """What the log has of the call that the flow ends with; None where it was never sent."""
        return self._tools.outcome(self._state.instead or self._flow.call)

    def refused(self) -> bool:
        """Whether the caller will not give what is asked for: it is said to be needed, then a person is offered."""
        asking = next((slot for slot in self._flow.slots if slot.name == self._state.asking), None)
        if self._turn.answer is not Answer.NO or asking is None or asking.kind not in _PERSONAL:
            return False
        if self._state.refused == asking.name:
            self._state.leave_flow()
            self._turn.say(self._talk.not_without)
            self.offer_person()
        else:
            self._state.refused = asking.name
            self._turn.say(self._talk.not_without, self._state.question)
        return True

    def settle(self, outcome: ToolOutcome) -> None:
        """The flow's tool has returned: say what came of it."""
        stands = self._talk.still_stands if self._state.instead else ""
        if outcome.status == "OK":
            self._done(outcome)
        elif outcome.status == "CONFLICT":
            self._taken(outcome)
        elif outcome.status == "NOT_FOUND":
            self._not_found()
        elif outcome.status == "WAITING_FOR_APPROVAL":
            self._state.leave_flow()
            self._state.open = "more"
            self._turn.say(self._talk.to_be_approved, self._talk.anything_else)
        else:
            self._state.leave_flow()
            self._turn.say(self._talk.could_not, stands)
            self.offer_person()

    def _not_found(self) -> None:
        """What was looked up does not exist: say so, and ask for what identifies it again; then a person."""
        self._state.misses += 1
        identifying = [
            slot for slot in self._flow.slots if slot.kind in ("membership", "number", "phone", "text", "email")
        ]
        if not identifying or self._state.misses >= MOST_TRIES:
            self._state.leave_flow()
            self._turn.say(self._talk.not_found)
            self.offer_person()
            return
        self._turn.say(self._talk.not_found)
        self._state.moment = PendingMoment()
        self.collect(identifying[0], self.slots.reopen(identifying[0].name))

    def _answer_doubt(self, doubted: Slot, values: slots.Values) -> bool:
        """The answer to "do you mean …?": whether it was used. A new value answers as well as a yes or a no."""
        if self._turn.answer is Answer.YES:
            self.slots.confirm_doubted(doubted)
        elif values or self._turn.answer is not Answer.NO:
            return False
        else:
            self.slots.forget_doubted()
        self._state.tries = 0
        self.go_on()
        return True

    # -- collecting --------------------------------------------------------------------------------------------------

    def go_on(self) -> None:
        """Check what is new, then ask for what is missing, read back what is complete, or act."""
        if (doubted := self.slots.doubted) is not None:
            self.collect(doubted, self.slots.doubt_question(doubted))
            return
        for moment in self.slots.moments:
            if (question := moment.next_question()) is not None:
                self.collect(moment.slot, question)
                return
        if (missing := self.slots.missing) is not None:
            self.collect(missing, self.slots.question(missing))
        elif self._flow.confirm:
            self._state.step, self._state.asking = Step.CONFIRM, ""
            asked = slots.say_values(self._flow, self._state.slots, self._flow.confirm, self._turn.words)
            wish = next((self._state.slots[name] for name in WISHES if name in self._extra), "")
            self._ask(f"{self._talk.wished.format(wish=wish)} {asked}" if wish else asked)
        else:
            self._act()

    def _answer_offer(self) -> bool:
        """A yes or a no, where a moment was offered."""
        moment = self.slots.moment
        if moment is None:
            return False
        if self._turn.answer is Answer.YES and moment.accept_offer():
            self._state.tries = 0
            self.go_on()
            return True
        if self._turn.answer is Answer.NO and moment.decline_offers():
            self._ask(f"{self._talk.all_right} {moment.slot.ask}")
            return True
        return False

    # -- the read-back -----------------------------------------------------------------------------------------------

    def _answer_read_back(self) -> bool:
        answer = self._turn.answer
        if self.slots.add_late_digits():
            self.go_on()
            return True
        values = self.slots.read(asking="")
        differs = self.slots.differs(values)
        if answer is Answer.YES and not differs:
            self._act()
            return True
        if answer is Answer.QUESTION and not self.slots.proposes(values):
            return False
        if differs and self.slots.take(values):
            self._state.tries = 0
            self.go_on()
            return True
        if answer is Answer.WAIT:
            self._turn.say(self._turn.says.take_your_time)
            return True
        about = slots.mentioned(self._turn.text, self._flow, self._turn.words)
        if answer in _DENIES or (about and not self._turn.accepts):
            return self._change(about)
        return False

    def _change(self, about: str) -> bool:
        """Something is wrong, of the slot `about` where one was named: use the new value, or ask for it, or ask what it
        is."""
        # "Make it eleven" names no slot: a lone number is the moment's.
        moment = self.slots.moment if self._turn.answer is Answer.CHANGE else None
        values = self.slots.read(asking=about or (moment.slot.name if moment is not None else ""))
        if self.slots.differs(values) and self.slots.take(values):
            self._state.tries = 0
            self.go_on()
            return True
        if about:
            question = self.slots.reopen(about)
            self._state.step, self._state.asking, self._state.tries = Step.COLLECT, about, 0
            self._ask(f"{self._talk.all_right} {question}")
            return True
        if self._state.asking == WHAT_TO_CHANGE:
            if self._turn.answer is not Answer.YES:
                return False
            self.go_on()
            return True
        self._state.step, self._state.asking = Step.COLLECT, WHAT_TO_CHANGE
        names = [self._talk.the.format(name=slots.noun(slot, self._turn.words)) for slot in self._flow.slots]
        self._ask(self._talk.what_to_change.format(names=spoken.say_list(names, self._talk.joined[1])))
        return True

    # -- the effect --------------------------------------------------------------------------------------------------

    def _act(self) -> None:
        if not self._flow.call:
            self._done(None)
            return
        self._state.step, self._state.asking = Step.CALL, ""
        # The state goes to the log before the call: whoever takes this conversation up knows that it was made.
        self._turn.remember()
        ids = self._state.made.get("ids", {}) if self._state.instead else {}
        self.settle(self._tools.call(self._state.instead or self._flow.call, self._state.slots | ids))

    def _done(self, outcome: ToolOutcome | None) -> None:
        values = dict(self._state.slots)
        follow_up = None
        if self._flow.then_call:
            written = slots.write_values(self._flow, values, self._flow.done, self._turn.words)
            text = f"{self._turn.request.agent.name}: {written}".removeprefix(": ")
            follow_up = self._tools.call(self._flow.then_call, values, text=text)
        if outcome is not None:
            self._state.keep(self._flow.name, outcome.result_json)
        self._state.leave_flow()
        self._state.open = "more"
        told = slots.say_values(self._flow, values, self._flow.done, self._turn.words)
        self._turn.say(slots.with_results(told, outcome.result_json if outcome is not None else ""))
        if follow_up is not None and follow_up.status != "OK":
            self._turn.say(self._talk.not_sent)
        elif follow_up is not None and follow_up.state == "sent":
            self._turn.say(self._talk.is_sent)
        self._ask(self._talk.anything_else)

    def _taken(self, outcome: ToolOutcome) -> None:
        """Somebody else was quicker: offer other moments, or a person where the flow is about none."""
        sorry = self._flow.taken or self._talk.no_longer
        moment = self.slots.moment
        value = self._state.slots.get(moment.slot.name) if moment is not None else None
        if moment is None or value is None:
            self._state.leave_flow()
            self._turn.say(sorry)
            self.offer_person()
            return
        at = datetime.fromisoformat(value)
        offer = moment.offer_instead(at, value, self._tools.read(outcome, at).offers)
        self._turn.say(sorry)
        self.collect(moment.slot, offer)

    def offer_person(self) -> None:
        if self._turn.can_hand_off:
            self._state.open = "handoff"
            self._ask(self._turn.says.unknown_or_person)
        else:
            self._state.open = "more"
            self._ask(self._talk.anything_else)

    # -- questions ---------------------------------------------------------------------------------------------------

    def collect(self, slot: Slot, question: str) -> None:
        self._state.step, self._state.asking = Step.COLLECT, slot.name
        self._ask(question)

    def _ask(self, question: str) -> None:
        self._state.question = question
        self._turn.say(question)
