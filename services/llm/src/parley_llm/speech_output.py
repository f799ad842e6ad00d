"""Says sentences: to the log and to the speech service, in one order. Used by the conversation and its turns."""

from abc import ABC, abstractmethod
from collections.abc import Sequence

from google.protobuf.message import Message as Proto
from parley.v1 import events_pb2, live_pb2
from parley_core.bus import subjects
from parley_core.bus.log import CallLog
from parley_core.bus.port import Bus
from parley_core.conversation import Sentence

from parley_llm.memory import Memory


class SpeechOutput(ABC):
    """What a reply speaks and logs through: the call's mouth, or a draft's."""

    call: str

    def __init__(self, memory: Memory, *, named: bool) -> None:
        """`named`: sentences name their language, as the agent has several."""
        self._memory = memory
        self.named = named

    @abstractmethod
    def append(self, body: Proto) -> None:
        """Append to the log and fold it in at once; the log's own delivery of it is then known already."""

    @abstractmethod
    async def append_stored(self, body: Proto) -> None:
        """The same, returning when it is stored: before an effect."""

    @abstractmethod
    def post(self, say: live_pb2.Say) -> None:
        """Send to the speech service and the gateway."""

    def say(
        self,
        turn: int,
        text: str,
        *,
        kind: events_pb2.SayKind.ValueType = events_pb2.SAY_KIND_REPLY,
        uninterruptible: bool = False,
        timing: live_pb2.ReplyTiming | None = None,
        take: int = 0,
        language: str = "",
        citations: Sequence[events_pb2.Citation] = (),
    ) -> int:
        """Say one sentence; returns its number in the turn. `language`: "" for the turn's. `citations`: the passages
        that bear it out."""
        number = self._memory.next_sentence(turn)
        language = (language or self._memory.language(turn)) if self.named else ""
        self.append(
            events_pb2.SentenceSaid(
                turn=turn,
                sentence=number,
                text=text,
                kind=kind,
                uninterruptible=uninterruptible,
                language=language,
                citations=citations,
            )
        )
        say = live_pb2.Say(
            turn=turn,
            sentence=number,
            take=take,
            text=text,
            kind=kind,
            uninterruptible=uninterruptible,
            language=language,
        )
        if timing is not None and number == 0:
            say.timing.CopyFrom(timing)
        self.post(say)
        return number

    def end(self, turn: int, then: events_pb2.AfterReply.ValueType) -> None:
        """Nothing more follows in this turn."""
        self.post(live_pb2.Say(turn=turn, sentence=self._memory.next_sentence(turn), end=True, then=then))


class LiveOutput(SpeechOutput):
    def __init__(self, bus: Bus, log: CallLog, memory: Memory, *, named: bool = False) -> None:
        super().__init__(memory, named=named)
        self._bus = bus
        self._log = log
        self.call = log.call
        self._subject = subjects.live_say(log.tenant, log.call)

    def append(self, body: Proto) -> None:
        self._memory.apply(self._log.append(body))

    async def append_stored(self, body: Proto) -> None:
        self._memory.apply(await self._log.append_stored(body))

    def post(self, say: live_pb2.Say) -> None:
        self._bus.post(self._subject, say.SerializeToString())

    def again(self, turn: int, sentence: Sentence, take: int) -> None:
        """Say what was not heard of a sentence; it is on the log already.

        If all words were heard but the end never came, the last word is said, because the turn waits for the end.
        """
        self.post(
            live_pb2.Say(
                turn=turn,
                sentence=sentence.number,
                take=take,
                text=sentence.rest or sentence.text.split()[-1],
                kind=sentence.kind,  # type: ignore[arg-type]  # kept as the number it is on the wire
                uninterruptible=sentence.uninterruptible,
                language=sentence.language,
            )
        )
