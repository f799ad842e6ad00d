"""`parley tools`: the tools that a tenant's agents may use, built in or brought, and the secrets that they need."""

import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Annotated

import typer
from parley.v1 import tools_pb2, tools_pb2_grpc
from parley_core import rpc
from parley_core.errors import BadInput, NotFound
from parley_core.ids import new_id
from rich.console import Console
from rich.table import Table

from parley_cli.running import run
from parley_cli.target import Target

TIMEOUT_S = 15.0
CALL_TIMEOUT_S = 90.0

app = typer.Typer(no_args_is_help=True, help="The tools that agents may use, and their secrets.")
secrets_app = typer.Typer(
    no_args_is_help=True, help="Secrets of tools, encrypted at rest; rules name them stored:NAME."
)
app.add_typer(secrets_app, name="secrets")
console = Console(highlight=False)

Name = Annotated[str, typer.Argument(help="As `parley tools list` names it.")]
SecretName = Annotated[str, typer.Argument(help="What rules call it: `stored:NAME`.")]


@app.command("list")
def list_() -> None:
    """List the tools by name."""
    run(_list(Target.from_environment()))


@app.command()
def describe(name: Name) -> None:
    """Show one tool as a model sees it, with the JSON Schemas of its arguments and its result."""
    run(_describe(Target.from_environment(), name))


@app.command("test")
def check(name: Annotated[str, typer.Argument(help="None: every tool.")] = "") -> None:
    """Say whether tools could be called now, without calling them: their server answers, their secret is there."""
    run(_test(Target.from_environment(), name))


@app.command()
def call(
    name: Name,
    arguments: Annotated[str, typer.Argument(help="A JSON object.")] = "{}",
    agent: Annotated[str, typer.Option(help="On whose behalf; chooses the calendar.")] = "clinic",
    key: Annotated[str, typer.Option(help="Idempotency key; with the same one it is done once.")] = "",
) -> None:
    """Call a tool, for real: what it changes is changed."""
    run(_call(Target.from_environment(), name, arguments, agent, key))


@secrets_app.command("set")
def secrets_set(name: SecretName) -> None:
    """Store a secret, which is read from standard input or asked for."""
    value = typer.prompt("Secret", hide_input=True) if sys.stdin.isatty() else sys.stdin.read().strip()
    run(_set_secret(Target.from_environment(), name, value))


@secrets_app.command("list")
def secrets_list() -> None:
    """List names and times; no value is ever shown."""
    run(_list_secrets(Target.from_environment()))


@secrets_app.command("remove")
def secrets_remove(name: SecretName) -> None:
    """Forget a secret."""
    run(_remove_secret(Target.from_environment(), name))


@secrets_app.command("rotate")
def secrets_rotate() -> None:
    """Wrap every secret with the newest master key, so that older lines of the keys' file can go."""
    run(_rotate(Target.from_environment()))


@asynccontextmanager
async def _stub(target: Target) -> AsyncIterator[tools_pb2_grpc.ToolsStub]:
    async with rpc.connect(target.tools_address) as channel:
        with rpc.translating("tools"):
            yield tools_pb2_grpc.ToolsStub(channel)


async def _tools(target: Target, *names: str) -> list[tools_pb2.Tool]:
    async with _stub(target) as stub:
        found = await stub.ListTools(tools_pb2.ListToolsRequest(tenant=target.tenant, names=names), timeout=TIMEOUT_S)
    if names and not found.tools:
        raise NotFound("tool", names[0])
    return list(found.tools)


async def _list(target: Target) -> None:
    table = Table("tool", "changes", "effects", "approval", "what it does", box=None)
    for one in await _tools(target):
        changes, approval = "yes" if one.side_effects else "no", "needed" if one.needs_approval else ""
        table.add_row(one.name, changes, ", ".join(one.effects), approval, one.description)
    console.print(table)


async def _describe(target: Target, name: str) -> None:
    (one,) = await _tools(target, name)
    console.print(f"{one.name}: {one.description}", markup=False)
    console.print(f"changes something: {one.side_effects}, effects: {', '.join(one.effects) or 'none named'}")
    console.print(f"needs approval: {one.needs_approval}, deadline of an attempt: {one.timeout_ms} ms")
    for what, schema in (("arguments", one.parameters_schema), ("result", one.result_schema)):
        console.print(what, json.dumps(json.loads(schema), indent=2, ensure_ascii=False), sep="\n", markup=False)


async def _test(target: Target, name: str) -> int:
    """1 where one has a problem."""
    failed = 0
    for one in await _tools(target, *([name] if name else [])):
        request = tools_pb2.CheckToolRequest(tenant=target.tenant, tool=one.name)
        async with _stub(target) as stub:
            problem = (await stub.CheckTool(request, timeout=CALL_TIMEOUT_S)).problem
        console.print(f"{one.name}: {problem or 'ok'}", markup=False)
        failed += bool(problem)
    return 1 if failed else 0


async def _call(target: Target, name: str, arguments: str, agent: str, key: str) -> int:
    """1 where it was not OK."""
    request = tools_pb2.CallToolRequest(
        tenant=target.tenant,
        agent=agent,
        tool=name,
        arguments_json=arguments,
        idempotency_key=key or new_id("cli-"),
        allowed=[name],
    )
    async with _stub(target) as stub:
        answer = await stub.CallTool(request, timeout=CALL_TIMEOUT_S)
    status = tools_pb2.ToolStatus.Name(answer.status).removeprefix("TOOL_STATUS_").lower().replace("_", " ")
    again = " (of an earlier call with this key)" if answer.replayed else ""
    console.print(f"{status}{again} {answer.error}".rstrip(), markup=False, soft_wrap=True)
    if answer.result_json:
        console.print(answer.result_json, markup=False, soft_wrap=True)
    return 0 if answer.status == tools_pb2.TOOL_STATUS_OK else 1


async def _set_secret(target: Target, name: str, value: str) -> None:
    if not value:
        raise BadInput("secret", "is empty")
    request = tools_pb2.SetCredentialRequest(tenant=target.tenant, name=name, value=value)
    async with _stub(target) as stub:
        await stub.SetCredential(request, timeout=TIMEOUT_S)
    console.print(f"stored; rules name it stored:{name}", markup=False)


async def _list_secrets(target: Target) -> None:
    async with _stub(target) as stub:
        found = await stub.ListCredentials(tools_pb2.ListCredentialsRequest(tenant=target.tenant), timeout=TIMEOUT_S)
    table = Table("secret", "since", box=None)
    for one in found.credentials:
        table.add_row(f"stored:{one.name}", f"{datetime.fromtimestamp(one.updated_us / 1e6, UTC):%Y-%m-%d %H:%M} UTC")
    console.print(table if found.credentials else "none")


async def _remove_secret(target: Target, name: str) -> None:
    request = tools_pb2.RemoveCredentialRequest(tenant=target.tenant, name=name)
    async with _stub(target) as stub:
        await stub.RemoveCredential(request, timeout=TIMEOUT_S)
    console.print("removed")


async def _rotate(target: Target) -> None:
    request = tools_pb2.RotateCredentialsRequest(tenant=target.tenant)
    async with _stub(target) as stub:
        done = await stub.RotateCredentials(request, timeout=TIMEOUT_S)
    console.print(f"{done.rewrapped} wrapped anew")
