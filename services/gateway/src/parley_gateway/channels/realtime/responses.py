"""A Realtime session's server events, made from Parley's events of the call: items, responses, transcripts. No I/O.

One response is what the agent says to one turn, up to a function call that the client answers; the rest of the turn is
the next response. Parley decides when the caller interrupts: what is said over the agent becomes `speech_started` only
once it does, or once the agent has finished, because a client drops the agent's voice at that event.
"""

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import assert_never

from parley_audio.formats import BYTES_PER_MS
from parley_core.ids import new_id

from parley_gateway import call_events as ce
from parley_gateway.channels.realtime.protocol import Given, InvalidRequest, Json
from parley_gateway.turns.types import CommitReason, Phase

_MAX_ITEMS = 500
_MAX_SENTENCES = 200  # of one response that are remembered
_TYPED = (CommitReason.TYPED, CommitReason.DIGITS)


@dataclass(slots=True)
class AgentItem:
    """The agent's voice in a response."""

    id: str
    index: int
    base_ms: float  # of the turn's audio, before this item
    text: str = ""
    audio_ms: float = 0.0


@dataclass(slots=True)
class Response:
    turn: int
    id: str = field(default_factory=lambda: new_id("resp_"))
    output: list[Json] = field(default_factory=list)
    message: AgentItem | None = None
    calls: int = 0  # functions that the client is asked for
    said: set[tuple[int, int]] = field(default_factory=set)


@dataclass(slots=True)
class CallerItem:
    """What the caller is saying."""

    id: str = field(default_factory=lambda: new_id("item_"))
    transcript: str = ""  # what was told of it so far
    guess: tuple[int, list[str]] = (0, [])  # the newest partial text, by utterance


