"""Writes .env.example and the settings' tables of the READMEs from the settings classes of every service.

`--check` fails when a file is not current, and when there are more variables than `MOST`: an operator reads them all.
"""

import importlib
import re
import shlex
import sys
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from parley_core.settings import JsonPart, ServiceSettings, variables
from parley_core.vendors import Vendors
from parley_local.plan import TENANT, Ports
from pydantic import SecretStr
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined
from pydantic_settings import BaseSettings

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / ".env.example"
MOST = 130
BEGIN, END = "<!-- settings -->", "<!-- /settings -->"
SECRET = re.compile(r"(^|_)(api_key|auth_token|secret|password|headers)$", re.IGNORECASE)
SIGNS = {"ge": ">=", "gt": ">", "le": "<=", "lt": "<"}
HEAD = """\
# Every setting of Parley, with its range and its default. Written by scripts/env_example.py; do not edit.
# Copy it to .env, take the # away where you want another value, and load it: set -a; . ./.env; set +a
# Services read their environment once, at their start; a wrong or unknown PARLEY_<SERVICE>_ name stops that start.
# OpenTelemetry's own variables apply too: OTEL_RESOURCE_ATTRIBUTES, OTEL_TRACES_SAMPLER, OTEL_TRACES_SAMPLER_ARG,
# OTEL_METRIC_EXPORT_INTERVAL, OTEL_EXPORTER_OTLP_HEADERS. services/warehouse/README.md has the emulator's settings.
"""


@dataclass(frozen=True, slots=True)
class Variable:
    name: str
    description: str
    default: str = ""
    bounds: str = ""

    @property
    def row(self) -> str:
        """The variable's line of a README's table."""
        cells = (f"`{self.name}`", f"`{self.default}`" if self.default else "", self.about)
        return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"

    @property
    def about(self) -> str:
        return f"{self.description} ({self.bounds})" if self.bounds else self.description

    def lines(self) -> str:
        return f"# {self.about}\n#{self.name}={shlex.quote(self.default) if self.default else ''}\n"


def services() -> list[str]:
    return sorted(path.parent.name for path in (ROOT / "services").glob("*/pyproject.toml"))


def settings_of(service: str) -> type[BaseSettings]:
    """The one settings class that the service's settings module defines."""
    module: ModuleType = importlib.import_module(f"parley_{service}.settings")
    found = [
        value
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, BaseSettings) and value.__module__ == module.__name__
    ]
    if len(found) != 1:
        raise SystemExit(f"{module.__name__} defines {len(found)} settings classes; one is wanted")
    return found[0]


def own_fields(service: str) -> dict[str, FieldInfo]:
    """The variables that the service's class and its slices add to the shared settings, or give another default."""
    settings = settings_of(service)
    if not issubclass(settings, ServiceSettings):
        return {}
    own = set(vars(settings).get("__annotations__", {}))
    return {name: place.info for name, place in variables(settings).items() if (place.slice or name) in own}


def names_of(service: str) -> set[str]:
    """Every PARLEY_ variable that the service reads, shared ones included."""
    settings = settings_of(service)
    names = {f"PARLEY_{service}_{name}".upper() for name in variables(settings)}
    if issubclass(settings, ServiceSettings):
        names |= {f"PARLEY_{field}".upper() for field in ServiceSettings.model_fields}
    return names


def variable(prefix: str, field: str, info: FieldInfo) -> Variable:
    secret = info.annotation in (SecretStr, Vendors) or SECRET.search(field) is not None
    if secret or info.default is PydanticUndefined:
        default = ""
    elif isinstance(info.default, JsonPart):
        default = info.default.model_dump_json()
    elif isinstance(info.default, bool):
        default = str(info.default).lower()
    else:
        default = str(info.default)
    remarks = [
        _bounds(info),
        "true or false" if isinstance(info.default, bool) else "",
        "worked out at the start" if info.default_factory is not None else "",
        "secret" if secret else "",
    ]
    bounds = "; ".join(remark for remark in remarks if remark)
    return Variable(f"{prefix}{field}".upper(), info.description or "", default, bounds)


