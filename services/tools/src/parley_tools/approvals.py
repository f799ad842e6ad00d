"""What happens around decisions: those who decide are asked and reminded, a call that nobody decides on ends by itself,
and the caller hears what came of it. `app` runs it; `rpc` decides.

While the phone call lasts, the decision goes on its log, and the agent says it. When the call has ended, or ended
before another turn, the caller gets a text message, once.
"""

import asyncio
import hashlib
import logging
from collections.abc import Sequence

from parley.v1 import events_pb2, tools_pb2
from parley_core.bus.log import CallLog
from parley_core.bus.port import Bus
from parley_core.clock import Clock
from parley_core.conversation import WAITING_FOR_APPROVAL, Event
from parley_core.errors import BadInput, ParleyError
from parley_core.languages.registry import sentences

from parley_tools.call_log import events_of, language_of
from parley_tools.outgoing.delivery import Delivery
from parley_tools.outgoing.message import QUEUED, WAITING, Channel, Message
from parley_tools.outgoing.outbox import Outbox
from parley_tools.phone import PhoneBook
from parley_tools.pipeline.executor import Executor
from parley_tools.policy import ApprovalRules, PolicyDocument
from parley_tools.stores.approvals import LOGGED, TOLD, UNTOLD, ApprovalStore, Pending
from parley_tools.stores.calls import StoredCall

log = logging.getLogger(__name__)

NOBODY = "nobody in time"  # decides what is not decided
_EVERY_S = 5.0
_AT_ONCE = 50
_MOST_REMINDERS = 4  # the first of them asks
_US_PER_MIN = 60_000_000


class Approvals:
    def __init__(
        self,
        store: ApprovalStore,
        executor: Executor,
        outbox: Outbox,
        delivery: Delivery,
        *,
        policies: PolicyDocument,
        phones: PhoneBook,
        bus: Bus,
        source: str,
        clock: Clock,
    ) -> None:
        self._store = store
        self._executor = executor
        self._outbox = outbox
        self._delivery = delivery
        self._policies = policies
        self._phones = phones
        self._bus = bus
        self._source = source
        self._clock = clock

    async def run(self) -> None:
        while True:
            try:
                await self.round()
            except ParleyError as error:
                log.warning("approvals not looked after", extra={"error": type(error).__name__})
            await asyncio.sleep(_EVERY_S)

    async def round(self) -> None:
        """Ask, remind, end what waits too long, and tell callers of decisions."""
        for one in await self._store.waiting(_AT_ONCE):
            await self._look_after(one)
        for one in await self._store.untold(_AT_ONCE):
            await self._tell(one)

    async def _look_after(self, one: Pending) -> None:
        rules, context = self._policies.of(one.call.context.tenant).approvals, one.call.context
        waited_us = self._clock.time_us() - one.call.updated_us
        if waited_us >= rules.expire_after_min * _US_PER_MIN:
            await self._executor.decide(
                context.tenant, context.idempotency_key, approve=False, by=NOBODY, note="it was not decided in time"
            )
        elif rules.notify and one.reminders < _MOST_REMINDERS:
            due = waited_us >= one.reminders * rules.remind_after_min * _US_PER_MIN
            if due and await self._store.reminded(one):
                await self._remind(one, rules)

    async def _remind(self, one: Pending, rules: ApprovalRules) -> None:
        context = one.call.context
        again = "Reminder: " if one.reminders else ""
        text = (
            f"{again}{one.call.tool} waits for your decision: {one.call.arguments_json}\n"
            f"parley approvals approve {context.idempotency_key}\nparley approvals deny {context.idempotency_key}"
        )
        channel: Channel = "email" if "@" in rules.notify else "sms"
        await self._send(
            one.call, f"ask{one.reminders}", channel, rules.notify, text, f"{one.call.tool}: please decide"
        )

    async def _tell(self, one: Pending) -> None:
        events = await events_of(self._bus, one.call.context.tenant, one.call.context.call)
        if events and not any(event.HasField("call_ended") for event in events):
            if one.told == UNTOLD and await self._store.told(one, LOGGED):
                self._log(one.call)
            return
        if one.told == LOGGED and _spoke_since(events, one.call):
            await self._store.told(one, TOLD)
            return
        number = self._number_of(one.call)
        if number:
            says = sentences(language_of(events))
            match one.call.status:
                case tools_pb2.TOOL_STATUS_OK:
                    text = says.approved
                case tools_pb2.TOOL_STATUS_NOT_ALLOWED:
                    text = says.not_approved
                case _:
                    text = says.approved_in_vain
            await self._send(one.call, "told", "sms", number, text, "")
        await self._store.told(one, TOLD)

    def _log(self, call: StoredCall) -> None:
        """The outcome takes the place of "waits for approval" in the live conversation."""
        CallLog(self._bus, call.context.tenant, call.context.call, self._source).append(
            events_pb2.ToolReturned(
                turn=call.context.turn,
                tool_call=call.context.tool_call,
                tool=call.tool,
                status=tools_pb2.ToolStatus.Name(call.status),
                result_json="" if call.result_json == "{}" else call.result_json,
                error=call.error,
            )
        )

    def _number_of(self, call: StoredCall) -> str:
        """The caller's, as the channel knew it. Empty: none that can be written to."""
        try:
            return self._phones.normalise(call.context.user, "user") if call.context.user else ""
        except BadInput:
            return ""

    async def _send(self, call: StoredCall, what: str, channel: Channel, to: str, text: str, subject: str) -> None:
        context = call.context
        name = hashlib.sha256(f"{context.tenant}\n{context.idempotency_key}\n{what}".encode()).hexdigest()[:24]
        can = self._delivery.can_send(context.tenant, channel)
        message = Message(
            message_id=f"{channel}-{name}",
            tenant=context.tenant,
            channel=channel,
            recipient=to,
            text=text,
            subject=subject,
            state=QUEUED if can else WAITING,
        )
        await self._outbox.put(message, context.call)


def _spoke_since(events: Sequence[Event], call: StoredCall) -> bool:
    """Whether a turn began behind the decision: the agent had it before it then."""
    seen = False
    for event in events:
        if event.HasField("tool_returned") and event.tool_returned.tool_call == call.context.tool_call:
            seen = event.tool_returned.status != WAITING_FOR_APPROVAL
        elif seen and event.HasField("turn_committed"):
            return True
    return False
