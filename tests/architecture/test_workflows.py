"""The workflows and hooks that run elsewhere: they call what is there, on every Python that Parley supports."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

FOLDER = Path(__file__).resolve().parents[2] / ".github" / "workflows"
MAKE = re.compile(r"\bmake ([a-z][a-z-]*)")


def read(path: Path) -> dict[Any, Any]:
    loaded = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert isinstance(loaded, dict)
    return loaded


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.yml")), ids=lambda path: path.name)
def test_every_workflow_calls_targets_that_the_makefile_has(path: Path, root: Path) -> None:
    targets = set(re.findall(r"^([a-z][a-z-]*):", (root / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    jobs = read(path)["jobs"].values()
    steps = [step["run"] for job in jobs for step in job["steps"] if "run" in step]
    called = {target for step in steps for target in MAKE.findall(step)}
    assert called
    assert called <= targets
    assert all("timeout-minutes" in job for job in jobs)


def test_the_suite_runs_on_every_supported_python_on_amd64_and_arm64(root: Path) -> None:
    supported = re.search(r'requires-python = ">=3\.(\d+),<3\.(\d+)"', (root / "pyproject.toml").read_text())
    assert supported
    job = read(FOLDER / "ci.yml")["jobs"]["test"]
    matrix = job["strategy"]["matrix"]
    assert matrix["python"] == [f"3.{minor}" for minor in range(int(supported[1]), int(supported[2]))]
    assert sorted(runner.endswith("-arm") for runner in matrix["runner"]) == [False, True]
    assert job["env"]["PARLEY_REQUIRE_PEERS"] == "1"


def test_the_run_before_landing_has_every_part_of_the_suite_as_a_stage(root: Path) -> None:
    parts = re.search(r"^test: ([a-z -]+)", (root / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    stages = re.search(r"^for name in ([a-z -]+);", (root / ".ci" / "run").read_text(encoding="utf-8"), re.MULTILINE)
    assert parts
    assert stages
    assert set(parts[1].split()) <= set(stages[1].split())


def test_the_hooks_of_pre_commit_run_files_that_are_there(root: Path) -> None:
    hooks = read(root / ".pre-commit-config.yaml")["repos"][0]["hooks"]
    scripts = {name for hook in hooks for name in re.findall(r"scripts/[\w.]+", hook["entry"])}
    assert scripts
    assert all((root / name).is_file() for name in scripts)
