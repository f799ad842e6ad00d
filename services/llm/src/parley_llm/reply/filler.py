"""Covers a long wait: a filler ("One moment, please.") when a reply is silent for `filler_ms`. Used by `reply`."""

import asyncio

from parley.v1 import events_pb2

from parley_llm.reply.context import TurnContext


class Filler:
    """At most one per turn."""

    def __init__(self, turn: TurnContext) -> None:
        self._turn = turn
        self._timer: asyncio.TimerHandle | None = None

    def expect(self) -> None:
        """Wait from now on. The greeting needs none."""
        delay_ms = self._turn.context.tuning.filler_ms
        if delay_ms and self._turn.number:
            self._timer = asyncio.get_running_loop().call_later(delay_ms / 1000, self._say)

    def cancel(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _say(self) -> None:
        turn = self._turn
        if not turn.known.sentences:
            fillers = turn.notices.fillers
            text = fillers[turn.memory.fillers() % len(fillers)]
            turn.output.say(turn.number, text, kind=events_pb2.SAY_KIND_FILLER)
