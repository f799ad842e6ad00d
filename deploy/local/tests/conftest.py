"""A plan of three tiny programs, run by the real process manager."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from parley_local.plan import Plan, Ports, Program
from parley_local.stack import Stack
from parley_testing.servers import free_port


def web_server(name: str, group: str, folder: Path) -> Program:
    port = free_port()
    return Program(
        name=name,
        command=(sys.executable, "-m", "http.server", str(port), "--bind", "127.0.0.1", "--directory", str(folder)),
        environment={"PARLEY_SAYING": 'a "quoted" 100 % saying, with a comma'},
        health_url=f"http://127.0.0.1:{port}/",
        listens=(port,),
        group=group,
    )


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    folder = tmp_path / "it's a ; folder # 1" / "var"
    folder.mkdir(parents=True)
    programs = (web_server("first", "ground", folder), web_server("second", "services", folder))
    return Plan(folder, Ports(), (*programs, web_server("third", "channels", folder)))


@pytest.fixture
def stack(plan: Plan) -> Iterator[Stack]:
    stack = Stack(plan)
    yield stack
    stack.stop()
