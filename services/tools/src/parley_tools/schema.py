"""JSON Schema: made from models, and checked with problems that a model can act on and that quote no values."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from parley_core.errors import BadInput
from parley_core.text import load_json
from pydantic import BaseModel

from parley_tools.tool import JsonObject

MAX_ARGUMENTS_BYTES = 64 * 1024
_SHOWN = 5  # problems told at once


def schema_of(model: type[BaseModel]) -> JsonObject:
    """The model's schema without the titles that pydantic makes of field names: they cost tokens and say nothing."""
    return _without_titles_in(model.model_json_schema())


def parse_arguments(text: str) -> JsonObject:
    """Read a call's arguments. A null counts as not given: models write both. Raises BadInput."""
    if len(text.encode()) > MAX_ARGUMENTS_BYTES:
        raise BadInput("arguments", f"are longer than {MAX_ARGUMENTS_BYTES} bytes")
    try:
        found = load_json(text or "{}", parse_constant=_no_constant)
    except ValueError as error:
        detail = f"line {error.lineno} column {error.colno}" if isinstance(error, json.JSONDecodeError) else "a number"
        raise BadInput("arguments", f"are not JSON, see {detail}") from None
    if not isinstance(found, dict):
        raise BadInput("arguments", "must be a JSON object")
    return {name: value for name, value in found.items() if value is not None}


def check(schema: JsonObject, value: Mapping[str, object], where: str) -> None:
    """Raise BadInput that names every problem's path, at most five, if `value` does not match."""
    errors = sorted(Draft202012Validator(schema).iter_errors(value), key=lambda error: list(map(str, error.path)))
    problems = [problem for error in errors for problem in _problems(error)]
    if problems:
        more = f"; and {len(problems) - _SHOWN} more" if len(problems) > _SHOWN else ""
        raise BadInput(where, "; ".join(problems[:_SHOWN]) + more)


def canonical(value: Mapping[str, object]) -> str:
    """One text for equal JSON values."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def _problems(error: ValidationError) -> Iterator[str]:
    path = ".".join(str(part) for part in error.absolute_path)
    prefix = f"{path}." if path else ""
    wanted: Any = error.validator_value
    given: Any = error.instance
    properties: Mapping[str, object] = error.schema.get("properties", {}) if isinstance(error.schema, Mapping) else {}
    match error.validator:
        case "required":
            yield from (f"{prefix}{name} is required" for name in wanted if name not in given)
        case "additionalProperties":
            known = ", ".join(sorted(properties))
            for name in given:
                if name not in properties:
                    yield f"{prefix}{name} is not known; known are {known}"
        case "type":
            yield f"{path or 'it'} must be of type {wanted if isinstance(wanted, str) else ' or '.join(wanted)}"
        case "enum":
            yield f"{path} must be one of {', '.join(map(str, wanted))}"
        case "minLength" | "minItems":
            yield f"{path} must have at least {wanted}, has {len(given)}"
        case "maxLength" | "maxItems":
            yield f"{path} must have at most {wanted}, has {len(given)}"
        case "minimum" | "exclusiveMinimum":
            yield f"{path} must not be below {wanted}"
        case "maximum" | "exclusiveMaximum":
            yield f"{path} must not be above {wanted}"
        case _:
            yield f"{path or 'it'} does not match {error.validator} {wanted}"


def _without_titles_in(schema: JsonObject) -> JsonObject:
    cleaned: JsonObject = {}
    for name, value in schema.items():
        if name == "properties" and isinstance(value, dict):
            # Below "properties" the keys are fields' names, and one may well be called "title".
            cleaned[name] = {field: _without_titles(part) for field, part in value.items()}
        elif name != "title" or not isinstance(value, str):
            cleaned[name] = _without_titles(value)
    return cleaned


def _without_titles(value: object) -> object:
    if isinstance(value, list):
        return [_without_titles(part) for part in value]
    return _without_titles_in(value) if isinstance(value, dict) else value


def _no_constant(name: str) -> object:
    raise ValueError(name)
