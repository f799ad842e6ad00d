"""The agent's side of a call: what is said, on its way through playout to the caller, and what was heard of it.

Playout calls back here (`PlayoutCallbacks`). `inbox` feeds in sentences and audio of the workers, `turn_commands` the
decisions; the platform's own words (`say`) go the same way.
"""

import asyncio

from parley.v1 import events_pb2, live_pb2
from parley_audio.formats import SAMPLE_RATE
from parley_core.bus import subjects
from parley_core.conversation import FIRST_NOTICE

from parley_gateway import call_events
from parley_gateway.call.goodbye import Goodbye
from parley_gateway.call.scope import CallScope
from parley_gateway.call.session import TAKES_BACK, is_text
from parley_gateway.language.call_language import CallLanguage
from parley_gateway.listening.echo import Echo
from parley_gateway.ports import Playing
from parley_gateway.recording import CallRecording
from parley_gateway.speaking.agent_audio import AgentAudio
from parley_gateway.speaking.drafts import Drafts
from parley_gateway.speaking.notices import Notices
from parley_gateway.speaking.playout import Playout
from parley_gateway.speaking.sentence import Sentence
from parley_gateway.speaking.text_playout import TextPlayout
from parley_gateway.speaking.word_positions import WordPositions
from parley_gateway.turns import commands as cmd
from parley_gateway.turns import events as ev
from parley_gateway.turns.endpointing import expected_by
from parley_gateway.turns.types import Then

_QUESTION_MARKS = ("?", "？", "؟")


