"""The pure run, as a run of pytest on small files."""

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.outside

PURE = "def test_sum():\n    assert 1 + 1 == 2\n"
SOCKET = """
import socket

def test_socket():
    with socket.socket() as opened:
        opened.bind(("127.0.0.1", 0))
"""
HIDDEN = """
import subprocess
from contextlib import suppress

def test_hidden():
    with suppress(Exception):
        subprocess.run(["true"])
"""
GRPC = """
import grpc

def test_grpc():
    grpc.insecure_channel("127.0.0.1:1")
"""
SHARED = """
import socket
import pytest

@pytest.fixture(scope="module")
def opened():
    with socket.socket() as opened:
        opened.bind(("127.0.0.1", 0))
        yield opened

def test_first(opened):
    pass

def test_second(opened):
    pass
"""
MARKED = "import pytest\n\n@pytest.mark.outside\ndef test_marked():\n    assert False\n"
BY_FIXTURE = """
import pytest

@pytest.fixture
def gateway(nats_url):
    return nats_url

def test_by_fixture(gateway):
    assert False
"""


def run(folder: Path, source: str) -> tuple[int, str]:
    (folder / "test_it.py").write_text(source)
    (folder / "pytest.ini").write_text("[pytest]\nmarkers =\n    outside: x\n")
    command = [sys.executable, "-m", "pytest", "-q", "-rs", "--pure", "-p", "no:cacheprovider", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, cwd=folder)
    return done.returncode, done.stdout


def test_a_pure_test_runs(tmp_path: Path) -> None:
    code, out = run(tmp_path, PURE)
    assert (code, "1 passed" in out) == (0, True)


@pytest.mark.parametrize(
    ("source", "what"),
    [
        (SOCKET, "socket.bind"),
        (HIDDEN, "subprocess.Popen"),
        (GRPC, "grpc.insecure_channel"),
        (SHARED, "socket.bind"),
    ],
    ids=["socket", "suppressed", "grpc", "in a shared fixture"],
)
def test_an_unmarked_test_that_reaches_outside_is_skipped_and_named(tmp_path: Path, source: str, what: str) -> None:
    code, out = run(tmp_path, source)
    assert code == 0
    assert "failed" not in out
    assert f"{what} reaches outside; mark the test `outside`" in out


def test_a_pure_test_that_fails_fails(tmp_path: Path) -> None:
    code, out = run(tmp_path, "def test_sum():\n    assert 1 + 1 == 3\n")
    assert (code, "1 failed" in out) == (1, True)


@pytest.mark.parametrize("source", [MARKED, BY_FIXTURE], ids=["mark", "fixture"])
def test_a_test_with_a_mark_or_a_servers_fixture_is_left_out(tmp_path: Path, source: str) -> None:
    code, out = run(tmp_path, source)
    assert code == pytest.ExitCode.NO_TESTS_COLLECTED
    assert "1 deselected" in out
