"""A free time in the agent's calendar, and how a person would say it. For scripted callers."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta

from parley.v1 import tools_pb2, tools_pb2_grpc
from parley_core import rpc
from parley_core.errors import Unavailable
from parley_core.languages.registry import ENGLISH

TOOL_TIMEOUT_S = 10.0
_HOURS = ENGLISH.numbers.ones
_DAYS = ENGLISH.calendar.weekdays


async def call_tool(
    tools_address: str, *, tenant: str, agent: str, tool: str, arguments: dict[str, object], key: str
) -> dict[str, object]:
    """Call one tool outside a conversation. Raises Unavailable with the tool's own words when it does not succeed."""
    async with rpc.connect(tools_address) as channel:
        with rpc.translating("tools"):
            answer = await tools_pb2_grpc.ToolsStub(channel).CallTool(
                tools_pb2.CallToolRequest(
                    tenant=tenant,
                    agent=agent,
                    tool=tool,
                    arguments_json=json.dumps(arguments),
                    idempotency_key=key,
                    allowed=[tool],
                ),
                timeout=TOOL_TIMEOUT_S,
            )
    if answer.status != tools_pb2.TOOL_STATUS_OK:
        raise Unavailable(tool, answer.error or tools_pb2.ToolStatus.Name(answer.status))
    result = json.loads(answer.result_json)
    return result if isinstance(result, dict) else {"result": result}


def first_free(times: Sequence[datetime], now: datetime) -> datetime | None:
    """The time that a scripted caller asks for: not on the business's `now.date()`. All are local to the business."""
    free = [when for when in times if when.date() > now.date()]
    # Half past is the easier to hear right: two words instead of one.
    return min(free, key=lambda when: (when.minute != 30, when.hour < 10, when), default=None)


def spoken_time(when: datetime, today: datetime) -> str:
    """ "next Tuesday at ten thirty in the morning", for a time within the next week."""
    part = "in the morning" if when.hour < 12 else "in the afternoon" if when.hour < 17 else "in the evening"
    minutes = {0: "", 15: " fifteen", 30: " thirty", 45: " forty five"}[when.minute]
    day = (
        "tomorrow" if when.date() == today.date() + timedelta(days=1) else f"next {_DAYS[when.weekday()].capitalize()}"
    )
    return f"{day} at {_HOURS[when.hour % 12 or 12]}{minutes} {part}"
