"""The real SIP programs that tests run: Debian's `sip-tester` (sipp) and `baresip-core`."""

import os
import shutil
from unittest import SkipTest

import pytest


def program(name: str, package: str) -> str:
    """Its path. Skips the test where it is not installed; in CI it must be."""
    found = shutil.which(name)
    if found is not None:
        return found
    if os.environ.get("CI"):
        pytest.fail(f"{name} is missing, and CI installs it: apt-get install {package}")
    raise SkipTest(f"{name} is not installed: apt-get install {package}")
