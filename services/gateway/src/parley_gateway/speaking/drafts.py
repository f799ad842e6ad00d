"""One call's drafts at the gateway: asked for, held until the turn is committed, or dropped.

`machine` decides when. A draft's sentences and audio carry its number, which no other draft of the call has; what
carries another number than the one that is pending, or the one that the newest commit made real, is dropped on arrival.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from parley.v1 import live_pb2
from parley_core.bus import subjects
from parley_core.bus.log import CallLog

MAX_SAYS = 64  # sentences of one draft that are kept


@dataclass(slots=True)
class Held:
    """What has come of a draft, for the moment of the commit."""

    turn: int
    draft: int
    says: list[live_pb2.Say] = field(default_factory=list)
    timing: live_pb2.ReplyTiming = field(default_factory=live_pb2.ReplyTiming)
    arrived: float | None = None  # its first audio


class Drafts:
    def __init__(self, post: Callable[[str, bytes], None], call_log: CallLog) -> None:
        self._post = post
        self._log = call_log
        self._draft = subjects.live_draft(call_log.tenant, call_log.call)
        self._stop = subjects.live_stop(call_log.tenant, call_log.call)
        self.pending: Held | None = None
        self._real: tuple[int, int] = (0, 0)  # turn and draft of the newest commit

    def start(self, draft: live_pb2.Draft) -> None:
        """Ask for it; the conversation begins it when it knows the log as far as this gateway has written it."""
        self.pending = Held(draft.turn, draft.draft)
        draft.log_source, draft.log_seq = self._log.source, self._log.seq
        self._post(self._draft, draft.SerializeToString())

    def drop(self, turn: int, draft: int) -> None:
        self.pending = None
        self._post(self._stop, live_pb2.Stop(turn=turn, draft=draft).SerializeToString())

    def commit(self, turn: int, draft: int) -> Held | None:
        """The turn is committed, with this draft or (0) without one; returns what is here of it."""
        held, self.pending = self.pending, None
        self._real = (turn, draft)
        return held if held is not None and (held.turn, held.draft) == (turn, draft) else None

    def admits(self, turn: int, draft: int) -> bool:
        """Whether a message may be used, now or when the turn is committed."""
        return not draft or self._real == (turn, draft) or self.holds(turn, draft)

    def holds(self, turn: int, draft: int) -> bool:
        """Whether it must wait for the commit."""
        return self.pending is not None and (self.pending.turn, self.pending.draft) == (turn, draft)

    def keep(self, say: live_pb2.Say) -> None:
        """Keep a sentence of the pending draft; the client does not get it yet."""
        if self.pending is not None and len(self.pending.says) < MAX_SAYS:
            self.pending.says.append(say)
            if say.sentence == 0 and say.HasField("timing"):
                self.pending.timing.CopyFrom(say.timing)

    def heard_audio(self, audio: live_pb2.AudioOut, now: float) -> None:
        """Note when the pending draft's first audio came."""
        held = self.pending
        if held is not None and held.arrived is None:
            held.arrived = now
            if audio.HasField("timing"):
                held.timing.CopyFrom(audio.timing)
