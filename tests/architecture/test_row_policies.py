"""Tables with rows of tenants have a row policy from the first start of the embedded warehouse on."""

import re
from pathlib import Path

from parley_warehouse.grants import PLATFORM

ROOT = Path(__file__).resolve().parents[2]
_TABLE = re.compile(r"CREATE TABLE (?:IF NOT EXISTS )?parley\.(\w+)(.*?)\n\)", re.DOTALL)


def test_the_warehouse_knows_every_table_of_the_platform() -> None:
    ddl = "\n".join(one.read_text() for one in ROOT.glob("services/*/src/*/stores/ddl/*.sql"))
    tables = {
        ("parley", name): re.search(r"^\s*tenant\s", body, re.M) is not None for name, body in _TABLE.findall(ddl)
    }
    assert len(tables) >= 6
    assert tables.items() <= PLATFORM.items()
