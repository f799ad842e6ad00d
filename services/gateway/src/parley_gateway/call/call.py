"""One call: the caller's leg, voice activity, turns, playout, recording and the bus, wired together.

A channel makes a `Call` through `registry`, feeds it with audio, digits and text. The call sends through the
channel's `Leg`. Everything between the first and the last event of the gateway on the call's log happens here. The
decisions are in `machine`; this module carries them out.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import Any

from parley.v1 import events_pb2, live_pb2, session_pb2
from parley_audio.formats import SAMPLE_RATE
from parley_core.agents import AgentDocument
from parley_core.bus import subjects
from parley_core.bus.log import decode
from parley_core.bus.port import Message, Subscription
from parley_core.conversation import FIRST_NOTICE
from parley_core.reasons import EndReason, RefusalReason, call_refused

from parley_gateway import call_events
from parley_gateway.call.client_tools import ClientTools
from parley_gateway.call.consent_log import log_consent
from parley_gateway.call.context import GatewayContext
from parley_gateway.call.expected_slot import asked_slot
from parley_gateway.call.lifecycle import CallLife
from parley_gateway.call.live import parsed
from parley_gateway.call.reconnect import ReconnectWindow
from parley_gateway.call.session import TAKES_BACK, answering, consent_prompt, is_text, turn_config
from parley_gateway.call.transfer import TRANSFER_S, Transfer
from parley_gateway.call.workers import ROLES, CallWorkers
from parley_gateway.cluster.snapshot import CallSnapshot
from parley_gateway.language.call_language import CallLanguage
from parley_gateway.language.identification import identify
from parley_gateway.listening.caller_audio import CallerAudio
from parley_gateway.listening.utterances import Utterances
from parley_gateway.ports import Leg, Playing
from parley_gateway.speaking.agent_audio import AgentAudio
from parley_gateway.speaking.drafts import Drafts
from parley_gateway.speaking.notices import Notices
from parley_gateway.speaking.playout import Playout, Sentence
from parley_gateway.speaking.text_playout import TextPlayout
from parley_gateway.turns import commands as cmd
from parley_gateway.turns import events as ev
from parley_gateway.turns.driver import TurnDriver
from parley_gateway.turns.endpointing import expected_by, expected_kind
from parley_gateway.turns.state import State
from parley_gateway.turns.types import CommitReason, Then

log = logging.getLogger(__name__)

_NOTICE_S = 10.0  # a last word that is not heard by then is not waited for


class Call(CallLife):
    """Made by `registry.Calls`. See `lifecycle` for its begin and end."""

    def __init__(
        self,
        context: GatewayContext,
        leg: Leg,
        session: session_pb2.Session,
        agent: AgentDocument,
        snapshot: CallSnapshot | None = None,
    ) -> None:
        """`snapshot`: another gateway has begun the call."""
        super().__init__(context, leg, session, agent, snapshot)
        config = turn_config(agent.spoken_in(session.language), context.tuning, session.policy)
        asking = consent_prompt(session, agent)
        self._turns = TurnDriver(
            self._scheduler,
            snapshot.state(config, self._scheduler.time())
            if snapshot and not asking
            else State(config, consent=asking, answering=answering(session, agent)),
            carry_out=lambda command: _CARRY_OUT[type(command)](self, command),
            on_phase=lambda phase: self.leg.send_event(call_events.PhaseChanged(phase)),
            before_pause=lambda: self._hearing.score(),
            suspended=self._bus_frozen,
        )
        # A carrier that recognises and speaks is given text, and its channel tells what was heard.
        self.carrier = TextPlayout(self._scheduler, self) if is_text(session.audio) else None
        lead_s = context.tuning.playout_lead_ms / 1000
        self._playout: Playing = self.carrier or Playout(
            self._scheduler, self, lead_s=lead_s, ear_delay=lambda: self.leg.ear_delay_s
        )
        self._reconnect = ReconnectWindow(
            self._scheduler,
            self._log,
            self._turns,
            context.settings.reconnect_window_s,
            hang_up=self.hang_up,
            ms=self._ms,
        )
        self._quiet = asyncio.Event()  # the agent's voice is not on the line
        self._quiet.set()
        if session.policy.record_audio and not asking:
            self._recording = self._record()
        self._hearing = CallerAudio(
            self._scheduler,
            context.vad,
            Utterances(context.bus.post, session.tenant, session.call),
            self._recording.caller if self._recording else None,
            started=self._started,
            on_voice=self._caller_started,
            on_quiet=self._caller_stopped,
        )
        self._language = CallLanguage(
            agent,
            snapshot.language if snapshot is not None else session.language,
            self._log,
            identify,
            on_change=self._in_language,
        )
        self._hearing.in_language(self._language.named)
        self._turns.advance(self._language.manner())
        self._workers = self._claiming(context, snapshot)
        tool_s = context.tuning.client_tool_s
        self.client = ClientTools(self._scheduler, self._log, agent, self, self._turns, tool_s=tool_s)
        self._heard: dict[int, list[str]] = {}  # by turn, what was heard of the reply
        self._notices = Notices(context.bus.post, self._log, snapshot.notice if snapshot is not None else FIRST_NOTICE)
        self._closing: EndReason | None = None  # why the call ends once its last word was heard
        self._transfer = Transfer(
            agent.handoff, self._log, self._turns, self._tasks, leg=lambda: self.leg, hang_up=self.hang_up
        )
        self._agent_audio = AgentAudio(
            self._scheduler,
            self._playout,
            Drafts(context.bus.post, self._log),
            announce=self._announce,
        )

    def _claiming(self, context: GatewayContext, snapshot: CallSnapshot | None) -> CallWorkers:
        session = self.session
        return CallWorkers(
            context.claims,
            self._log,
            live_pb2.Claim(
                tenant=session.tenant,
                call=session.call,
                agent=session.agent,
                agent_version=session.agent_version,
                language=self._language.current,
                gateway=context.worker,
            ),
            self,
            self._tasks,
            wait_s=context.tuning.claim_wait_s,
            resume_wait_s=context.tuning.resume_wait_s,
            roles=("llm",) if self.carrier else ROLES,
            before=snapshot.workers if snapshot is not None else None,
        )

    # What channels do

    def audio_in(self, pcm: bytes) -> None:
        """Take caller audio, 10 to 60 ms of it. The hot path."""
        if self.ready and not self._reconnect.resting:
            self._hearing.audio(pcm)

    def digits(self, digits: str) -> None:
        if not self.ready:
            return
        if self._turns.state.consent is None:
            self._log.append(events_pb2.DigitsEntered(digits=digits, at_ms=self._ms(self._scheduler.time())))
        ended = "#" if self._language.keyed(digits, self._turns.state) else ""
        self._turns.advance(ev.Digits(digits + ended))

    def typed(self, text: str, *, language: str = "") -> None:
        """`language`: as detected by the recogniser of the words; empty: typed, or unknown."""
        if self.ready:
            self._language.typed(text, self._turns.state, language)
            self._turns.advance(ev.Typed(text))

    def voice_cut(self, heard: str) -> None:
        """The carrier has stopped the agent's voice for the caller's; `heard` is what it had said."""
        if self.ready and self.carrier is not None:
            self.carrier.stopped_at(heard)
            self._turns.advance(ev.VoiceCut())

    # The caller's side

    async def _subscribe(self) -> Sequence[Subscription]:
        tenant, call = self.session.tenant, self.session.call
        bus = self._context.bus
        return await asyncio.gather(
            bus.subscribe(subjects.live_audio_out(tenant, call), self._on_audio),
            bus.subscribe(subjects.live_say(tenant, call), self._on_say),
            bus.subscribe(subjects.live_partial(tenant, call), self._on_partial),
            bus.subscribe(subjects.log(tenant, call, events_pb2.Heard.DESCRIPTOR.name), self._on_heard),
            bus.subscribe(subjects.log(tenant, call, events_pb2.FlowAdvanced.DESCRIPTOR.name), self._on_flow),
            bus.subscribe(subjects.log(tenant, call, events_pb2.LanguageRefused.DESCRIPTOR.name), self._on_unheard),
            bus.subscribe(
                subjects.log(tenant, call, events_pb2.ToolCalled.DESCRIPTOR.name), self.client.on_tool_called
            ),
            bus.subscribe(self._transfer.subject, self._transfer.on_requested),
        )

    async def _on_partial(self, message: Message) -> None:
        partial = parsed(live_pb2.Partial.FromString, message)
        if partial is not None:
            self.leg.send_event(call_events.PartialTranscript(partial.utterance, partial.text))
            over = self._over(partial.utterance)
            if partial.final:
                self._hearing.heard(partial.utterance)
                self._turns.advance(ev.FinalTranscript(partial.utterance, partial.text, *over))
                return
            self._turns.advance(ev.InterimTranscript(partial.utterance, partial.text, *over))

    async def _on_heard(self, message: Message) -> None:
        heard = decode(message.data).heard
        self._hearing.heard(heard.utterance)
        over = self._over(heard.utterance)
        self._language.heard(heard, self._turns.state, playing=over[0], level_below_caller_db=over[1])
        self._turns.advance(ev.FinalTranscript(heard.utterance, heard.text, *over))
        self.leg.send_event(call_events.UtteranceTranscript(heard.utterance, heard.text, self._turns.state.owed_texts))

    def _caller_started(self, at: float) -> None:
        self.leg.send_event(call_events.CallerStarted(self._ms(at)))
        self._turns.advance(ev.VoiceStarted(at))

    def _caller_stopped(self, at: float) -> None:
        self.leg.send_event(call_events.CallerStopped(self._ms(at)))
        self._turns.advance(ev.VoiceEnded(at))

    def _over(self, utterance: int) -> tuple[str, float, bool]:
        """What was in the caller's ear during an utterance, how far its voice lies below the caller's own, and whether
        it is the agent's."""
        began, until = self._turns.span(utterance)
        return (
            self._playout.recent_text(began),
            self._hearing.level_below_caller_db(),
            self._hearing.echo.heard(began, until),
        )

    async def _on_flow(self, message: Message) -> None:
        """A flow that asks for a slot says better than its words what the answer is made of."""
        asked = asked_slot(self._agent, decode(message.data).flow_advanced)
        if asked is not None:
            self._turns.advance(ev.Expected(expected_kind(asked.kind), digits_only=asked.digits_only))

    async def _on_unheard(self, message: Message) -> None:
        event = decode(message.data)
        if event.source.startswith("asr/"):
            self._language.unheard(event.language_refused, self._turns.turn + 1)

    def _in_language(self, changed: events_pb2.LanguageChanged) -> None:
        self._workers.in_language(changed.language)
        self._hearing.in_language(changed.language)
        self._turns.advance(self._language.manner())
        self.leg.send_event(call_events.LanguageChanged(changed.language, changed.reason))

    # The agent's side

    async def _on_say(self, message: Message) -> None:
        say = parsed(live_pb2.Say.FromString, message)
        if say is not None:
            self._agent_audio.say(say)

    async def _on_audio(self, message: Message) -> None:
        audio = parsed(live_pb2.AudioOut.FromString, message)
        if audio is not None:
            self._agent_audio.audio(audio)

    def _announce(self, say: live_pb2.Say) -> None:
        self.leg.send_event(call_events.AgentSentence.of(say))
        if "?" in say.text:
            self._turns.advance(ev.Expected(expected_by(say.text, say.language or self._language.current)))

    # What playout tells

    def send_frame(self, frame: bytes | memoryview, heard_at: float) -> None:
        self.leg.send_audio(frame)
        self._hearing.echo.played(frame, heard_at)
        if self._recording is not None:
            self._recording.agent.put(int((heard_at - self._started) * SAMPLE_RATE), frame)

    def take_back(self, since: float) -> bool:
        if self.session.channel not in TAKES_BACK:
            return False
        self.leg.clear_audio()
        self._hearing.echo.taken_back(since)
        if self._recording is not None:
            self._recording.agent.cut(int((since - self._started) * SAMPLE_RATE))
        return True

    def voice_started(self, sentence: Sentence, arrived: float) -> None:
        self._quiet.clear()
        self.leg.send_event(call_events.AgentStarted(sentence.turn))
        self._measure(sentence)
        self._turns.advance(ev.ReplyStarted(self._turns.turn))

    def sentence_started(self, sentence: Sentence) -> None:
        self._turns.advance(ev.SentenceStarted(self._turns.turn, sentence.uninterruptible))

    def sentence_heard(self, sentence: Sentence, text: str, *, complete: bool, start: float, end: float) -> None:
        self._heard.setdefault(sentence.turn, []).append(text)
        self.client.words.add(sentence, text)
        if complete:
            self._notices.heard(sentence.number)
        spoken = events_pb2.Spoken(
            turn=sentence.turn,
            sentence=sentence.number,
            text=text,
            complete=complete,
            start_ms=self._ms(start),
            end_ms=self._ms(end),
            kind=sentence.kind,
        )
        self._log.append(spoken)
        self.leg.send_event(call_events.AgentSpoken.of(spoken))

    def starved(self, turn: int) -> None:
        self._quiet.set()
        self.leg.send_event(call_events.AgentStopped(turn))
        self._turns.advance(ev.ReplyStarved(self._turns.turn))

    def finished(self, turn: int, then: int) -> None:
        self._quiet.set()
        self.leg.send_event(call_events.AgentStopped(turn))
        self.leg.send_event(call_events.ReplyDone(turn))
        if self._turns.state.closing and self._closing is not None:
            if self._closing is EndReason.HANDED_OFF:
                self._turns.limit(self._scheduler.time() + TRANSFER_S + 1, self.hang_up, EndReason.HANDED_OFF)
                self._transfer.start()
            else:
                self.hang_up(self._closing)
            return
        known = then in (events_pb2.AFTER_REPLY_HANG_UP, events_pb2.AFTER_REPLY_HAND_OFF)
        self._turns.advance(ev.ReplyFinished(self._turns.turn, Then(then) if known else Then.LISTEN))

    # What roles tell

    def worker_claimed(self, role: str, claimed: live_pb2.Claimed) -> None:
        if role == "asr":
            self._language.recognised(claimed.languages)

    def worker_lost(self, role: str) -> None:
        self._context.metrics.workers_lost.add(1, {"role": role})
        self.leg.send_event(call_events.WorkerFailover(role))
        self._turns.advance(ev.WorkerLost(role))
        if role == "tts":
            self._playout.speech_lost()

    async def worker_ready(self, role: str) -> None:
        if role == "asr":
            self._hearing.replay()
        elif role == "tts":
            # What was heard must be on the log before the conversation is asked to say the rest.
            await self._quiet.wait()

    def worker_replaced(self, role: str) -> None:
        self._turns.advance(ev.WorkerReplaced(role))
        if role == "tts":
            self._notices.say_again()

    def worker_missing(self, role: str) -> None:
        self._log.append(call_refused(RefusalReason.NOBODY_FREE, "none took over", role=role))
        self._playout.cut(self._turns.turn)
        self.leg.clear_audio()
        self.leg.send_event(call_events.CallFailed(EndReason.NOBODY_FREE, self._context.busy.text))
        self._apologise_and_hang_up(role)

    def fence(self) -> int:
        return self._playout.fence

    # Carrying out what `machine` decides

    def _pause_utterance(self, command: cmd.PauseUtterance) -> None:
        self._hearing.pause(command.number, command.speech_end, self._scheduler.time())

    def _commit(self, command: cmd.Commit) -> None:
        now = self._scheduler.time()
        self._log.append(
            events_pb2.TurnCommitted(
                turn=command.turn,
                text=command.text,
                utterances=command.utterances,
                reason=int(command.reason),  # type: ignore[arg-type]
                speech_end_ms=self._ms(command.speech_end),
                committed_ms=self._ms(now),
                draft=command.draft,
                wish=self._language.wish(command.text, command.reason),
            )
        )
        self._playout.cut(command.turn - 1)
        self.leg.send_event(call_events.TurnTranscript(command.turn, command.text, command.reason))
        self._agent_audio.committed(command, now)
        if command.reason.spoken:
            self._hearing.was_the_caller()

    def _interrupt(self, command: cmd.Interrupt) -> None:
        now = self._scheduler.time()
        self.leg.clear_audio()
        self._hearing.echo.taken_back(now)
        self._playout.cut(command.turn)
        self._quiet.set()
        if self._recording is not None:
            self._recording.agent.cut(int((now - self.leg.ear_delay_s - self._started) * SAMPLE_RATE))
        self._context.bus.post(
            subjects.live_stop(self.session.tenant, self.session.call),
            live_pb2.Stop(turn=command.turn).SerializeToString(),
        )
        heard = " ".join(text for text in self._heard.pop(command.turn, []) if text)
        self._log.append(events_pb2.Interrupted(turn=command.turn, at_ms=self._ms(now), heard=heard, by=command.by))
        self._notices.clear()
        self._context.metrics.interruptions.add(1)
        self.leg.send_event(call_events.Interrupted(command.turn, heard))

    def _answer_detected(self, command: cmd.Answered) -> None:
        at_ms = self._ms(self._scheduler.time())
        self._log.append(events_pb2.AnswerDetected(answer=command.answer, why=command.why, at_ms=at_ms))
        if command.converse:
            self._hearing.listen_for_beep(None)
            self._answered.set()

    def _consent_answered(self, command: cmd.ConsentAnswered) -> None:
        log_consent(self._log, self.session, self._agent, command, self._ms(self._scheduler.time()))
        if command.given:
            self._recording = self._record()
            self._hearing.record(self._recording.caller)

    def _prompt(self, command: cmd.SilencePrompt) -> None:
        self._log.append(events_pb2.SilencePrompted(turn=command.turn, count=command.count))
        self._say(command.turn, self._language.notice("silence"), events_pb2.SAY_KIND_PROMPT)

    def _start_draft(self, command: cmd.StartDraft) -> None:
        self._agent_audio.start_draft(
            live_pb2.Draft(
                turn=command.turn,
                draft=command.draft,
                text=command.text,
                language=self._language.named,
                wish=self._language.wish(command.text, CommitReason.PAUSE),
            )
        )

    def _worker_stalled(self, command: cmd.WorkerStalled) -> None:
        role = command.role
        if role == "reply":
            role = "tts" if self._playout.waits_for_audio() else "llm"
        self._workers.stalled(role)

    def _fail_turn(self, command: cmd.FailTurn) -> None:
        self._log.append(
            events_pb2.TurnFailed(turn=command.turn, stage=command.stage, error="TimedOut", action="apologised")
        )
        self._say(command.turn, self._language.notice("apology"))

    def _hang_up(self, command: cmd.HangUp) -> None:
        self._closing = command.reason
        sorry, late = self._language.agent.handoff.failed, self._language.notice("time_limit")
        goodbyes = {EndReason.SILENCE: "", EndReason.TIME_LIMIT: late, EndReason.HAND_OFF_FAILED: sorry}
        goodbye = command.say or goodbyes.get(command.reason)
        if command.reason is EndReason.HANDED_OFF and not goodbye and not self._reconnect.disconnected:
            self._transfer.start()
            return
        if goodbye is None or self._reconnect.resting:
            self.hang_up(command.reason)
            return
        last = "" if command.reason is EndReason.HANDED_OFF else self._language.agent.goodbye
        self._say(command.turn, f"{goodbye} {last}".strip())
        self._turns.limit(self._scheduler.time() + _NOTICE_S, self.hang_up, command.reason, "goodbye not heard")

    def _say(self, turn: int, text: str, kind: "events_pb2.SayKind.ValueType" = events_pb2.SAY_KIND_NOTICE) -> None:
        """Have the platform's own words spoken, behind whatever plays."""
        say = self._notices.say(turn, text, kind, self._language.named)
        self._playout.expect(say)
        self._playout.end(turn, 0, events_pb2.AFTER_REPLY_LISTEN)

    def _measure(self, sentence: Sentence) -> None:
        measured = self._agent_audio.measure(sentence, self._scheduler.time())
        if measured is not None:
            self._log.append(measured)
            self._context.metrics.turn_seconds.record(measured.total_us / 1e6)
            self.leg.send_event(call_events.LatencyMeasured.of(measured))


