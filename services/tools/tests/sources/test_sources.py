"""Tools that tenants bring: OpenAPI operations, signed webhooks, MCP servers, plug-ins. Their secrets go with requests
and come back nowhere, and none of them reaches where it may not."""

import asyncio
import socket
import sys
from collections.abc import AsyncIterator
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest
import uvicorn
from parley.v1 import tools_pb2
from parley_core.errors import BadInput, NotAllowed, NotFound
from parley_tools.policy import PolicyDocument
from parley_tools.sources.plugins import plugin_tools
from parley_tools.sources.webhook import signature

from .peers import SECRET, Shop, mcp_server, shop

pytestmark = pytest.mark.outside

HERE = Path(__file__).parent
LOOPBACK = ["127.0.0.1/32"]
PAY = {"amount": 500, "currency": "usd"}


def openapi(url: str, **more: object) -> dict[str, object]:
    return {
        "kind": "openapi",
        "document": str(HERE / "shop.yaml"),
        "server": f"{url}/v1",
        "auth": {"kind": "header", "name": "X-Api-Key", "key": "env:SHOP_KEY"},
        "operations": [
            {"id": "getOrder", "keep": ["number", "state", "echo"]},
            {"id": "createPayment", "tool": "pay", "effects": ["paid"], "key_header": "Idempotency-Key"},
        ],
        **more,
    }


@pytest.fixture
async def api(monkeypatch) -> AsyncIterator[Shop]:
    monkeypatch.setenv("SHOP_KEY", SECRET)
    async with shop() as made:
        yield made


async def use(desk, *sources: object, private: object = LOOPBACK) -> None:
    desk.policies = PolicyDocument.model_validate({"tenants": {"t1": {"sources": sources, "private": private}}})
    desk.use(None)
    desk.parts.sources.load(desk.policies)
    await desk.parts.sources.loaded()


async def listed(desk, tenant: str = "t1") -> dict[str, tools_pb2.Tool]:
    answer = await desk.service.ListTools(tools_pb2.ListToolsRequest(tenant=tenant), None)
    return {tool.name: tool for tool in answer.tools}


async def test_only_chosen_operations_become_tools_and_only_of_their_tenant(desk, api: Shop) -> None:
    await use(desk, openapi(api.url))
    tools = await listed(desk)
    assert {"get_order", "pay"} <= set(tools)
    assert "list_payments" not in tools
    assert (tools["get_order"].side_effects, tools["pay"].side_effects) == (False, True)
    assert list(tools["pay"].effects) == ["paid"]
    assert "pay" not in await listed(desk, "t2")
    desk.tenant = "t2"
    assert desk.status(await desk.call("pay", PAY)) == "NOT_FOUND"


async def test_an_operation_is_asked_with_its_secret_which_comes_back_nowhere(desk, api: Shop) -> None:
    await use(desk, openapi(api.url))
    result = await desk.call("get_order", {"number": "A/1 2?x=#", "fields": ["a", "b"], "X-Trace": "t"})
    assert desk.content(result) == {"number": "A/1 2?x=#", "state": "sent", "echo": "(secret)"}
    request = api.seen[0]
    assert (request.query["fields"], request.headers["X-Trace"]) == ("a,b", "t")
    log = " ".join(str(event) for event in await desk.events("ToolAttempted"))
    assert SECRET not in log + str(await listed(desk)) + repr(desk.policies)


@pytest.mark.parametrize(
    ("fault", "status", "said"),
    [
        (422, "INVALID_ARGUMENTS", "no, (secret)"),
        (409, "CONFLICT", "no, (secret)"),
        (403, "FAILED", "refused with 403"),
    ],
)
async def test_a_refusal_is_told_without_the_secret(desk, api: Shop, fault: int, status: str, said: str) -> None:
    await use(desk, openapi(api.url))
    api.faults = [fault]
    result = await desk.call("get_order", {"number": "1"})
    assert (desk.status(result), said in result.error, SECRET in result.error) == (status, True, False)


async def test_what_is_not_there_is_not_found_and_a_busy_server_is_asked_again(desk, api: Shop) -> None:
    await use(desk, openapi(api.url))
    assert desk.status(await desk.call("get_order", {"number": "missing"})) == "NOT_FOUND"
    api.faults = [503, 429]
    assert (await desk.call("get_order", {"number": "1"})).attempts == 3


