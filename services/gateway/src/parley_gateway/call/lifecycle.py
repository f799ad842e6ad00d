"""The life of a call: begun, or taken up from another gateway's log; its caller lost and back; ended with a whole log.

`call.Call` is what happens in between, and makes the parts that are named here.
"""

import asyncio
import logging
from abc import ABC, abstractmethod
from collections.abc import Coroutine, Sequence

from parley.v1 import events_pb2, session_pb2
from parley_audio.formats import SAMPLE_RATE
from parley_core import clock, telemetry
from parley_core.agents import AgentDocument
from parley_core.bus.log import CallLog
from parley_core.bus.port import Subscription
from parley_core.errors import ParleyError
from parley_core.reasons import EndReason, RefusalReason, call_refused
from parley_core.tasks import Tasks

from parley_gateway import call_events
from parley_gateway.call.client_tools import ClientTools
from parley_gateway.call.context import GatewayContext
from parley_gateway.call.ending import End, write_end
from parley_gateway.call.frozen_bus import FrozenBus
from parley_gateway.call.reconnect import ReconnectWindow
from parley_gateway.call.workers import ROLES, CallWorkers, NobodyFree
from parley_gateway.cluster.snapshot import CallSnapshot
from parley_gateway.language.call_language import CallLanguage
from parley_gateway.listening.caller_audio import CallerAudio
from parley_gateway.ports import Leg, Playing
from parley_gateway.recording import Recording
from parley_gateway.turns import events as ev
from parley_gateway.turns.driver import TurnDriver

log = logging.getLogger(__name__)

_ASKING, _ASKED = ("asr", "tts"), ("llm",)  # who is needed to ask for consent, and who after it


