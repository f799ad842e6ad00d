"""The model's part of a reply: its streams become speech, the tools that it asks for are called between them.

Used by `reply`, once per turn.
"""

from datetime import datetime
from typing import assert_never
from zoneinfo import ZoneInfo

from parley.v1 import events_pb2
from parley_core.agents import ModelChoice
from parley_core.conversation import Turn
from parley_core.errors import ParleyError
from parley_core.languages.registry import sentences

from parley_llm.guardrails import without_card_digits, without_orders
from parley_llm.ports import Hits
from parley_llm.providers.base import (
    FAULTS,
    Finished,
    FlowMoved,
    LookUpFailed,
    ModelProvider,
    ModelRequest,
    Searched,
    TextDelta,
    ToolCallPart,
    ToolCallRequest,
    ToolModel,
    ToolOutcome,
)
from parley_llm.providers.router import BrokeOff, FellBack, Routed
from parley_llm.reply import look_up
from parley_llm.reply.claims import Claim, ReplyClaims
from parley_llm.reply.context import TurnContext
from parley_llm.reply.grounding import ReplyFacts, Ungrounded
from parley_llm.reply.record import ReplyRecord
from parley_llm.reply.speech import ReplySpeech

DEGRADED = "degraded"  # as TurnFailed's action: the turn was answered without something, and the caller was told
MOST_BROKEN = 2  # streams of one turn that broke off behind a sentence and are gone on from
SURE = 0.5  # of the knowledge's own answer, to be said in place of a model's sentence; see rag's README
MOST_ROUNDS = 8  # model streams in one turn: a model that calls tools without end is stopped


