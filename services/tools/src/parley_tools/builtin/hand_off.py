"""hand_off: leave a note for the person who takes the call over. The conversation itself moves the caller."""

from collections.abc import Mapping

from parley_core.clock import Clock
from parley_core.ids import new_id
from pydantic import Field
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from parley_tools.schema import schema_of
from parley_tools.stores.tables import handoffs
from parley_tools.tool import CallContext, Fields, Outcome, ToolSpec, ok


class HandOffArguments(Fields):
    reason: str = Field(min_length=1, max_length=500, description="Why a person is needed")
    summary: str = Field("", max_length=4000, description="What the person should know first")
    target: str = Field(min_length=1, max_length=200, description="Who takes over, for example front-desk")


class HandOffResult(Fields):
    handoff_id: str
    target: str


class HandOff:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.spec = ToolSpec(
            name="hand_off",
            description="Hand the caller over to a person.",
            parameters=schema_of(HandOffArguments),
            result=schema_of(HandOffResult),
            side_effects=True,
            effects=("transferred",),
        )

    async def run(self, connection: AsyncConnection, context: CallContext, arguments: Mapping[str, object]) -> Outcome:
        given = HandOffArguments.read(arguments)
        handoff = HandOffResult(handoff_id=new_id("hnd-"), target=given.target)
        await connection.execute(
            insert(handoffs).values(
                handoff_id=handoff.handoff_id,
                tenant=context.tenant,
                call=context.call,
                target=given.target,
                reason=given.reason,
                summary=given.summary,
                created_us=self._clock.time_us(),
            )
        )
        return ok(handoff)
