"""One running stack for all end-to-end and chaos tests of a session, on free ports, with files of its own."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from parley_cli.target import Target
from parley_core.bus.connection import connect
from parley_local.keys import WAREHOUSE_PASSWORD, secret
from parley_local.plan import WORKERS, Plan, Ports, make_plan
from parley_local.seed import publish_agent
from parley_local.stack import Stack, examples_folder, free_offset
from rich.console import Console


@dataclass(frozen=True, slots=True)
class Running:
    plan: Plan
    stack: Stack
    target: Target
    console: Console


@contextmanager
def running_stack(var: Path, *, workers: int = WORKERS) -> Iterator[Running]:
    """A stack with the example clinic, on free ports, with its files under `var`."""
    plan = make_plan(
        var,
        examples=examples_folder(),
        ports=Ports().moved(free_offset()),
        workers=workers,
        overrides={},
        warehouse_password=secret(var, WAREHOUSE_PASSWORD),
    )
    stack = Stack(plan)
    target = Target.of_plan(plan)

    async def start() -> None:
        await stack.start()
        async with connect(target.nats_url, "tests") as bus:
            await publish_agent(bus, target.rag_address, target.tenant, examples_folder() / "clinic" / "agent.yaml")

    try:
        asyncio.run(start())
        yield Running(plan, stack, target, Console(force_terminal=False, width=160))
        refused = [
            line for line in (stack.supervisor.logs / "nats.log").read_text().splitlines() if "Violation" in line
        ]
        assert not refused, "the bus refused a service something that it needs: see parley_core.identity.bus_access"
    finally:
        stack.stop()


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running_stack(tmp_path_factory.mktemp("stack") / "var") as stack:
        yield stack
