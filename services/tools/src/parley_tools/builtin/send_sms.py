"""send_sms: put a text message into the outbox, from which a sender takes it."""

from collections.abc import Mapping

from parley_core.clock import Clock
from parley_core.ids import new_id
from pydantic import Field
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from parley_tools.phone import PhoneBook
from parley_tools.schema import schema_of
from parley_tools.stores.tables import outbox
from parley_tools.tool import CallContext, Fields, Outcome, ToolSpec, ok


class SendSmsArguments(Fields):
    to: str = Field(min_length=7, max_length=40, description="Phone number of the recipient")
    text: str = Field(min_length=1, max_length=1600)


class SendSmsResult(Fields):
    message_id: str
    to: str = Field(description="E.164")
    state: str = Field("queued", description="It waits in the outbox: nothing here has sent it yet")


class SendSms:
    def __init__(self, phones: PhoneBook, clock: Clock) -> None:
        self._phones = phones
        self._clock = clock
        self.spec = ToolSpec(
            name="send_sms",
            description="Send a text message.",
            parameters=schema_of(SendSmsArguments),
            result=schema_of(SendSmsResult),
            side_effects=True,
            effects=("sent_later",),
        )

    async def run(self, connection: AsyncConnection, context: CallContext, arguments: Mapping[str, object]) -> Outcome:
        given = SendSmsArguments.read(arguments)
        message = SendSmsResult(message_id=new_id("sms-"), to=self._phones.normalise(given.to, "to"))
        await connection.execute(
            insert(outbox).values(
                message_id=message.message_id,
                tenant=context.tenant,
                recipient=message.to,
                text=given.text,
                state=message.state,
                call=context.call,
                created_us=self._clock.time_us(),
            )
        )
        return ok(message)
