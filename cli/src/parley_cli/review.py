"""What became of a call after the hang-up: the workflow's results, the booking, the cost, the warehouse's rows."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import clickhouse_connect
from clickhouse_connect.driver.exceptions import ClickHouseError
from parley.v1 import events_pb2, tools_pb2
from parley_core.bus.connection import connect
from parley_core.bus.errors import without_credentials
from parley_core.bus.log import await_event
from parley_core.conversation import Conversation
from parley_core.errors import BadInput, Unavailable
from rich.console import Console
from rich.table import Table

from parley_cli.slots import call_tool
from parley_cli.target import Target

POSTCALL_WITHIN_S = 90.0
QUERY_TIMEOUT_S = 30
COMMAND_TIMEOUT_S = 120


@dataclass(frozen=True, slots=True)
class Rows:
    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]


async def query(target: Target, sql: str, parameters: Mapping[str, object] | None = None) -> Rows:
    """Run one ClickHouse query. Raises BadInput with ClickHouse's own words, Unavailable when it does not answer."""

    def run() -> Rows:
        try:
            client = clickhouse_connect.get_client(dsn=target.clickhouse_url, send_receive_timeout=QUERY_TIMEOUT_S)
        except (ClickHouseError, OSError) as error:
            raise Unavailable(
                "ClickHouse", f"{without_credentials(target.clickhouse_url)}: {type(error).__name__}"
            ) from None
        try:
            # `final`: of a row that was written again, the newest, whatever the query says.
            answer = client.query(sql, parameters=dict(parameters) if parameters else None, settings={"final": 1})
            return Rows(tuple(answer.column_names), [tuple(row) for row in answer.result_rows])
        except ClickHouseError as error:
            raise BadInput("query", str(error).split("(for url")[0].strip()) from None
        finally:
            client.close()

    return await asyncio.to_thread(run)


async def command(target: Target, sql: str, parameters: Mapping[str, object]) -> None:
    """Run one ClickHouse statement that gives no rows; errors as of `query`."""

    def run() -> None:
        try:
            client = clickhouse_connect.get_client(dsn=target.clickhouse_url, send_receive_timeout=COMMAND_TIMEOUT_S)
        except (ClickHouseError, OSError) as error:
            raise Unavailable("ClickHouse", f"{target.clickhouse_url}: {type(error).__name__}") from None
        try:
            client.command(sql, parameters=dict(parameters))
        except ClickHouseError as error:
            raise BadInput("statement", str(error).split("(for url")[0].strip()) from None
        finally:
            client.close()

    await asyncio.to_thread(run)


def show_rows(console: Console, rows: Rows, title: str = "") -> None:
    table = Table(title=title, title_justify="left", header_style="bold", show_lines=False)
    for column in rows.columns:
        table.add_column(column, overflow="fold")
    for row in rows.rows:
        table.add_row(*("" if value is None else str(value) for value in row))
    console.print(table)


def money(micros: int, currency: str) -> str:
    """Micro-units as text, exactly: 12345 → "0.012345 USD"."""
    sign = "-" if micros < 0 else ""
    return f"{sign}{abs(micros) // 1_000_000}.{abs(micros) % 1_000_000:06d} {currency}"


def missing_tools(conversation: Conversation, expected: list[str]) -> list[str]:
    """Those of the expected tools that did not succeed in this call."""
    done = {
        use.tool
        for turn in conversation.turns.values()
        for use in turn.tools.values()
        if use.status == tools_pb2.ToolStatus.Name(tools_pb2.TOOL_STATUS_OK)
    }
    return [tool for tool in expected if tool not in done]


def booked_appointments(conversation: Conversation) -> list[str]:
    """Ids of the appointments that this call booked."""
    found = []
    for turn in conversation.turns.values():
        for use in turn.tools.values():
            if use.tool == "book_appointment" and use.result_json:
                appointment = json.loads(use.result_json).get("appointment_id")
                if appointment:
                    found.append(str(appointment))
    return found


async def show_review(
    target: Target, call: str, conversation: Conversation, console: Console, *, expected: list[str] | None = None
) -> bool:
    """Wait for the post-call workflow and print what it made; False when a part, or an expected tool, is missing."""
    agent = conversation.session.agent if conversation.session else ""
    async with connect(target.nats_url, "parley-cli") as bus:
        with console.status("the post-call workflow is at work"):
            event = await await_event(
                bus, target.tenant, call, events_pb2.PostcallFinished.DESCRIPTOR.name, timeout_s=POSTCALL_WITHIN_S
            )
    made = event.postcall_finished
    console.rule("after the call")
    console.print(f"[bold]summary[/]      {made.summary or '-'}")
    for item in made.action_items:
        console.print(f"[bold]to do[/]        {item}")
    console.print(f"[bold]sentiment[/]    {made.sentiment or '-'}")
    for appointment in booked_appointments(conversation):
        stored = await call_tool(
            target.tools_address,
            tenant=target.tenant,
            agent=agent,
            tool="get_appointment",
            arguments={"appointment_id": appointment},
            key=f"review-{call}-{appointment}",
        )
        shown = ", ".join(f"{name} {value}" for name, value in stored.items() if value and name != "appointment_id")
        console.print(f"[bold]appointment[/]  {appointment}: {shown} [dim](read back from the calendar's table)[/]")
    console.print(f"[bold]cost[/]         {money(made.cost_micros, made.currency)}")
    for problem in made.problems:
        console.print(f"[red]problem[/]      {problem}")
    call_of = {"tenant": target.tenant, "call": call}
    rows = await query(
        target,
        "SELECT turn, caller_text AS caller, agent_text AS agent, toUInt32(round(total_us / 1000)) AS ms "
        "FROM parley.turns FINAL WHERE tenant = {tenant:String} AND call = {call:String} ORDER BY turn",
        call_of,
    )
    show_rows(console, rows, "ClickHouse: turns of this call")
    counts = await query(
        target,
        " UNION ALL ".join(
            f"SELECT '{table}' AS table, count() AS rows FROM parley.{table} FINAL "  # noqa: S608 - names of ours
            "WHERE tenant = {tenant:String} AND call = {call:String}"
            for table in ("calls", "turns", "events", "usage", "tool_calls")
        ),
        call_of,
    )
    show_rows(console, counts, "ClickHouse: rows")
    missing = missing_tools(conversation, expected or [])
    if missing:
        console.print(f"[red]the call did not do what its script expects: {', '.join(missing)}[/]")
    return not made.degraded and not missing
