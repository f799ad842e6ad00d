"""send_code, check_code: whether the caller holds a number or an e-mail address, by a one-time code.

The tenant's rules name the tools that need it (`verified`); `pipeline.permission` asks.
"""

from collections.abc import Mapping

from parley.v1 import tools_pb2
from parley_core.bus.port import Bus
from parley_core.languages.registry import sentences
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncConnection

from parley_tools.builtin.send_message import SENT_EFFECTS, Sending
from parley_tools.call_log import events_of, language_of
from parley_tools.outgoing.message import Channel
from parley_tools.phone import PhoneBook
from parley_tools.schema import schema_of
from parley_tools.stores.verifications import VerificationStore
from parley_tools.tool import CallContext, Fields, Outcome, ToolSpec, ok, refused


class SendCodeArguments(Fields):
    to: str = Field(min_length=5, max_length=254, description="The caller's phone number or e-mail address on record")


class SendCodeResult(Fields):
    to: str
    state: str = Field(description="sent; queued: it will be tried again")


class CheckCodeArguments(Fields):
    code: str = Field(pattern=r"^[0-9 ]{6,12}$", description="The six digits that the caller says")


class CheckCodeResult(Fields):
    verified: str = Field(description="The number or address that is the caller's")


class WrongCode(Fields):
    reason: str
    tries_left: int


class SendCode:
    def __init__(self, phones: PhoneBook, sending: Sending, store: VerificationStore, bus: Bus) -> None:
        self._phones = phones
        self._sending = sending
        self._store = store
        self._bus = bus
        self.spec = ToolSpec(
            name="send_code",
            description="Send the caller a one-time code, to verify who they are. Ask for the code then.",
            parameters=schema_of(SendCodeArguments),
            result=schema_of(SendCodeResult),
            side_effects=True,
            timeout_s=8.0,
            effects=SENT_EFFECTS,
        )

    async def send(self, context: CallContext, arguments: Mapping[str, object]) -> Outcome:
        given = SendCodeArguments.read(arguments)
        channel: Channel = "email" if "@" in given.to else "sms"
        to = given.to.lower() if channel == "email" else self._phones.normalise(given.to, "to")
        if not self._sending.can(context.tenant, channel):
            return Outcome(
                tools_pb2.TOOL_STATUS_CONFLICT, {"reason": "No code can be sent."}, f"there is no sender of {channel}"
            )
        code = await self._store.new_code(context.tenant, context.call, to)
        says = sentences(language_of(await events_of(self._bus, context.tenant, context.call)))
        text = says.one_time_code.format(code=code)
        message = await self._sending.put(context, channel, to, text, text if channel == "email" else "")
        return ok(SendCodeResult(to=to, state=message.state))

    async def find(self, context: CallContext, arguments: Mapping[str, object]) -> Outcome | None:
        return None  # another code takes the first one's place


class CheckCode:
    def __init__(self, store: VerificationStore) -> None:
        self._store = store
        self.spec = ToolSpec(
            name="check_code",
            description="Check the one-time code that the caller says.",
            parameters=schema_of(CheckCodeArguments),
            result=schema_of(CheckCodeResult),
            side_effects=True,
            effects=("verified",),
        )

    async def run(self, connection: AsyncConnection, context: CallContext, arguments: Mapping[str, object]) -> Outcome:
        code = CheckCodeArguments.read(arguments).code.replace(" ", "")
        checked = await self._store.check(connection, context.tenant, context.call, code)
        if checked.contact:
            return ok(CheckCodeResult(verified=checked.contact))
        reason = "That code is not right." if checked.tries_left else "That code is not valid any more."
        return refused(reason, WrongCode(reason=reason, tries_left=checked.tries_left))
