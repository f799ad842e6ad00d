"""send_sms, send_email: put a message into the outbox, and send it at once where the tenant has a sender.

The state in the result says what may be claimed: `sent` has a receipt, `queued` will be tried again, `waiting` is for
a person to send. The message's id is made of the call's key, so that the same call again finds the same message.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import replace

from parley.v1 import tools_pb2
from pydantic import Field

from parley_tools.outgoing.delivery import Delivery
from parley_tools.outgoing.message import FAILED, QUEUED, WAITING, Channel, Message
from parley_tools.outgoing.outbox import Outbox
from parley_tools.phone import PhoneBook
from parley_tools.schema import schema_of
from parley_tools.tool import CallContext, Fields, Outcome, ToolSpec, ok

SENT_EFFECTS = ("sent", "sent_later")
_NOTED = ("noted",)  # bears out no claim
_TIMEOUT_S = 8.0


class SendSmsArguments(Fields):
    to: str = Field(min_length=7, max_length=40, description="Phone number of the recipient")
    text: str = Field(min_length=1, max_length=1600)


class SendEmailArguments(Fields):
    to: str = Field(pattern=r"^[^\s<>@,;]+@[^\s<>@,;]+$", max_length=254, description="E-mail address")
    subject: str = Field(pattern=r"^[^\r\n]+$", max_length=200)
    text: str = Field(min_length=1, max_length=20_000)


class SendResult(Fields):
    message_id: str
    to: str
    state: str = Field(description="sent; queued: it will be tried again; waiting: a person has to send it")
    receipt: str = Field("", description="The id that the sender's server gave it")


class Sending:
    """Puts a message into the outbox and makes the first attempt."""

    def __init__(self, outbox: Outbox, delivery: Delivery) -> None:
        self._outbox = outbox
        self._delivery = delivery

    def can(self, tenant: str, channel: Channel) -> bool:
        return self._delivery.can_send(tenant, channel)

    async def put(self, context: CallContext, channel: Channel, to: str, text: str, subject: str = "") -> Message:
        """The message as it then is. Its id is made of the call's key: the same call again is the same message."""
        key = hashlib.sha256(f"{context.tenant}\n{context.idempotency_key}".encode()).hexdigest()[:24]
        message = Message(
            message_id=f"{channel}-{key}",
            tenant=context.tenant,
            channel=channel,
            recipient=to,
            text=text,
            subject=subject,
            state=QUEUED if self.can(context.tenant, channel) else WAITING,
        )
        stored = await self._outbox.put(message, context.call)
        return await self._delivery.attempt(stored) if stored.state == QUEUED else stored


class _Send:
    """What both tools share."""

    channel: Channel
    spec: ToolSpec
    _alone: ToolSpec  # for a tenant without a sender

    def __init__(self, sending: Sending) -> None:
        self._sending = sending

    def spec_for(self, tenant: str) -> ToolSpec:
        return self.spec if self._sending.can(tenant, self.channel) else self._alone

    async def find(self, context: CallContext, arguments: Mapping[str, object]) -> Outcome | None:
        return None  # the same message again

    async def put(self, context: CallContext, to: str, text: str, subject: str = "") -> Outcome:
        stored = await self._sending.put(context, self.channel, to, text, subject)
        result = SendResult(
            message_id=stored.message_id, to=stored.recipient, state=stored.state, receipt=stored.receipt
        )
        if stored.state == FAILED:
            reason = f"The message was refused: {stored.error}"
            return Outcome(tools_pb2.TOOL_STATUS_CONFLICT, result.model_dump(mode="json"), reason)
        return ok(result)


class SendSms(_Send):
    channel: Channel = "sms"

    def __init__(self, phones: PhoneBook, sending: Sending) -> None:
        super().__init__(sending)
        self._phones = phones
        self.spec = _spec("send_sms", "Send a text message.", SendSmsArguments)
        self._alone = replace(
            self.spec, description="Note a text message that a colleague will look at. It is not sent.", effects=_NOTED
        )

    async def send(self, context: CallContext, arguments: Mapping[str, object]) -> Outcome:
        given = SendSmsArguments.read(arguments)
        return await self.put(context, self._phones.normalise(given.to, "to"), given.text)


class SendEmail(_Send):
    channel: Channel = "email"

    def __init__(self, sending: Sending) -> None:
        super().__init__(sending)
        self.spec = _spec("send_email", "Send an e-mail.", SendEmailArguments)
        self._alone = replace(
            self.spec, description="Note an e-mail that a colleague will look at. It is not sent.", effects=_NOTED
        )

    async def send(self, context: CallContext, arguments: Mapping[str, object]) -> Outcome:
        given = SendEmailArguments.read(arguments)
        return await self.put(context, given.to, given.text, given.subject)


def _spec(name: str, description: str, arguments: type[Fields]) -> ToolSpec:
    return ToolSpec(
        name=name,
        description=description,
        parameters=schema_of(arguments),
        result=schema_of(SendResult),
        side_effects=True,
        timeout_s=_TIMEOUT_S,
        effects=SENT_EFFECTS,
    )
