"""A large class is named in a decision, with the one thing that it owns. Size is the sign, the sentence is the rule."""

import ast
import re
from pathlib import Path
from typing import Any

LARGE = 230  # lines
DECISION = "docs/decisions/0029-objects-own-one-thing.md"
_ASIDE = ("libs/testing/", "sim/", "bench/")  # stand-ins for vendors, the simulator, benches


def named(root: Path) -> set[tuple[str, str]]:
    """Class and file of each line of the decision's table."""
    rows = re.findall(r"^\| \[(\w+)\]\(\.\./\.\./([^)]+)\) \|", (root / DECISION).read_text(), re.MULTILINE)
    return set(rows)


def classes(modules: list[Any]) -> dict[tuple[str, str], int]:
    return {
        (node.name, module.path): (node.end_lineno or 0) - node.lineno + 1
        for module in modules
        if not module.path.startswith(_ASIDE)
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ClassDef)
    }


def test_a_large_class_is_named_with_what_it_owns(modules: list[Any], root: Path) -> None:
    large = {place for place, lines in classes(modules).items() if lines >= LARGE}
    assert large - named(root) == set(), f"name it in {DECISION}, or take it apart by what it owns"


def test_every_class_that_is_named_exists(modules: list[Any], root: Path) -> None:
    assert named(root)
    assert named(root) - set(classes(modules)) == set()
