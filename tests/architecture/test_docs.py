"""Documents that are written from the source are current; `scripts/field_tables.py` writes them."""

import importlib.util
from pathlib import Path


def test_the_tables_of_an_agents_fields_are_current(root: Path) -> None:
    spec = importlib.util.spec_from_file_location("field_tables", root / "scripts" / "field_tables.py")
    assert spec is not None
    assert spec.loader is not None
    tables = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tables)
    assert tables.text() == (root / "docs" / "agents.md").read_text(encoding="utf-8"), "run scripts/field_tables.py"