@pytest.mark.parametrize("number", ["..", ".", "", "a\\b"])
async def test_an_argument_does_not_leave_its_place_in_the_address(desk, api: Shop, number: str) -> None:
    await use(desk, openapi(api.url))
    result = await desk.call("get_order", {"number": number})
    assert (desk.status(result), "number" in result.error, api.seen) == ("INVALID_ARGUMENTS", True, [])


async def test_a_header_cannot_be_split(desk, api: Shop) -> None:
    await use(desk, openapi(api.url))
    result = await desk.call("get_order", {"number": "1", "X-Trace": "a\r\nX-Api-Key: b"})
    assert (desk.status(result), "X-Trace" in result.error, api.seen) == ("INVALID_ARGUMENTS", True, [])


async def test_a_result_that_is_not_as_described_is_a_failure(desk, api: Shop) -> None:
    source = openapi(api.url, operations=[{"id": "getOrder"}])
    await use(desk, source)
    api.answer = {"number": 7}
    assert "wrong result" in (await desk.call("get_order", {"number": "1"})).error


@pytest.mark.parametrize("fault", ["lost", "cut"])
async def test_a_lost_answer_of_a_server_with_keys_pays_once(desk, api: Shop, fault: str) -> None:
    await use(desk, openapi(api.url))
    api.faults = [fault]
    result = await desk.call("pay", PAY, key="k")
    assert (desk.status(result), len(api.payments)) == ("OK", 1)


@pytest.mark.parametrize("fault", ["lost", "cut"])
async def test_a_lost_answer_of_a_server_without_keys_is_looked_up(desk, api: Shop, fault: str) -> None:
    find = {"id": "listPayments", "arguments": {"reference": "{key}"}}
    pay = {"id": "createPayment", "tool": "pay", "key_argument": "reference", "find": find}
    await use(desk, openapi(api.url, operations=[pay]))
    assert "reference" not in (await listed(desk))["pay"].parameters_schema
    api.faults = [fault]
    result = await desk.call("pay", PAY, key="k")
    assert (desk.status(result), [one["reference"] for one in api.payments]) == ("OK", ["k"])


async def test_a_lost_answer_that_cannot_be_looked_up_is_not_asked_for_again(desk, api: Shop) -> None:
    await use(desk, openapi(api.url, operations=[{"id": "createPayment", "tool": "pay"}]))
    api.faults = ["lost"]
    for _ in range(2):
        assert "nobody can tell" in (await desk.call("pay", PAY, key="k")).error
    assert len(api.payments) == 1


async def test_a_fixed_argument_is_neither_seen_nor_set_by_the_model(desk, api: Shop) -> None:
    pay = {"id": "createPayment", "tool": "pay", "fixed": {"currency": "eur"}, "key_header": "Idempotency-Key"}
    await use(desk, openapi(api.url, operations=[pay]))
    assert "currency is not known" in (await desk.call("pay", PAY)).error
    assert desk.status(await desk.call("pay", {"amount": 1})) == "OK"
    assert api.payments[0]["currency"] == "eur"


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"document": "/nowhere.yaml"}, "No such file"),
        ({"document": str(HERE / "peers.py")}, "neither JSON nor YAML"),
        ({"operations": [{"id": "fly"}]}, "createPayment, getOrder"),
        ({"operations": [{"id": "getOrder", "fixed": {"size": 1}}]}, "has no size"),
        ({"server": "ftp://shop"}, "must be an absolute URL"),
    ],
)
async def test_a_wrong_description_is_named_at_the_start(desk, change: dict[str, object], problem: str) -> None:
    with pytest.raises(BadInput, match=problem):
        await use(desk, openapi("http://127.0.0.1:1", **change))


async def test_a_webhook_is_signed_and_keeps_its_id_when_it_is_sent_again(desk, api: Shop, monkeypatch) -> None:
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    monkeypatch.setenv("HOOK", secret)
    schema = {"type": "object", "properties": {"size": {"type": "integer"}}, "required": ["size"]}
    source = {"kind": "webhook", "tool": "order", "description": "Order.", "url": f"{api.url}/hook", "key": "env:HOOK"}
    await use(desk, source | {"parameters": schema, "effects": ["ordered"]})
    api.faults = ["lost"]
    assert desk.content(await desk.call("order", {"size": 3}, key="k")) == {"ok": True}
    (first, body), (second, again) = api.webhooks
    assert (first["webhook-id"], body) == (second["webhook-id"], again)
    expected = signature(secret, first["webhook-id"], int(first["webhook-timestamp"]), body)
    assert first["webhook-signature"] == expected
    assert "size is required" in (await desk.call("order", {})).error
    assert "colour is not known" in (await desk.call("order", {"size": 1, "colour": "red"})).error


