"""One running stack for all end-to-end and chaos tests of a session, on free ports, with files of its own."""

import asyncio
import random
import socket
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from parley_cli.target import Target
from parley_core.bus.connection import connect
from parley_local.plan import Plan, Ports, make_plan
from parley_local.seed import publish_agent
from parley_local.stack import Stack, examples_folder
from rich.console import Console


@dataclass(frozen=True, slots=True)
class Running:
    plan: Plan
    stack: Stack
    target: Target
    console: Console


def free_offset() -> int:
    """An offset at which every port of the stack is free at this moment."""
    while True:
        offset = random.randrange(2000, 12000)
        plan = make_plan(Path(), examples=Path(), ports=Ports().moved(offset), overrides={})
        with suppress(OSError):
            for program in plan.programs:
                for port in program.listens:
                    with socket.socket() as probe:
                        probe.bind(("127.0.0.1", port))
            return offset


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    var = tmp_path_factory.mktemp("stack") / "var"
    plan = make_plan(
        var,
        examples=examples_folder(),
        ports=Ports().moved(free_offset()),
        overrides={},
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
    finally:
        stack.stop()