class Responses:
    """Each method returns the events to send, in order. `vad`: voice decides turns, not the client."""

    def __init__(self) -> None:
        self.vad = True
        self.answers = True
        self.transcription = True
        self.cancelling = False
        self.active: Response | None = None
        self.owed: int | None = None  # the turn whose next response the client is about to ask for
        self.spoken: dict[str, AgentItem] = {}  # by item, with its turn
        self._turns: dict[str, int] = {}
        self._items: OrderedDict[str, Json] = OrderedDict()
        self._last = ""  # the newest item
        self._input: CallerItem | None = None
        self._waiting_voice: int | None = None  # when the caller began to speak over the agent
        self._voice_end = 0
        self._speaking = False
        self._turn = 0
        self._turn_ms = 0.0  # of the newest turn's audio that was sent
        self._pushed: list[str] = []  # texts of utterances, in push to talk
        self._committed = ""  # the item that waits for them

    # What Parley tells

    def told(self, event: ce.CallEvent) -> Iterator[Json]:
        match event:
            case ce.CallerStarted(at_ms):
                yield from self._caller_started(at_ms)
            case ce.CallerStopped(at_ms):
                self._voice_end = at_ms
            case ce.PartialTranscript(utterance, text):
                yield from self._partial(utterance, text)
            case ce.UtteranceTranscript(text=text, more=more):
                yield from self._utterance(text, more=more)
            case ce.TurnTranscript(turn, text, reason):
                yield from self._turn_committed(turn, text, reason)
            case ce.PhaseChanged(phase):
                yield from self._phase(phase)
            case ce.AgentSentence():
                yield from self._agent_sentence(event)
            case ce.AgentStarted():
                self._speaking = True
            case ce.AgentStopped():
                yield from self._agent_stopped()
            case ce.ReplyDone():
                self.owed = None
                yield from self.finish("completed")
            case ce.Interrupted():
                yield from self._interrupted()
            case ce.ClientToolCalled():
                yield from self._tool_called(event)
            case ce.Ended():
                yield from self.finish("cancelled")
            case ce.Ready() | ce.Refusal() | ce.CallFailed():
                pass  # `channel` answers these
            case ce.LanguageChanged() | ce.AgentSpoken() | ce.LatencyMeasured() | ce.ClientToolDone():
                pass  # the protocol has no word for these
            case ce.TransferStarted() | ce.WorkerFailover():
                pass  # nor for these
            case _:
                assert_never(event)

    def audio(self, pcm: bytes | memoryview) -> tuple[Response, AgentItem, list[Json]]:
        """Where this audio belongs, and the events to send before it. The hot path."""
        response, told = self._response(self._turn)
        message = response.message
        if message is None:
            message, opened = self._message(response)
            told += opened
        ms = len(pcm) / BYTES_PER_MS
        message.audio_ms += ms
        self._turn_ms += ms
        return response, message, told

    # What the client asks for

    def begin(self, turn: int) -> Iterator[Json]:
        yield from self._response(turn)[1]

    def finish(self, status: str, reason: str = "") -> Iterator[Json]:
        response = self.active
        if response is None:
            return
        if response.message is not None:
            yield from self._close_message(response, response.message, done=status == "completed")
        if status == "completed" and response.calls:
            self.owed = response.turn
        details = {"type": status, "reason": reason} if reason else None
        self.active, self.cancelling = None, False
        yield {"type": "response.done", "response": _response_json(response, status, details)}

    def add(self, item: Given) -> Iterator[Json]:
        """An item of the client's. Raises Wrong for one that is there already."""
        id_ = item["id"] or new_id("item_")
        if id_ in self._items:
            raise InvalidRequest("invalid_value", "there is an item with this id", param="item.id")
        yield from self._add({**item, "id": id_})

    def committed(self) -> Iterator[Json]:
        """The client says that the caller has finished (push to talk)."""
        self._committed = new_id("item_")
        previous = self._last or None
        yield {"type": "input_audio_buffer.committed", "item_id": self._committed, "previous_item_id": previous}
        yield from self._add(_user_audio(self._committed))

    def transcribed(self) -> Iterator[Json]:
        """All that was said for the committed item has its text."""
        if self._committed:
            id_, self._committed = self._committed, ""
            text, self._pushed = " ".join(text for text in self._pushed if text), []
            yield from self._transcript(id_, text)

    def cleared(self) -> Iterator[Json]:
        self._input, self._waiting_voice = None, None
        self._pushed.clear()
        yield {"type": "input_audio_buffer.cleared"}

    def item(self, id_: str) -> Json:
        """Raises Wrong where there is none."""
        if id_ not in self._items:
            raise InvalidRequest("item_not_found", f"there is no item {id_!r}", param="item_id")
        return self._items[id_]

    def truncate(self, id_: str, end_ms: int) -> tuple[int, int]:
        """The turn and the place in its audio where the item was cut off. Raises Wrong."""
        message = self.spoken.get(id_)
        if message is None:
            self.item(id_)
            raise InvalidRequest("invalid_value", "is not the agent's voice", param="item_id")
        if end_ms > message.audio_ms + 1:
            raise InvalidRequest(
                "invalid_value", f"the item has {message.audio_ms:.0f} ms of audio", param="audio_end_ms"
            )
        message.audio_ms = float(end_ms)
        return self._turns[id_], round(message.base_ms + end_ms)

    # The caller

    def _caller_started(self, at_ms: int) -> Iterator[Json]:
        if not self.vad or self._input is not None:
            return
        if self._speaking:
            self._waiting_voice = at_ms
        else:
            yield from self._begin_input(at_ms)

    def _begin_input(self, at_ms: int) -> Iterator[Json]:
        self._waiting_voice = None
        self._input = CallerItem()
        yield {"type": "input_audio_buffer.speech_started", "audio_start_ms": at_ms, "item_id": self._input.id}

    def _end_input(self, text: str | None) -> Iterator[Json]:
        """`text`: None where nothing was said after all."""
        now, self._input, self._waiting_voice = self._input, None, None
        if now is None:
            if not text:
                return
            now = CallerItem()
        else:
            stopped = {"type": "input_audio_buffer.speech_stopped", "audio_end_ms": self._voice_end}
            yield {**stopped, "item_id": now.id}
        if not text:
            yield {"type": "input_audio_buffer.cleared"}
            return
        yield {"type": "input_audio_buffer.committed", "item_id": now.id, "previous_item_id": self._last or None}
        yield from self._add(_user_audio(now.id))
        yield from self._transcript(now.id, text, told=now.transcript)

    def _partial(self, utterance: int, text: str) -> Iterator[Json]:
        """Send the words on which two interim transcripts in a row agree."""
        now = self._input
        if now is None or not self.transcription:
            return
        words = text.split()
        guessed, before = now.guess
        now.guess = (utterance, words)
        if guessed != utterance:
            return
        stable = [one for one, other in zip(words, before, strict=False) if one == other][: _agreeing(words, before)]
        settled = " ".join(stable)
        if settled.startswith(now.transcript) and len(settled) > len(now.transcript):
            yield self._delta(now.id, settled[len(now.transcript) :])
            now.transcript = settled

    def _utterance(self, text: str, *, more: bool) -> Iterator[Json]:
        if not self.vad:
            self._pushed.append(text)
            if not more:
                yield from self.transcribed()
        elif not self.answers and not more:
            yield from self._end_input(text)

    def _turn_committed(self, turn: int, text: str, reason: CommitReason) -> Iterator[Json]:
        if reason is CommitReason.DIGITS:
            content = [{"type": "input_text", "text": text}]
            yield from self._add({"id": new_id("item_"), "type": "message", "role": "user", "content": content})
        elif reason is CommitReason.RESUME or (not text and self._input is not None):
            yield from self._end_input(None)
        elif reason not in _TYPED and self.vad and self.answers:
            yield from self._end_input(text)
        self.owed = None
        yield from self.finish("cancelled", "turn_detected")  # of what was not heard to its end
        yield from self.begin(turn)

    def _phase(self, phase: Phase) -> Iterator[Json]:
        match phase:
            case Phase.LISTENING | Phase.PAUSING if self._waiting_voice is not None:
                yield from self._begin_input(self._waiting_voice)
            case Phase.IDLE if self._input is not None or self._waiting_voice is not None:
                yield from self._end_input(None)

    def _transcript(self, id_: str, text: str, *, told: str = "") -> Iterator[Json]:
        if id_ in self._items:
            self._items[id_]["content"][0]["transcript"] = text
        if not self.transcription:
            return
        rest = text[len(told) :] if text.startswith(told) else ""
        if rest:
            yield self._delta(id_, rest)
        completed = {"type": "conversation.item.input_audio_transcription.completed", "item_id": id_}
        yield {**completed, "content_index": 0, "transcript": text}

    def _delta(self, id_: str, text: str) -> Json:
        delta = {"type": "conversation.item.input_audio_transcription.delta", "item_id": id_}
        return {**delta, "content_index": 0, "delta": text}

    # The agent

    def _agent_sentence(self, event: ce.AgentSentence) -> Iterator[Json]:
        response, told = self._response(event.turn)
        yield from told
        key = (event.turn, event.sentence)
        if key in response.said or len(response.said) >= _MAX_SENTENCES:
            return  # said again, for a voice that was lost
        response.said.add(key)
        message, told = self._message(response)
        yield from told
        delta = (" " if message.text else "") + event.text
        message.text += delta
        yield {"type": "response.output_audio_transcript.delta", **self._place(response, message), "delta": delta}

    def _agent_stopped(self) -> Iterator[Json]:
        self._speaking = False
        if self.active is not None and self.active.calls:
            yield from self.finish("completed")

    def _interrupted(self) -> Iterator[Json]:
        self._speaking = False
        self.owed = None
        if self._waiting_voice is not None:
            yield from self._begin_input(self._waiting_voice)
        yield from self.finish("cancelled", "client_cancelled" if self.cancelling else "turn_detected")

    def _tool_called(self, event: ce.ClientToolCalled) -> Iterator[Json]:
        response, told = self._response(event.turn)
        yield from told
        response.calls += 1
        item: Json = {
            "id": new_id("item_"),
            "object": "realtime.item",
            "type": "function_call",
            "status": "in_progress",
            "name": event.tool,
            "call_id": event.tool_call,
            "arguments": "",
        }
        index = len(response.output)
        response.output.append(item)
        place = {"response_id": response.id, "output_index": index}
        yield {"type": "response.output_item.added", **place, "item": dict(item)}
        yield from self._added(item)
        where = {**place, "item_id": item["id"], "call_id": item["call_id"]}
        yield {"type": "response.function_call_arguments.delta", **where, "delta": event.arguments}
        item.update(arguments=event.arguments, status="completed")
        done = {"name": item["name"], "arguments": event.arguments}
        yield {"type": "response.function_call_arguments.done", **where, **done}
        yield {"type": "response.output_item.done", **place, "item": dict(item)}
        yield {"type": "conversation.item.done", "item": dict(item), "previous_item_id": None}
        if response.message is None:
            yield from self.finish("completed")

    def _response(self, turn: int) -> tuple[Response, list[Json]]:
        """The response in progress, begun now if there is none, and the events of that."""
        if self.active is not None:
            return self.active, []
        if turn != self._turn:
            self._turn, self._turn_ms = turn, 0.0
        response = self.active = Response(turn)
        return response, [{"type": "response.created", "response": _response_json(response, "in_progress")}]

    def _message(self, response: Response) -> tuple[AgentItem, list[Json]]:
        """The same for the agent's voice in it."""
        if response.message is not None:
            return response.message, []
        message = response.message = AgentItem(new_id("item_"), len(response.output), self._turn_ms)
        self.spoken[message.id] = message
        self._turns[message.id] = response.turn
        if len(self.spoken) > _MAX_ITEMS:
            oldest = next(iter(self.spoken))
            del self.spoken[oldest], self._turns[oldest]
        item: Json = {"id": message.id, "object": "realtime.item", "type": "message", "role": "assistant"}
        item |= {"status": "in_progress", "content": []}
        response.output.append(item)
        place = {"response_id": response.id, "output_index": message.index}
        part = {"type": "audio", "transcript": ""}
        return message, [
            {"type": "response.output_item.added", **place, "item": dict(item)},
            *self._added(item),
            {"type": "response.content_part.added", **self._place(response, message), "part": part},
        ]

    def _close_message(self, response: Response, message: AgentItem, *, done: bool) -> Iterator[Json]:
        place = self._place(response, message)
        yield {"type": "response.output_audio.done", **place}
        yield {"type": "response.output_audio_transcript.done", **place, "transcript": message.text}
        part = {"type": "audio", "transcript": message.text}
        yield {"type": "response.content_part.done", **place, "part": part}
        item = response.output[message.index]
        item.update(
            status="completed" if done else "incomplete",
            content=[{"type": "output_audio", "transcript": message.text}],
        )
        yield {
            "type": "response.output_item.done",
            "response_id": response.id,
            "output_index": message.index,
            "item": dict(item),
        }
        yield {"type": "conversation.item.done", "item": dict(item), "previous_item_id": None}

    # Items

    def _add(self, item: Json) -> Iterator[Json]:
        item = {**item, "object": "realtime.item", "status": "completed"}
        previous = self._last or None
        yield from self._added(item)
        yield {"type": "conversation.item.done", "item": dict(item), "previous_item_id": previous}

    def _added(self, item: Json) -> Iterator[Json]:
        previous, self._last = self._last or None, item["id"]
        self._items[item["id"]] = item
        while len(self._items) > _MAX_ITEMS:
            self._items.popitem(last=False)
        yield {"type": "conversation.item.added", "item": dict(item), "previous_item_id": previous}

    def _place(self, response: Response, message: AgentItem) -> Json:
        return {
            "response_id": response.id,
            "item_id": message.id,
            "output_index": message.index,
            "content_index": 0,
        }


def _response_json(response: Response, status: str, details: Json | None = None) -> Json:
    return {
        "id": response.id,
        "object": "realtime.response",
        "status": status,
        "status_details": details,
        "output": [dict(item) for item in response.output],
        "output_modalities": ["audio"],
        "usage": None,
    }


def _user_audio(id_: str) -> Json:
    content = [{"type": "input_audio", "transcript": None}]
    return {"id": id_, "type": "message", "role": "user", "content": content}


def _agreeing(words: list[str], before: list[str]) -> int:
    """How many words at the beginning are the same."""
    for at, (one, other) in enumerate(zip(words, before, strict=False)):
        if one != other:
            return at
    return min(len(words), len(before))