def test_a_signature_is_that_of_the_standard() -> None:
    body = b'{"test": 2432232314}'
    assert signature("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body) == (
        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    )


FORBIDDEN = [
    "http://169.254.169.254",
    "http://10.0.0.1",
    "http://[::1]:80",
    "http://localhost:1",
    "http://0x7f000001",
    "http://127.1:1",
]

NAMES = ["http://localhost:1"]  # what a name leads to is seen when it is asked


@pytest.mark.parametrize("address", FORBIDDEN)
@pytest.mark.parametrize("kind", ["openapi", "webhook", "mcp"])
async def test_no_source_reaches_an_address_that_is_not_public(desk, monkeypatch, kind: str, address: str) -> None:
    monkeypatch.setenv("SHOP_KEY", "whsec_AAAA")
    source = {
        "openapi": openapi(address),
        "webhook": {"kind": "webhook", "tool": "hook", "description": "x", "url": address, "key": "env:SHOP_KEY"}
        | {"parameters": {}},
        "mcp": {"kind": "mcp", "name": "library", "url": address, "tools": [{"id": "borrow"}]},
    }[kind]
    if kind != "mcp" and address not in NAMES:
        with pytest.raises(NotAllowed, match="not a public one"):
            await use(desk, source, private=[])
        return
    await use(desk, source, private=[])
    tool, arguments = {"openapi": ("pay", PAY), "webhook": ("hook", {}), "mcp": ("borrow", {})}[kind]
    result = await desk.call(tool, arguments)
    # An MCP server that may not be reached has no tools.
    assert desk.status(result) == ("NOT_FOUND" if kind == "mcp" else "NOT_ALLOWED")


async def test_a_redirect_is_no_way_to_another_address(desk, api: Shop, monkeypatch) -> None:
    monkeypatch.setenv("SHOP_KEY", "whsec_AAAA")
    source = {
        "kind": "webhook",
        "tool": "hook",
        "description": "x",
        "url": f"{api.url}/elsewhere",
        "key": "env:SHOP_KEY",
    }
    await use(desk, source | {"parameters": {}})
    assert desk.status(await desk.call("hook", {})) == "FAILED"


LIBRARY = [{"id": "find_book"}, {"id": "borrow", "effects": ["ordered"]}]


async def served(desk) -> None:
    found = await desk.call("find_book", {"title": "Emma"})
    assert (desk.status(found), desk.content(found)["shelf"]) == ("OK", "B7")
    borrowed = [await desk.call("borrow", {"title": "Emma"}, key="k") for _ in range(2)]
    assert [(desk.content(one)["borrowed"], one.replayed) for one in borrowed] == [(1, False), (1, True)]
    tools = await listed(desk)
    assert (tools["find_book"].side_effects, tools["borrow"].side_effects) == (False, True)
    refused = await desk.call("find_book", {"title": "broken"})
    assert (desk.status(refused), "find_book" in refused.error) == ("CONFLICT", True)
    assert "title is required" in (await desk.call("borrow", {})).error


async def test_an_mcp_server_is_spoken_to_over_stdin_and_stdout(desk) -> None:
    program = [sys.executable, str(HERE / "peers.py")]
    await use(desk, {"kind": "mcp", "name": "library", "command": program, "tools": LIBRARY})
    await served(desk)


async def test_an_mcp_server_is_spoken_to_over_http(desk) -> None:
    listening = socket.create_server(("127.0.0.1", 0))
    app = mcp_server().streamable_http_app()
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="on"))
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    try:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}/mcp"
        await use(desk, {"kind": "mcp", "name": "library", "url": url, "tools": LIBRARY})
        await served(desk)
        await desk.close()
    finally:
        server.should_exit = True
        await serving


def test_a_plug_in_is_loaded_only_where_the_rules_name_it() -> None:
    points = [EntryPoint("good", "builtins:list", "parley.tools"), EntryPoint("bad", "nowhere:tools", "parley.tools")]
    assert plugin_tools([], lambda group: points) == plugin_tools(["good"], lambda group: points) == []
    with pytest.raises(NotFound):
        plugin_tools(["missing"], lambda group: points)
    with pytest.raises(BadInput, match="plug-in bad"):
        plugin_tools(["bad"], lambda group: points)
