"""One turn of the agent: from the caller's words to the last sentence, tools and guardrails included.

`conversation` makes one `Reply` per turn and cancels it when the caller interrupts. A reply that another worker
began is made again from the log: what was said is not said differently, and a tool that was called is not called anew.
"""

import asyncio
import logging
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from parley.v1 import events_pb2, live_pb2
from parley_core.agents import AgentDocument, Notices
from parley_core.clock import Clock
from parley_core.conversation import Turn
from parley_core.errors import ParleyError, TimedOut
from parley_core.locales import phrases

from parley_llm import guardrails
from parley_llm.draft_output import DraftOutput
from parley_llm.memory import Memory
from parley_llm.ports import Hits, Knowledge
from parley_llm.providers.base import (
    Finished,
    FlowMoved,
    ModelRequest,
    Searched,
    TextDelta,
    ToolCallRequest,
    ToolOutcome,
)
from parley_llm.providers.router import FellBack, Routed, Router
from parley_llm.sentences import SentenceCutter
from parley_llm.settings import LlmSettings
from parley_llm.speech_output import LiveOutput, SpeechOutput
from parley_llm.toolbox import Toolbox

log = logging.getLogger(__name__)

# In English; `Parts.notices` has them in other languages.
FILLERS = ("One moment, please.", "Let me see.", "Just a second.")
APOLOGY = "I am sorry, something went wrong on my side. Could you say that again, please?"
NOTHING_SAID = "I am sorry, could you say that again, please?"
WHAT_ELSE = "How can I help you?"
UNHEARD = "I am sorry, I do not understand that language."
MOST_ROUNDS = 8  # model streams in one turn: a model that calls tools without end is stopped
FAILURES_UNTIL_HANDOFF = 2

_REPLY = events_pb2.SAY_KIND_REPLY


@dataclass(frozen=True, slots=True)
class Parts:
    """What every reply of a call works with."""

    settings: LlmSettings
    clock: Clock
    agent: AgentDocument
    router: Router
    knowledge: Knowledge
    toolbox: Toolbox
    memory: Memory
    output: LiveOutput
    tenant: str
    call: str
    traceparent: str = ""

    def agent_in(self, turn: int) -> AgentDocument:
        """The agent in the language of a turn."""
        return self.agent.spoken_in(self.memory.language(turn))

    def notices(self, turn: int) -> Notices:
        return self.agent.notices_in(self.memory.language(turn))


@dataclass(slots=True)
class _Tally:
    """What becomes of the reply, for Replied and for the bill."""

    provider: str = ""
    model: str = ""
    finish: str = "stop"
    input_tokens: int = 0
    output_tokens: int = 0
    deltas: int = 0  # of the stream that runs: its tokens, near enough, should it be cancelled
    first_token_us: int = 0
    then: events_pb2.AfterReply.ValueType = events_pb2.AFTER_REPLY_LISTEN
    handoff_reason: str = ""


