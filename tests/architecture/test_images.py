"""The Dockerfile and what is around it, as far as they can be checked without a container engine."""

import fnmatch
import importlib.util
import re
import tomllib
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from types import ModuleType

import pytest
from parley_core import weights


@pytest.fixture(scope="module")
def dockerfile(root: Path) -> str:
    return (root / "deploy" / "docker" / "Dockerfile").read_text()


@pytest.fixture(scope="module")
def in_context(root: Path) -> Callable[[str], bool]:
    """Whether a path gets into the build context: of the patterns in .dockerignore the last that matches decides."""
    lines = [line for line in (root / ".dockerignore").read_text().splitlines() if line and not line.startswith("#")]

    def decide(path: str) -> bool:
        taken = True
        places = [path, *(str(parent) for parent in Path(path).parents if str(parent) != ".")]
        for line in lines:
            pattern = line.removeprefix("!")
            patterns = [pattern, pattern.removeprefix("**/")]
            if any(fnmatch.fnmatch(place, one) for place in places for one in patterns):
                taken = line.startswith("!")
        return taken

    return decide


def test_every_variable_of_the_image_is_a_setting(dockerfile: str, settings_book: ModuleType) -> None:
    known = {name for service in settings_book.services() for name in settings_book.names_of(service)}
    named = set(re.findall(r"\b(PARLEY_[A-Z_]+)=", dockerfile))
    assert len(named) >= 4
    assert not named - known


def test_the_context_holds_every_member_of_the_workspace(root: Path, in_context: Callable[[str], bool]) -> None:
    members = tomllib.loads((root / "pyproject.toml").read_text())["tool"]["uv"]["workspace"]["members"]
    folders = [path.relative_to(root) for member in members for path in root.glob(member) if path.is_dir()]
    assert len(folders) > 10
    assert not [str(folder) for folder in folders if not in_context(f"{folder}/pyproject.toml")]
    assert in_context("uv.lock")
    assert in_context("deploy/docker/healthy.py")


@pytest.mark.parametrize(
    "path",
    [".env", "services/llm/.env", "var/db/tools.db", "services/asr/tests/test_call.py", ".git/config", ".venv/x"],
)
def test_nothing_of_a_persons_machine_is_in_the_context(path: str, in_context: Callable[[str], bool]) -> None:
    assert not in_context(path)


def test_the_image_runs_as_nobody_in_particular_and_lets_the_service_have_the_signals(dockerfile: str) -> None:
    final = dockerfile.rpartition("\nFROM ")[2]
    assert "USER 10001:10001" in final
    assert "exec python -m parley_${SERVICE}" in final
    assert "HEALTHCHECK" in final
    assert "--frozen --no-dev --no-editable" in dockerfile


def test_the_image_of_asr_has_whispers_weights(root: Path, dockerfile: str) -> None:
    """As `alone.sh` installs them, which also reads them."""
    command = "uv sync --frozen --inexact --only-group models"
    assert command in dockerfile
    assert command in (root / "deploy" / "docker" / "alone.sh").read_text().replace("--quiet ", "")
    groups = tomllib.loads((root / "pyproject.toml").read_text())["dependency-groups"]
    packages = {name for one in (weights.WHISPER_BASE, weights.WHISPER_TINY_EN) for name in one.distributions}
    assert {name.partition("==")[0] for name in groups["models"]} == packages


@pytest.fixture(scope="module")
def healthy(root: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("healthy", root / "deploy" / "docker" / "healthy.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_health_check_asks_where_the_service_was_told_to_answer(healthy: ModuleType) -> None:
    assert healthy.address({"SERVICE": "asr"}) == (9001, "/healthz")
    assert healthy.address({"SERVICE": "asr", "PARLEY_HEALTH_PORT": "9100"}) == (9100, "/healthz")
    own_first = {"SERVICE": "asr", "PARLEY_HEALTH_PORT": "9100", "PARLEY_ASR_HEALTH_PORT": "9200"}
    assert healthy.address(own_first) == (9200, "/healthz")
    assert healthy.address({"SERVICE": "warehouse", "PARLEY_WAREHOUSE_PORT": "8124"}) == (8124, "/ping")


@pytest.mark.outside
def test_the_health_check_tells_a_well_service_from_a_sick_one_and_from_none(healthy: ModuleType) -> None:
    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.path == "/healthz" else 503)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Answers) as server:
        serving = Thread(target=server.serve_forever)
        serving.start()
        port = server.server_address[1]
        try:
            assert healthy.healthy(port, "/healthz")
            assert not healthy.healthy(port, "/readyz")
        finally:
            server.shutdown()
            serving.join()
    assert not healthy.healthy(port, "/healthz")
