"""Carries out what turn-taking decides: one handler for each command of `turns`. `call` gives it to the turn driver.

The driver itself keeps the timers (`driver.TIMERS`).
"""

from collections.abc import Callable, Mapping
from typing import Any

from parley.v1 import events_pb2, live_pb2, session_pb2

from parley_gateway import call_events
from parley_gateway.call.agent_side import AgentSide
from parley_gateway.call.caller_side import CallerSide
from parley_gateway.call.goodbye import Goodbye
from parley_gateway.call.lifecycle import Opening
from parley_gateway.call.scope import CallScope
from parley_gateway.call.workers import CallWorkers
from parley_gateway.language.call_language import CallLanguage
from parley_gateway.recording import CallRecording
from parley_gateway.turns import commands as cmd
from parley_gateway.turns.types import CommitReason


class TurnCommands:
    def __init__(
        self,
        scope: CallScope,
        caller: CallerSide,
        agent: AgentSide,
        *,
        language: CallLanguage,
        recording: CallRecording,
        workers: CallWorkers,
        goodbye: Goodbye,
        opening: Opening,
    ) -> None:
        self._scope = scope
        self._caller = caller
        self._hearing = caller.hearing
        self._agent = agent
        self._language = language
        self._recording = recording
        self._workers = workers
        self._goodbye = goodbye
        self._opening = opening

    def carry_out(self, command: cmd.Command) -> None:
        HANDLERS[type(command)](self, command)

    # The caller's utterances and turns

    def _open_utterance(self, command: cmd.OpenUtterance) -> None:
        self._hearing.open(command.number, command.at, unlogged=self._scope.turns.state.before)

    def _pause_utterance(self, command: cmd.PauseUtterance) -> None:
        self._hearing.pause(command.number, command.speech_end, self._scope.scheduler.time())
        self._caller.judge_sound(command.number)

    def _cancel_utterance(self, command: cmd.CancelUtterance) -> None:
        self._hearing.cancel(command.number)

    def _commit(self, command: cmd.Commit) -> None:
        scope, now = self._scope, self._scope.scheduler.time()
        scope.log.append(
            events_pb2.TurnCommitted(
                turn=command.turn,
                text=command.text,
                utterances=command.utterances,
                reason=int(command.reason),  # type: ignore[arg-type]
                speech_end_ms=scope.line.ms(command.speech_end),
                committed_ms=scope.line.ms(now),
                draft=command.draft,
                wish=self._language.wish(command.text, command.reason),
            )
        )
        self._agent.playout.cut(command.turn - 1)
        scope.line.send_event(call_events.TurnTranscript(command.turn, command.text, command.reason))
        self._agent.sentences.committed(command, now)
        if command.reason.spoken:
            self._hearing.was_the_caller()

    # The answer

    def _start_draft(self, command: cmd.StartDraft) -> None:
        self._agent.sentences.start_draft(
            live_pb2.Draft(
                turn=command.turn,
                draft=command.draft,
                text=command.text,
                language=self._language.named,
                wish=self._language.wish(command.text, CommitReason.PAUSE),
            )
        )

    def _drop_draft(self, command: cmd.DropDraft) -> None:
        self._agent.sentences.drop_draft(command.turn, command.draft)

    def _duck(self, command: cmd.Duck) -> None:
        self._agent.playout.duck(down=command.down)

    def _halt(self, command: cmd.Halt) -> None:
        self._agent.playout.halt()

    def _go_on(self, command: cmd.GoOn) -> None:
        self._agent.playout.go_on()

    def _interrupt(self, command: cmd.Interrupt) -> None:
        self._agent.interrupt(command)

    # The platform's own words

    def _prompt(self, command: cmd.SilencePrompt) -> None:
        self._scope.log.append(events_pb2.SilencePrompted(turn=command.turn, count=command.count))
        self._agent.say(command.turn, self._language.notice("silence"), events_pb2.SAY_KIND_PROMPT)

    def _warn(self, command: cmd.Warn) -> None:
        self._agent.say(command.turn, self._language.notice("time_warning"))

    def _apologise(self, command: cmd.Apologise) -> None:
        self._agent.say(command.turn, self._language.agent.handoff.failed)

    def _say(self, command: cmd.SayConsent | cmd.SayFirst) -> None:
        self._agent.say(command.turn, command.text)

    # What went wrong

    def _worker_stalled(self, command: cmd.WorkerStalled) -> None:
        role = command.role
        if role == "reply":
            role = "tts" if self._agent.playout.waits_for_audio() else "llm"
        self._workers.stalled(role)

    def _fail_turn(self, command: cmd.FailTurn) -> None:
        self._scope.log.append(
            events_pb2.TurnFailed(turn=command.turn, stage=command.stage, error="TimedOut", action="apologised")
        )
        self._agent.say(command.turn, self._language.notice("apology"))

    # Before the conversation, and its end

    def _answered(self, command: cmd.Answered) -> None:
        at_ms = self._scope.now_ms()
        self._scope.log.append(events_pb2.AnswerDetected(answer=command.answer, why=command.why, at_ms=at_ms))
        if command.converse:
            self._hearing.listen_for_beep(None)
            self._opening.answered.set()

    def _consent_answered(self, command: cmd.ConsentAnswered) -> None:
        """Note the answer, not its words, on the log and in the session; a refusal may lead to a hand-off."""
        scope, given = self._scope, command.given
        then = "" if given else scope.agent.consent.on_refusal
        scope.session.recording_consent = session_pb2.CONSENT_GIVEN if given else session_pb2.CONSENT_REFUSED
        scope.session.policy.record_audio = given
        scope.log.append(events_pb2.ConsentAnswered(given=given, how=command.how, then=then, at_ms=scope.now_ms()))
        if then == "hand_off":
            scope.log.append(events_pb2.HandoffRequested(reason="consent_refused", target=scope.agent.handoff.target))
        if given:
            self._hearing.record(self._recording.start(whole=False).caller)

    def _converse(self, command: cmd.Converse) -> None:
        self._opening.consented.set()

    def _hang_up(self, command: cmd.HangUp) -> None:
        words = self._goodbye.begin(command)
        if words is not None:
            self._agent.say(command.turn, words)


# What turn-taking may decide, on one screen.
HANDLERS: Mapping[type[object], Callable[[TurnCommands, Any], None]] = {
    cmd.OpenUtterance: TurnCommands._open_utterance,
    cmd.PauseUtterance: TurnCommands._pause_utterance,
    cmd.CancelUtterance: TurnCommands._cancel_utterance,
    cmd.Commit: TurnCommands._commit,
    cmd.StartDraft: TurnCommands._start_draft,
    cmd.DropDraft: TurnCommands._drop_draft,
    cmd.Duck: TurnCommands._duck,
    cmd.Halt: TurnCommands._halt,
    cmd.GoOn: TurnCommands._go_on,
    cmd.Interrupt: TurnCommands._interrupt,
    cmd.SilencePrompt: TurnCommands._prompt,
    cmd.Warn: TurnCommands._warn,
    cmd.Apologise: TurnCommands._apologise,
    cmd.SayConsent: TurnCommands._say,
    cmd.SayFirst: TurnCommands._say,
    cmd.WorkerStalled: TurnCommands._worker_stalled,
    cmd.FailTurn: TurnCommands._fail_turn,
    cmd.Answered: TurnCommands._answered,
    cmd.ConsentAnswered: TurnCommands._consent_answered,
    cmd.Converse: TurnCommands._converse,
    cmd.HangUp: TurnCommands._hang_up,
}
