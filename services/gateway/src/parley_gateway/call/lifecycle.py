"""The life of a call: begun, or continued from another gateway's log; what comes before the conversation; the end, with
a whole log. `registry` runs it through `Call.run`."""

import asyncio
import logging
from collections.abc import Coroutine

from parley.v1 import events_pb2
from parley_core.errors import ParleyError, TimedOut, Unavailable
from parley_core.reasons import EndReason, RefusalReason, call_refused

from parley_gateway import call_events
from parley_gateway.call.agent_side import AgentSide
from parley_gateway.call.caller_side import CallerSide
from parley_gateway.call.client_tools import ClientTools
from parley_gateway.call.ending import End, write_end
from parley_gateway.call.inbox import CallInbox
from parley_gateway.call.reconnect import ReconnectWindow
from parley_gateway.call.scope import CallScope
from parley_gateway.call.workers import ROLES, CallWorkers, NobodyFree
from parley_gateway.recording import CallRecording
from parley_gateway.turns import events as ev

log = logging.getLogger(__name__)

_LOG_WITHIN_S = 2.5  # a caller whose call cannot be recorded on its log hears so within three seconds
_ASKING, _ASKED = ("asr", "tts"), ("llm",)  # who is needed to ask for consent, and who after it


class Opening:
    """What comes before the conversation; set by `turn_commands`."""

    def __init__(self) -> None:
        self.answered = asyncio.Event()  # an outgoing call: by somebody to talk to
        self.consented = asyncio.Event()  # asked for consent, the caller has answered


class Lifecycle:
    def __init__(
        self,
        scope: CallScope,
        opening: Opening,
        *,
        caller: CallerSide,
        agent: AgentSide,
        client: ClientTools,
        workers: CallWorkers,
        reconnect: ReconnectWindow,
        recording: CallRecording,
        inbox: CallInbox,
    ) -> None:
        self._scope = scope
        self._opening = opening
        self._caller = caller
        self._agent = agent
        self._client = client
        self._workers = workers
        self._reconnect = reconnect
        self._recording = recording
        self._inbox = inbox

    async def run(self) -> None:
        """Hold the call until it has ended; the log is complete when this returns."""
        end, call = self._scope.end, self._scope.session.call
        try:
            await self._set_up()
            await end.wait()
        except NobodyFree as error:
            self._turn_away(RefusalReason.NOBODY_FREE, error.why, role=error.role)
            await end.wait()
        except ParleyError as error:
            log.warning("call setup failed", extra={"call": call, "error": type(error).__name__})
            if not self._scope.line.ready:
                self._scope.gateway.metrics.not_set_up()
            end.hang_up(EndReason.ERROR, type(error).__name__)
        except asyncio.CancelledError:
            end.hang_up(EndReason.GATEWAY_STOPPED)
            raise
        except Exception:
            log.exception("call failed", extra={"call": call})
            if not self._scope.line.ready:
                self._scope.gateway.metrics.not_set_up()
            end.hang_up(EndReason.ERROR)
            raise
        finally:
            await self._tear_down()

    # Set-up

    async def _set_up(self) -> None:
        scope, turns = self._scope, self._scope.turns
        resumes = scope.snapshot is not None
        if scope.snapshot is None:
            started = events_pb2.CallStarted(session=scope.session, gateway=scope.gateway.worker)
            try:
                await scope.log.append_stored(started, timeout_s=_LOG_WITHIN_S)
            except (TimedOut, Unavailable) as error:
                log.warning("call not taken, its log stores nothing", extra={"call": scope.session.call})
                self._turn_away(RefusalReason.UNAVAILABLE, str(error))
                return
        else:
            self._agent.playout.cut(scope.snapshot.turn)
            self._reconnect.continue_from_log()
        await self._inbox.open()
        answering = turns.state.answering is not None
        asking = turns.state.consent is not None
        await self._unless_over(self._workers.start(_ASKING if asking or answering else ROLES, resume=resumes))
        if scope.end.is_set:
            return
        scope.line.ready = True
        if not resumes:
            scope.gateway.metrics.answered()
        self._reconnect.tell_ready(resumed=resumes)
        if answering:
            self._caller.hearing.listen_for_beep(lambda: turns.advance(ev.BeepHeard()))
            turns.advance(ev.Start(agent_first=False))
            await self._unless_over(self._opening.answered.wait())
        if asking:
            turns.advance(ev.Start(agent_first=True))
            await self._unless_over(self._opening.consented.wait())
        if asking or answering:
            await self._unless_over(self._workers.start(_ASKED, resume=resumes))
        if not resumes or asking:
            turns.advance(ev.Start(agent_first=scope.agent.first_speaker == "agent"))
        else:
            turns.advance(ev.LegResumed(scope.scheduler.time() - scope.line.started))

    async def _unless_over(self, work: Coroutine[None, None, object]) -> None:
        """Wait for it to be done, or for the call to end."""
        end = self._scope.end
        if end.is_set:
            work.close()
            return
        working = asyncio.create_task(work, name="set up")
        over = asyncio.create_task(end.wait(), name="end while setting up")
        try:
            await asyncio.wait({working, over}, return_when=asyncio.FIRST_COMPLETED)
            if working.done():
                working.result()
        finally:
            working.cancel()
            over.cancel()
            await asyncio.gather(working, over, return_exceptions=True)

    def _turn_away(self, reason: RefusalReason, why: str, *, role: str = "") -> None:
        """Refuse the call in words and aloud; it has ended when the caller has heard them."""
        scope = self._scope
        scope.log.append(call_refused(reason, why, role=role))
        scope.gateway.metrics.turned_away(reason)
        scope.line.send_event(call_events.Refusal(reason, scope.end.busy_text()))
        if role:
            scope.end.with_busy_message(role)
        else:
            scope.end.with_busy_message(why, EndReason.ERROR)

    # Tear-down

    async def _tear_down(self) -> None:
        scope, line = self._scope, self._scope.line
        duration_s = scope.scheduler.time() - line.started
        scope.end.hang_up(EndReason.ERROR)  # where no reason is known
        line.ready = False
        self._reconnect.close()
        scope.turns.close()
        self._caller.hearing.close()
        self._client.close()
        self._workers.close()
        self._agent.close()
        reason, detail = scope.end.reason, scope.end.detail
        line.send_event(call_events.Ended(reason, int(duration_s * 1000)))
        line.leg.close(reason, detail)
        end = End(reason, detail, duration_s, scope.turns.turn, handed_over=reason is EndReason.HANDED_OVER)
        first = (scope.tasks.close(), self._inbox.close())
        await write_end(scope.gateway, scope.log, end, self._recording.running, first)
