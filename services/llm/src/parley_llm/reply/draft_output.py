"""A draft: an answer to a turn that is not committed. Made by `drafts` for each `live.draft`; used by `reply`.

A draft speaks through a `DraftOutput`: its sentences go out with the draft's number, so that they are held, and its
events are folded into the memory as if they had happened but kept from the log. The commit makes them happen, in their
order; a drop makes the memory forget them. What must be on the log before an effect waits for the commit, so a draft
gets as far as its first tool with side effects and no further.
"""

import asyncio

from google.protobuf.message import Message as Proto
from parley.v1 import events_pb2, live_pb2

from parley_llm.memory import Memory
from parley_llm.speech_output import LiveOutput, SpeechOutput


class DraftOutput(SpeechOutput):
    """See `LiveOutput`, whose place it takes; from the commit on it is no different."""

    def __init__(self, output: LiveOutput, memory: Memory, asked: live_pb2.Draft) -> None:
        super().__init__(memory, named=output.named)
        self._output = output
        self.call = output.call
        self.asked = asked
        self.turn = asked.turn
        self.draft = asked.draft
        self.text = asked.text
        self._kept: list[Proto] = []
        self._committed = asyncio.Event()
        self._dropped = False
        self.has_spoken = False
        memory.begin_draft(asked)

    @property
    def pending(self) -> bool:
        """Whether it is neither committed nor dropped."""
        return not self._committed.is_set() and not self._dropped

    def append(self, body: Proto) -> None:
        if self._committed.is_set():
            self._output.append(body)
        elif not self._dropped:
            self._kept.append(body)
            self._memory.imagine(body)

    async def append_stored(self, body: Proto) -> None:
        """Before an effect: waits for the commit. A look-up has none and goes ahead."""
        if isinstance(body, events_pb2.ToolCalled) and not body.side_effects:
            self.append(body)
            return
        await self._committed.wait()
        await self._output.append_stored(body)

    def post(self, say: live_pb2.Say) -> None:
        if self.pending:
            say.draft = self.draft
            self.has_spoken = True
        if not self._dropped:
            self._output.post(say)

    def forget(self) -> None:
        """The memory is again as it was before the draft: it was dropped, or its commit is about to be folded in."""
        self._memory.forget_draft(self.turn)

    def commit(self) -> None:
        """What was imagined happens. The memory has folded the commit in by now."""
        kept, self._kept = self._kept, []
        self._committed.set()
        for body in kept:
            self._output.append(body)

    def drop(self, output_tokens: int) -> None:
        """Nothing of it remains but its number and what it cost."""
        self._dropped = True
        self._kept.clear()
        self.forget()
        self._output.append(events_pb2.DraftDropped(turn=self.turn, draft=self.draft, output_tokens=output_tokens))

    def waste(self, meter: str, provider: str, model: str, tokens: int) -> None:
        if tokens:
            self._output.append(
                events_pb2.UsageMeasured(
                    meter=meter, provider=provider, model=model, quantity=tokens * 1000, turn=self.turn, wasted=True
                )
            )
