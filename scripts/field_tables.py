"""Writes the tables of fields in docs/agents.md from the documents' classes. `--check` fails when they are not current.

A table stands between `<!-- fields of MODULE.CLASS -->` and `<!-- end of fields -->`. Every field needs a description.
"""

import importlib
import re
import sys
from datetime import date
from pathlib import Path
from typing import Literal, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

TARGET = Path(__file__).resolve().parent.parent / "docs" / "agents.md"
TABLE = re.compile(r"(<!-- fields of (?P<name>[\w.]+) -->\n).*?(<!-- end of fields -->)", re.DOTALL)
LEAST, MOST = ("ge", "min_length"), ("le", "max_length")


def table_of(name: str) -> str:
    module, _, called = name.rpartition(".")
    found = getattr(importlib.import_module(module), called)
    if not (isinstance(found, type) and issubclass(found, BaseModel)):
        raise SystemExit(f"{name} is no class of a document")
    rows = [row(field, info) for field, info in found.model_fields.items()]
    return "\n".join(["| field | default | meaning |", "|---|---|---|", *rows, ""])


def row(name: str, info: FieldInfo) -> str:
    if not info.description:
        raise SystemExit(f"{name}: a field of a document needs a description")
    remarks = [remark for remark in (choices(info), span(info)) if remark]
    meaning = "; ".join([info.description, *remarks]).replace("|", "\\|")
    return f"| `{name}` | {default(info)} | {meaning} |"


def default(info: FieldInfo) -> str:
    if info.is_required():
        return "required"
    value = info.get_default(call_default_factory=True, validated_data={})
    if value is None or value == "" or value is PydanticUndefined or isinstance(value, BaseModel):
        return ""
    if isinstance(value, list | dict):
        return ", ".join(f"`{default_item(item)}`" for item in value)
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def default_item(item: object) -> str:
    """An item of a list; of a document, what is set in it."""
    if isinstance(item, BaseModel):
        return ", ".join(f"{name}: {value}" for name, value in item.model_dump(exclude_defaults=True).items())
    return item.isoformat() if isinstance(item, date) else str(item)


def choices(info: FieldInfo) -> str:
    if get_origin(info.annotation) is not Literal:
        return ""
    return "one of " + ", ".join(f"`{value}`" for value in get_args(info.annotation))


def span(info: FieldInfo) -> str:
    """The bounds of a number; the greatest length of a text or a list."""
    bounds = {name: value for part in info.metadata for name in (*LEAST, *MOST) if (value := getattr(part, name, None))}
    if "ge" in bounds or "le" in bounds:
        return f"{bounds.get('ge', 0)} to {bounds['le']}" if "le" in bounds else f"at least {bounds['ge']}"
    if "max_length" in bounds:
        return f"at most {bounds['max_length']} {'entries' if get_origin(info.annotation) is list else 'characters'}"
    return ""


def text() -> str:
    return TABLE.sub(lambda found: found[1] + table_of(found["name"]) + found[3], TARGET.read_text(encoding="utf-8"))


def main(arguments: list[str]) -> int:
    current = text()
    if arguments != ["--check"]:
        TARGET.write_text(current, encoding="utf-8")
    elif TARGET.read_text(encoding="utf-8") != current:
        sys.stderr.write("docs/agents.md is not current: run python scripts/field_tables.py\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
