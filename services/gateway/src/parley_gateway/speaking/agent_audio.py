"""The agent's side of a call: what the conversation says and the speech service speaks, on its way to playout.

`call.inbox` feeds it with sentences and audio, `call.turn_commands` with the decisions about drafts. A draft's audio
waits in playout for the commit; how long the caller waited for the first of it is measured here.
"""

from collections.abc import Callable

from parley.v1 import events_pb2, live_pb2
from parley_core.conversation import FIRST_NOTICE

from parley_gateway.ports import Playing
from parley_gateway.scheduler import Scheduler
from parley_gateway.speaking.drafts import Drafts
from parley_gateway.speaking.latency import TurnLatency
from parley_gateway.speaking.sentence import Sentence
from parley_gateway.turns.commands import Commit


class AgentAudio:
    def __init__(
        self, scheduler: Scheduler, playout: Playing, drafts: Drafts, *, announce: Callable[[live_pb2.Say], None]
    ) -> None:
        """`announce` gets every sentence that the agent is about to say, of drafts only after the commit."""
        self._scheduler = scheduler
        self._playout = playout
        self._drafts = drafts
        self._announce = announce
        self._clock: TurnLatency | None = None  # of the newest turn, until its answer is heard
        self._timing = live_pb2.ReplyTiming()
        self._arrived = 0.0

    def say(self, say: live_pb2.Say) -> None:
        if say.turn < self._playout.fence or not self._drafts.admits(say.turn, say.draft):
            return
        if say.end:
            self._playout.end(say.turn, say.sentence, say.then)
            return
        self._playout.expect(say)
        if self._drafts.holds(say.turn, say.draft):
            self._drafts.keep(say)
            return
        if say.sentence == 0 and say.HasField("timing"):
            self._timing = say.timing
        self._announce(say)

    def audio(self, audio: live_pb2.AudioOut) -> None:
        """The hot path."""
        if not self._drafts.admits(audio.turn, audio.draft):
            return
        now = self._scheduler.time()
        if self._drafts.holds(audio.turn, audio.draft):
            self._drafts.heard_audio(audio, now)
        else:
            self._arrived = now
            if audio.seq == 0 and audio.HasField("timing"):
                self._timing = audio.timing
        self._playout.add(audio)

    def start_draft(self, draft: live_pb2.Draft) -> None:
        self._drafts.start(draft)
        self._playout.hold(draft.turn)

    def drop_draft(self, turn: int, draft: int) -> None:
        self._playout.drop_held()
        self._drafts.drop(turn, draft)

    def committed(self, commit: Commit, now: float) -> None:
        """The caller's turn is over: what is here of its draft is heard from now on."""
        held = self._drafts.commit(commit.turn, commit.draft)
        spoken = commit.reason.spoken
        self._clock = TurnLatency(
            turn=commit.turn,
            speech_end=commit.speech_end if spoken else now,
            paused=min(now, max(commit.speech_end, commit.due)) if spoken else now,
            committed=now,
            drafted=held is not None,
        )
        self._timing = held.timing if held is not None else live_pb2.ReplyTiming()
        self._arrived = held.arrived if held is not None and held.arrived is not None else now
        for say in held.says if held is not None else ():
            self._announce(say)
        self._playout.release()

    def measure(self, sentence: Sentence, now: float) -> events_pb2.TurnMeasured | None:
        """The turn's latency, once: when the first sentence of its answer goes out."""
        clock = self._clock
        if clock is None or sentence.turn != clock.turn or sentence.number >= FIRST_NOTICE:
            return None
        self._clock = None
        return clock.measure(self._arrived, now, self._timing)
