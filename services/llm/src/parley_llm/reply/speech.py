"""What a reply says: text in, sentences out, each past the guardrails and numbered on the log. Used by `reply` and
`generation`."""

from parley_llm.reply.claims import Claim, ReplyClaims
from parley_llm.reply.context import TurnContext
from parley_llm.reply.filler import Filler
from parley_llm.reply.grounding import ReplyFacts, Ungrounded
from parley_llm.reply.guard import Guard
from parley_llm.reply.record import ReplyRecord
from parley_llm.sentences import ENDS, SentenceCutter

REPEATED_WORDS = 4  # a model that says a sentence of so many words a second time in one reply goes round in circles


class ReplySpeech:
    def __init__(self, turn: TurnContext, record: ReplyRecord, guard: Guard, filler: Filler, *, take: int) -> None:
        """`take`: of sentences that a lost worker's draft may have said already."""
        self._turn = turn
        self._record = record
        self._guard = guard
        self._filler = filler
        self._take = take
        self._cutter = SentenceCutter(turn.agent.language)
        # Sentences that another worker has said of this reply. One that is made again is not said again.
        self._skip = len(turn.memory.said(turn.number))
        self._stopped = False
        self._claims: ReplyClaims | None = None
        self._facts: ReplyFacts | None = None
        self._cited: ReplyFacts | None = None
        self._held: tuple[Claim | Ungrounded, str] | None = None  # why a sentence is not said, and the sentence
        self._once: set[str] = set()  # sentences that are not said a second time
        self._own: set[str] = set()  # a model's own of this reply
        self.passed = 0  # sentences so far, those that are not said again among them

    @property
    def stopped(self) -> bool:
        """Whether a guardrail has ended the reply: nothing more is said."""
        return self._stopped

    def check(self, claims: ReplyClaims, facts: ReplyFacts) -> None:
        """What is fed from now on are a model's own words: what they claim and state must be borne out."""
        self._claims, self._facts = claims, facts

    def cite(self, facts: ReplyFacts) -> None:
        """What is said from now on is logged with the passages that bear it out."""
        self._cited = facts

    def take_held(self) -> tuple[Claim | Ungrounded, str] | None:
        """Why the stream's words ended, if they were held back. The model's next words are heard again, without the
        sentences that it said before and says once more."""
        held, self._held = self._held, None
        if held is not None:
            self._once = {one.text for one in self._turn.memory.said(self._turn.number)}
        return held

    def continue_said(self) -> None:
        """What was said stands, and what comes now follows it."""
        self._skip = 0

    def feed(self, text: str) -> None:
        """A part of the reply, as it comes from a model."""
        for sentence in self._cutter.feed(text):
            self._say_checked(sentence)

    def forget(self) -> None:
        """The model broke off: the sentence that was not whole is not said."""
        self._cutter = SentenceCutter(self._turn.agent.language)
        self._held = None

    def flush(self, *, cut_off: bool = False) -> None:
        """`cut_off`: the model came to the end of its tokens; half a sentence behind whole ones is not said."""
        rest = self._cutter.flush()
        if cut_off and self.passed and rest and rest[-1][-1] not in ENDS:
            rest.pop()
        for sentence in rest:
            self._say_checked(sentence)

    def recite(self, text: str, *, uninterruptible: bool = False) -> None:
        """A whole text of the agent document."""
        cutter = SentenceCutter(self._turn.agent.language)
        for sentence in [*cutter.feed(text), *cutter.flush()]:
            self.say(sentence, uninterruptible=uninterruptible)

    def _say_checked(self, sentence: str) -> None:
        """Nothing behind a sentence that is held back is said: it builds on it."""
        if self._held is not None or sentence in self._once or sentence in self._own:
            return
        if self._claims is not None and (claim := self._claims.unfounded(sentence)) is not None:
            self._held = claim, sentence
            self._claims.held()
        elif self._facts is not None and (stated := self._facts.ungrounded(sentence)) is not None:
            self._held = stated, sentence
            self._facts.held()
        else:
            if self._claims is not None and len(sentence.split()) >= REPEATED_WORDS:
                self._own.add(sentence)
            self.say(sentence)

    def say(self, sentence: str, *, uninterruptible: bool = False) -> None:
        if self._stopped:
            return
        self.passed += 1
        tripped = self._guard.check_sentence(sentence)
        if tripped is not None and tripped.action != "noted":
            sentence = tripped.say
            self._stopped = True
            self._record.follow_rule(tripped)
            if not sentence:
                return
        if self._skip:
            self._skip -= 1
            return
        self._filler.cancel()
        turn = self._turn
        first = turn.memory.next_sentence(turn.number) == 0
        timing = self._record.first_sentence() if first else None
        citations = self._cited.citations(sentence) if self._cited is not None else ()
        turn.output.say(
            turn.number,
            sentence,
            uninterruptible=uninterruptible,
            timing=timing,
            take=self._take,
            citations=citations,
        )
