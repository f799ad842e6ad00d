"""Outside clients that tests call with: what is there, and what a test does when it is not.

`scripts/peers.sh` installs them. On a machine that cannot, their tests are skipped; where PARLEY_REQUIRE_PEERS is
set they fail, so that nothing is left out unseen.
"""

import importlib.util
import os
import shutil
import subprocess
from pathlib import Path
from typing import NoReturn

import pytest

REQUIRED = "PARLEY_REQUIRE_PEERS"
CHROMIUM = "/usr/bin/chromium"
_PACKAGES = {
    "chromium": "chromium",
    "sipp": "sip-tester",
    "baresip": "baresip-core",
    "npm": "npm",
    "promtool": "prometheus",
}


def program(name: str) -> str | None:
    """The path of an installed peer, or None. `chromium` is Debian's, whatever else is on PATH."""
    if name == "chromium":
        return CHROMIUM if os.access(CHROMIUM, os.X_OK) else shutil.which("chromium")
    return shutil.which(name)


def require(name: str) -> str:
    """Return the path of a peer's program. Skips the test without it; fails it where that is `REQUIRED`."""
    found = program(name)
    if found is None:
        _missing(f"{name} is not installed (Debian: {_PACKAGES.get(name, name)}; make peers)")
    return found


def require_folder(folder: Path, what: str) -> Path:
    """Return a folder that `scripts/peers.sh` fills, as the client packages' node_modules; else as `require`."""
    if not folder.is_dir():
        _missing(f"{what} are not installed (make peers)")
    return folder


def require_package(name: str) -> Path:
    """Return the folder of a Python package that `scripts/peers.sh` installs; else as `require`."""
    found = importlib.util.find_spec(name)
    if found is None or found.origin is None:
        _missing(f"the package {name} is not installed (make peers)")
    return Path(found.origin).parent


def require_small_disk(folder: Path, megabytes: int) -> None:
    """Mount a file system of that size on a folder, as only root can; else as `require`. The caller unmounts it."""
    command = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)]
    made = subprocess.run(command, capture_output=True, text=True, check=False)
    if made.returncode:
        _missing(f"a small file system cannot be made here: {made.stderr.strip()}")


def _missing(reason: str) -> NoReturn:
    if os.environ.get(REQUIRED):
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)