class Reply:
    def __init__(self, parts: Parts, turn: int, draft: DraftOutput | None = None, *, take: int = 0) -> None:
        """`draft`: the turn is not committed. `take`: of sentences that a lost worker's draft may have said
        already."""
        self._parts = parts
        self._turn = turn
        self._draft = draft
        self._output: SpeechOutput = draft or parts.output
        self._agent = parts.agent_in(turn)
        self._notices = parts.notices(turn)
        self._take = take
        self._began = parts.clock.monotonic()
        self._tally = _Tally()
        self._cutter = SentenceCutter()
        # Sentences that another worker has said of this reply. One that is made again is not said again.
        self._said_before = [sentence.text for sentence in parts.memory.said(turn)]
        self._skip = list(self._said_before)
        self._filler: asyncio.TimerHandle | None = None
        self._stopped_by_rule = False
        self._resumed: Turn | None = None  # the turn whose answer is gone on with
        self._broken = False
        self._done = False

    async def run(self) -> None:
        """Answer the turn. Raises nothing but CancelledError: whatever fails is told to the caller."""
        settings = self._parts.settings
        if not self.drafting:
            self._expect_filler()
        try:
            async with asyncio.timeout(settings.turn_s):
                await self._answer()
        except TimeoutError:
            await self._fail(TimedOut("the turn", settings.turn_s))
        except ParleyError as error:
            await self._fail(error)
        except Exception as error:
            log.exception("reply failed", extra={"call": self._parts.call, "turn": self._turn})
            await self._fail(error)
        finally:
            self._silence_filler()
        if not self.broken:
            self._finish()
            self._done = True

    @property
    def drafting(self) -> bool:
        return self._draft is not None and self._draft.pending

    @property
    def broken(self) -> bool:
        """A draft that failed before it said anything: the committed turn is answered from the start."""
        return self._broken

    def committed(self) -> None:
        """The draft's turn is committed: what it did happens now, what it waits for it may do."""
        if self._draft is not None:
            self._draft.commit()
            if not self._done and not self._parts.memory.turn(self._turn).sentences:
                self._expect_filler()

    def dropped(self) -> None:
        """The caller went on: nothing of the draft happened, and what it cost is on the bill."""
        if self._draft is None:
            return
        tally = self._tally
        output = tally.output_tokens + tally.deltas
        self._draft.drop(output)
        self._draft.waste("llm_input_tokens", tally.provider, tally.model, tally.input_tokens)
        self._draft.waste("llm_output_tokens", tally.provider, tally.model, output)

    def cancelled(self) -> None:
        """The caller interrupted, or went on: log how far the reply came."""
        self._silence_filler()
        self._tally.finish = "cancelled"
        self._tally.output_tokens += self._tally.deltas
        self._log_reply()

    # -- what to answer with ---------------------------------------------------------------------------------------

    async def _answer(self) -> None:
        agent, memory = self._agent, self._parts.memory
        if self._turn == 0:
            self._tally.provider = "agent"
            if agent.greeting is not None:
                self._recite(agent.greeting.text, uninterruptible=agent.greeting.uninterruptible)
            return
        if memory.turn(self._turn).resumes:
            await self._go_on()
            return
        if memory.turn(self._turn).wish:
            self._grant(memory.turn(self._turn).wish)
            return
        tripped = guardrails.check_caller(agent, memory.turn(self._turn).text)
        if tripped is not None:
            await self._guarded(tripped)
        else:
            await self._ask_model()
        if self._tally.then == events_pb2.AFTER_REPLY_HAND_OFF:
            await self._hand_off(self._tally.handoff_reason)
        if not memory.turn(self._turn).sentences:
            self._output.say(self._turn, self._notices.say_again or NOTHING_SAID, kind=events_pb2.SAY_KIND_NOTICE)

    def _grant(self, language: str) -> None:
        """The caller asked for a language and for nothing else: greet in it, or say that it cannot be had."""
        parts = self._parts
        self._tally.provider = "agent"
        if language == parts.memory.language(self._turn):
            entry = parts.agent.entry(language)
            greeting = entry.greeting if entry is not None else None
            self._recite(greeting.text if greeting is not None else phrases(language).help or WHAT_ELSE)
            return
        sorry = parts.agent.notices_in(language).unheard
        text, spoken = (sorry, language) if sorry else (UNHEARD, self._agent.language)
        self._output.say(self._turn, text, kind=events_pb2.SAY_KIND_NOTICE, language=spoken)

    async def _go_on(self) -> None:
        """Cut off by mistake, or by a broken line: say what was not heard, and make the rest where it is owed."""
        cut = self._parts.memory.cut_off(self._turn)
        if cut is None:
            # The line broke while the caller was to answer.
            self._recite(self._parts.memory.last_asked(self._turn))
            return
        for sentence in [cut.sentences[number] for number in sorted(cut.sentences)]:
            if sentence.rest and sentence.kind == _REPLY:
                self._say(sentence.rest, uninterruptible=sentence.uninterruptible)
        whole = cut.replied is not None and cut.replied.finish not in ("cancelled", "error")
        if whole and cut.replied is not None:
            self._tally.then = cut.replied.then
        elif cut.text:
            self._resumed = cut
            await self._ask_model()

    async def _guarded(self, tripped: guardrails.Tripped) -> None:
        self._tally.provider = "guardrail"
        self._trip(tripped)
        self._recite(tripped.say)
        self._after_rule(tripped)

    def _after_rule(self, tripped: guardrails.Tripped) -> None:
        if tripped.then == "hand_off":
            self._tally.then = events_pb2.AFTER_REPLY_HAND_OFF
            self._tally.handoff_reason = tripped.rule
        elif tripped.then == "hang_up":
            self._tally.then = events_pb2.AFTER_REPLY_HANG_UP

    def _trip(self, tripped: guardrails.Tripped) -> None:
        known = self._parts.memory.conversation.guardrails
        if not any(one.turn == self._turn and one.rule == tripped.rule and one.side == tripped.side for one in known):
            self._output.append(
                events_pb2.GuardrailTripped(
                    turn=self._turn, rule=tripped.rule, side=tripped.side, action=tripped.action
                )
            )

    def _recite(self, text: str, *, uninterruptible: bool = False) -> None:
        """Say a text of the agent document."""
        cutter = SentenceCutter()
        for sentence in [*cutter.feed(text), *cutter.flush()]:
            self._say(sentence, uninterruptible=uninterruptible)

    # -- the model -------------------------------------------------------------------------------------------------

    async def _ask_model(self) -> None:
        parts = self._parts
        # A booking that the caller talked over must be known before the next answer is made.
        await parts.toolbox.settle_pending(self._turn)
        first = parts.router.first(self._agent)
        replays = first is not None and first.replays
        hits = await self._search() if first is not None and first.wants_knowledge else Hits()
        if not replays or self._resumed is not None:
            # What was said stands; the model is told of it and goes on behind it.
            self._skip.clear()
        used: list[ToolOutcome] = []
        draft = self._draft.draft if self._draft is not None else 0
        executor = parts.toolbox.executor(self._turn, gated=not replays, output=self._output, draft=draft)
        if not replays:
            used += await executor.settle_begun()
        for _ in range(MOST_ROUNDS):
            requests = await self._stream(self._request(used, hits, replays=replays))
            for sentence in self._cutter.flush():
                self._say(sentence)
            if not requests or self._stopped_by_rule:
                return
            for request in requests:
                outcome = await executor.execute(request)
                used.append(outcome)
                if request.name == "hand_off" and outcome.status == "OK":
                    self._tally.then = events_pb2.AFTER_REPLY_HAND_OFF
        self._tally.finish = "length"

    def _request(self, used: list[ToolOutcome], hits: Hits, *, replays: bool) -> ModelRequest:
        parts = self._parts
        turn = parts.memory.turn(self._turn)
        said = "" if replays else " ".join([sentence.text for sentence in parts.memory.said(self._turn)])
        if self._resumed is not None:
            turn = self._resumed
            said = " ".join(part for part in (turn.heard_text, said) if part)
        session = parts.memory.conversation.session
        return ModelRequest(
            tenant=parts.tenant,
            call=parts.call,
            turn=self._turn,
            agent=self._agent,
            text=guardrails.without_card_digits(turn.text),
            now=datetime.fromtimestamp(turn.committed_us / 1e6, ZoneInfo(parts.agent.timezone)),
            history=parts.memory.history(self._turn),
            said=said,
            flow=parts.memory.flow_before(self._turn),
            tools=parts.toolbox.offered,
            turn_tools=tuple(used),
            outcomes=parts.memory.outcomes(),
            knowledge=hits.texts,
            user=session.user if session is not None else "",
            instructions=self._client_instructions(),
        )

    def _client_instructions(self) -> str:
        client = self._parts.memory.conversation.client
        return client.instructions if client is not None and self._parts.agent.client_instructions else ""

    async def _search(self) -> Hits:
        parts = self._parts
        text = guardrails.without_card_digits(parts.memory.turn(self._turn).text)
        try:
            hits = await parts.knowledge.search(parts.tenant, parts.agent.agent, text)
        except ParleyError:
            return Hits()
        self._output.append(
            events_pb2.KnowledgeSearched(turn=self._turn, query=text, citations=hits.citations, took_ms=hits.took_ms)
        )
        return hits

    async def _stream(self, request: ModelRequest) -> list[ToolCallRequest]:
        """Speak one stream of the model; returns the tools it wants."""
        requests: list[ToolCallRequest] = []
        tally = self._tally
        tally.deltas = 0
        events = self._parts.router.stream(request)
        try:
            async for event in events:
                match event:
                    case Routed(provider, model):
                        tally.provider, tally.model = provider, model
                    case FellBack(_, error):
                        self._log_failure("llm", error, "fallback")
                    case TextDelta(text):
                        self._heard_first_token()
                        tally.deltas += 1
                        for sentence in self._cutter.feed(text):
                            self._say(sentence)
                        if self._stopped_by_rule:
                            break
                    case ToolCallRequest():
                        self._heard_first_token()
                        requests.append(event)
                    case FlowMoved():
                        self._move_flow(event)
                    case Searched(query, citations, took_ms):
                        self._log_search(query, citations, took_ms)
                    case Finished():
                        self._stream_finished(event)
                        tally.deltas = 0
        finally:
            await events.aclose()
        return requests

    def _stream_finished(self, event: Finished) -> None:
        tally = self._tally
        tally.deltas = 0
        tally.finish = event.finish if event.finish != "tool_calls" else "stop"
        tally.input_tokens += event.input_tokens
        tally.output_tokens += event.output_tokens
        if event.then != events_pb2.AFTER_REPLY_LISTEN:
            tally.then = event.then
            tally.handoff_reason = event.handoff_reason

    def _heard_first_token(self) -> None:
        if not self._tally.first_token_us:
            self._tally.first_token_us = max(1, self._elapsed_us())

    def _move_flow(self, moved: FlowMoved) -> None:
        body = events_pb2.FlowAdvanced(
            turn=self._turn, flow=moved.flow, step=moved.step, slots=dict(moved.slots), state_json=moved.state_json
        )
        now = self._parts.memory.flow_now(self._turn)
        same = now is not None and (now.flow, now.step, now.slots, now.state_json) == (
            body.flow, body.step, body.slots, body.state_json,
        )  # fmt: skip
        if not same:
            self._output.append(body)

    def _log_search(self, query: str, citations: tuple[events_pb2.Citation, ...], took_ms: int) -> None:
        if not self._parts.memory.turn(self._turn).citations:
            self._output.append(
                events_pb2.KnowledgeSearched(turn=self._turn, query=query, citations=citations, took_ms=took_ms)
            )

    # -- speaking --------------------------------------------------------------------------------------------------

    def _say(self, sentence: str, *, uninterruptible: bool = False) -> None:
        if self._stopped_by_rule:
            return
        tripped = guardrails.check_sentence(self._agent, sentence)
        if tripped is not None:
            self._trip(tripped)
            sentence = tripped.say
            self._stopped_by_rule = True
            self._after_rule(tripped)
            if not sentence:
                return
        if self._skip:
            self._skip.pop(0)
            return
        self._silence_filler()
        timing = None
        if self._parts.memory.next_sentence(self._turn) == 0:
            first_token_us = self._tally.first_token_us or self._elapsed_us()
            timing = live_pb2.ReplyTiming(model_us=first_token_us, sentence_us=self._elapsed_us() - first_token_us)
        self._output.say(self._turn, sentence, uninterruptible=uninterruptible, timing=timing, take=self._take)

    def _expect_filler(self) -> None:
        settings = self._parts.settings
        if settings.filler_ms and self._turn:
            loop = asyncio.get_running_loop()
            self._filler = loop.call_later(settings.filler_ms / 1000, self._say_filler)

    def _say_filler(self) -> None:
        if not self._parts.memory.turn(self._turn).sentences:
            fillers = self._notices.fillers or FILLERS
            filler = fillers[self._parts.memory.fillers() % len(fillers)]
            self._output.say(self._turn, filler, kind=events_pb2.SAY_KIND_FILLER)

    def _silence_filler(self) -> None:
        if self._filler is not None:
            self._filler.cancel()
            self._filler = None

    # -- ends ------------------------------------------------------------------------------------------------------

    async def _hand_off(self, reason: str) -> None:
        """Tell the log and the tools that a person takes over. A tool that fails keeps nobody from it."""
        parts = self._parts
        if not any(one.turn == self._turn for one in parts.memory.conversation.handoffs):
            lines = [f"{message.role}: {message.text}" for message in parts.memory.history(self._turn)[-6:]]
            caller = guardrails.without_card_digits(parts.memory.turn(self._turn).text)
            summary = "\n".join([*lines, f"caller: {caller}"])
            self._output.append(
                events_pb2.HandoffRequested(
                    turn=self._turn, reason=reason, summary=summary, target=parts.agent.handoff.target
                )
            )
        try:
            await parts.toolbox.executor(self._turn, gated=False, output=self._output).hand_off(reason)
        except ParleyError as error:
            self._log_failure("tools", type(error).__name__, "handed_off")

    async def _fail(self, error: Exception) -> None:
        """Say that something went wrong; after several turns in a row that failed, a person takes over."""
        parts = self._parts
        if self.drafting and not parts.memory.turn(self._turn).sentences:
            self._broken = True
            return
        self._tally.finish = "error"
        again = parts.memory.failed_in_a_row(self._turn) + 1 >= FAILURES_UNTIL_HANDOFF
        if again and "hand_off" in parts.agent.tools:
            self._log_failure("llm", type(error).__name__, "handed_off")
            self._output.say(self._turn, self._agent.handoff.say, kind=events_pb2.SAY_KIND_NOTICE)
            self._tally.then = events_pb2.AFTER_REPLY_HAND_OFF
            await self._hand_off("repeated failure")
            return
        self._log_failure("llm", type(error).__name__, "apologised")
        self._output.say(self._turn, self._notices.apology or APOLOGY, kind=events_pb2.SAY_KIND_NOTICE)
        self._tally.then = events_pb2.AFTER_REPLY_LISTEN

    def _log_failure(self, stage: str, error: str, action: str) -> None:
        self._output.append(events_pb2.TurnFailed(turn=self._turn, stage=stage, error=error, action=action))

    def _finish(self) -> None:
        self._log_reply()
        self._output.end(self._turn, self._tally.then)

    def _log_reply(self) -> None:
        tally, output, memory = self._tally, self._output, self._parts.memory
        for meter, tokens in (("llm_input_tokens", tally.input_tokens), ("llm_output_tokens", tally.output_tokens)):
            if tokens:
                output.append(
                    events_pb2.UsageMeasured(
                        meter=meter, provider=tally.provider, model=tally.model, quantity=tokens * 1000, turn=self._turn
                    )
                )
        output.append(
            events_pb2.Replied(
                turn=self._turn,
                text=" ".join(sentence.text for sentence in memory.said(self._turn)),
                sentences=memory.next_sentence(self._turn),
                provider=tally.provider,
                model=tally.model,
                finish=tally.finish,
                input_tokens=tally.input_tokens,
                output_tokens=tally.output_tokens,
                first_token_ms=tally.first_token_us // 1000,
                total_ms=self._elapsed_us() // 1000,
                then=tally.then,
            )
        )

    def _elapsed_us(self) -> int:
        return int((self._parts.clock.monotonic() - self._began) * 1e6)
