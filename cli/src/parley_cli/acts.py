"""`parley approvals|appointments|outbox|handoffs`: what agents did or want to do, as the tools service holds it."""

import getpass
import json
from collections.abc import Mapping
from datetime import UTC, datetime

from parley.v1 import tools_pb2, tools_pb2_grpc
from parley_core import rpc
from parley_core.errors import BadInput
from rich.console import Console
from rich.table import Table

from parley_cli.target import Target

TIMEOUT_S = 15.0
DECIDE_TIMEOUT_S = 60.0  # an approval carries the call out

KINDS = {
    "appointments": tools_pb2.ListRecordsRequest.KIND_APPOINTMENTS,
    "changes": tools_pb2.ListRecordsRequest.KIND_APPOINTMENT_CHANGES,
    "outbox": tools_pb2.ListRecordsRequest.KIND_MESSAGES,
    "handoffs": tools_pb2.ListRecordsRequest.KIND_HANDOFFS,
}
_COLUMNS = {
    "appointments": ("appointment_id", "local_time", "doctor_name", "name", "phone", "reason", "call"),
    "changes": ("appointment_id", "change", "local_before", "local_after", "call", "at_us"),
    "outbox": ("message_id", "channel", "recipient", "text", "state", "receipt", "error", "call", "created_us"),
    "handoffs": ("handoff_id", "target", "reason", "summary", "call", "created_us"),
}


async def show_records(
    target: Target, kind: str, console: Console, *, call: str, limit: int, as_lines: bool = False
) -> None:
    request = tools_pb2.ListRecordsRequest(tenant=target.tenant, kind=KINDS[kind], call=call, limit=limit)
    async with rpc.connect(target.tools_address) as channel:
        with rpc.translating("tools"):
            found = await tools_pb2_grpc.ToolsStub(channel).ListRecords(request, timeout=TIMEOUT_S)
    rows = [json.loads(row) for row in found.rows_json]
    if as_lines:
        for row in rows:
            print(json.dumps(row, ensure_ascii=False))
        return
    if not rows:
        console.print("none")
        return
    table = Table(*(name.removesuffix("_us") for name in _COLUMNS[kind]), box=None)
    for row in rows:
        table.add_row(*(_shown(row, name) for name in _COLUMNS[kind]))
    console.print(table)


async def show_approvals(target: Target, console: Console, *, decided: bool, limit: int) -> None:
    request = tools_pb2.ListApprovalsRequest(tenant=target.tenant, decided=decided, limit=limit)
    async with rpc.connect(target.tools_address) as channel:
        with rpc.translating("tools"):
            found = await tools_pb2_grpc.ToolsStub(channel).ListApprovals(request, timeout=TIMEOUT_S)
    if not found.approvals:
        console.print("nothing waits for a decision")
        return
    table = Table("approval", "tool", "wants", "state", "agent", "call", "since", box=None)
    for one in found.approvals:
        state = "waits" if one.waiting else f"{_status(one.status)} by {one.decided_by}"
        since = _time(one.updated_us)
        table.add_row(one.idempotency_key, one.tool, one.arguments_json, state, one.agent, one.call, since)
    console.print(table)


async def decide(target: Target, key: str, console: Console, *, approve: bool, by: str, note: str) -> int:
    """Carry a waiting call out, or refuse it; deciding the same again changes nothing. Returns 1 where it was approved
    and did not succeed."""
    if not key:
        raise BadInput("approval", "names none; see `parley approvals list`")
    request = tools_pb2.DecideRequest(
        tenant=target.tenant, idempotency_key=key, approve=approve, by=by or getpass.getuser(), note=note
    )
    async with rpc.connect(target.tools_address) as channel:
        with rpc.translating("tools"):
            done = await tools_pb2_grpc.ToolsStub(channel).Decide(request, timeout=DECIDE_TIMEOUT_S)
    outcome = done.outcome
    again = " (decided before)" if outcome.replayed else ""
    console.print(f"{_status(outcome.status)}{again} {outcome.error}".rstrip(), soft_wrap=True)
    if outcome.result_json:
        console.print(outcome.result_json, soft_wrap=True, markup=False)
    return 1 if approve and outcome.status != tools_pb2.TOOL_STATUS_OK else 0


def _status(status: tools_pb2.ToolStatus.ValueType) -> str:
    return tools_pb2.ToolStatus.Name(status).removeprefix("TOOL_STATUS_").lower().replace("_", " ")


def _shown(row: Mapping[str, object], name: str) -> str:
    value = row.get(name, "")
    return _time(value) if name.endswith("_us") and isinstance(value, int) else str(value)


def _time(at_us: int) -> str:
    return f"{datetime.fromtimestamp(at_us / 1e6, UTC):%Y-%m-%d %H:%M} UTC"
