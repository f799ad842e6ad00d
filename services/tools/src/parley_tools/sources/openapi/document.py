"""Reads an OpenAPI 3 document: the chosen operations, their parameters and bodies as one JSON Schema of arguments.

References are written out; one that leads back to itself ends as "anything". What JSON Schema calls otherwise than
OpenAPI 3.0 does (`nullable`, `exclusiveMinimum: true`) is translated.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import yaml
from parley_core.errors import BadInput
from parley_core.text import load_json

from parley_tools.tool import JsonObject

_METHODS = ("get", "put", "post", "delete", "options", "head", "patch")
FORM = "/x-www-form-urlencoded"
_DEEPEST = 12
_MOST_BYTES = 10_000_000
_DROPPED = frozenset({"discriminator", "xml", "externalDocs", "example", "examples", "nullable", "deprecated"})


@dataclass(frozen=True, slots=True)
class Parameter:
    name: str
    place: Literal["path", "query", "header"]
    explode: bool = True
    deep: bool = False  # style deepObject


@dataclass(frozen=True, slots=True)
class OpenApiOperation:
    """What is needed to make a request of arguments."""

    id: str
    method: str  # upper case
    path: str
    description: str
    parameters: tuple[Parameter, ...]
    body: tuple[str, ...]  # arguments that are fields of the body; ("body",) with `whole`: the body itself
    whole: bool
    media: str  # of the body
    schema: JsonObject  # of the arguments
    result: JsonObject


class OpenApiDocument:
    def __init__(self, content: Mapping[str, object], where: str) -> None:
        version = str(content.get("openapi", ""))
        if not version.startswith("3."):
            raise BadInput(where, "is no OpenAPI 3 document")
        self._content = content
        self._where = where

    def server(self) -> str:
        servers = self._content.get("servers")
        first = servers[0] if isinstance(servers, list) and servers else {}
        url = first.get("url", "") if isinstance(first, dict) else ""
        if not isinstance(url, str) or not url.startswith(("http://", "https://")):
            raise BadInput(self._where, "names no server; give the source one")
        return url

    def operation(self, name: str) -> OpenApiOperation:
        """By operationId, or as `GET /path`. Raises BadInput."""
        for path, method, shared, operation in self._operations():
            if name in (operation.get("operationId"), f"{method.upper()} {path}"):
                return self._read(path, method, shared, operation)
        known = ", ".join(
            sorted(str(one.get("operationId") or f"{m.upper()} {p}") for p, m, _, one in self._operations())
        )
        raise BadInput(self._where, f"has no operation {name!r}; it has {known[:500]}")

    def _operations(self) -> Iterator[tuple[str, str, list[object], JsonObject]]:
        paths = self._content.get("paths")
        for path, item in paths.items() if isinstance(paths, dict) else ():
            item = self._resolved(item)
            shared = item.get("parameters")
            for method in _METHODS:
                operation = item.get(method)
                if isinstance(operation, dict):
                    yield str(path), method, shared if isinstance(shared, list) else [], operation

    def _read(self, path: str, method: str, shared: list[object], operation: JsonObject) -> OpenApiOperation:
        properties: JsonObject = {}
        required: list[str] = []
        parameters: dict[str, Parameter] = {}
        own = operation.get("parameters")
        for given in [*shared, *(own if isinstance(own, list) else [])]:
            one = self._resolved(given)
            place, name = one.get("in"), str(one.get("name", ""))
            if place not in ("path", "query", "header") or name.lower() in ("authorization", "accept", "content-type"):
                continue  # cookies, and what is the source's own to send
            style = str(one.get("style", ""))
            explode = bool(one.get("explode", style in ("", "form", "deepObject")))
            parameters[name] = Parameter(name, place, explode, style == "deepObject")
            properties[name] = self._described(one)
            if one.get("required") or place == "path":
                required.append(name)
        body, whole = self._body(operation, properties, required)
        schema: JsonObject = {"type": "object", "properties": properties, "additionalProperties": False}
        if required:
            schema["required"] = sorted(set(required))
        return OpenApiOperation(
            id=str(operation.get("operationId") or f"{method}_{path}"),
            method=method.upper(),
            path=path,
            description=str(operation.get("summary") or operation.get("description") or ""),
            parameters=tuple(parameters.values()),
            body=body,
            whole=whole,
            media=self._media_type(operation),
            schema=schema,
            result=self._result(operation),
        )

    def _body(self, operation: JsonObject, properties: JsonObject, required: list[str]) -> tuple[tuple[str, ...], bool]:
        """Fields of a JSON object become arguments; where one has a parameter's name, the body is one argument."""
        described = self._resolved(operation.get("requestBody") or {})
        schema = self._media(described)
        if schema is None:
            if described:
                raise BadInput(self._where, f"{operation.get('operationId')} takes neither JSON nor a form")
            return (), False
        fields = schema.get("properties")
        if isinstance(fields, dict) and not set(fields) & set(properties):
            properties.update(fields)
            wanted = schema.get("required")
            required += [str(one) for one in wanted] if isinstance(wanted, list) else []
            return tuple(fields), False
        properties["body"] = schema
        if described.get("required"):
            required.append("body")
        return ("body",), True

    def _result(self, operation: JsonObject) -> JsonObject:
        responses = operation.get("responses")
        for code, given in responses.items() if isinstance(responses, dict) else ():
            if str(code).startswith("2"):
                schema = self._media(self._resolved(given))
                if schema is not None and schema.get("type") == "array":
                    return {"type": "object", "properties": {"items": schema}}
                return schema if schema is not None and schema.get("type") == "object" else {"type": "object"}
        return {"type": "object"}

    def _media_type(self, operation: JsonObject) -> str:
        content = self._resolved(operation.get("requestBody") or {}).get("content")
        kinds = [str(kind) for kind in content] if isinstance(content, dict) else []
        return next((kind for kind in kinds if _is_taken(kind)), "application/json")

    def _media(self, described: Mapping[str, object]) -> JsonObject | None:
        content = described.get("content")
        for kind, media in content.items() if isinstance(content, dict) else ():
            if _is_taken(str(kind)) and isinstance(media, dict):
                found = self._schema(media.get("schema") or {}, 0)
                return found if isinstance(found, dict) else None
        return None

    def _described(self, parameter: Mapping[str, object]) -> object:
        schema = self._schema(parameter.get("schema") or {}, 0)
        if isinstance(schema, dict) and parameter.get("description") and "description" not in schema:
            schema = {**schema, "description": str(parameter["description"])[:500]}
        return schema

    def _schema(self, schema: object, depth: int) -> object:
        if isinstance(schema, list):
            return [self._schema(one, depth) for one in schema]
        if not isinstance(schema, dict):
            return schema
        if depth > _DEEPEST:
            return {}
        if "$ref" in schema:
            return self._schema(self._at(str(schema["$ref"])), depth + 1)
        made = {name: self._schema(value, depth + 1) for name, value in schema.items() if name not in _DROPPED}
        for bound, limit in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
            if made.get(bound) is True and limit in made:
                made[bound] = made.pop(limit)
            elif isinstance(made.get(bound), bool):
                del made[bound]
        if schema.get("nullable") and isinstance(made.get("type"), str):
            made["type"] = [made["type"], "null"]
        return made

    def _resolved(self, value: object) -> JsonObject:
        for _ in range(_DEEPEST):
            if not isinstance(value, dict):
                break
            if "$ref" not in value:
                return value
            value = self._at(str(value["$ref"]))
        return {}

    def _at(self, reference: str) -> object:
        """Within this document: what stands in other files or at other servers is not fetched."""
        if not reference.startswith("#/"):
            raise BadInput(self._where, f"refers to another document: {reference[:100]}")
        value: object = self._content
        for part in reference[2:].split("/"):
            value = value.get(part.replace("~1", "/").replace("~0", "~")) if isinstance(value, dict) else None
        if value is None:
            raise BadInput(self._where, f"has no {reference[:100]}")
        return value


def load_document(path: str) -> OpenApiDocument:
    """Raises BadInput that names the file."""
    try:
        text = Path(path).read_bytes()
    except OSError as error:
        raise BadInput(path, error.strerror or "cannot be read") from None
    if len(text) > _MOST_BYTES:
        raise BadInput(path, f"has more than {_MOST_BYTES} bytes")
    try:
        content = load_json(text.decode()) if path.endswith(".json") else yaml.safe_load(text)
    except (ValueError, yaml.YAMLError, RecursionError):
        raise BadInput(path, "is neither JSON nor YAML") from None
    if not isinstance(content, dict):
        raise BadInput(path, "is no OpenAPI 3 document")
    return OpenApiDocument(content, path)


def _is_taken(kind: str) -> bool:
    """JSON of any kind, and forms."""
    return kind.split(";")[0].strip().endswith(("/json", "+json", FORM))
