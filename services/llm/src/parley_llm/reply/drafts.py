"""The draft that a call is preparing: at most one, the newest that was asked for. Used by `conversation`.

A commit of the same words makes it the reply; anything else that takes the turn, or that changes what the model should
have been told, drops it or begins it anew.
"""

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass

from parley.v1 import events_pb2, live_pb2
from parley_core.bus.log import read_log
from parley_core.bus.port import Bus
from parley_core.errors import ParleyError
from parley_core.tasks import Tasks

from parley_llm.reply.context import CallContext
from parley_llm.reply.draft_output import DraftOutput
from parley_llm.reply.reply import Reply

READ_AFTER_S = 0.01  # what a draft builds on and is not here by then is read from the stream

# What the next turn's model is told may change with these.
_CHANGES_HISTORY = ("spoken", "interrupted", "tool_returned")


@dataclass(frozen=True, slots=True)
class Draft:
    """A draft on its way."""

    output: DraftOutput
    reply: Reply
    task: asyncio.Task[None]


class Drafts:
    def __init__(self, bus: Bus, context: CallContext, tasks: Tasks, *, is_open: Callable[[int], bool]) -> None:
        """`is_open`: whether the turn may still be drafted: it is not committed, and this worker acts for the call."""
        self._bus = bus
        self._context = context
        self._memory = context.memory
        self._tasks = tasks
        self._is_open = is_open
        self._draft: Draft | None = None
        self._fence = 0  # drafts up to this number are over

    def begin(self, asked: live_pb2.Draft) -> None:
        """A draft was asked for. It takes the place of an earlier one."""
        if asked.draft <= self._fence or not self._is_open(asked.turn):
            return
        self._fence = asked.draft - 1
        self.drop()
        if self._memory.knows(asked):
            self._start(asked)
        else:
            self._tasks.spawn(self._start_informed(asked), f"read before draft {asked.turn}.{asked.draft}")

    def stop(self, number: int) -> None:
        """Drafts up to this number are over."""
        self._fence = max(self._fence, number)
        if self._draft is not None and self._draft.output.draft <= self._fence:
            self.drop()

    def take_turn(self, turn: int) -> None:
        """The caller or the platform has taken the turn: a draft of it, or of an earlier one, is over."""
        if self._draft is not None and self._draft.output.turn <= turn:
            self.drop()

    def settle(self, event: events_pb2.Event) -> Draft | None:
        """Before an event is folded in: what it means for the draft. Returns the draft that it makes real."""
        draft = self._draft
        if draft is None or event.id in self._memory.conversation.seen:
            return None
        kind = event.WhichOneof("body")
        if kind == "turn_committed" and event.turn_committed.turn >= draft.output.turn:
            body = event.turn_committed
            same = (body.turn, body.draft, body.text) == (draft.output.turn, draft.output.draft, draft.output.text)
            if not same or draft.reply.broken:
                self.drop()
                return None
            self._draft = None
            draft.output.forget()
            return draft
        if kind in ("sentence_said", "interrupted") and getattr(event, kind).turn >= draft.output.turn:
            self.drop()  # the platform itself has taken the turn
        elif kind in _CHANGES_HISTORY and not draft.output.has_spoken:
            # The draft was begun before the log told what the caller had heard: it is begun anew.
            draft.output.forget()
            draft.task.cancel()
            self._start(draft.output.asked)
        return None

    def drop(self) -> None:
        draft, self._draft = self._draft, None
        if draft is None:
            return
        draft.task.cancel()
        draft.reply.dropped()

    def _start(self, asked: live_pb2.Draft) -> None:
        output = DraftOutput(self._context.output, self._memory, asked)
        reply = Reply(self._context, asked.turn, output)
        task = self._tasks.spawn(reply.run(), f"draft {asked.turn}.{asked.draft}")
        self._draft = Draft(output, reply, task)

    async def _start_informed(self, asked: live_pb2.Draft) -> None:
        """Begin a draft whose call has newer events than this worker got: read the rest from the stream."""
        await asyncio.sleep(READ_AFTER_S)  # mostly it is only on its way
        if not self._memory.knows(asked):
            with contextlib.suppress(ParleyError):
                for event in await read_log(self._bus, self._context.tenant, self._context.call):
                    if event.source == asked.log_source and event.seq <= asked.log_seq:
                        self._memory.apply(event)
        if asked.draft > self._fence and self._draft is None and self._is_open(asked.turn):
            self._start(asked)
