"""`parley agents`: documents are checked, pushed as drafts, published, compared and rolled back."""

import difflib
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated

import typer
import yaml
from parley.v1 import tools_pb2, tools_pb2_grpc
from parley_core import rpc
from parley_core.agents import AgentDocument, AgentStore, agent_schema, parse_agent
from parley_core.bus.connection import NatsBus, connect
from parley_core.errors import BadInput, NotFound, ParleyError
from parley_core.publishing.checks import Problem, ToolFacts, problems
from parley_core.publishing.lines import line_of
from parley_core.text import load_json
from parley_local.seed import publish_agent
from rich.console import Console

from parley_cli.agents.drawing import draw_flows
from parley_cli.running import run as run_command
from parley_cli.simulate import run_typed
from parley_cli.target import Target

agents_app = typer.Typer(no_args_is_help=True, help="Agents: check, publish, roll back, compare, draw.")
console = Console(highlight=False)

TOOLS_TIMEOUT_S = 3.0

Document = Annotated[Path, typer.Argument(help="An agent document (YAML or JSON).")]
Name = Annotated[str, typer.Argument(help="Name of the agent.")]
Version = Annotated[int, typer.Option(min=0, help="Version; 0: the one that new calls take.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would happen, and change nothing.")]


@agents_app.command("schema")
def schema() -> None:
    """Print the JSON Schema of agent documents."""
    print(json.dumps(agent_schema(), indent=2))


@agents_app.command("test")
def hold_typed(
    paths: Annotated[list[Path] | None, typer.Argument(help="Files of callers, or folders with callers.yaml")] = None,
    verbose: Annotated[bool, typer.Option(help="Also print the calls that reached their goal.")] = False,
) -> None:
    """Hold typed calls by scripted callers in this process, without a stack, and print who reached the goal."""
    try:
        status = run_typed(paths or [Path("examples")], verbose=verbose, console=console)
    except ParleyError as error:
        sys.stderr.write(f"parley: {error}\n")
        raise typer.Exit(1) from None
    raise typer.Exit(status)


@agents_app.command("validate")
def validate(
    document: Document,
    offline: Annotated[bool, typer.Option("--offline", help="Do not ask a running platform for its tools.")] = False,
) -> None:
    """Find what cannot work: line, place and reason, one a line."""

    async def run() -> int:
        checked = await _checked(document, Target.from_environment(), offline=offline)
        if checked is not None:
            console.print(f"{document}: {checked.agent} can be published")
        return 0 if checked is not None else 1

    run_command(run())


@agents_app.command("push")
def push(document: Document, dry_run: DryRun = False) -> None:
    """Store a document as a draft, with its knowledge; calls take it once it is published."""
    run_command(_send(document, live=False, dry_run=dry_run))


@agents_app.command("publish")
def publish(
    target: Annotated[str, typer.Argument(help="A document, or the name of an agent whose draft is published.")],
    version: Annotated[int, typer.Option(min=0, help="Of a named agent: which version; 0: the newest.")] = 0,
    dry_run: DryRun = False,
) -> None:
    """Let new calls take a document, or a version that was pushed. Calls that run keep theirs."""
    if Path(target).suffix or Path(target).exists():
        run_command(_send(Path(target), live=True, dry_run=dry_run))

    async def run() -> None:
        async with _store() as (store, tenant, _):
            chosen = version or max(await store.versions(tenant, target), default=0)
            await store.get(tenant, target, chosen or 1)
            before = await store.live(tenant, target)
            if not dry_run:
                await store.publish(tenant, target, chosen)
            console.print(f"{target} version {chosen} (before: {before or 'none'}){_suffix(dry_run)}")

    run_command(run())


@agents_app.command("rollback")
def rollback(
    agent: Name,
    to: Annotated[int, typer.Option(min=0, help="Version; 0: the one that calls took before.")] = 0,
    dry_run: DryRun = False,
) -> None:
    """Let new calls take an earlier version again. Calls that run keep theirs."""

    async def run() -> None:
        async with _store() as (store, tenant, _):
            before = await store.live(tenant, agent)
            if to:
                await store.get(tenant, agent, to)
                chosen = to
            else:
                chosen = next((one for one in reversed(await store.published(tenant, agent)) if one != before), 0)
            if not chosen:
                raise NotFound("earlier version of agent", agent)
            if not dry_run:
                await store.publish(tenant, agent, chosen)
            console.print(f"{agent} version {chosen} (before: {before}){_suffix(dry_run)}")

    run_command(run())


@agents_app.command("versions")
def versions(agent: Name) -> None:
    """List an agent's versions: which one new calls take, which they took, which are drafts."""

    async def run() -> None:
        async with _store() as (store, tenant, _):
            live, past = await store.live(tenant, agent), set(await store.published(tenant, agent))
            stored = await store.versions(tenant, agent)
            if not stored:
                raise NotFound("agent", agent)
            for one in stored:
                state = "live" if one == live else "published before" if one in past else "draft"
                console.print(f"{one}  {state}")

    run_command(run())


