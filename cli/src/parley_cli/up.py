"""`parley up` and `parley down`: the stack's life as a person at a terminal sees it."""

import asyncio
import contextlib
import signal
from pathlib import Path

from parley_core.bus.connection import connect
from parley_core.bus.errors import without_credentials
from parley_core.errors import ParleyError
from parley_local.keys import API_KEY, WAREHOUSE_PASSWORD, secret, secret_file
from parley_local.plan import make_plan
from parley_local.seed import publish_agent
from parley_local.stack import Stack, examples_folder
from parley_local.supervisor import Supervisor
from rich.console import Console

from parley_cli.models import missing, weights_folder
from parley_cli.place import place_scripted
from parley_cli.review import show_review
from parley_cli.script import load_script
from parley_cli.target import Target


async def run_up(var: Path, console: Console, *, place_call: bool, stay: bool) -> int:
    """Start, seed, perhaps call, stay until a signal, stop. Returns the exit status."""
    examples = examples_folder()
    key, password = secret(var, API_KEY), secret(var, WAREHOUSE_PASSWORD)
    plan = make_plan(var, examples=examples, api_key=key, warehouse_password=password)
    stack = Stack(plan)
    target = Target.of_plan(plan)
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    me = asyncio.current_task()

    def stop() -> None:
        if stopping.is_set():
            return
        stopping.set()
        if me is not None:
            me.cancel()

    for sign in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(sign, stop)
    status = 0
    try:
        with console.status("starting") as line:

            def progress(healthy: list[str], waiting: list[str]) -> None:
                shown = f"{len(healthy)} of {len(plan.programs)} healthy"
                line.update(f"{shown}; waiting for {', '.join(waiting)}" if waiting else shown)
                if not console.is_terminal and waiting != progress_seen:
                    progress_seen[:] = waiting
                    console.print(f"{shown}; waiting for {', '.join(waiting) or 'nothing'}")

            progress_seen: list[str] = []
            await stack.start(progress)
            line.update("publishing the example agent")
            async with connect(target.nats_url, "parley-up") as bus:
                await publish_agent(bus, target.rag_address, target.tenant, examples / "clinic" / "agent.yaml")
        console.print(f"[green]{len(plan.programs)} processes are healthy[/]")
        for told in missing(weights_folder(var)):
            console.print(f"[yellow]{told}[/]", soft_wrap=True)
        if place_call:
            console.rule("a call to the example clinic")
            script = load_script(examples / "calls" / "clinic.yaml")
            placed = await place_scripted(target, script, console)
            well = await show_review(target, placed.call, placed.conversation, console, expected=script.expects)
            status = 0 if well else 1
        console.rule("addresses")
        _print_addresses(target, stack, console)
        if stay:
            console.print("[bold]Ctrl-C ends everything.[/]")
            while stack.supervisor.running_pid() is not None:  # noqa: ASYNC110 - another process may end it
                await asyncio.sleep(1)
            console.print("[red]the stack was ended by somebody else[/]")
            status = 1
    except asyncio.CancelledError:
        if not stopping.is_set():
            raise
    finally:
        if stack.supervisor.running_pid() is not None and stack.owns:
            with console.status("ending every process"):
                await asyncio.shield(asyncio.to_thread(stack.stop))
            console.print("[dim]all processes have ended[/]")
    return status


def _print_addresses(target: Target, stack: Stack, console: Console) -> None:
    ports = stack.plan.ports
    console.print(f"call page      {target.gateway_url}/#key={target.api_key}", soft_wrap=True)
    console.print(f"API key        {secret_file(stack.plan.var, API_KEY)}  (or PARLEY_GATEWAY_API_KEY)", soft_wrap=True)
    console.print(f"Temporal       {target.temporal_ui}/namespaces/default/workflows")
    console.print(f"ClickHouse     {without_credentials(target.clickhouse_url)}/  (or 'parley calls', 'parley sql …')")
    console.print(f"health         {stack.plan.program('gateway').health_url}")
    console.print(f"NATS           nats://127.0.0.1:{ports.nats}  (monitor http://127.0.0.1:{ports.nats_monitor}/)")
    console.print(f"logs           {stack.supervisor.logs}/", soft_wrap=True)


async def run_down(var: Path, console: Console) -> int:
    supervisor = Supervisor(make_plan(var, examples=examples_folder()))
    if supervisor.running_pid() is None:
        console.print("no stack runs here")
        return 0
    with console.status("ending every process"), contextlib.suppress(ParleyError):
        await asyncio.to_thread(supervisor.stop)
    console.print("all processes have ended")
    return 0
