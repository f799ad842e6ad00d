"""docs/field-cases.md: every kind has a row, and every test that a row names exists."""

import re
from pathlib import Path

import pytest

_ROW = re.compile(r"^\| ([ABCE]\d+(?:(?:, | to )[ABCE]\d+)*) \| [^|]+ \| (.+) \|$", re.MULTILINE)
_TEST = re.compile(r"`([\w/]+\.py)(?:::(test_\w+))?`")
KINDS = {"A": 11, "B": 11, "C": 28, "E": 3}


@pytest.fixture(scope="module")
def rows(root: Path) -> list[tuple[str, str]]:
    return _ROW.findall((root / "docs" / "field-cases.md").read_text())


def test_every_kind_is_there(rows: list[tuple[str, str]]) -> None:
    there = {one for names, _ in rows for one in re.findall(r"[ABCE]\d+", names)}
    assert there == {f"{part}{number}" for part, most in KINDS.items() for number in range(1, most + 1)}


def test_every_named_test_exists(rows: list[tuple[str, str]], root: Path) -> None:
    for names, shown in rows:
        named = _TEST.findall(shown)
        assert named or shown == "-", names
        for path, test in named:
            text = (root / path).read_text()
            assert not test or re.search(rf"^(?:async )?def {test}\(", text, re.MULTILINE), f"{names}: {path}::{test}"
