import os
import socket
from dataclasses import replace
from pathlib import Path

import pytest
from parley_core.errors import LimitReached, TimedOut, Unavailable
from parley_local import stack as stacks
from parley_local.plan import Plan
from parley_local.stack import Stack, port_owner


@pytest.mark.outside
def test_a_taken_port_is_named_with_the_program_that_wants_it_and_its_owner(plan: Plan) -> None:
    port = plan.program("second").listens[0]
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        taken.listen()
        with pytest.raises(Unavailable, match=f"port {port} for second") as caught:
            Stack(plan).check()
    assert f"(process {os.getpid()})" in str(caught.value)
    assert "PARLEY_PORT_OFFSET" in str(caught.value)


@pytest.mark.outside
def test_a_free_port_has_no_owner(plan: Plan) -> None:
    assert port_owner(plan.program("first").listens[0]) is None
    Stack(plan).check()


@pytest.mark.outside
def test_a_full_disk_is_named(plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stacks, "FREE_BYTES", 1 << 60)
    with pytest.raises(LimitReached, match="MB free"):
        Stack(plan).check()


@pytest.mark.outside
async def test_a_program_that_does_not_get_well_is_named_and_all_are_stopped(plan: Plan) -> None:
    sick = replace(plan.program("third"), health_url=plan.program("third").health_url + "nobody")
    stack = Stack(replace(plan, programs=(*plan.programs[:2], sick)))
    with pytest.raises(TimedOut, match=r"third .*third\.log"):
        await stack.start(timeout_s=5)
    assert stack.supervisor.running_pid() is None
    for program in plan.programs:
        assert port_owner(program.listens[0]) is None


async def test_progress_tells_who_is_awaited(stack: Stack) -> None:
    seen: list[tuple[list[str], list[str]]] = []
    await stack.start(lambda healthy, waiting: seen.append((list(healthy), waiting)), timeout_s=10)
    assert sorted(seen[-1][0]) == ["first", "second", "third"]
    assert seen[-1][1] == []
    assert all(len(healthy) + len(waiting) == 3 for healthy, waiting in seen)


def test_the_examples_are_found_from_the_installed_package() -> None:
    assert (stacks.examples_folder() / "clinic" / "agent.yaml").is_file()
    assert isinstance(stacks.examples_folder(), Path)
