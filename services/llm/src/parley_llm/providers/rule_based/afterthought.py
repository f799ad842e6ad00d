"""The caller takes back or changes what has just been done: "no, wait", "make it eleven". Used by `brain`.

What was done is said truthfully first. It is then taken back or moved by the agent's tools with those effects
(`claim_words`), after a yes of its own; without such a tool a person is offered.
"""

from parley_core.agents import Flow
from parley_core.languages.answers import Answer, folded
from parley_core.languages.claim_words import CANCELLED, MOVED

from parley_llm.providers.rule_based import intents, slots
from parley_llm.providers.rule_based.flow_tools import FlowTools
from parley_llm.providers.rule_based.flows import FlowRun
from parley_llm.providers.rule_based.state import Step
from parley_llm.providers.rule_based.turn import Turn
from parley_llm.providers.rule_based.values.phrase import corrections
from parley_llm.providers.rule_based.words import plain

OPEN = "undo"  # in `State.open`: "shall I cancel it?"
_AGAINST = (Answer.NO, Answer.CHANGE, Answer.WAIT)
_SHORT = 6  # words of an objection that names nothing


class Afterthought:
    """One turn behind an effect of `flow`, which `State.made` remembers."""

    def __init__(self, turn: Turn, flow: Flow) -> None:
        self._turn = turn
        self._flow = flow
        self._talk = turn.talk
        self._run = FlowRun(turn, flow)

    def heard(self) -> bool:
        """Answer the caller's words where they are about what was done; whether they were."""
        opened, self._turn.state.open = self._turn.state.open, ""
        if opened == OPEN and self._answered():
            return True
        if self._wants_change:
            self._change()
        elif self._objects:
            self.ask()
        else:
            self._turn.state.open = "" if opened == OPEN else opened
            return False
        return True

    def ask(self) -> None:
        """Say what was done, and what can be done about it."""
        if self._differs:
            self._change()
            return
        self._turn.say(self._done)
        if not self._undoes:
            self._run.offer_person()
            return
        self._turn.state.open = OPEN
        self._turn.state.question = f"{self._talk.shall_cancel} {self._talk.or_change if self._moves else ''}".strip()
        self._turn.say(self._turn.state.question)

    # -- what the words are ------------------------------------------------------------------------------------------

    @property
    def _at_once(self) -> bool:
        """The agent's last turn did it."""
        last = next((one for one in reversed(self._turn.request.history) if one.role == "agent"), None)
        return last is not None and any(one.side_effects and one.status == "OK" for one in last.tools)

    @property
    def _cut(self) -> bool:
        """The caller spoke while it was being told."""
        last = next((one for one in reversed(self._turn.request.history) if one.role == "agent"), None)
        return self._at_once and last is not None and last.interrupted

    @property
    def _said(self) -> list[str]:
        return folded(plain(self._turn.text)).split()

    @property
    def _names_it(self) -> bool:
        """Whether the caller uses the question's own verb."""
        stems = tuple(word[:5] for word in folded(plain(self._talk.shall_cancel)).split() if len(word) > 4)
        return any(word.startswith(stems) for word in self._said)

    @property
    def _differs(self) -> bool:
        """Whether the caller says another moment than the one that was acted on."""
        slots_of = self._run.slots
        if slots_of.moment is None:
            return False
        values = slots_of.read(asking=slots_of.moment.slot.name)
        return bool(values.when) and slots_of.differs(values, from_slots=self._turn.state.made.get("slots", {}))

    @property
    def _wants_change(self) -> bool:
        turn = self._turn
        if not self._differs or turn.answer is Answer.QUESTION:
            return False
        puts_right = bool(corrections(plain(turn.text), turn.words.carriers))
        return turn.answer in _AGAINST or self._cut or (self._at_once and puts_right)

    @property
    def _objects(self) -> bool:
        turn, said = self._turn, self._said
        if intents.is_goodbye(turn.text, turn.language):
            return False
        if self._cut:
            return turn.answer in _AGAINST or intents.wants_cancel(turn.text, turn.language)
        if not self._at_once or len(said) > _SHORT:
            return False
        denies = bool(said) and said[0] in turn.words.carriers.no
        waits = turn.answer is Answer.WAIT and denies
        return waits or turn.answer is Answer.CHANGE or intents.wants_cancel(turn.text, turn.language)

    # -- what is done about it ---------------------------------------------------------------------------------------

    @property
    def _done(self) -> str:
        sentence = self._flow.done.split(". ")[0].rstrip(".")
        values = dict(self._turn.state.made.get("slots", {}))
        told = slots.say_values(self._flow, values, f"{sentence}." if sentence else "", self._turn.words)
        return f"{self._talk.gone_through} {told}".strip()

    @property
    def _undoes(self) -> str:
        return self._turn.tool_with(CANCELLED)

    @property
    def _moves(self) -> str:
        """The tool that moves it, where there is a moment to move."""
        return self._turn.tool_with(MOVED) if self._run.slots.moment is not None else ""

    def _answered(self) -> bool:
        """The answer to "shall I cancel it?"."""
        turn = self._turn
        denies = self._said[:1] != [] and self._said[0] in turn.words.carriers.no
        cancels = not denies and intents.wants_cancel(turn.text, turn.language)
        if turn.answer is Answer.YES or (cancels and self._names_it):
            self._take_back()
        elif cancels:
            # "Leave it" and "forget it" may mean either.
            self.ask()
        elif self._differs or (turn.answer is Answer.CHANGE and self._moves):
            self._change()
        elif turn.answer is Answer.NO or (denies and turn.answer is Answer.UNCLEAR):
            turn.say(self._talk.kept)
            self._ask_more()
        elif turn.answer is Answer.WAIT:
            turn.state.open = OPEN
            turn.say(turn.says.take_your_time)
        else:
            return False
        return True

    def _take_back(self) -> None:
        turn, made = self._turn, self._turn.state.made
        outcome = FlowTools(turn, self._flow).call(self._undoes, made["slots"] | made.get("ids", {}))
        if outcome.status == "OK":
            turn.state.made = {}
            turn.say(self._talk.undone)
            self._ask_more()
        else:
            turn.say(self._talk.could_not, self._talk.still_stands)
            self._run.offer_person()

    def _change(self) -> None:
        if self._moves and self._redo(self._moves):
            return
        self._turn.say(self._done)
        if self._undoes:
            self._turn.state.open, self._turn.state.question = OPEN, self._talk.shall_cancel
            self._turn.say(self._talk.shall_cancel)
        else:
            self._run.offer_person()

    def _redo(self, tool: str) -> bool:
        """Read what was done back at the moment that is wanted now, for `tool` to move it. False: it has no moment."""
        state, run = self._turn.state, self._run
        moment, made = run.slots.moment, state.made
        if moment is None:
            return False
        state.leave_flow()
        state.flow, state.step, state.instead = self._flow.name, Step.COLLECT, tool
        state.slots.update(made["slots"])
        self._turn.say(self._talk.can_move)
        values = run.slots.read(asking=moment.slot.name)
        if values.when and moment.take(values.when, self._turn.text):
            run.go_on()
        else:
            run.collect(moment.slot, run.slots.reopen(moment.slot.name))
        return True

    def _ask_more(self) -> None:
        self._turn.state.open, self._turn.state.question = "more", self._talk.anything_else
        self._turn.say(self._talk.anything_else)
