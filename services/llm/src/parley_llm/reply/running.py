"""The reply that a call is being given: at most one, in a task that the caller's next words cancel. Used by
`conversation`."""

import asyncio

from parley_core.tasks import Tasks

from parley_llm.reply.context import CallContext
from parley_llm.reply.reply import Reply
from parley_llm.toolbox import TAKEN_BACK


class RunningReply:
    def __init__(self, context: CallContext, tasks: Tasks) -> None:
        self._context = context
        self._tasks = tasks
        self._reply: Reply | None = None
        self._task: asyncio.Task[None] | None = None
        self.turn = -1  # the newest turn that a reply was begun for

    @property
    def busy(self) -> bool:
        return self._task is not None and not self._task.done()

    def begin(self, turn: int, *, take: int) -> None:
        reply = Reply(self._context, turn, take=take)
        self._set(turn, reply, self._tasks.spawn(reply.run(), f"reply {turn}"))

    def adopt(self, turn: int, reply: Reply, task: asyncio.Task[None]) -> None:
        """A draft's turn is committed: its reply takes the place of the one before."""
        self.cancel(log_it=True)
        self._set(turn, reply, task)
        reply.committed()

    def cancel(self, *, log_it: bool) -> None:
        task, reply = self._task, self._reply
        if task is None or reply is None or task.done():
            return
        # Cancelling takes effect at the loop's next turn; a reply that is silent from here on says nothing after it.
        task.cancel(TAKEN_BACK if log_it else None)
        self._task = self._reply = None
        if log_it:
            reply.cancelled()

    def _set(self, turn: int, reply: Reply, task: asyncio.Task[None]) -> None:
        self.turn, self._reply, self._task = turn, reply, task
