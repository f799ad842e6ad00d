"""Options of a test's gateway: constants of the production code that a test may change stand beside the settings."""

from dataclasses import fields
from typing import Any, TypeVar

T = TypeVar("T")


def take(kind: type[T], options: dict[str, Any]) -> T:
    """Make the dataclass `kind` of those options that are its fields, and take them out of `options`."""
    names = {one.name for one in fields(kind)}  # type: ignore[arg-type]  # no type for "a dataclass"
    return kind(**{name: options.pop(name) for name in names & set(options)})
