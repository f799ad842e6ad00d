"""The process manager: its configuration, and its life with real programs."""

import asyncio
import configparser
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import aiohttp
import psutil
import pytest
from parley_core.errors import Conflict, Unavailable
from parley_local.plan import Plan, Program
from parley_local.stack import Stack, is_healthy
from parley_local.supervisor import Supervisor, configuration_of, script_of

pytestmark = pytest.mark.outside

HARD = {
    "A": 'say "yes", please',
    "B": r"C:\new",
    "C": "100% of 'it'",
    "D": "",
    "E": "a=b,c ; d # e",
    "F": "two\nlines",
    "G": "$HOME `id` $(id)",
}


def test_every_value_reaches_its_program_as_it_is(tmp_path: Path) -> None:
    folder = tmp_path / "it's a %(here)s ; folder # $HOME"
    folder.mkdir()
    show = "import json, os; print(json.dumps([dict(os.environ), os.getcwd()]))"
    program = Program("one", (sys.executable, "-c", show), HARD, "http://127.0.0.1:1/", (), "services")
    (tmp_path / "one.sh").write_text(script_of(program, folder))
    shown = subprocess.run(["/bin/sh", tmp_path / "one.sh"], capture_output=True, check=True, timeout=20)
    environment, place = json.loads(shown.stdout)
    assert {name: environment[name] for name in HARD} == HARD
    assert place == str(folder)


def test_the_configuration_holds_no_value_and_no_path_of_the_machine(plan: Plan) -> None:
    text = configuration_of(plan)
    assert "saying" not in text
    assert str(plan.var) not in text
    assert sys.executable not in text


def test_what_stands_on_others_is_stopped_before_them(plan: Plan) -> None:
    parser = configparser.RawConfigParser()
    parser.read_string(configuration_of(plan))
    priorities = [int(parser[f"group:{group}"]["priority"]) for group in ("channels", "services", "ground")]
    assert priorities == sorted(priorities, reverse=True)


async def state(stack: Stack, name: str, *, not_pid: int = 0) -> int:
    """Wait until the program runs, as another process than `not_pid`; returns its process id."""
    async with asyncio.timeout(20):
        while True:
            try:
                (status,) = [one for one in stack.supervisor.statuses() if one.name == name]
            except Unavailable:
                pass
            else:
                if status.state == "RUNNING" and status.pid != not_pid:
                    return status.pid
            await asyncio.sleep(0.05)


async def test_programs_start_a_killed_one_comes_back_and_none_is_left(stack: Stack) -> None:
    await stack.start(timeout_s=10)
    assert stack.owns
    names = [program.name for program in stack.plan.programs]
    pids = {name: await state(stack, name) for name in names}
    manager = stack.supervisor.running_pid()
    assert manager is not None

    psutil.Process(pids["second"]).kill()
    again = await state(stack, "second", not_pid=pids["second"])
    await stack.wait_healthy(timeout_s=20)
    async with aiohttp.ClientSession() as http:
        assert await is_healthy(http, stack.plan.program("second"))
    assert stack.supervisor.pid_of("first") == pids["first"]

    await asyncio.to_thread(stack.stop)
    assert not [pid for pid in [manager, again, *pids.values()] if psutil.pid_exists(pid)]
    assert stack.supervisor.running_pid() is None
    stack.stop()  # a second end finds nothing to do


async def test_a_second_start_on_the_same_folder_is_refused_and_harms_nothing(stack: Stack) -> None:
    await stack.start(timeout_s=10)
    with pytest.raises(Conflict, match="already running here"):
        Supervisor(stack.plan).start()
    assert await state(stack, "first")


async def test_another_process_can_end_what_this_one_started(stack: Stack) -> None:
    await stack.start(timeout_s=10)
    pids = [status.pid for status in stack.supervisor.statuses()]
    await asyncio.to_thread(Supervisor(stack.plan).stop)
    assert not [pid for pid in pids if psutil.pid_exists(pid) and psutil.Process(pid).status() != "zombie"]


async def test_programs_get_their_environment_unchanged(stack: Stack) -> None:
    await stack.start(timeout_s=10)
    (program,) = [one for one in stack.plan.programs if one.name == "first"]
    environment = psutil.Process(await state(stack, "first")).environ()
    assert environment["PARLEY_SAYING"] == program.environment["PARLEY_SAYING"]


def test_the_environment_is_for_nobody_elses_eyes(stack: Stack) -> None:
    stack.supervisor.start()
    scripts = list((stack.plan.var / "run").glob("*.sh"))
    assert len(scripts) == 3
    assert not [script for script in scripts if script.stat().st_mode & 0o077]


def test_a_manager_that_does_not_run_is_unavailable(plan: Plan) -> None:
    with pytest.raises(Unavailable, match="does not answer"):
        Supervisor(replace(plan, programs=())).statuses()
