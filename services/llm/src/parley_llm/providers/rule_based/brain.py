"""The rule-based model: finds what a turn is about, leaves flows to `flows` and questions to the knowledge.

It makes no language: it says the agent document's own sentences, a few of its own, and sentences of the knowledge.
"""

from collections.abc import AsyncIterator

from parley_core.agents import AgentDocument, Flow
from parley_core.languages.answers import Answer, only_denies

from parley_llm.ports import Knowledge
from parley_llm.providers.base import Finished, ModelEvent, ModelRequest, TextDelta
from parley_llm.providers.rule_based import bookings, client_tools, intents, other_languages, questions
from parley_llm.providers.rule_based.afterthought import Afterthought
from parley_llm.providers.rule_based.flows import FlowRun
from parley_llm.providers.rule_based.intents import Embeddings, FlowMatcher
from parley_llm.providers.rule_based.state import State, Step
from parley_llm.providers.rule_based.turn import NeedTool, Turn
from parley_llm.providers.rule_based.values.dates import find_when
from parley_llm.providers.rule_based.words import bare

ANSWER_CONFIDENCE = 0.35  # an answer below this is not given; set by hand against the clinic's knowledge
SIDE_CONFIDENCE = 0.5  # in a flow, words that are no question must fit the knowledge better to leave the flow for it
_OFFERED = "flow:"
_OBJECTIONS = (Answer.NO, Answer.CHANGE, Answer.WAIT)


