"""One call: its parts, made and wired together. Made by `registry` for a channel.

Channels give what the caller sends to `Call.caller`, what a client brings beyond voice to `Call.client`, and what a
carrier with a voice of its own reports to `Call.agent`; the call sends through its `Leg`. Everything that the gateway
writes to the call's log between its first and its last line happens in these parts. What is decided is decided in
`turns.machine`.
"""

import asyncio

from parley.v1 import events_pb2, live_pb2, session_pb2
from parley_core import clock, telemetry
from parley_core.agents import AgentDocument
from parley_core.bus.log import CallLog
from parley_core.reasons import EndReason
from parley_core.tasks import Tasks

from parley_gateway import call_events
from parley_gateway.call.agent_side import AgentSide
from parley_gateway.call.caller_side import CallerSide
from parley_gateway.call.client_tools import ClientTools
from parley_gateway.call.context import GatewayContext
from parley_gateway.call.ending import CallEnd
from parley_gateway.call.frozen_bus import FrozenBus
from parley_gateway.call.goodbye import Goodbye
from parley_gateway.call.inbox import CallInbox
from parley_gateway.call.lifecycle import Lifecycle, Opening
from parley_gateway.call.reconnect import ReconnectWindow
from parley_gateway.call.scope import CallLine, CallScope
from parley_gateway.call.session import turn_state
from parley_gateway.call.transfer import Transfer
from parley_gateway.call.turn_commands import TurnCommands
from parley_gateway.call.worker_changes import WorkerChanges
from parley_gateway.call.workers import ROLES, CallWorkers
from parley_gateway.cluster.snapshot import CallSnapshot
from parley_gateway.language.call_language import CallLanguage
from parley_gateway.language.identification import identify
from parley_gateway.ports import Leg
from parley_gateway.recording import CallRecording
from parley_gateway.speaking.announcements import Announcement
from parley_gateway.turns.driver import TurnDriver


