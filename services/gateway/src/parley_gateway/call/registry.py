"""All calls of this gateway: admission, capacity, drain. Channels come here with a caller and get a running call."""

import asyncio
import logging

from parley.v1 import session_pb2
from parley_core import clock
from parley_core.bus.log import CallLog
from parley_core.errors import BadInput, LimitReached, NotAllowed, NotFound, ParleyError
from parley_core.reasons import EndReason, RefusalReason, call_refused
from parley_core.tasks import Tasks

from parley_gateway.admission.call_limits import LimitHit, keys_of
from parley_gateway.call.call import Call
from parley_gateway.call.context import GatewayContext
from parley_gateway.call.session import make_session
from parley_gateway.call_events import Refusal
from parley_gateway.caller import Caller
from parley_gateway.cluster.failover import CallOver, Failover
from parley_gateway.cluster.ticket import Ticket
from parley_gateway.language import identification
from parley_gateway.ports import Leg
from parley_gateway.speaking.announcements import Announcement

log = logging.getLogger(__name__)

_MAX_TURNED_AWAY = 50  # callers who hear the busy message at the same time; more get only the words
_CHECK_S = 1.0
_MOST_LANGUAGES = 4096


class Refused(Exception):
    """The caller cannot be served; `detail` is for people."""

    def __init__(self, reason: RefusalReason, detail: str, *, already_notified: bool = False) -> None:
        """`already_notified`: the leg was sent the `Refusal`, and the spoken message."""
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail
        self.already_notified = already_notified


