"""The service over gRPC, on a real NATS server, as other services see it."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from parley.v1 import tools_pb2, tools_pb2_grpc
from parley_core.bus.log import await_event
from parley_core.bus.port import Bus
from parley_core.errors import BadInput, Conflict, NotFound
from parley_core.ids import new_id
from parley_core.rpc import connect, translating
from parley_core.runtime import Runtime
from parley_testing.servers import free_port
from parley_tools.app import app
from parley_tools.settings import ToolsSettings

EXAMPLES = Path(__file__).parents[3] / "examples"
TOOLS = [
    "book_appointment",
    "cancel_appointment",
    "check_code",
    "find_slots",
    "get_appointment",
    "hand_off",
    "list_appointments",
    "reschedule_appointment",
    "send_code",
    "send_email",
    "send_sms",
]


@pytest.fixture
async def stub(nats_url: str, url: str) -> "AsyncIterator[tools_pb2_grpc.ToolsAsyncStub]":
    settings = ToolsSettings(nats_url=nats_url, database_url=url, calendars=str(EXAMPLES), grpc_port=free_port())
    runtime = Runtime("tools", "tools-1")
    async with runtime.tasks, app(settings, runtime):
        assert runtime.health.ready
        channel = connect(f"127.0.0.1:{settings.grpc_port}")
        yield tools_pb2_grpc.ToolsStub(channel)
        await channel.close()


def send_sms(tenant: str, call: str, text: str = "Hello") -> tools_pb2.CallToolRequest:
    return tools_pb2.CallToolRequest(
        tenant=tenant,
        call=call,
        agent="clinic",
        turn=2,
        tool_call="c1",
        tool="send_sms",
        arguments_json=json.dumps({"to": "555-0142", "text": text}),
        idempotency_key=f"{call}-c1",
        allowed=["send_sms"],
    )


async def test_lists_the_tools_with_their_schemas(stub, tenant: str) -> None:
    listed = (await stub.ListTools(tools_pb2.ListToolsRequest(tenant=tenant), timeout=10)).tools
    assert [tool.name for tool in listed] == TOOLS
    assert [tool.name for tool in listed if tool.side_effects] == [
        "book_appointment",
        "cancel_appointment",
        "check_code",
        "hand_off",
        "reschedule_appointment",
        "send_code",
        "send_email",
        "send_sms",
    ]
    assert all(json.loads(tool.parameters_schema)["type"] == "object" for tool in listed)
    wanted = tools_pb2.ListToolsRequest(tenant=tenant, names=["find_slots", "fly"])
    assert [tool.name for tool in (await stub.ListTools(wanted, timeout=10)).tools] == ["find_slots"]


async def test_a_call_is_done_and_is_on_the_calls_log(stub, bus: Bus, tenant: str) -> None:
    call = new_id()
    answer = await stub.CallTool(send_sms(tenant, call), timeout=10)
    assert (answer.status, answer.attempts, answer.replayed) == (tools_pb2.TOOL_STATUS_OK, 1, False)
    event = await await_event(bus, tenant, call, "ToolAttempted", timeout_s=10)
    assert event.source.startswith("tools/tools-1")
    assert (event.tool_attempted.status, event.tool_attempted.turn) == ("TOOL_STATUS_OK", 2)
    usage = await await_event(bus, tenant, call, "UsageMeasured", timeout_s=10)
    assert (usage.usage_measured.meter, usage.usage_measured.quantity) == ("tool_calls", 1000)
    assert (await stub.CallTool(send_sms(tenant, call), timeout=10)).replayed


async def test_a_reused_key_is_a_conflict(stub, tenant: str) -> None:
    call = new_id()
    await stub.CallTool(send_sms(tenant, call), timeout=10)
    with pytest.raises(Conflict, match="idempotency key"), translating("tools"):
        await stub.CallTool(send_sms(tenant, call, "Other words"), timeout=10)


async def test_ids_are_checked_where_they_enter(stub, tenant: str) -> None:
    with pytest.raises(BadInput, match="tenant"), translating("tools"):
        await stub.ListTools(tools_pb2.ListToolsRequest(tenant="a.b"), timeout=10)
    with pytest.raises(BadInput, match="call"), translating("tools"):
        await stub.CallTool(send_sms(tenant, "call.>"), timeout=10)
    long = send_sms(tenant, "c")
    long.idempotency_key = "k" * 201
    with pytest.raises(BadInput, match="idempotency_key"), translating("tools"):
        await stub.CallTool(long, timeout=10)


async def test_deciding_about_nothing_is_not_found(stub, tenant: str) -> None:
    request = tools_pb2.DecideRequest(tenant=tenant, idempotency_key="none", approve=True, by="anna")
    with pytest.raises(NotFound), translating("tools"):
        await stub.Decide(request, timeout=10)


async def test_what_tools_wrote_is_listed_for_its_tenant_newest_first(stub, tenant: str) -> None:
    call, kind = new_id(), tools_pb2.ListRecordsRequest.KIND_MESSAGES
    await stub.CallTool(send_sms(tenant, call), timeout=10)
    await stub.CallTool(send_sms(tenant, new_id(), "Second"), timeout=10)
    rows = (await stub.ListRecords(tools_pb2.ListRecordsRequest(tenant=tenant, kind=kind), timeout=10)).rows_json
    assert [json.loads(row)["text"] for row in rows] == ["Second", "Hello"]
    of_call = tools_pb2.ListRecordsRequest(tenant=tenant, kind=kind, call=call)
    (row,) = (await stub.ListRecords(of_call, timeout=10)).rows_json
    assert (json.loads(row)["state"], "tenant" in json.loads(row)) == ("waiting", False)
    assert not (await stub.ListRecords(tools_pb2.ListRecordsRequest(tenant="other", kind=kind), timeout=10)).rows_json


@pytest.mark.parametrize("fault", [{"kind": 0}, {"kind": 99}, {"kind": 1, "limit": 1001}, {"kind": 1, "call": "No!"}])
async def test_a_wrong_question_for_records_is_refused_by_name(stub, tenant: str, fault: dict[str, object]) -> None:
    with pytest.raises(BadInput, match=r"^(kind|limit|call): "), translating("tools"):
        await stub.ListRecords(tools_pb2.ListRecordsRequest(tenant=tenant, **fault), timeout=10)
