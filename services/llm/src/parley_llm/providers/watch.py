"""Watches a language model's stream: one that dribbles, goes round in circles or writes a tool call as text.

`router` passes every stream of a language model through one `StreamWatch`. The vendors' adapters need to know nothing
of it. A stream that cannot become an answer raises, so that the next model is asked.
"""

from dataclasses import replace

from parley.v1 import events_pb2
from parley_core.errors import BadReply, TimedOut
from parley_core.text import well_formed

from parley_llm.providers.base import (
    END_CALL,
    Finished,
    ModelEvent,
    ModelRequest,
    TextDelta,
    ToolCallPart,
    ToolCallRequest,
)
from parley_llm.providers.written_calls import WrittenCalls

# Speech takes about 15 characters a second: a model that writes more slowly makes the voice wait within the sentence.
SLOWEST_CHARS_S = 4.0
# The same words so often in a row are a model that does not find its end. A number of 16 equal digits is no loop.
REPEATS = 4
SHORTEST_LOOP, LONGEST_LOOP = 12, 160  # characters of what is repeated
LOOP_CHARS = 100
LOOK_EVERY = 32  # characters


class StreamWatch:
    def __init__(self, provider: str, request: ModelRequest, *, gap_s: float) -> None:
        """`gap_s`: how long the next piece may take; the pace counts from then on."""
        self._provider = provider
        self._gap_s = gap_s
        self._written = WrittenCalls({END_CALL, *(tool.name for tool in request.tools)})
        self._tail = ""
        self._unread = 0
        self._chars = 0
        self._began: float | None = None
        self._called = False
        self._said = bool(request.said)

    def take(self, event: ModelEvent, now: float) -> list[ModelEvent]:
        """The events that stand for this one. Raises BadReply."""
        match event:
            case TextDelta(text):
                self._pace(len(text), now)
                return [*self._texts(self._written.feed(text))]
            case ToolCallPart() | ToolCallRequest():
                self._began = None  # what comes between words and calls is not the pace of words
                self._called = self._called or isinstance(event, ToolCallRequest)
                return [event]
            case Finished():
                return self._end(event)
            case _:
                return [event]

    def _pace(self, chars: int, now: float) -> None:
        if self._began is None:
            self._began, self._chars = now, 0
        self._chars += chars
        if now > self._began + max(self._gap_s, self._chars / SLOWEST_CHARS_S):
            raise TimedOut(self._provider, self._gap_s)

    def _texts(self, text: str) -> list[ModelEvent]:
        if not text:
            return []
        self._tail = (self._tail + text)[-(REPEATS * LONGEST_LOOP) :]
        self._unread += len(text)
        if self._unread >= LOOK_EVERY:
            self._unread = 0
            if _goes_round(self._tail):
                raise BadReply(self._provider, "it repeats itself")
        self._said = self._said or bool(text.strip())
        return [TextDelta(text)]

    def _end(self, event: Finished) -> list[ModelEvent]:
        found: list[ModelEvent] = self._texts(self._written.flush())
        calls = self._written.calls
        wanted = [one for one in calls if one.name != END_CALL]
        then, finish = event.then, event.finish
        if len(wanted) < len(calls):
            then = events_pb2.AFTER_REPLY_HANG_UP
        if wanted and not self._called:  # a model that calls properly and writes it down as well means one call
            found += [ToolCallRequest(well_formed(one.name), well_formed(one.arguments_json)) for one in wanted]
            finish = "tool_calls"
        elif self._written.dropped and not (self._said or self._called or calls):
            raise BadReply(self._provider, "data instead of words")
        return [*found, replace(event, finish=finish, then=then)]


def _goes_round(tail: str) -> bool:
    """Whether the text ends in the same words, over and over."""
    for period in range(SHORTEST_LOOP, min(LONGEST_LOOP, len(tail) // REPEATS) + 1):
        span = max(REPEATS * period, LOOP_CHARS)
        if span <= len(tail) and tail[-span:-period] == tail[-(span - period) :]:
            return True
    return False
