"""The caller's side of a call: audio, keys and typed text from the channel, voice and texts, all of it to the turns.

Channels reach it as `Call.caller`; `inbox` feeds in what the recogniser makes of the audio.
"""

from parley.v1 import events_pb2, live_pb2
from parley_core.agents import AgentDocument, Slot
from parley_core.text import load_json

from parley_gateway import call_events
from parley_gateway.call.reconnect import ReconnectWindow
from parley_gateway.call.scope import CallScope
from parley_gateway.language.call_language import CallLanguage
from parley_gateway.listening.caller_audio import CallerAudio
from parley_gateway.listening.echo import Echo
from parley_gateway.listening.utterances import Utterances
from parley_gateway.ports import Playing
from parley_gateway.recording import CallRecording
from parley_gateway.turns import events as ev
from parley_gateway.turns.barge_in import ARTICULATED
from parley_gateway.turns.endpointing import expected_kind


class CallerSide:
    def __init__(
        self,
        scope: CallScope,
        language: CallLanguage,
        echo: Echo,
        recording: CallRecording,
        reconnect: ReconnectWindow,
        playout: Playing,
    ) -> None:
        """`playout`: what is in the caller's ear may come back through the microphone."""
        context, session = scope.gateway, scope.session
        self._scope = scope
        self._line = scope.line
        self._turns = scope.turns
        self._language = language
        self._echo = echo
        self._reconnect = reconnect
        self._playout = playout
        self.hearing = CallerAudio(
            scope.scheduler,
            context.vad,
            Utterances(context.bus.post, session.tenant, session.call),
            recording.running.caller if recording.running is not None else None,
            echo,
            started=scope.line.started,
            on_voice=self._voice_started,
            on_quiet=self._voice_ended,
        )
        self.hearing.in_language(language.named)

    # What channels give

    def audio(self, pcm: bytes) -> None:
        """Take caller audio, 10 to 60 ms of it. The hot path."""
        if self._line.ready and not self._reconnect.resting:
            self.hearing.audio(pcm)

    def digits(self, digits: str) -> None:
        if not self._line.ready:
            return
        if self._turns.state.consent is None:
            self._scope.log.append(events_pb2.DigitsEntered(digits=digits, at_ms=self._scope.now_ms()))
        ended = "#" if self._language.keyed(digits, self._turns.state) else ""
        self._turns.advance(ev.Digits(digits + ended))

    def typed(self, text: str, *, language: str = "") -> None:
        """`language`: as detected by the recogniser of the words; empty: typed, or unknown."""
        if self._line.ready:
            self._language.typed(text, self._turns.state, language)
            self._turns.advance(ev.Typed(text))

    # What is made of the audio

    def _voice_started(self, at: float) -> None:
        self._line.send_event(call_events.CallerStarted(self._line.ms(at)))
        self._turns.advance(ev.VoiceStarted(at))

    def _voice_ended(self, at: float) -> None:
        self._line.send_event(call_events.CallerStopped(self._line.ms(at)))
        self._turns.advance(ev.VoiceEnded(at))

    def partial(self, partial: live_pb2.Partial) -> None:
        """A text of an utterance that may still change, or an early final one."""
        self._line.send_event(call_events.PartialTranscript(partial.utterance, partial.text))
        if not partial.final and partial.utterance == self._turns.open_utterance:
            self.judge_sound(partial.utterance)
        over = self._over(partial.utterance)
        if partial.final:
            self.hearing.heard(partial.utterance)
            self._turns.advance(ev.FinalTranscript(partial.utterance, partial.text, *over))
            return
        self._turns.advance(ev.InterimTranscript(partial.utterance, partial.text, *over))

    def heard(self, heard: events_pb2.Heard) -> None:
        """The final text of an utterance, as it stands on the log."""
        self.hearing.heard(heard.utterance)
        over = self._over(heard.utterance)
        self._language.heard(heard, self._turns.state, playing=over[0], level_below_caller_db=over[1])
        self._turns.advance(ev.FinalTranscript(heard.utterance, heard.text, *over, heard.end_of_turn))
        self._line.send_event(
            call_events.UtteranceTranscript(heard.utterance, heard.text, self._turns.state.owed_texts)
        )

    def flow_moved(self, moved: events_pb2.FlowAdvanced) -> None:
        """A flow that asks for a slot says better than its words what the answer is made of."""
        asked = _asked_slot(self._scope.agent, moved)
        if asked is not None:
            self._turns.advance(ev.Expected(expected_kind(asked.kind), digits_only=asked.digits_only))

    def language_refused(self, refused: events_pb2.LanguageRefused) -> None:
        """The recogniser cannot be had in the language that was asked for."""
        self._language.unheard(refused, self._turns.turn + 1)

    def judge_sound(self, utterance: int) -> None:
        """Judge whose voice an utterance is while its sound is at hand: its transcript may come seconds later."""
        since, until = self._turns.span(utterance)
        movement = self._echo.movement(since, until)
        level = self.hearing.level_below_caller_db()
        self._turns.advance(ev.SoundJudged(utterance, self._echo.judge(since, until), movement, level))

    def look_at_sound(self, utterance: int) -> None:
        """The same of a voice that has gone on for a moment: only one that is articulated is worth comparing."""
        since, until = self._turns.span(utterance)
        if self._echo.movement(since, until) >= ARTICULATED or not self._turns.state.words_come:
            self.judge_sound(utterance)

    def _over(self, utterance: int) -> tuple[str, float]:
        """What was in the caller's ear during an utterance, and how far its voice lies below the caller's own."""
        began, _ = self._turns.span(utterance)
        return self._playout.recent_text(began), self.hearing.level_below_caller_db()


def _asked_slot(agent: AgentDocument, moved: events_pb2.FlowAdvanced) -> Slot | None:
    """The slot that a flow has just asked for; None for none, or where only the model that moved the flow knows."""
    flow = next((one for one in agent.flows if one.name == moved.flow), None)
    if flow is None:
        return None
    try:
        state = load_json(moved.state_json or "{}")
    except ValueError:
        return None
    asking = state.get("asking") if isinstance(state, dict) else None
    return next((slot for slot in flow.slots if slot.name == asking), None)