class Call:
    def __init__(
        self,
        context: GatewayContext,
        leg: Leg,
        session: session_pb2.Session,
        agent: AgentDocument,
        snapshot: CallSnapshot | None = None,
    ) -> None:
        """`snapshot`: another gateway has begun the call."""
        self.session = session
        self.over = asyncio.Event()  # `run` has returned
        self._span, traceparent = telemetry.start_span("call", attributes={"parley.call": session.call})
        scope = self._scope = self._share(context, leg, session, agent, snapshot, traceparent)
        self._line, self._turns = scope.line, scope.turns
        recording = self._recording()
        language = self._language = self._follow_language()
        echo = context.vad.echo()
        opening = Opening()
        self._reconnect = ReconnectWindow(scope)
        self.client = ClientTools(scope)
        transfer = Transfer(scope)
        goodbye = Goodbye(scope, language, self._reconnect, transfer)
        self.agent = AgentSide(scope, language, echo, recording, goodbye, self.client.words)
        self.caller = CallerSide(scope, language, echo, recording, self._reconnect, self.agent.playout)
        self._turns.advance(language.manner())
        self._workers = self._claim_workers(WorkerChanges(scope, self.caller, self.agent, language))
        self._commands = TurnCommands(
            scope,
            self.caller,
            self.agent,
            language=language,
            recording=recording,
            workers=self._workers,
            goodbye=goodbye,
            opening=opening,
        )
        self._lifecycle = Lifecycle(
            scope,
            opening,
            caller=self.caller,
            agent=self.agent,
            client=self.client,
            workers=self._workers,
            reconnect=self._reconnect,
            recording=recording,
            inbox=CallInbox(scope, self.caller, self.agent, self.client, transfer),
        )

    # What channels and `registry` ask

    @property
    def leg(self) -> Leg:
        return self._line.leg

    @property
    def ready(self) -> bool:
        """Whether the client was told that it may speak, and the call is not over."""
        return self._line.ready

    @property
    def disconnected(self) -> bool:
        return self._reconnect.disconnected

    async def run(self) -> None:
        """See `Lifecycle.run`."""
        try:
            await self._lifecycle.run()
        finally:
            self._span.end()

    def hang_up(self, reason: EndReason, detail: str = "") -> None:
        """End the call. The first reason stands."""
        self._scope.end.hang_up(reason, detail)

    def leg_lost(self, reason: EndReason, leg: Leg | None = None) -> None:
        """See `ReconnectWindow.lost`."""
        self._reconnect.lost(reason, leg)

    def hold(self, *, on: bool) -> None:
        """The caller has put the call on hold, or taken it back."""
        self._reconnect.hold(on=on)

    def resume(self, leg: Leg) -> None:
        """See `ReconnectWindow.resume`."""
        self._reconnect.resume(leg)

    # How the parts are made

    def _share(
        self,
        context: GatewayContext,
        leg: Leg,
        session: session_pb2.Session,
        agent: AgentDocument,
        snapshot: CallSnapshot | None,
        traceparent: str,
    ) -> CallScope:
        scheduler = context.scheduler
        elapsed_s = snapshot.elapsed_s(clock.current().time_us()) if snapshot is not None else 0.0
        line = CallLine(leg, scheduler.time() - elapsed_s)
        tasks = Tasks(f"call {session.call}", on_error=lambda name, error: self.hang_up(EndReason.ERROR, name))
        turns = TurnDriver(
            scheduler,
            turn_state(context.tuning, session, agent, snapshot, scheduler.time()),
            carry_out=lambda command: self._commands.carry_out(command),
            on_phase=lambda phase: line.send_event(call_events.PhaseChanged(phase)),
            before_pause=lambda: self.caller.hearing.score(),
            before_barge_in=lambda utterance: self.caller.look_at_sound(utterance),
            suspended=FrozenBus(
                context.claims,
                context.announcements,
                tasks,
                leg=lambda: line.leg,
                language=lambda: self._language.current,
            ),
        )
        return CallScope(
            gateway=context,
            session=session,
            agent=agent,
            snapshot=snapshot,
            line=line,
            log=CallLog(
                context.bus, session.tenant, session.call, f"gateway/{context.worker}", traceparent=traceparent
            ),
            tasks=tasks,
            turns=turns,
            end=CallEnd(
                on_end=turns.stop,
                busy_text=lambda: context.announcements.text(Announcement.BUSY, self._language.current),
                apologise=lambda: tasks.spawn(
                    context.announcements.play(line.leg, Announcement.BUSY, self._language.current), "busy message"
                ),
            ),
        )

    def _recording(self) -> CallRecording:
        scope, session = self._scope, self.session
        recording = CallRecording(
            scope.gateway.recorder,
            session.tenant,
            session.call,
            clock=scope.scheduler.time,
            started=scope.line.started,
            part=scope.snapshot is not None,
        )
        if session.policy.record_audio and scope.turns.state.consent is None:
            recording.start(whole=True)
        return recording

    def _follow_language(self) -> CallLanguage:
        scope = self._scope
        language = scope.snapshot.language if scope.snapshot is not None else self.session.language
        return CallLanguage(scope.agent, language, scope.log, identify, on_change=self._language_changed)

    def _claim_workers(self, changes: WorkerChanges) -> CallWorkers:
        scope, session, tuning = self._scope, self.session, self._scope.gateway.tuning
        return CallWorkers(
            scope.gateway.claims,
            scope.log,
            live_pb2.Claim(
                tenant=session.tenant,
                call=session.call,
                agent=session.agent,
                agent_version=session.agent_version,
                language=self._language.current,
                gateway=scope.gateway.worker,
            ),
            changes,
            scope.tasks,
            wait_s=tuning.claim_wait_s,
            resume_wait_s=tuning.resume_wait_s,
            roles=("llm",) if self.agent.carrier else ROLES,
            before=scope.snapshot.workers if scope.snapshot is not None else None,
        )

    def _language_changed(self, changed: events_pb2.LanguageChanged) -> None:
        self._workers.in_language(changed.language)
        self.caller.hearing.in_language(changed.language)
        self._turns.advance(self._language.manner())
        self._line.send_event(call_events.LanguageChanged(changed.language, changed.reason))