def _bounds(info: FieldInfo) -> str:
    parts = []
    for constraint in info.metadata:
        parts += [
            f"{sign} {_number(getattr(constraint, name))}" for name, sign in SIGNS.items() if hasattr(constraint, name)
        ]
        if (longest := getattr(constraint, "max_length", None)) is not None:
            parts.append(f"at most {longest} characters")
        if (pattern := getattr(constraint, "pattern", None)) is not None:
            choice = re.fullmatch(r"\^\(\|?([a-z0-9_|]+)\)\$", pattern)
            parts.append(f"one of {choice[1].replace('|', ', ')}" if choice else f"matches {pattern}")
    return ", ".join(parts)


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else str(value)


def one_machine() -> list[Variable]:
    """What the stack of one machine and the parley command read or set beside the services' settings."""
    return [
        Variable("PARLEY_VAR", "Folder of everything that the stack keeps", "var"),
        Variable("PARLEY_PORT_OFFSET", "Added to every port of the stack", "0", "whole number"),
        Variable("PARLEY_TENANT", "Tenant that the parley command publishes to, calls and asks about", TENANT),
        Variable(
            "PARLEY_URL",
            "HTTP address of the gateway that the parley command calls",
            f"http://127.0.0.1:{Ports().gateway_http}",
        ),
    ]


def groups() -> list[tuple[str, list[Variable]]]:
    shared = [variable("PARLEY_", name, info) for name, info in ServiceSettings.model_fields.items()]
    return [
        ("One machine: the stack of `make run` and the parley command", one_machine()),
        ("Every service; PARLEY_<SERVICE>_<FIELD> goes before PARLEY_<FIELD>", shared),
        *(
            (service, [variable(f"PARLEY_{service}_", name, info) for name, info in own_fields(service).items()])
            for service in services()
        ),
    ]


def text() -> str:
    parts = [HEAD]
    for title, found in groups():
        if found:
            parts.append(f"\n# --- {title} ---\n\n" + "\n".join(one.lines() for one in found))
    return "".join(parts)


def tables() -> dict[Path, list[Variable]]:
    """The README of every service, and of the library whose settings all services have, with its variables."""
    shared = [variable("PARLEY_", name, info) for name, info in ServiceSettings.model_fields.items()]
    found = {ROOT / "libs" / "core" / "README.md": shared}
    for service in services():
        settings = settings_of(service)
        fields = own_fields(service) if issubclass(settings, ServiceSettings) else settings.model_fields
        own = [variable(f"PARLEY_{service}_", name, info) for name, info in fields.items()]
        found[ROOT / "services" / service / "README.md"] = own
    return found


def with_table(readme: str, found: list[Variable], where: Path) -> str:
    rows = ["| variable | default | what |", "|---|---|---|", *(one.row for one in found)]
    head, begin, rest = readme.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not end:
        raise SystemExit(f"{where.relative_to(ROOT)} has no lines {BEGIN} and {END}")
    return f"{head}{begin}\n\n" + "\n".join(rows) + f"\n\n{end}{tail}"


def main(arguments: list[str]) -> int:
    wanted = {TARGET: text()}
    for path, found in tables().items():
        wanted[path] = with_table(path.read_text(encoding="utf-8"), found, path)
    if arguments == ["--check"]:
        stale = [
            path.relative_to(ROOT)
            for path, content in wanted.items()
            if not path.is_file() or path.read_text(encoding="utf-8") != content
        ]
        for path in stale:
            sys.stderr.write(f"{path} is not current: run python scripts/env_example.py\n")
        count = sum(len(found) for _, found in groups())
        if count > MOST:
            sys.stderr.write(f"there are {count} variables, and {MOST} at most: is one a constant?\n")
        return 1 if stale or count > MOST else 0
    for path, content in wanted.items():
        path.write_text(content, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