class Generation:
    def __init__(
        self, turn: TurnContext, record: ReplyRecord, speech: ReplySpeech, *, resumed: Turn | None = None
    ) -> None:
        """`resumed`: an earlier turn whose answer was cut off and is continued."""
        self._turn = turn
        self._record = record
        self._speech = speech
        self._resumed = resumed
        self._claims = ReplyClaims(turn)
        self._broken: list[ModelChoice] = []  # models that broke off in this turn
        self._facts = ReplyFacts(turn)
        self._looks_up = False  # the model has a tool with which it asks the knowledge itself
        self._corrected = ""  # what a model that claimed too much was told; it is told once

    async def run(self) -> None:
        """Raises a ParleyError when no model can answer."""
        context = self._turn.context
        # A booking that the caller talked over must be known before the next answer is made.
        await context.toolbox.settle_pending(self._turn.number)
        if context.toolbox.unreachable:
            context.toolbox.load_again()
        provider = context.router.first(self._turn.agent)
        replays = provider is not None and provider.replays
        if not replays and context.toolbox.unreachable:
            self._degraded("tools", "Unavailable")
        self._looks_up = provider is not None and provider.wants_knowledge and self._may_look_up(provider)
        hits = Hits()
        if provider is not None and provider.wants_knowledge and not self._looks_up:
            hits = await self._search(without_card_digits(self._turn.known.text))
        if not replays or self._resumed is not None:
            self._speech.continue_said()  # the model is told of it
        executor = self._turn.executor(gated=not replays)
        used = [] if replays else await executor.settle_begun()
        self._speech.cite(self._facts)
        if not replays:
            self._speech.check(self._claims, self._facts)
        for _ in range(MOST_ROUNDS):
            try:
                requests = await self._stream(self._request(used, hits, replays=replays))
            except BrokeOff as broken:
                self._go_on(broken, replays=replays)
                continue
            self._speech.flush(cut_off=self._record.finish == "length")
            held = self._speech.take_held()
            if held is not None and not requests and not self._speech.stopped:
                # Words beside a tool call are dropped where they claim its effect: the next round knows the result.
                reason, sentence = held
                if self._corrected:
                    await self._say_instead(reason)
                    return
                about = self._claims if isinstance(reason, Claim) else self._facts
                self._corrected = about.note(reason, sentence)  # type: ignore[arg-type]  # each takes its own
                continue
            if not requests or self._speech.stopped:
                return
            for request in requests:
                if self._looks_up and request.name == look_up.NAME:
                    used.append(await self._look_up(request))
                    continue
                outcome = await executor.execute(request)
                used.append(outcome)
                if outcome.status in FAULTS:
                    self._degraded("tools", outcome.error if outcome.status == "FAILED" else outcome.status)
                if request.name == "hand_off" and outcome.status == "OK":
                    self._record.then = events_pb2.AFTER_REPLY_HAND_OFF
        self._record.finish = "length"

    def _go_on(self, broken: BrokeOff, *, replays: bool) -> None:
        """A model broke off behind a sentence: the next one, or else the same once more, goes on from there. Raises
        the model's error where that was tried."""
        if replays or len(self._broken) >= MOST_BROKEN:
            raise broken.error
        self._broken.append(broken.choice)
        self._turn.log_failure("llm", type(broken.error).__name__, "continued")
        self._speech.forget()

    # -- what the model is asked -------------------------------------------------------------------------------------

    def _may_look_up(self, provider: ModelProvider) -> bool:
        """Whether the model asks the knowledge by a tool: it takes tools, and the agent has none of that name."""
        taken = any(one.name == look_up.NAME for one in self._turn.context.toolbox.known)
        return isinstance(provider, ToolModel) and provider.takes_tools(self._turn.agent) and not taken

    async def _search(self, text: str) -> Hits:
        try:
            hits = await self._turn.context.knowledge.search(self._turn.asker, text)
        except ParleyError as error:
            self._degraded("rag", type(error).__name__)
            return Hits()
        self._log_search(Searched(text, hits.citations, hits.took_ms, hits.texts))
        return hits

    async def _look_up(self, request: ToolCallRequest) -> ToolOutcome:
        query = look_up.query_of(request)
        if not query:
            return look_up.unasked(request)
        try:
            hits = await self._turn.context.knowledge.search(self._turn.asker, query)
        except ParleyError as error:
            self._degraded("rag", type(error).__name__)
            return look_up.failed(request, type(error).__name__)
        self._log_search(Searched(query, hits.citations, hits.took_ms, hits.texts))
        return look_up.outcome(request, hits)

    async def _say_instead(self, reason: Claim | Ungrounded) -> None:
        """The truth about the tool, or the knowledge's own words, in place of what was held back twice."""
        if isinstance(reason, Claim):
            self._speech.say(self._claims.truth(reason))
            return
        says = sentences(self._turn.agent.language)
        try:
            text = without_card_digits(self._turn.known.text)
            found = await self._turn.context.knowledge.answer(self._turn.asker, text)
        except ParleyError as error:
            self._degraded("rag", type(error).__name__)
            self._speech.say(says.cannot_look_up)
            return
        if found.text and found.confidence >= SURE:
            self._log_search(Searched(text, found.citations, found.took_ms, (found.text,)))
            self._speech.recite(found.text)
        else:
            self._speech.say(says.unknown)

    def _request(self, used: list[ToolOutcome], hits: Hits, *, replays: bool) -> ModelRequest:
        context, memory, number = self._turn.context, self._turn.memory, self._turn.number
        asked = self._turn.known
        said = "" if replays else " ".join(sentence.text for sentence in memory.said(number))
        if self._resumed is not None:
            asked = self._resumed
            said = " ".join(part for part in (asked.heard_text, said) if part)
        session = memory.conversation.session
        return ModelRequest(
            tenant=context.tenant,
            call=context.call,
            turn=number,
            agent=self._turn.agent,
            text=without_card_digits(asked.text),
            now=datetime.fromtimestamp(asked.committed_us / 1e6, ZoneInfo(context.agent.timezone)),
            history=memory.history(number),
            said=said,
            flow=memory.flow_before(number),
            tools=(*context.toolbox.offered, look_up.SPEC) if self._looks_up else context.toolbox.offered,
            turn_tools=tuple(used),
            outcomes=memory.outcomes(),
            knowledge=tuple(without_orders(text) for text in hits.texts),
            groups=self._turn.asker.groups,
            user=session.user if session is not None else "",
            instructions=self._client_instructions(),
            notes=self._notes(),
            written_in=context.agent.language,
        )

    def _client_instructions(self) -> str:
        client = self._turn.memory.conversation.client
        return client.instructions if client is not None and self._turn.context.agent.client_instructions else ""

    def _notes(self) -> tuple[str, ...]:
        """What a model must know of the platform's state, so that a fault is not told as ignorance."""
        words = sentences(self._turn.agent.language).cannot_look_up
        notes = [self._corrected] if self._corrected else []
        if self._failed("rag"):
            notes.append(
                "The knowledge cannot be reached in this turn. Where the caller asks for what it would say, do not "
                f"say that you do not know, and do not guess: say {words!r} and what you can do instead."
            )
        if self._turn.context.toolbox.unreachable:
            notes.append(
                "Your tools cannot be reached right now, so nothing can be looked up, booked or sent in this turn. "
                f"Where the caller wants that, say {words!r} and what you can do instead."
            )
        return tuple(notes)

    def _failed(self, stage: str) -> bool:
        return any(one.stage == stage for one in self._turn.known.failed)

    def _degraded(self, stage: str, error: str) -> None:
        """The turn goes on without something: log the fault, once for each part."""
        if not self._failed(stage):
            self._turn.log_failure(stage, error, DEGRADED)

    # -- what it answers ---------------------------------------------------------------------------------------------

    async def _stream(self, request: ModelRequest) -> list[ToolCallRequest]:
        """Speak one stream of the model; returns the tools it wants."""
        requests: list[ToolCallRequest] = []
        self._record.stream_begins()
        passed = self._speech.passed
        events = self._turn.context.router.stream(
            request, said=lambda: self._speech.passed > passed, leave_out=self._broken
        )
        try:
            async for event in events:
                match event:
                    case Routed(provider, model):
                        self._record.provider, self._record.model = provider, model
                    case FellBack(_, error):
                        self._turn.log_failure("llm", error, "fallback")
                        self._speech.forget()
                        self._record.stream_begins()
                        requests.clear()
                    case TextDelta(text):
                        self._record.text_delta()
                        self._speech.feed(text)
                        if self._speech.stopped:
                            break
                    case ToolCallPart():
                        self._record.token()
                    case ToolCallRequest():
                        self._record.token()
                        requests.append(event)
                    case FlowMoved():
                        self._move_flow(event)
                    case Searched():
                        self._turn.context.retrieved.add(event.texts, event.citations)
                        if not self._turn.known.citations:
                            self._log_search(event)
                    case LookUpFailed(error):
                        self._degraded("rag", error)
                    case Finished():
                        self._record.stream_finished(event)
                    case _:
                        assert_never(event)
        finally:
            await events.aclose()
        return requests

    def _log_search(self, searched: Searched) -> None:
        self._turn.context.retrieved.add(searched.texts, searched.citations)
        self._turn.output.append(
            events_pb2.KnowledgeSearched(
                turn=self._turn.number,
                query=searched.query,
                citations=searched.citations,
                took_ms=searched.took_ms,
            )
        )

    def _move_flow(self, moved: FlowMoved) -> None:
        """Log where the flow stands, unless the log has it: a stream after a tool call says it again."""
        now = self._turn.memory.flow_now(self._turn.number)
        if now is not None and moved == FlowMoved(now.flow, now.step, dict(now.slots), now.state_json):
            return
        self._turn.output.append(
            events_pb2.FlowAdvanced(
                turn=self._turn.number,
                flow=moved.flow,
                step=moved.step,
                slots=dict(moved.slots),
                state_json=moved.state_json,
            )
        )