class AgentSide:
    def __init__(
        self,
        scope: CallScope,
        language: CallLanguage,
        echo: Echo,
        recording: CallRecording,
        goodbye: Goodbye,
        words: WordPositions,
    ) -> None:
        """`echo` learns what is in the caller's ear; `words` where each word of a reply was."""
        context, snapshot = scope.gateway, scope.snapshot
        self._scope = scope
        self._line = scope.line
        self._turns = scope.turns
        self._language = language
        self._echo = echo
        self._recording = recording
        self._goodbye = goodbye
        self._words = words
        # A carrier that recognises and speaks is given text, and its channel reports what was heard.
        self.carrier = TextPlayout(scope.scheduler, self) if is_text(scope.session.audio) else None
        self.playout: Playing = self.carrier or Playout(
            scope.scheduler,
            self,
            lead_s=context.tuning.playout_lead_ms / 1000,
            ear_delay=lambda: self._line.leg.ear_delay_s,
        )
        self.sentences = AgentAudio(
            scope.scheduler, self.playout, Drafts(context.bus.post, scope.log), announce=self._announce
        )
        first_notice = snapshot.notice if snapshot is not None else FIRST_NOTICE
        self._notices = Notices(context.bus.post, scope.log, first_notice)
        self._heard: dict[int, list[str]] = {}  # by turn, what was heard of the reply
        self.quiet = asyncio.Event()  # nothing of the agent is on the line
        self.quiet.set()

    # What is said

    def say(self, turn: int, text: str, kind: "events_pb2.SayKind.ValueType" = events_pb2.SAY_KIND_NOTICE) -> None:
        """Have the platform's own words spoken, behind whatever plays."""
        say = self._notices.say(turn, text, kind, self._language.named)
        self.playout.expect(say)
        self.playout.end(turn, 0, events_pb2.AFTER_REPLY_LISTEN)

    def _announce(self, say: live_pb2.Say) -> None:
        self._line.send_event(call_events.AgentSentence.of(say))
        if "?" in say.text:
            self._turns.advance(ev.Expected(expected_by(say.text, say.language or self._language.current)))

    # What stops it

    def interrupt(self, command: cmd.Interrupt) -> None:
        """Cut the agent's voice, and log how much of it was heard."""
        now = self._scope.scheduler.time()
        self.fall_silent(now)
        self.playout.cut(command.turn)
        self.quiet.set()
        session = self._scope.session
        stop = live_pb2.Stop(turn=command.turn).SerializeToString()
        self._scope.gateway.bus.post(subjects.live_stop(session.tenant, session.call), stop)
        heard = " ".join(text for text in self._heard.pop(command.turn, []) if text)
        self._scope.log.append(
            events_pb2.Interrupted(turn=command.turn, at_ms=self._line.ms(now), heard=heard, by=command.by)
        )
        self._notices.clear()
        self._scope.gateway.metrics.interruptions.add(1)
        self._line.send_event(call_events.Interrupted(command.turn, heard))

    def voice_cut(self, heard: str) -> None:
        """The carrier has stopped the agent's voice for the caller's; `heard` is what it had said."""
        if self._line.ready and self.carrier is not None:
            self.carrier.stopped_at(heard)
            self._turns.advance(ev.VoiceCut())

    def stop(self) -> None:
        """Cut everything: nobody is left to go on."""
        self.playout.cut(self._turns.turn)
        self._line.leg.clear_audio()

    def say_notices_again(self) -> None:
        """Another voice has taken over: it has not spoken the platform's own words."""
        self._notices.say_again()

    def close(self) -> None:
        if self.playout.speaking:
            self.playout.cut(self._turns.turn)
        self.playout.close()
        if self.playout.dropped:
            self._scope.gateway.metrics.dropped_audio.add(self.playout.dropped)

    # What playout calls back: see `PlayoutCallbacks`

    def send_frame(self, frame: bytes | memoryview, heard_at: float) -> None:
        """The hot path."""
        line = self._line
        line.leg.send_audio(frame)
        self._echo.played(frame, heard_at)
        recording = self._recording.running
        if recording is not None:
            recording.agent.put(int((heard_at - line.started) * SAMPLE_RATE), frame)

    def take_back(self, since: float) -> bool:
        if self._scope.session.channel not in TAKES_BACK:
            return False
        self._line.leg.clear_audio()
        self._echo.taken_back(since)
        self._recording.cut_agent(since)
        return True

    def fall_silent(self, now: float) -> None:
        leg = self._line.leg
        leg.clear_audio()
        self._echo.taken_back(now)
        self._recording.cut_agent(now - leg.ear_delay_s)

    def voice_started(self, sentence: Sentence, arrived: float) -> None:
        self.quiet.clear()
        self._line.send_event(call_events.AgentStarted(sentence.turn))
        self._measure(sentence)
        self._turns.advance(ev.ReplyStarted(self._turns.turn))

    def sentence_started(self, sentence: Sentence) -> None:
        asks = sentence.text.rstrip().endswith(_QUESTION_MARKS)
        self._turns.advance(ev.SentenceStarted(self._turns.turn, sentence.uninterruptible, asks))

    def sentence_heard(self, sentence: Sentence, text: str, *, complete: bool, start: float, end: float) -> None:
        self._heard.setdefault(sentence.turn, []).append(text)
        self._words.add(sentence, text)
        if complete:
            self._notices.heard(sentence.number)
        spoken = events_pb2.Spoken(
            turn=sentence.turn,
            sentence=sentence.number,
            text=text,
            complete=complete,
            start_ms=self._line.ms(start),
            end_ms=self._line.ms(end),
            kind=sentence.kind,
        )
        self._scope.log.append(spoken)
        self._line.send_event(call_events.AgentSpoken.of(spoken))

    def starved(self, turn: int) -> None:
        self.quiet.set()
        self._line.send_event(call_events.AgentStopped(turn))
        self._turns.advance(ev.ReplyStarved(self._turns.turn))

    def finished(self, turn: int, then: int) -> None:
        self.quiet.set()
        self._line.send_event(call_events.AgentStopped(turn))
        self._line.send_event(call_events.ReplyDone(turn))
        if self._goodbye.heard():
            return
        known = then in (events_pb2.AFTER_REPLY_HANG_UP, events_pb2.AFTER_REPLY_HAND_OFF)
        self._turns.advance(ev.ReplyFinished(self._turns.turn, Then(then) if known else Then.LISTEN))

    def _measure(self, sentence: Sentence) -> None:
        measured = self.sentences.measure(sentence, self._scope.scheduler.time())
        if measured is not None:
            self._scope.log.append(measured)
            self._scope.gateway.metrics.turn(measured)
            self._line.send_event(call_events.LatencyMeasured.of(measured))
