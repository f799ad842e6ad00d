"""What becomes of a reply: tokens, times, how it finished and what follows it. The source of `Replied` and of the bill.

The parts of a reply write it; `reply` logs it once, at the end.
"""

from parley.v1 import events_pb2, live_pb2
from parley_core.clock import Clock

from parley_llm.guardrails import Tripped
from parley_llm.providers.base import Finished
from parley_llm.reply.context import TurnContext


class ReplyRecord:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._began = clock.monotonic()
        self.provider = ""
        self.model = ""
        self.finish = "stop"
        self.then: events_pb2.AfterReply.ValueType = events_pb2.AFTER_REPLY_LISTEN
        self.handoff_reason = ""
        self.input_tokens = 0
        self._cached_tokens = 0  # of the input
        self._output_tokens = 0  # of streams that have ended
        self._deltas = 0  # of the stream that runs: its tokens, near enough, should it be cancelled
        self._first_token_us = 0

    # -- the model's streams -----------------------------------------------------------------------------------------

    def stream_begins(self) -> None:
        self._deltas = 0

    def token(self) -> None:
        """The model has begun to answer: the first time counts."""
        if not self._first_token_us:
            self._first_token_us = max(1, self._elapsed_us())

    def text_delta(self) -> None:
        self.token()
        self._deltas += 1

    def stream_finished(self, event: Finished) -> None:
        self._deltas = 0
        self.finish = event.finish if event.finish != "tool_calls" else "stop"
        self.input_tokens += event.input_tokens
        self._cached_tokens += event.cached_tokens
        self._output_tokens += event.output_tokens
        if event.then != events_pb2.AFTER_REPLY_LISTEN:
            self.then, self.handoff_reason = event.then, event.handoff_reason

    # -- what follows ------------------------------------------------------------------------------------------------

    def follow_rule(self, tripped: Tripped) -> None:
        if tripped.then == "hand_off":
            self.then, self.handoff_reason = events_pb2.AFTER_REPLY_HAND_OFF, tripped.rule
        elif tripped.then == "hang_up":
            self.then = events_pb2.AFTER_REPLY_HANG_UP

    def cancelled(self) -> None:
        self.finish = "cancelled"
        self._output_tokens, self._deltas = self.output_tokens, 0

    # -- figures -----------------------------------------------------------------------------------------------------

    @property
    def output_tokens(self) -> int:
        """Used so far, the stream that runs included."""
        return self._output_tokens + self._deltas

    def first_sentence(self) -> live_pb2.ReplyTiming:
        """Where the time until now went, when the first sentence is ready."""
        now = max(self._elapsed_us(), self._first_token_us)  # a first token counts as 1 us even where no time passed
        model = self._first_token_us or now
        return live_pb2.ReplyTiming(model_us=model, sentence_us=now - model)

    def log(self, turn: TurnContext) -> None:
        metrics = turn.context.metrics
        metrics.replies.add(1, {"finish": self.finish})
        if self._first_token_us:
            metrics.first_token_s.record(self._first_token_us / 1e6)
        if self._cached_tokens:
            metrics.cached_tokens.add(self._cached_tokens, {"provider": self.provider})
        for meter, tokens in (("llm_input_tokens", self.input_tokens), ("llm_output_tokens", self._output_tokens)):
            if tokens:
                turn.output.append(
                    events_pb2.UsageMeasured(
                        meter=meter,
                        provider=self.provider,
                        model=self.model,
                        quantity=tokens * 1000,
                        turn=turn.number,
                    )
                )
        turn.output.append(
            events_pb2.Replied(
                turn=turn.number,
                text=" ".join(sentence.text for sentence in turn.memory.said(turn.number)),
                sentences=turn.memory.next_sentence(turn.number),
                provider=self.provider,
                model=self.model,
                finish=self.finish,
                input_tokens=self.input_tokens,
                output_tokens=self._output_tokens,
                first_token_ms=self._first_token_us // 1000,
                total_ms=self._elapsed_us() // 1000,
                then=self.then,
            )
        )

    def _elapsed_us(self) -> int:
        return int((self._clock.monotonic() - self._began) * 1e6)
