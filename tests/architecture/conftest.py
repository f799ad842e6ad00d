"""What the checks of the house rules read: every module of Parley as text and as a tree, and every settings class."""

import ast
import importlib.util
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ("libs/*/src", "services/*/src", "deploy/local/src", "cli/src", "bench/src", "sim/src", "scripts")


@dataclass(frozen=True, slots=True)
class Module:
    path: str  # from the root of the repository
    text: str = field(repr=False)
    tree: ast.Module = field(repr=False)

    @property
    def service(self) -> str:
        """The service that it belongs to; empty for libraries and commands."""
        found = re.match(r"services/(\w+)/", self.path)
        return found[1] if found else ""

    def at(self, node: ast.AST) -> str:
        return f"{self.path}:{getattr(node, 'lineno', 1)}"


def read_modules(*folders: str) -> list[Module]:
    paths = sorted(path for folder in folders for place in ROOT.glob(folder) for path in place.rglob("*.py"))
    texts = [(str(path.relative_to(ROOT)), path.read_text(encoding="utf-8")) for path in paths]
    return [Module(path, text, ast.parse(text)) for path, text in texts]


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def modules() -> list[Module]:
    """Everything that runs in production or builds it; no tests."""
    return read_modules(*SOURCES)


@pytest.fixture(scope="session")
def service_modules(modules: list[Module]) -> list[Module]:
    return [module for module in modules if module.service]


@pytest.fixture(scope="session")
def test_modules() -> list[Module]:
    return read_modules(
        "libs/*/tests", "services/*/tests", "deploy/*/tests", "cli/tests", "bench/tests", "sim/tests", "tests"
    )


@pytest.fixture(scope="session")
def settings_book() -> Iterator[ModuleType]:
    """scripts/env_example.py, which knows every settings class."""
    spec = importlib.util.spec_from_file_location("env_example", ROOT / "scripts" / "env_example.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["env_example"] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    yield module
    del sys.modules["env_example"]
