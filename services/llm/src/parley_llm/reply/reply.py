"""One turn of the agent: from the caller's words to the last sentence. Made by `conversation` for a committed turn, by
`drafts` for one that may be.

`Reply` decides what answers the turn (a greeting, a rule, a model …) and how the reply ends. The model's part is
`generation`'s, the sentences are `speech`'s, the figures `record`'s. A reply that another worker began is made again
from the log: what was said is not said differently, and a tool that was called is not called anew.
"""

import asyncio
import logging

from parley.v1 import events_pb2
from parley_core import telemetry
from parley_core.errors import ParleyError, TimedOut
from parley_core.languages.registry import sentences

from parley_llm.guardrails import Tripped
from parley_llm.reply.context import CallContext, TurnContext
from parley_llm.reply.draft_output import DraftOutput
from parley_llm.reply.filler import Filler
from parley_llm.reply.generation import Generation
from parley_llm.reply.guard import Guard
from parley_llm.reply.handoff import hand_off
from parley_llm.reply.record import ReplyRecord
from parley_llm.reply.speech import ReplySpeech

log = logging.getLogger(__name__)

FAILURES_UNTIL_HANDOFF = 2


class Reply:
    def __init__(self, context: CallContext, turn: int, draft: DraftOutput | None = None, *, take: int = 0) -> None:
        """`draft`: the turn is not committed. `take`: see `ReplySpeech`."""
        self._turn = TurnContext.of(context, turn, draft)
        self._draft = draft
        self._record = ReplyRecord(context.clock)
        self._guard = Guard(self._turn)
        self._filler = Filler(self._turn)
        self._speech = ReplySpeech(self._turn, self._record, self._guard, self._filler, take=take)
        self._broken = False
        self._done = False

    async def run(self) -> None:
        """Answer the turn. Raises only CancelledError: for any failure the caller hears an apology."""
        context = self._turn.context
        with telemetry.span(
            "reply",
            attributes={"parley.call": context.call, "parley.turn": self._turn.number},
            parent=context.traceparent,
        ):
            if not self.drafting:
                self._filler.expect()
            try:
                async with asyncio.timeout(context.tuning.turn_s):
                    await self._answer()
            except TimeoutError:
                await self._fail(TimedOut("the turn", context.tuning.turn_s))
            except ParleyError as error:
                await self._fail(error)
            except Exception as error:
                log.exception("reply failed", extra={"call": context.call, "turn": self._turn.number})
                await self._fail(error)
            finally:
                self._filler.cancel()
            if not self.broken:
                self._record.log(self._turn)
                self._turn.output.end(self._turn.number, self._record.then)
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
            if not self._done and not self._turn.known.sentences:
                self._filler.expect()

    def dropped(self) -> None:
        """The caller went on: nothing of the draft happened, and what it cost is on the bill."""
        if self._draft is None:
            return
        record, output = self._record, self._record.output_tokens
        self._draft.drop(output)
        self._draft.waste("llm_input_tokens", record.provider, record.model, record.input_tokens)
        self._draft.waste("llm_output_tokens", record.provider, record.model, output)

    def cancelled(self) -> None:
        """The caller interrupted, or went on: log how far the reply came."""
        self._filler.cancel()
        self._record.cancelled()
        self._record.log(self._turn)

    # -- what to answer with ---------------------------------------------------------------------------------------

    async def _answer(self) -> None:
        asked = self._turn.known
        if self._turn.number == 0:
            self._greet()
        elif asked.resumes:
            await self._continue()
        elif asked.wish:
            self._change_language(asked.wish)
        else:
            await self._respond()

    def _greet(self) -> None:
        self._record.provider = "agent"
        greeting = self._turn.agent.greeting
        if greeting is not None:
            self._speech.recite(greeting.text, uninterruptible=greeting.uninterruptible)

    async def _continue(self) -> None:
        """Cut off by mistake, or by a broken line: say what was not heard, and make the rest where it is owed."""
        cut = self._turn.memory.cut_off(self._turn.number)
        if cut is None:
            # The line broke while the caller was to answer.
            self._speech.recite(self._turn.memory.last_asked(self._turn.number))
            return
        for sentence in [cut.sentences[number] for number in sorted(cut.sentences)]:
            if sentence.rest and sentence.kind == events_pb2.SAY_KIND_REPLY:
                self._speech.say(sentence.rest, uninterruptible=sentence.uninterruptible)
        if cut.replied is not None and cut.replied.finish not in ("cancelled", "error"):
            self._record.then = cut.replied.then
        elif cut.text:
            await Generation(self._turn, self._record, self._speech, resumed=cut).run()

    def _change_language(self, language: str) -> None:
        """The caller asked for a language and for nothing else: greet in it, or say that it cannot be had."""
        turn, document = self._turn, self._turn.context.agent
        self._record.provider = "agent"
        if language == turn.memory.language(turn.number):
            entry = document.entry(language)
            greeting = entry.greeting if entry is not None else None
            self._speech.recite(greeting.text if greeting is not None else sentences(language).help)
            return
        sorry = document.unheard_in(language)
        text, spoken = (sorry, language) if sorry else (sentences(turn.agent.language).not_spoken, turn.agent.language)
        turn.output.say(turn.number, text, kind=events_pb2.SAY_KIND_NOTICE, language=spoken)

    async def _respond(self) -> None:
        tripped = self._guard.check_caller()
        if tripped is not None and tripped.action != "noted":
            self._refuse(tripped)
        else:
            await Generation(self._turn, self._record, self._speech).run()
        if self._record.then == events_pb2.AFTER_REPLY_HAND_OFF:
            await hand_off(self._turn, self._record.handoff_reason)
        if not self._turn.known.sentences:
            self._notice(self._turn.notices.say_again)

    def _refuse(self, tripped: Tripped) -> None:
        """The caller's words tripped a rule: its words are the answer."""
        self._record.provider = "guardrail"
        self._speech.recite(tripped.say)
        self._record.follow_rule(tripped)

    # -- when it fails -----------------------------------------------------------------------------------------------

    async def _fail(self, error: Exception) -> None:
        """Say that something went wrong; after several turns in a row that failed, a person takes over."""
        turn, record = self._turn, self._record
        if self.drafting and not turn.known.sentences:
            self._broken = True
            return
        record.finish = "error"
        again = turn.memory.failed_in_a_row(turn.number) + 1 >= FAILURES_UNTIL_HANDOFF
        if again and "hand_off" in turn.context.agent.tools:
            turn.log_failure("llm", type(error).__name__, "handed_off")
            self._notice(turn.agent.handoff.say)
            record.then = events_pb2.AFTER_REPLY_HAND_OFF
            await hand_off(turn, "repeated failure")
            return
        turn.log_failure("llm", type(error).__name__, "apologised")
        self._notice(turn.notices.apology)
        record.then = events_pb2.AFTER_REPLY_LISTEN

    def _notice(self, text: str) -> None:
        self._turn.output.say(self._turn.number, text, kind=events_pb2.SAY_KIND_NOTICE)