@agents_app.command("pull")
def pull(agent: Name, version: Version = 0) -> None:
    """Print a version as YAML."""

    async def run() -> None:
        async with _store() as (store, tenant, _):
            sys.stdout.write(as_yaml(await store.get(tenant, agent, version)))

    run_command(run())


@agents_app.command("diff")
def diff(
    agent: Name,
    other: Annotated[str, typer.Argument(help="A version, or a document.")],
    version: Version = 0,
) -> None:
    """Compare a version with another one or with a document. Status 1 where they differ."""

    async def run() -> int:
        async with _store() as (store, tenant, _):
            one = await store.get(tenant, agent, version)
            two = await store.get(tenant, agent, int(other)) if other.isdigit() else parse_agent(_text(other), other)
        names = (f"{agent} version {one.version}", f"version {two.version}" if two.version else other)
        texts = [as_yaml(each).splitlines(keepends=True) for each in (one, two)]
        lines = list(difflib.unified_diff(texts[0], texts[1], *names))
        sys.stdout.writelines(lines)
        return 1 if lines else 0

    run_command(run())


@agents_app.command("draw")
def draw(
    document: Document,
    out: Annotated[Path, typer.Option(help="The SVG file.")] = Path("flows.svg"),
) -> None:
    """Draw a document's flows as SVG."""

    async def run() -> None:
        drawn = draw_flows(parse_agent(_text(str(document)), document.name))
        out.write_text(drawn, encoding="utf-8")
        console.print(str(out))

    run_command(run())


@agents_app.command("list")
def list_agents() -> None:
    """List the tenant's agents and the versions that new calls take."""

    async def run() -> None:
        async with _store() as (store, tenant, _):
            for name in await store.names(tenant):
                try:
                    newest = await store.get(tenant, name)
                except NotFound:
                    continue
                console.print(f"{name} version {newest.version}  {newest.name}")

    run_command(run())


async def _send(document: Path, *, live: bool, dry_run: bool) -> int:
    """Push or publish a document that can work."""
    target = Target.from_environment()
    checked = await _checked(document, target, offline=False)
    if checked is None:
        return 1
    if dry_run:
        console.print(f"{checked.agent} can be published{_suffix(dry_run)}")
        return 0
    async with _store() as (_, tenant, bus):
        with console.status("publishing" if live else "pushing"):
            name, version = await publish_agent(bus, target.rag_address, tenant, document, live=live)
    console.print(f"{name} version {version}" + ("" if live else " (draft)"))
    return 0


async def _checked(document: Path, target: Target, *, offline: bool) -> AgentDocument | None:
    """The document, or None after its problems were printed. Raises BadInput for one that is not well formed."""
    text = _text(str(document))
    try:
        parsed = parse_agent(text, document.name)
    except BadInput as error:
        place = error.where.removeprefix(f"{document.name}: ")
        line = line_of(text, place) if place != error.where else 0
        raise BadInput(f"{document}:{line}: {place}" if line else error.where, error.problem) from None
    tools = None if offline else await _tools(target)
    if tools is None:
        console.print("no platform was asked: tools were not checked")
    found = problems(parsed, tools)
    found += [
        Problem(f"knowledge.{at}", f"no file {name!r}")
        for at, name in enumerate(parsed.knowledge)
        if not (document.parent / name).is_file()
    ]
    for one in found:
        print(f"{document}:{line_of(text, one.place)}: {one.place}: {one.reason}")
    return None if found else parsed


async def _tools(target: Target) -> dict[str, ToolFacts] | None:
    """What the platform has; None where it does not answer."""
    request = tools_pb2.ListToolsRequest(tenant=target.tenant)
    try:
        async with rpc.connect(target.tools_address) as channel:
            with rpc.translating("tools"):
                listed = await tools_pb2_grpc.ToolsStub(channel).ListTools(request, timeout=TOOLS_TIMEOUT_S)
    except ParleyError:
        return None
    return {one.name: facts_of(one) for one in listed.tools}


def facts_of(tool: tools_pb2.Tool) -> ToolFacts:
    try:
        schema = load_json(tool.parameters_schema or "{}")
    except ValueError:
        schema = None
    arguments = None
    named = schema.get("properties") if isinstance(schema, dict) else None
    if isinstance(schema, dict) and isinstance(named, dict) and not schema.get("additionalProperties"):
        arguments = frozenset(named)
    return ToolFacts(arguments, frozenset(tool.effects), tool.side_effects)


@asynccontextmanager
async def _store() -> AsyncIterator[tuple[AgentStore, str, NatsBus]]:
    target = Target.from_environment()
    async with connect(target.nats_url, "parley-cli", timeout_s=5) as bus:
        yield AgentStore(bus), target.tenant, bus


def as_yaml(document: AgentDocument) -> str:
    """As its author would write it: without what is set at publishing, and without defaults."""
    written = document.model_dump(mode="json", exclude_defaults=True, exclude={"version", "speech_corpus"})
    return yaml.safe_dump(written, sort_keys=False, allow_unicode=True, width=100)


def _text(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8")
    except OSError as error:
        raise BadInput(path, error.strerror or "cannot be read") from None


def _suffix(dry_run: bool) -> str:
    return ": nothing was changed (--dry-run)" if dry_run else ""