class Calls:
    def __init__(self, context: GatewayContext) -> None:
        self._context = context
        self._calls: dict[str, Call] = {}
        self._tasks = Tasks("calls")
        self._turned_away = 0
        self._languages: dict[tuple[str, str], str] = {}  # of agents that were called, for when none can be read
        self._empty = asyncio.Event()
        self._empty.set()
        self.draining = False
        self._failover = Failover(context.bus, context.worker, context.leases, context.gateways)

    def __len__(self) -> int:
        return len(self._calls)

    async def start(self) -> None:
        """Hear of calls that other gateways ask for or have taken."""
        await self._failover.serve(self.let_go)

    async def open(self, caller: Caller, leg: Leg) -> Call:
        """Begin a call. Raises Refused; for a full platform the caller has then heard the busy message."""
        if self.draining:
            self._context.metrics.turned_to_another()
            raise Refused(RefusalReason.DRAINING, "This gateway is being restarted. Please call again.")
        settings = self._context.settings
        try:
            agent = await self._context.agents.get(caller.tenant, caller.agent)
        except (NotFound, BadInput):
            raise Refused(RefusalReason.UNKNOWN_AGENT, f"There is no agent named {caller.agent!r}.") from None
        except ParleyError as error:
            log.warning("agent document unavailable", extra={"error": type(error).__name__})
            raise await self._without_platform(caller, leg) from None
        if len(agent.tags) > 1 and not identification.is_warm():
            await asyncio.to_thread(identification.warm)
        caller = await self._context.placed.complete(caller)
        session = make_session(caller, agent, record=settings.record)
        self._remember(caller, agent.language)
        if len(self._calls) >= settings.capacity:
            full = str(LimitReached("calls of this gateway", settings.capacity))
            raise await self._turn_away(session, leg, Announcement.BUSY, RefusalReason.BUSY, full)
        if missing := self._context.room.missing:
            raise await self._turn_away(session, leg, Announcement.BUSY, RefusalReason.LOW_DISK, missing)
        try:
            keys = await self._context.admission.admit(caller)
        except LimitHit as hit:
            raise await self._turn_away(session, leg, Announcement.LIMITED, hit.reason, hit.detail) from None
        lease = self._tasks.spawn(self._context.leases.take(session.tenant, session.call), f"lease {session.call}")
        return self._begin(Call(self._context, leg, session, agent), keys, lease)

    async def resume(self, token: str, leg: Leg) -> Call:
        """Put `leg` in the place of a call's lost one; `token` is the `resume` of its `ready`. Raises Refused."""
        try:
            ticket = self._context.tokens.read_resume(token, clock.current().time_us() / 1e6)
        except NotAllowed as error:
            raise Refused(RefusalReason.BAD_TOKEN, str(error)) from None
        call = self._calls.get(ticket.call)
        if call is None:
            return await self._take_from_log(ticket, leg)
        if not call.ready or call.session.session != ticket.session:
            raise Refused(RefusalReason.CALL_OVER, "The call is over.")
        call.resume(leg)
        return call

    async def _take_from_log(self, ticket: Ticket, leg: Leg) -> Call:
        """Another gateway holds the call, or held it until it died."""
        if self.draining:
            raise Refused(RefusalReason.DRAINING, "This gateway is being restarted. Please call again.")
        try:
            snapshot = await self._failover.take(ticket)
            session = snapshot.session
            agent = await self._context.agents.get(session.tenant, session.agent, session.agent_version)
        except CallOver:
            raise Refused(RefusalReason.CALL_OVER, "The call is over.") from None
        except ParleyError as error:
            log.warning("call not resumed", extra={"call": ticket.call, "error": type(error).__name__})
            raise Refused(RefusalReason.UNAVAILABLE, "The call cannot be reached. Please try again.") from None
        keys = self._context.admission.enter(*keys_of(session))
        return self._begin(Call(self._context, leg, session, agent, snapshot), keys)

    async def let_go(self, tenant: str, name: str) -> None:
        """End a call here that goes on at another gateway."""
        call = self._calls.get(name)
        if call is not None and call.session.tenant == tenant:
            call.hang_up(EndReason.HANDED_OVER)
            await call.over.wait()

    def _begin(self, call: Call, keys: tuple[str, ...], lease: asyncio.Task[None] | None = None) -> Call:
        self._calls[call.session.call] = call
        self._empty.clear()
        self._context.metrics.calls.add(1)
        self._tasks.spawn(self._run(call, keys, lease), f"call {call.session.call}")
        return call

    async def watch(self) -> None:
        """Hang up on callers whose channels have not heard of them for too long. A task of the gateway's app."""
        while True:
            await asyncio.sleep(_CHECK_S)
            now = self._context.scheduler.time()
            for call in list(self._calls.values()):
                if now - call.leg.last_seen > self._context.tuning.gone_after_s:
                    call.leg_lost(EndReason.CLIENT_GONE)

    async def drain(self, timeout_s: float) -> None:
        """Take no more calls and wait for those that run; what runs after `timeout_s` is ended."""
        self.draining = True
        try:
            await asyncio.wait_for(self._empty.wait(), timeout_s)
        except TimeoutError:
            log.warning("drain timeout", extra={"calls": len(self._calls)})
            await self.close()

    async def close(self) -> None:
        """End every call, each with a complete log."""
        self.draining = True
        for call in list(self._calls.values()):
            call.hang_up(EndReason.GATEWAY_STOPPED)
        try:
            await asyncio.wait_for(self._empty.wait(), 10.0)
        except TimeoutError:
            log.error("calls still running after drain", extra={"calls": len(self._calls)})
        await self._failover.close()
        await self._tasks.close()

    async def _run(self, call: Call, keys: tuple[str, ...], lease: asyncio.Task[None] | None) -> None:
        try:
            await call.run()
            if lease is not None:
                await asyncio.wait([lease])
            await self._context.leases.give_up(call.session.tenant, call.session.call)
        finally:
            call.over.set()
            self._context.admission.release(keys)
            self._calls.pop(call.session.call, None)
            self._context.metrics.calls.add(-1)
            if not self._calls:
                self._empty.set()

    def _remember(self, caller: Caller, language: str) -> None:
        if len(self._languages) >= _MOST_LANGUAGES:
            self._languages.clear()
        self._languages[caller.tenant, caller.agent] = language

    async def _without_platform(self, caller: Caller, leg: Leg) -> Refused:
        """Tell a caller that there can be no call, although nothing can be read or logged; returns what to raise."""
        self._context.metrics.turned_away(RefusalReason.UNAVAILABLE)
        language = caller.language or self._languages.get((caller.tenant, caller.agent), "")
        text = self._context.announcements.text(Announcement.BUSY, language)
        leg.send_event(Refusal(RefusalReason.UNAVAILABLE, text))
        await self._context.announcements.play(leg, Announcement.BUSY, language)
        return Refused(RefusalReason.UNAVAILABLE, text, already_notified=True)

    async def _turn_away(
        self, session: session_pb2.Session, leg: Leg, message: Announcement, reason: RefusalReason, detail: str
    ) -> Refused:
        """Tell a caller why there is no call, in words and aloud; returns what to raise."""
        self._context.metrics.turned_away(reason)
        call_log = CallLog(self._context.bus, session.tenant, session.call, f"gateway/{self._context.worker}")
        refused = call_refused(reason, detail)
        refused.session.CopyFrom(session)
        call_log.append(refused)
        text = self._context.announcements.text(message, session.language)
        leg.send_event(Refusal(reason, text))
        if self._turned_away < _MAX_TURNED_AWAY:
            self._turned_away += 1
            try:
                await self._context.announcements.play(leg, message, session.language)
            finally:
                self._turned_away -= 1
        return Refused(reason, text, already_notified=True)
