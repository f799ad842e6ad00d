"""A tools process for tests: books one slot, many times at once, or stops in the middle of one booking for ever.

`book.py many URL CALENDARS COUNT NAME` says "ready", waits for a line, books COUNT times at once and
prints the statuses.
`book.py inside|after URL CALENDARS KEY` books once with KEY and prints "inside" (before the commit) or "after" (after
the commit, before the answer), then waits to be killed.
"""

import asyncio
import json
import sys
from collections.abc import Mapping
from datetime import UTC, datetime

from parley.v1 import tools_pb2
from parley_core.bus.memory import MemoryBus
from parley_core.tasks import Tasks
from parley_store.engine import engine
from parley_tools import app
from parley_tools.http import HttpClients
from parley_tools.policy import PolicyDocument
from parley_tools.settings import ToolsSettings
from parley_tools.tool import CallContext, LocalTool, Outcome
from sqlalchemy.ext.asyncio import AsyncConnection

BOOKING = {"when": "2026-11-24T10:30", "name": "Maria Lopez", "phone": "5550142", "doctor": "chen"}


class MondayNine:
    def monotonic(self) -> float:
        return asyncio.get_running_loop().time()

    def time_us(self) -> int:
        return int(datetime(2026, 11, 23, 14, 0, tzinfo=UTC).timestamp() * 1_000_000)


class StopsInside:
    def __init__(self, tool: LocalTool) -> None:
        self._tool = tool
        self.spec = tool.spec

    async def run(self, connection: AsyncConnection, context: CallContext, arguments: Mapping[str, object]) -> Outcome:
        outcome = await self._tool.run(connection, context, arguments)
        await wait_to_be_killed("inside")
        return outcome


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


async def wait_to_be_killed(where: str) -> None:
    say(where)
    await asyncio.Event().wait()


def request(key: str) -> tools_pb2.CallToolRequest:
    return tools_pb2.CallToolRequest(
        tenant="t1",
        agent="clinic",
        tool="book_appointment",
        arguments_json=json.dumps(BOOKING),
        idempotency_key=key,
        allowed=["book_appointment"],
    )


async def main(mode: str, url: str, calendars: str, what: str) -> None:
    settings, database, clock = ToolsSettings(calendars=calendars), engine(url), MondayNine()
    if mode == "inside":
        builtin = app.builtin_tools
        app.builtin_tools = lambda *given: [
            StopsInside(tool) if tool.spec.name == "book_appointment" else tool for tool in builtin(*given)
        ]
    service = app.build(
        settings,
        database,
        MemoryBus(),
        worker="w1",
        clock=clock,
        http=HttpClients(),
        tasks=Tasks("book"),
        policies=PolicyDocument(),
    ).service
    if mode == "many":
        say("ready")
        await asyncio.to_thread(sys.stdin.readline)
        keys = [f"{sys.argv[5]}-{number}" for number in range(int(what))]
        answers = await asyncio.gather(*(service.CallTool(request(key), None) for key in keys))
        say(json.dumps([tools_pb2.ToolStatus.Name(answer.status) for answer in answers]))
        await database.dispose()
        return
    await service.CallTool(request(what), None)
    await wait_to_be_killed("after")


asyncio.run(main(*sys.argv[1:5]))
