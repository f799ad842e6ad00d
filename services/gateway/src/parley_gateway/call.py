"""One call: the caller's leg, voice activity, turns, playout, recording and the bus, wired together.

A door makes a `Call` through `calls`, feeds it with audio, digits and text, and is told what to send through its `Leg`.
Everything between the first and the last line of the call's log by the gateway happens here. The decisions are in
`turns`; this module carries them out.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from parley.v1 import events_pb2, live_pb2, session_pb2
from parley_audio.formats import SAMPLE_RATE
from parley_core import telemetry
from parley_core.agents import AgentDocument
from parley_core.bus import subjects
from parley_core.bus.log import CallLog, decode
from parley_core.bus.port import Message, Subscription
from parley_core.errors import ParleyError
from parley_core.tasks import Tasks

from parley_gateway import client_events
from parley_gateway import turn_types as t
from parley_gateway.agent_voice import AgentVoice
from parley_gateway.asking import asked_slot
from parley_gateway.call_end import close_log
from parley_gateway.client_side import ClientSide
from parley_gateway.drafts import Drafts
from parley_gateway.endpoint import expected_by, expected_kind
from parley_gateway.hearing import Hearing
from parley_gateway.live import parsed
from parley_gateway.notices import Notices
from parley_gateway.parking import Parking
from parley_gateway.platform import Platform
from parley_gateway.playout import Playout, Sentence
from parley_gateway.ports import Leg, Playing
from parley_gateway.roles import ROLES, NobodyFree, Roles, start_unless_ended
from parley_gateway.session import is_text, turn_config
from parley_gateway.text_playout import TextPlayout
from parley_gateway.turn_driver import TurnDriver
from parley_gateway.utterances import Utterances

log = logging.getLogger(__name__)

_NOTICE_S = 10.0  # a last word that is not heard by then is not waited for
_END_S = 10.0  # each step of the tear-down


class Call:
    """Made by `calls.Calls`. `run` holds the call from its first event to its last."""

    def __init__(self, platform: Platform, leg: Leg, session: session_pb2.Session, agent: AgentDocument) -> None:
        self.session = session
        self.leg = leg
        self.ready = False
        self._platform = platform
        self._agent = agent
        self._scheduler = platform.scheduler
        self._started = self._scheduler.time()
        self._span, traceparent = telemetry.start_span("call", attributes={"parley.call": session.call})
        self._log = CallLog(
            platform.bus, session.tenant, session.call, f"gateway/{platform.worker}", traceparent=traceparent
        )
        self._tasks = Tasks(f"call {session.call}", on_error=lambda name, error: self.hang_up("error", name))
        self._ended = asyncio.Event()
        self._end = ("", "")
        self._turns = TurnDriver(
            self._scheduler,
            turn_config(agent, platform.settings),
            carry_out=lambda command: _CARRY_OUT[type(command)](self, command),
            on_phase=lambda phase: self.leg.send_event({"type": "state", "state": phase.value}),
            before_pause=lambda: self._hearing.score(),
        )
        # A carrier that recognises and speaks is given text, and its door tells what was heard.
        self.carrier = TextPlayout(self._scheduler, self) if is_text(session.audio) else None
        self._playout: Playing = self.carrier or Playout(
            self._scheduler, self, lead_s=platform.settings.playout_lead_ms / 1000
        )
        self._parking = Parking(
            self._scheduler, self._log, self._turns, platform.settings.take_up_s, hang_up=self.hang_up, ms=self._ms
        )
        self._quiet = asyncio.Event()  # the agent's voice is not on the line
        self._quiet.set()
        recorded = session.policy.record_audio
        self._recording = platform.recorder.start(session.tenant, session.call, self._started) if recorded else None
        self._hearing = Hearing(
            self._scheduler,
            platform.vad,
            Utterances(platform.bus.post, session.tenant, session.call),
            self._recording.caller if self._recording else None,
            on_voice=lambda at: self._voice("caller_started", at, t.VoiceStarted(at)),
            on_quiet=lambda at: self._voice("caller_stopped", at, t.VoiceEnded(at)),
        )
        self._subscriptions: list[Subscription] = []
        self._roles = Roles(
            platform.claims,
            self._log,
            live_pb2.Claim(
                tenant=session.tenant,
                call=session.call,
                agent=session.agent,
                agent_version=session.agent_version,
                language=session.language,
                gateway=platform.worker,
            ),
            self,
            self._tasks,
            wait_s=platform.settings.claim_wait_s,
            resume_wait_s=platform.settings.resume_wait_s,
            roles=("llm",) if self.carrier else ROLES,
        )
        self.client = ClientSide(
            self._scheduler, self._log, agent, self, self._turns, tool_s=platform.settings.client_tool_s
        )
        self._heard: dict[int, list[str]] = {}  # by turn, what was heard of the reply
        self._notices = Notices(platform.bus.post, self._log)
        self._closing = ""  # why the call ends once its last word was heard
        self._agent_voice = AgentVoice(
            self._scheduler,
            self._playout,
            Drafts(platform.bus.post, session.tenant, session.call),
            announce=self._announce,
        )

    # What doors do

    async def run(self) -> None:
        """Hold the call until it has ended; the log is complete when this returns."""
        try:
            await self._set_up()
            await self._ended.wait()
        except NobodyFree as error:
            await self._turn_away(error)
        except ParleyError as error:
            log.warning("call not set up", extra={"call": self.session.call, "error": type(error).__name__})
            self.hang_up("error", type(error).__name__)
        except asyncio.CancelledError:
            self.hang_up("gateway_stopped")
            raise
        except Exception:
            log.exception("call failed", extra={"call": self.session.call})
            self.hang_up("error")
            raise
        finally:
            await self._tear_down()

    def audio_in(self, pcm: bytes) -> None:
        """Take caller audio, 10 to 60 ms of it. The hot path."""
        if self.ready:
            self._hearing.audio(pcm)

    def digits(self, digits: str) -> None:
        if not self.ready:
            return
        self._log.append(events_pb2.DigitsEntered(digits=digits, at_ms=self._ms(self._scheduler.time())))
        self._turns.advance(t.Digits(digits))

    def typed(self, text: str) -> None:
        if self.ready:
            self._turns.advance(t.Typed(text))

    def voice_cut(self, heard: str) -> None:
        """The carrier has stopped the agent's voice for the caller's; `heard` is what it had said."""
        if self.ready and self.carrier is not None:
            self.carrier.stopped_at(heard)
            self._turns.advance(t.VoiceCut())

    def hang_up(self, reason: str, detail: str = "") -> None:
        """End the call. The first reason stands."""
        if not self._ended.is_set():
            self._end = (reason, detail)
            self._ended.set()
            self._turns.stop()

    def leg_lost(self, reason: str, leg: Leg | None = None) -> None:
        """The client vanished without hanging up; the call waits for another. `leg`: whose door says so."""
        if leg not in (None, self.leg):
            return
        if self.ready:
            self._parking.lost(reason)
            self.leg.close(reason)
        else:
            self.hang_up(reason)

    def take_up(self, leg: Leg) -> None:
        """Put a leg in the place of the one that was lost, or that nobody has missed yet."""
        self.leg_lost("replaced")
        self.leg = leg
        self._tell_ready(resumed=True)
        self._parking.taken_up(self._platform.worker)

    # Life

    async def _set_up(self) -> None:
        tenant, call = self.session.tenant, self.session.call
        bus = self._platform.bus
        await self._log.append_stored(events_pb2.CallStarted(session=self.session, gateway=self._platform.worker))
        self._subscriptions += await asyncio.gather(
            bus.subscribe(subjects.live_audio_out(tenant, call), self._on_audio),
            bus.subscribe(subjects.live_say(tenant, call), self._on_say),
            bus.subscribe(subjects.live_partial(tenant, call), self._on_partial),
            bus.subscribe(subjects.log(tenant, call, events_pb2.Heard.DESCRIPTOR.name), self._on_heard),
            bus.subscribe(subjects.log(tenant, call, events_pb2.FlowAdvanced.DESCRIPTOR.name), self._on_flow),
            bus.subscribe(
                subjects.log(tenant, call, events_pb2.ToolCalled.DESCRIPTOR.name), self.client.on_tool_called
            ),
        )
        await start_unless_ended(self._roles, self._ended)
        if self._ended.is_set():
            return
        self.ready = True
        self._tell_ready()
        self._turns.advance(t.Start(agent_first=self._agent.first_speaker == "agent"))

    def _tell_ready(self, *, resumed: bool = False) -> None:
        token = self._platform.tokens.issue_resume(self.session, hold_s=self._platform.settings.take_up_s)
        self.leg.send_event(client_events.ready(self.session, token, resumed=resumed))

    async def _turn_away(self, error: NobodyFree) -> None:
        self._log.append(events_pb2.CallRefused(reason="nobody_free", detail=error.why, role=error.role))
        self._platform.metrics.refused.add(1, {"reason": "nobody_free"})
        self.leg.send_event({"type": "refused", "reason": "nobody_free", "detail": self._platform.busy.text})
        self._apologise_and_hang_up(error.role)
        await self._ended.wait()

    async def _tear_down(self) -> None:
        ended = self._scheduler.time()
        duration_s = ended - self._started
        reason, detail = self._end if self._ended.is_set() else ("error", "")
        self._ended.set()
        self.ready = False
        self._parking.close()
        self._turns.close()
        self._hearing.close()
        self.client.close()
        self._roles.close()
        if self._playout.speaking:
            self._playout.cut(self._turns.turn)
        self._playout.close()
        if self._playout.dropped:
            self._platform.metrics.dropped_audio.add(self._playout.dropped)
        self.leg.send_event({"type": "ended", "reason": reason, "duration_ms": int(duration_s * 1000)})
        self.leg.close(reason, detail)
        for step in (self._tasks.close(), self._unsubscribe(), self._store_recording(duration_s)):
            try:
                await asyncio.wait_for(step, _END_S)
            except (ParleyError, OSError, TimeoutError) as error:
                log.error("tear-down step failed", extra={"call": self.session.call, "error": type(error).__name__})
        await close_log(self._log, reason, detail, duration_ms=int(duration_s * 1000), turns=self._turns.turn)
        self._platform.metrics.ended.add(1, {"reason": reason})
        self._span.end()

    async def _unsubscribe(self) -> None:
        await asyncio.gather(*(subscription.close() for subscription in self._subscriptions))

    async def _store_recording(self, duration_s: float) -> None:
        if self._recording is None:
            return
        stored = await self._platform.recorder.finish(self._recording, duration_s)
        self._log.append(
            events_pb2.RecordingStored(
                path=stored.path, bytes=stored.bytes, duration_ms=stored.duration_ms, sha256=stored.sha256
            )
        )

    # The caller's side

    async def _on_partial(self, message: Message) -> None:
        partial = parsed(live_pb2.Partial.FromString, message)
        if partial is not None:
            self.leg.send_event({"type": "partial", "utterance": partial.utterance, "text": partial.text})
            over = (self._playout.recent_text(), self._hearing.below_db())
            self._turns.advance(t.PartialHeard(partial.utterance, partial.text, *over))

    async def _on_heard(self, message: Message) -> None:
        heard = decode(message.data).heard
        self._hearing.heard(heard.utterance)
        over = (self._playout.recent_text(), self._hearing.below_db())
        self._turns.advance(t.FinalHeard(heard.utterance, heard.text, *over))
        told = {"type": "heard", "utterance": heard.utterance, "text": heard.text}
        self.leg.send_event({**told, "more": self._turns.state.owed_texts})

    def _voice(self, told: str, at: float, event: t.VoiceStarted | t.VoiceEnded) -> None:
        self.leg.send_event({"type": told, "at_ms": self._ms(at)})
        self._turns.advance(event)

    async def _on_flow(self, message: Message) -> None:
        """A flow that asks for a slot says better than its words what the answer is made of."""
        moved = decode(message.data).flow_advanced
        asked = asked_slot(self._agent, moved)
        if asked is not None:
            self._turns.advance(t.Expected(expected_kind(asked.kind), digits_only=asked.digits_only))

    # The agent's side

    async def _on_say(self, message: Message) -> None:
        say = parsed(live_pb2.Say.FromString, message)
        if say is not None:
            self._agent_voice.say(say)

    async def _on_audio(self, message: Message) -> None:
        audio = parsed(live_pb2.AudioOut.FromString, message)
        if audio is not None:
            self._agent_voice.audio(audio)

    def _announce(self, say: live_pb2.Say) -> None:
        self.leg.send_event(client_events.agent_sentence(say))
        if "?" in say.text:
            self._turns.advance(t.Expected(expected_by(say.text)))

    # What playout tells

    def send_frame(self, frame: bytes | memoryview, heard_at: float) -> None:
        self.leg.send_audio(frame)
        if self._recording is not None:
            self._recording.agent.put(int((heard_at - self._started) * SAMPLE_RATE), frame)

    def voice_started(self, sentence: Sentence, arrived: float) -> None:
        self._quiet.clear()
        self.leg.send_event({"type": "agent_started", "turn": sentence.turn})
        self._measure(sentence)
        self._turns.advance(t.ReplyStarted(self._turns.turn))

    def sentence_started(self, sentence: Sentence) -> None:
        self._turns.advance(t.SentenceStarted(self._turns.turn, sentence.uninterruptible))

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
        self.leg.send_event(client_events.spoken(spoken))

    def starved(self, turn: int) -> None:
        self._quiet.set()
        self.leg.send_event({"type": "agent_stopped", "turn": turn})
        self._turns.advance(t.ReplyStarved(self._turns.turn))

    def finished(self, turn: int, then: int) -> None:
        self._quiet.set()
        self.leg.send_event({"type": "agent_stopped", "turn": turn})
        self.leg.send_event({"type": "reply_done", "turn": turn})
        if self._turns.state.closing:
            self.hang_up(self._closing)
            return
        known = then in (events_pb2.AFTER_REPLY_HANG_UP, events_pb2.AFTER_REPLY_HAND_OFF)
        self._turns.advance(t.ReplyFinished(self._turns.turn, t.Then(then) if known else t.Then.LISTEN))

    # What roles tell

    def role_lost(self, role: str) -> None:
        self._platform.metrics.workers_lost.add(1, {"role": role})
        self.leg.send_event({"type": "worker_lost", "role": role})
        self._turns.advance(t.RoleLost(role))
        if role == "tts":
            self._playout.speech_lost()

    async def role_ready(self, role: str) -> None:
        if role == "asr":
            self._hearing.replay()
        elif role == "tts":
            # What was heard must be on the log before the conversation is asked to say the rest.
            await self._quiet.wait()

    def role_replaced(self, role: str) -> None:
        self._turns.advance(t.RoleReplaced(role))
        if role == "tts":
            self._notices.say_again()

    def role_missing(self, role: str) -> None:
        self._log.append(events_pb2.CallRefused(reason="nobody_free", detail="none took over", role=role))
        self._playout.cut(self._turns.turn)
        self.leg.clear_audio()
        self.leg.send_event({"type": "error", "reason": "nobody_free", "detail": self._platform.busy.text})
        self._apologise_and_hang_up(role)

    def _apologise_and_hang_up(self, role: str) -> None:
        playing = self._tasks.spawn(self._platform.busy.play(self.leg), "busy message")
        playing.add_done_callback(lambda _: self.hang_up("nobody_free", role))

    def fence(self) -> int:
        return self._playout.fence

    # Carrying out what `turns` decides

    def _pause_utterance(self, command: t.PauseUtterance) -> None:
        self._hearing.pause(command.number, command.speech_end, self._scheduler.time())

    def _commit(self, command: t.Commit) -> None:
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
            )
        )
        self._playout.cut(command.turn - 1)
        self.leg.send_event(client_events.transcript(command.turn, command.text, command.reason.name))
        self._agent_voice.committed(command, now)
        if command.reason.spoken:
            self._hearing.was_the_caller()

    def _interrupt(self, command: t.Interrupt) -> None:
        now = self._scheduler.time()
        self.leg.clear_audio()
        self._playout.cut(command.turn)
        self._quiet.set()
        if self._recording is not None:
            self._recording.agent.cut(int((now - self._started) * SAMPLE_RATE))
        self._platform.bus.post(
            subjects.live_stop(self.session.tenant, self.session.call),
            live_pb2.Stop(turn=command.turn).SerializeToString(),
        )
        heard = " ".join(text for text in self._heard.pop(command.turn, []) if text)
        self._log.append(events_pb2.Interrupted(turn=command.turn, at_ms=self._ms(now), heard=heard, by=command.by))
        self._notices.clear()
        self._platform.metrics.interruptions.add(1)
        self.leg.send_event({"type": "interrupted", "turn": command.turn, "heard": heard})

    def _prompt(self, command: t.Prompt) -> None:
        self._log.append(events_pb2.SilencePrompted(turn=command.turn, count=command.count))
        self._say(command.turn, self._platform.settings.silence_text, events_pb2.SAY_KIND_PROMPT)

    def _role_stalled(self, command: t.RoleStalled) -> None:
        role = command.role
        if role == "reply":
            role = "tts" if self._playout.waits_for_audio() else "llm"
        self._roles.stalled(role)

    def _fail_turn(self, command: t.FailTurn) -> None:
        self._log.append(
            events_pb2.TurnFailed(turn=command.turn, stage=command.stage, error="TimedOut", action="apologised")
        )
        self._say(command.turn, self._platform.settings.apology_text, events_pb2.SAY_KIND_NOTICE)

    def _hang_up(self, command: t.HangUp) -> None:
        self._closing = command.reason
        settings = self._platform.settings
        goodbye = {"silence": "", "time_limit": settings.time_limit_text}.get(command.reason)
        if goodbye is None or self._parking.parked:
            self.hang_up(command.reason)
            return
        self._say(command.turn, f"{goodbye} {self._agent.goodbye}".strip(), events_pb2.SAY_KIND_NOTICE)
        self._turns.limit(self._scheduler.time() + _NOTICE_S, self.hang_up, command.reason, "goodbye not heard")

    def _say(self, turn: int, text: str, kind: "events_pb2.SayKind.ValueType") -> None:
        """Have the platform's own words spoken, behind whatever plays."""
        say = self._notices.say(turn, text, kind)
        self._playout.expect(say)
        self._playout.end(turn, 0, events_pb2.AFTER_REPLY_LISTEN)

    def _measure(self, sentence: Sentence) -> None:
        measured = self._agent_voice.measure(sentence, self._scheduler.time())
        if measured is None:
            return
        self._log.append(measured)
        self._platform.metrics.turn_seconds.record(measured.total_us / 1e6)
        self.leg.send_event(client_events.turn_latency(measured))

    def _ms(self, time: float) -> int:
        return max(0, round((time - self._started) * 1000))


# What `turns` may decide, on one screen.
_CARRY_OUT: dict[type[object], Callable[[Call, Any], None]] = {
    t.OpenUtterance: lambda call, told: call._hearing.open(told.number, told.at),
    t.PauseUtterance: Call._pause_utterance,
    t.CancelUtterance: lambda call, told: call._hearing.cancel(told.number),
    t.Commit: Call._commit,
    t.StartDraft: lambda call, told: call._agent_voice.start_draft(told.turn, told.draft, told.text),
    t.DropDraft: lambda call, told: call._agent_voice.drop_draft(told.turn, told.draft),
    t.Duck: lambda call, told: call._playout.duck(down=told.down),
    t.Interrupt: Call._interrupt,
    t.Prompt: Call._prompt,
    t.Warn: lambda call, told: call._say(
        told.turn, call._platform.settings.time_warning_text, events_pb2.SAY_KIND_NOTICE
    ),
    t.RoleStalled: Call._role_stalled,
    t.FailTurn: Call._fail_turn,
    t.HangUp: Call._hang_up,
}