# What `machine` may decide, on one screen.
_CARRY_OUT: dict[type[object], Callable[[Call, Any], None]] = {
    cmd.OpenUtterance: lambda call, told: call._hearing.open(told.number, told.at, unlogged=call._turns.state.before),
    cmd.PauseUtterance: Call._pause_utterance,
    cmd.CancelUtterance: lambda call, told: call._hearing.cancel(told.number),
    cmd.Commit: Call._commit,
    cmd.StartDraft: Call._start_draft,
    cmd.DropDraft: lambda call, told: call._agent_audio.drop_draft(told.turn, told.draft),
    cmd.Duck: lambda call, told: call._playout.duck(down=told.down),
    cmd.Interrupt: Call._interrupt,
    cmd.SilencePrompt: Call._prompt,
    cmd.Warn: lambda call, told: call._say(told.turn, call._language.notice("time_warning")),
    cmd.WorkerStalled: Call._worker_stalled,
    cmd.FailTurn: Call._fail_turn,
    cmd.Apologise: lambda call, told: call._say(told.turn, call._language.agent.handoff.failed),
    cmd.HangUp: Call._hang_up,
    cmd.SayConsent: lambda call, told: call._say(told.turn, told.text, events_pb2.SAY_KIND_NOTICE),
    cmd.SayFirst: lambda call, told: call._say(told.turn, told.text, events_pb2.SAY_KIND_NOTICE),
    cmd.Answered: Call._answer_detected,
    cmd.ConsentAnswered: Call._consent_answered,
    cmd.Converse: lambda call, told: call._consented.set(),
}
