"""Makes an HTTP request of a tool's arguments, as the operation describes it. Pure.

Arguments come from a model that has listened to a caller: none of them leaves its place in the URL, in a header or in
the body.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from parley_core.errors import BadInput

from parley_tools.sources.openapi.document import FORM, OpenApiOperation, Parameter


@dataclass(frozen=True, slots=True)
class Request:
    method: str
    url: str
    headers: dict[str, str]
    body: bytes | None


def request_of(
    operation: OpenApiOperation,
    server: str,
    arguments: Mapping[str, object],
    *,
    query: Mapping[str, str],
    headers: Mapping[str, str],
) -> Request:
    """`query` and `headers`: the source's own. Raises BadInput that names the argument."""
    path, pairs, named = operation.path, list(query.items()), {"Accept": "application/json", **headers}
    for parameter in operation.parameters:
        if parameter.name not in arguments:
            continue
        value = arguments[parameter.name]
        match parameter.place:
            case "path":
                path = path.replace("{" + parameter.name + "}", _segment(parameter.name, value))
            case "query":
                pairs += _pairs(parameter, value)
            case "header":
                named[parameter.name] = _header(parameter.name, value)
    if "{" in path:
        raise BadInput(path[path.index("{") + 1 :].split("}")[0], "is required")
    url = server.rstrip("/") + "/" + path.lstrip("/")
    if pairs:
        url += ("&" if "?" in url else "?") + urlencode(pairs)
    return Request(operation.method, url, named, _body(operation, arguments, named))


def _body(operation: OpenApiOperation, arguments: Mapping[str, object], headers: dict[str, str]) -> bytes | None:
    if not operation.body:
        return None
    content = arguments.get("body") if operation.whole else {n: arguments[n] for n in operation.body if n in arguments}
    if content is None:
        return None
    headers["Content-Type"] = operation.media
    if operation.media.endswith(FORM):
        return urlencode(list(_fields("", content))).encode()
    return json.dumps(content, sort_keys=True).encode()


def _fields(name: str, value: object) -> Iterator[tuple[str, str]]:
    """Nested values in the brackets that servers of forms read: `line_items[0][price]`."""
    match value:
        case dict():
            for key, one in sorted(value.items()):
                yield from _fields(f"{name}[{key}]" if name else str(key), one)
        case list():
            for number, one in enumerate(value):
                yield from _fields(f"{name}[{number}]", one)
        case _:
            yield name, _text(value)


def _segment(name: str, value: object) -> str:
    """One segment: a slash is written as data, and what servers read as "up" or "here" is refused."""
    text = _text(value)
    if not text or text.strip(".") == "" or "\\" in text:
        raise BadInput(name, "cannot stand in an address")
    return quote(text, safe="")


def _header(name: str, value: object) -> str:
    text = _text(value)
    if any(ord(letter) < 32 or ord(letter) > 255 or ord(letter) == 127 for letter in text):
        raise BadInput(name, "has a letter that cannot stand in a header")
    return text


def _pairs(parameter: Parameter, value: object) -> Iterator[tuple[str, str]]:
    match value:
        case list() if parameter.explode:
            yield from ((parameter.name, _text(one)) for one in value)
        case list():
            yield parameter.name, ",".join(_text(one) for one in value)
        case dict() if parameter.deep:
            yield from ((f"{parameter.name}[{key}]", _text(one)) for key, one in value.items())
        case dict():
            yield from ((str(key), _text(one)) for key, one in value.items())
        case _:
            yield parameter.name, _text(value)


def _text(value: object) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case str() | int() | float():
            return str(value)
        case _:
            return json.dumps(value, sort_keys=True)