class RuleBasedProvider:
    """See `base.ModelProvider`. One for all calls of a process."""

    name = "rule_based"
    replays = True
    wants_knowledge = False

    def __init__(self, knowledge: Knowledge) -> None:
        self._knowledge = knowledge
        self._flows = FlowMatcher(Embeddings(knowledge))

    async def warm(self, tenant: str, agent: AgentDocument) -> None:
        """Fetch what the first turn needs. Raises a ParleyError when rag does not answer."""
        await self._flows.warm(tenant, agent.flows)

    async def stream(self, request: ModelRequest) -> AsyncIterator[ModelEvent]:
        turn = Turn(request, self._knowledge, State.of(request.flow))
        finish = "stop"
        asked: list[ModelEvent] = []
        try:
            await self._respond(turn)
            turn.remember()
        except NeedTool as need:
            finish = "tool_calls"
            asked = [need.request]
        for event in [*turn.events, *asked]:
            yield event
        said = " ".join(event.text for event in turn.events if isinstance(event, TextDelta))
        yield Finished(
            finish,
            # Nothing is tokenised here: words are counted, and the README says so.
            input_tokens=len(request.text.split()),
            output_tokens=len(said.split()),
            then=turn.then,
            handoff_reason=turn.handoff_reason,
        )

    async def start(self) -> None:
        """Ready as made."""

    async def close(self) -> None:
        """Nothing is held."""

    async def _respond(self, turn: Turn) -> None:
        flow = _flow(turn.request.agent, turn.state.flow)
        if turn.unsaid and intents.wants_resume(turn.text, turn.language):
            turn.say(turn.unsaid)
        elif (
            flow is None
            and (made := _flow(turn.request.agent, turn.state.made.get("flow", ""))) is not None
            and (Afterthought(turn, made).heard())
        ):
            return
        elif flow is None and self._tells_again(turn):
            self._ask_more(turn)
        elif not turn.has_flows:
            await other_languages.respond(turn, least=ANSWER_CONFIDENCE)
        elif flow is not None:
            await self._in_flow(turn, flow)
        else:
            await self._outside(turn)

    def _tells_again(self, turn: Turn) -> bool:
        """Say what came of an effect if the caller talked over it; returns whether the caller said nothing else."""
        untold = turn.untold
        turn.say(untold)
        language = turn.request.agent.language
        nothing = not turn.text.strip() or turn.answer is Answer.YES or intents.is_thanks(turn.text, language)
        return bool(untold) and (nothing or intents.wants_repeat(turn.text, language))

    # -- in a flow ---------------------------------------------------------------------------------------------------

    async def _in_flow(self, turn: Turn, flow: Flow) -> None:
        run = FlowRun(turn, flow)
        if turn.state.step == Step.CALL:
            # The turn that made the call was cut off before its outcome could be told.
            outcome = run.outcome()
            if outcome is not None and outcome.status == "OK" and turn.answer in _OBJECTIONS:
                turn.state.keep(flow.name, outcome.result_json)
                Afterthought(turn, flow).ask()
                return
            if outcome is not None and outcome.status:
                run.settle(outcome)
                return
            turn.state.step = Step.CONFIRM
        if self._leaves(turn):
            return
        if run.advance():
            return
        if await self._answered(
            turn, needed=None if intents.is_question(turn.text, turn.language) else SIDE_CONFIDENCE
        ):
            turn.say(turn.state.question)
            return
        if run.refused():
            return
        asks = intents.is_question(turn.text, turn.language)
        if turn.state.step == Step.CONFIRM and turn.answer is not Answer.QUESTION:
            asks = False  # "why not" is an answer, if no clear one
        run.ask_again(turn.does_not_know if asks else "")

    def _leaves(self, turn: Turn) -> bool:
        """What ends or suspends a flow whatever it asked: goodbye, cancel, a person, "say that again"."""
        text = turn.text
        if intents.wants_person(text, turn.language) and turn.can_hand_off:
            turn.state.leave_flow()
            turn.hand_off("asked for a person")
            return True
        if intents.is_goodbye(text, turn.language) and turn.answer is not Answer.YES:
            turn.state.leave_flow()
            turn.say(turn.talk.nothing_booked)
            turn.hang_up()
            return True
        if intents.wants_cancel(text, turn.language):
            turn.state.leave_flow()
            turn.state.open, turn.state.question = "more", turn.talk.anything_else
            turn.say(turn.talk.dropped, turn.talk.anything_else)
            return True
        if intents.wants_repeat(text, turn.language):
            turn.say(turn.state.question)
            return True
        return False

    # -- outside -----------------------------------------------------------------------------------------------------

    async def _outside(self, turn: Turn) -> None:
        text, state = turn.text, turn.state
        opened, state.open = state.open, ""
        if opened == "message":
            turn.say(turn.talk.message_noted)
            self._ask_more(turn)
        elif not text.strip():
            turn.say(turn.talk.heard_nothing)
        elif intents.wants_person(text, turn.language) and turn.can_hand_off:
            turn.hand_off("asked for a person")
        elif opened in ("handoff", "help") and intents.wants_message(text, turn.language):
            self._take_message(turn)
        elif intents.is_goodbye(text, turn.language):
            turn.hang_up()
        elif (
            opened in ("handoff", "help")
            and turn.accepts
            and turn.can_hand_off
            and not intents.is_thanks(text, turn.language)
        ):
            turn.hand_off("accepted a person")
        elif opened.startswith(_OFFERED) and turn.accepts:
            offered = _flow(turn.request.agent, opened.removeprefix(_OFFERED)) or turn.request.agent.flows[0]
            FlowRun(turn, offered).start()
        elif intents.wants_repeat(text, turn.language) and turn.last_said:
            turn.say(turn.last_said)
        elif bookings.asked(turn):
            return
        elif (
            flow := await self._flows.match(turn.request.tenant, text, bookings.others(turn), language=turn.language)
        ) is not None or (flow := await self._proposed(turn)) is not None:
            FlowRun(turn, flow).start()
        elif (tool := client_tools.wanted(text, turn.request.tools)) is not None:
            client_tools.use(turn, tool)
        elif await self._small_talk(turn, opened):
            return
        elif not await self._answered(turn, needed=None) and not await self._offered_flow(turn):
            self._unknown(turn)

    async def _proposed(self, turn: Turn) -> Flow | None:
        """ "Can I see a doctor on Tuesday at ten?": a question with a whole moment is a wish for it."""
        text = turn.text
        flows = [flow for flow in bookings.others(turn) if any(slot.kind == "datetime" for slot in flow.slots)]
        if not flows or not turn.words.intents.proposes.search(bare(text)):
            return None
        when = find_when(text, turn.request.now.replace(tzinfo=None), words=turn.words)
        if when.day is None or when.at is None:
            return None
        return await self._flows.match(
            turn.request.tenant, text, flows, language=turn.language, least=intents.OFFER_SIMILARITY
        )

    async def _small_talk(self, turn: Turn, opened: str) -> bool:
        text = turn.text
        if intents.is_question(text, turn.language):
            return False
        if intents.is_greeting(text, turn.language):
            turn.say(turn.talk.hello)
        elif turn.answer is Answer.NO and opened:
            if (
                opened == "more"
                and only_denies(text, turn.words.answers)
                and not intents.wants_cancel(text, turn.language)
            ):
                turn.hang_up()
            elif opened == "more" and turn.words.intents.follows.search(bare(text)):
                return False
            else:
                turn.say(turn.talk.all_right)
                self._ask_more(turn)
        elif intents.is_thanks(text, turn.language):
            turn.say(turn.talk.welcome)
            self._ask_more(turn)
        elif turn.answer is Answer.YES and len(text.split()) <= 4:
            turn.say(turn.says.help)
        else:
            return False
        return True

    async def _answered(self, turn: Turn, *, needed: float | None) -> bool:
        """Say what the knowledge answers, if it does."""
        if not await questions.answered(turn, least=needed or ANSWER_CONFIDENCE):
            return False
        if not turn.state.flow:
            turn.state.open = "more"
        return True

    async def _offered_flow(self, turn: Turn) -> bool:
        """Words that sound a little like a flow's: ask whether that is what the caller wants."""
        if intents.is_question(turn.text, turn.language):
            return False
        flow = await self._flows.match(
            turn.request.tenant,
            turn.text,
            bookings.others(turn),
            language=turn.language,
            least=intents.OFFER_SIMILARITY,
        )
        if flow is None:
            return False
        turn.state.open = _OFFERED + flow.name
        turn.state.question = turn.talk.would_you_like.format(goal=flow.goal or flow.name.replace("_", " "))
        turn.say(turn.state.question)
        return True

    def _unknown(self, turn: Turn) -> None:
        turn.state.open = "help"
        question = turn.talk.person_or_message if turn.can_hand_off else turn.talk.leave_message
        turn.state.question = question
        turn.say(turn.does_not_know, question)

    def _take_message(self, turn: Turn) -> None:
        turn.state.open = "message"
        turn.state.question = turn.talk.what_message
        turn.say(turn.state.question)

    def _ask_more(self, turn: Turn) -> None:
        turn.state.open, turn.state.question = "more", turn.talk.anything_else
        turn.say(turn.talk.anything_else)


def _flow(agent: AgentDocument, name: str) -> Flow | None:
    return next((flow for flow in agent.flows if flow.name == name), None)