class CallLife(ABC):
    """`run` holds the call from its first event to its last."""

    _turns: TurnDriver
    _playout: Playing
    _hearing: CallerAudio
    _workers: CallWorkers
    _reconnect: ReconnectWindow
    _language: CallLanguage
    client: ClientTools

    def __init__(
        self,
        context: GatewayContext,
        leg: Leg,
        session: session_pb2.Session,
        agent: AgentDocument,
        snapshot: CallSnapshot | None,
    ) -> None:
        self.session = session
        self.leg = leg
        self.ready = False
        self.over = asyncio.Event()  # `run` has returned
        self._context = context
        self._agent = agent
        self._scheduler = context.scheduler
        elapsed_s = snapshot.elapsed_s(clock.current().time_us()) if snapshot is not None else 0.0
        self._started = self._scheduler.time() - elapsed_s
        self._snapshot = snapshot
        self._span, traceparent = telemetry.start_span("call", attributes={"parley.call": session.call})
        self._log = CallLog(
            context.bus, session.tenant, session.call, f"gateway/{context.worker}", traceparent=traceparent
        )
        self._tasks = Tasks(f"call {session.call}", on_error=lambda name, error: self.hang_up(EndReason.ERROR, name))
        self._bus_frozen = FrozenBus(
            context.claims, context.hold, self._tasks, leg=lambda: self.leg, language=lambda: self._language.current
        )
        self._ended = asyncio.Event()
        self._end = (EndReason.ERROR, "")
        self._answered = asyncio.Event()  # an outgoing call: by somebody to talk to
        self._consented = asyncio.Event()  # asked for consent, the caller has answered
        self._recording: Recording | None = None
        self._subscriptions: list[Subscription] = []

    async def run(self) -> None:
        """Hold the call until it has ended; the log is complete when this returns."""
        try:
            await self._set_up()
            await self._ended.wait()
        except NobodyFree as error:
            await self._turn_away(error)
        except ParleyError as error:
            log.warning("call setup failed", extra={"call": self.session.call, "error": type(error).__name__})
            self.hang_up(EndReason.ERROR, type(error).__name__)
        except asyncio.CancelledError:
            self.hang_up(EndReason.GATEWAY_STOPPED)
            raise
        except Exception:
            log.exception("call failed", extra={"call": self.session.call})
            self.hang_up(EndReason.ERROR)
            raise
        finally:
            await self._tear_down()

    def hang_up(self, reason: EndReason, detail: str = "") -> None:
        """End the call. The first reason stands."""
        if not self._ended.is_set():
            self._end = (reason, detail)
            self._ended.set()
            self._turns.stop()

    @property
    def disconnected(self) -> bool:
        """Whether the caller is disconnected and may reconnect."""
        return self._reconnect.disconnected

    def leg_lost(self, reason: EndReason, leg: Leg | None = None) -> None:
        """The client vanished without hanging up; the call waits for another. `leg`: whose channel says so."""
        if leg not in (None, self.leg) or self.disconnected:
            return
        if self.ready:
            self._reconnect.lost(reason)
            self.leg.close(reason)
        else:
            self.hang_up(reason)

    def hold(self, *, on: bool) -> None:
        """The caller has put the call on hold, or taken it back."""
        if self.ready:
            self._reconnect.hold(on=on)

    def resume(self, leg: Leg) -> None:
        """Replace the leg that was lost, or whose loss has not been noticed yet."""
        self.leg_lost(EndReason.REPLACED)
        self.leg = leg
        self._tell_ready(resumed=True)
        self._reconnect.resumed(self._context.worker)

    async def _set_up(self) -> None:
        if self._snapshot is None:
            await self._log.append_stored(events_pb2.CallStarted(session=self.session, gateway=self._context.worker))
        else:
            self._playout.cut(self._snapshot.turn)
            self._reconnect.from_log(self._snapshot, self._context)
        self._subscriptions += await self._subscribe()
        answering = self._turns.state.answering is not None
        asking = self._turns.state.consent is not None
        resumes = self._snapshot is not None
        await self._unless_over(self._workers.start(_ASKING if asking or answering else ROLES, resume=resumes))
        if self._ended.is_set():
            return
        self.ready = True
        self._tell_ready(resumed=resumes)
        if answering:
            self._hearing.listen_for_beep(lambda: self._turns.advance(ev.BeepHeard()))
            self._turns.advance(ev.Start(agent_first=False))
            await self._unless_over(self._answered.wait())
        if asking:
            self._turns.advance(ev.Start(agent_first=True))
            await self._unless_over(self._consented.wait())
        if asking or answering:
            await self._unless_over(self._workers.start(_ASKED, resume=resumes))
        if self._snapshot is None or asking:
            self._turns.advance(ev.Start(agent_first=self._agent.first_speaker == "agent"))
        else:
            self._turns.advance(ev.LegResumed(self._scheduler.time() - self._started))

    async def _unless_over(self, work: Coroutine[None, None, object]) -> None:
        """Wait for it to be done, or for the call to end."""
        if self._ended.is_set():
            work.close()
            return
        working = asyncio.create_task(work, name="set up")
        over = asyncio.create_task(self._ended.wait(), name="end while setting up")
        try:
            await asyncio.wait({working, over}, return_when=asyncio.FIRST_COMPLETED)
            if working.done():
                working.result()
        finally:
            working.cancel()
            over.cancel()
            await asyncio.gather(working, over, return_exceptions=True)

    def _tell_ready(self, *, resumed: bool = False) -> None:
        token = self._context.tokens.issue_resume(self.session, hold_s=self._context.settings.reconnect_window_s)
        self.leg.send_event(call_events.Ready(self.session.call, self.session.session, token, resumed=resumed))

    def _record(self) -> Recording:
        """Record from here on."""
        session = self.session
        # From its first sample, where it is recorded from its beginning: that one may lie before this moment.
        whole = self._snapshot is None and not self.ready
        at = 0 if whole else int((self._scheduler.time() - self._started) * SAMPLE_RATE)
        return self._context.recorder.start(
            session.tenant, session.call, self._started, at=at, part=self._snapshot is not None
        )

    async def _turn_away(self, error: NobodyFree) -> None:
        self._log.append(call_refused(RefusalReason.NOBODY_FREE, error.why, role=error.role))
        self._context.metrics.refused.add(1, {"reason": RefusalReason.NOBODY_FREE})
        self.leg.send_event(call_events.Refusal(RefusalReason.NOBODY_FREE, self._context.busy.text))
        self._apologise_and_hang_up(error.role)
        await self._ended.wait()

    async def _tear_down(self) -> None:
        ended = self._scheduler.time()
        duration_s = ended - self._started
        reason, detail = self._end
        self._ended.set()
        self.ready = False
        self._reconnect.close()
        self._turns.close()
        self._hearing.close()
        self.client.close()
        self._workers.close()
        if self._playout.speaking:
            self._playout.cut(self._turns.turn)
        self._playout.close()
        if self._playout.dropped:
            self._context.metrics.dropped_audio.add(self._playout.dropped)
        self.leg.send_event(call_events.Ended(reason, int(duration_s * 1000)))
        self.leg.close(reason, detail)
        end = End(reason, detail, duration_s, self._turns.turn, handed_over=reason is EndReason.HANDED_OVER)
        first = (self._tasks.close(), self._unsubscribe())
        await write_end(self._context, self._log, end, self._recording, first)
        self._span.end()

    async def _unsubscribe(self) -> None:
        await asyncio.gather(*(subscription.close() for subscription in self._subscriptions))

    def _apologise_and_hang_up(self, role: str) -> None:
        playing = self._tasks.spawn(self._context.busy.play(self.leg), "busy message")
        playing.add_done_callback(lambda _: self.hang_up(EndReason.NOBODY_FREE, role))

    def _ms(self, time: float) -> int:
        return max(0, round((time - self._started) * 1000))

    @abstractmethod
    async def _subscribe(self) -> Sequence[Subscription]:
        """Hear what the call's workers say."""
