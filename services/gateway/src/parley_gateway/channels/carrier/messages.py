"""What both carriers' media streams say, in one shape. Made by each channel's `protocol`, acted on by `connection`."""

import binascii
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from parley_core.errors import BadInput
from parley_core.text import load_json

MAX_MESSAGE = 16 * 1024
_DIGITS = frozenset("0123456789*#ABCD")
_MAX_TEXT = 500


@dataclass(frozen=True, slots=True)
class StreamStarted:
    stream: str
    call: str  # the carrier's id of the call
    encoding: str  # PCMU, PCMA, L16 …
    rate_hz: int
    parameters: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Media:
    stream: str
    chunk: int
    payload: bytes


@dataclass(frozen=True, slots=True)
class StreamDigit:
    stream: str
    digit: str


@dataclass(frozen=True, slots=True)
class Mark:
    stream: str
    name: str


@dataclass(frozen=True, slots=True)
class StreamStopped:
    stream: str


@dataclass(frozen=True, slots=True)
class StreamProblem:
    """Something that the carrier found wrong; the stream goes on or is stopped by it."""

    code: str
    title: str


@dataclass(frozen=True, slots=True)
class OtherStreamMessage:
    """A message that asks for nothing."""

    event: str
    known: bool = True


StreamMessage = StreamStarted | Media | StreamDigit | Mark | StreamStopped | StreamProblem | OtherStreamMessage
Json = Mapping[str, object]


def parse_stream(data: bytes, stream_field: str, others: Callable[[str, Json], StreamMessage]) -> StreamMessage:
    """What both carriers say alike: they differ in the stream's field, and in `others`, which get the event and the
    message. Raises BadInput for what no carrier says."""
    message = parse_object(data)
    event = text(message, "event")
    match event:
        case "media":
            media = part(message, "media")
            return Media(text(message, stream_field), number(media, "chunk"), payload(media))
        case "mark":
            return Mark(text(message, stream_field), text(part(message, "mark"), "name"))
        case "dtmf":
            return StreamDigit(text(message, stream_field), digit(part(message, "dtmf")))
        case "stop":
            return StreamStopped(text(message, stream_field))
        case "connected":
            return OtherStreamMessage(event)
        case _:
            return others(event, message)


def parse_object(data: bytes) -> dict[str, object]:
    """Raises BadInput for what is no JSON object."""
    try:
        message = load_json(data)
    except ValueError:
        raise BadInput("message", "is not JSON") from None
    if not isinstance(message, dict):
        raise BadInput("message", "is not a JSON object")
    return message


def part(message: Json, name: str) -> Json:
    value = message.get(name)
    if not isinstance(value, dict):
        raise BadInput(name, "must be an object")
    return value


def text(message: Json, name: str, *, needed: bool = True) -> str:
    value = message.get(name, "")
    if not isinstance(value, str) or len(value) > _MAX_TEXT or (needed and not value):
        raise BadInput(name, "must be a short text")
    return value


def number(message: Json, name: str) -> int:
    """A number, or a text of one: carriers write both."""
    value = message.get(name)
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) <= 12:
        return int(value)
    raise BadInput(name, "must be a whole number")


def payload(media: Json) -> bytes:
    value = media.get("payload")
    if not isinstance(value, str):
        raise BadInput("payload", "must be a text")
    try:
        return binascii.a2b_base64(value, strict_mode=True)
    except ValueError:  # binascii.Error is one
        raise BadInput("payload", "is not base64") from None


def digit(dtmf: Json) -> str:
    value = text(dtmf, "digit").upper()
    if len(value) != 1 or value not in _DIGITS:
        raise BadInput("digit", "must be one of 0-9, *, #, A-D")
    return value


def texts(values: object, name: str) -> dict[str, str]:
    """An object of short texts, or nothing."""
    if values is None:
        return {}
    if not isinstance(values, dict) or len(values) > 20:
        raise BadInput(name, "must be an object of at most 20 texts")
    for key, value in values.items():
        if not isinstance(value, str) or len(value) > 4000 or len(key) > 64:
            raise BadInput(name, "must be short texts")
    return values
