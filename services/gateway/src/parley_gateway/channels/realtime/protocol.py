"""What an OpenAI Realtime client may say, as values. Pure. Source: the types of the `openai` package, 3.52.

A message that is wrong raises `Wrong`, which becomes an `error` event; the session goes on.
"""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from parley_core.errors import BadInput
from parley_core.text import load_json

MAX_MESSAGE = 256 * 1024
MAX_TEXT = 4000  # of a typed turn

Json = dict[str, Any]
Given = Mapping[str, Any]  # JSON that is not checked yet


class InvalidRequest(BadInput):
    """`code` is for programs, in OpenAI's words where it has one."""

    def __init__(self, code: str, problem: str, *, param: str = "", event_id: str = "") -> None:
        super().__init__(param or "event", problem)
        self.code = code
        self.param = param
        self.event_id = event_id

    def as_event(self) -> Json:
        error = {
            "type": "invalid_request_error",
            "code": self.code,
            "message": str(self),
            "param": self.param or None,
            "event_id": self.event_id or None,
        }
        return {"type": "error", "error": error}


@dataclass(frozen=True, slots=True)
class SessionUpdate:
    session: Given


@dataclass(frozen=True, slots=True)
class Append:
    audio: bytes


@dataclass(frozen=True, slots=True)
class CommitAudio:
    pass


@dataclass(frozen=True, slots=True)
class ClearAudio:
    pass


@dataclass(frozen=True, slots=True)
class CreateResponse:
    instructions: str = ""


@dataclass(frozen=True, slots=True)
class CancelResponse:
    response: str = ""


@dataclass(frozen=True, slots=True)
class CreateText:
    """A message; `item` is what is shown of it."""

    role: str  # "user" or "system"
    text: str
    item: Given


@dataclass(frozen=True, slots=True)
class CreateOutput:
    """The result of a function call."""

    call: str
    output: str
    item: Given


@dataclass(frozen=True, slots=True)
class Truncate:
    item: str
    audio_end_ms: int


@dataclass(frozen=True, slots=True)
class Retrieve:
    item: str


ClientEvent = (
    SessionUpdate
    | Append
    | CommitAudio
    | ClearAudio
    | CreateResponse
    | CancelResponse
    | CreateText
    | CreateOutput
    | Truncate
    | Retrieve
)


def parse_event(data: bytes) -> ClientEvent:
    """Raises Wrong."""
    try:
        message = load_json(data)
    except ValueError:
        raise InvalidRequest("invalid_json", "is not JSON") from None
    if not isinstance(message, dict):
        raise InvalidRequest("invalid_type", "must be an object")
    given = message.get("event_id")
    event_id = given[:200] if isinstance(given, str) else ""
    try:
        return _parse(message)
    except InvalidRequest as error:
        error.event_id = event_id
        raise


def _parse(message: Json) -> ClientEvent:
    match message.get("type"):
        case "input_audio_buffer.append":
            return Append(_audio(message.get("audio")))
        case "input_audio_buffer.commit":
            return CommitAudio()
        case "input_audio_buffer.clear":
            return ClearAudio()
        case "session.update":
            return SessionUpdate(_object(message, "session"))
        case "response.create":
            return _create_response(message.get("response"))
        case "response.cancel":
            return CancelResponse(_text(message, "response_id", optional=True))
        case "conversation.item.create":
            return _create_item(_object(message, "item"))
        case "conversation.item.truncate":
            return _truncate(message)
        case "conversation.item.retrieve":
            return Retrieve(_text(message, "item_id"))
        case "conversation.item.delete":
            raise InvalidRequest("unsupported_event", "what was said in a call cannot be made unsaid", param="type")
        case _:
            raise InvalidRequest("unknown_event", "is no event that is known here", param="type")


def _audio(given: object) -> bytes:
    if not isinstance(given, str):
        raise InvalidRequest("invalid_type", "must be base64", param="audio")
    try:
        return base64.b64decode(given, validate=True)
    except (ValueError, binascii.Error):
        raise InvalidRequest("invalid_value", "is not base64", param="audio") from None


def _create_response(given: object) -> CreateResponse:
    if given is None:
        return CreateResponse()
    if not isinstance(given, dict):
        raise InvalidRequest("invalid_type", "must be an object", param="response")
    for name in ("input", "tools", "prompt"):
        if given.get(name):
            raise InvalidRequest("unsupported_value", "cannot be given for one response", param=f"response.{name}")
    wanted = {"conversation": "auto", "tool_choice": "auto", "output_modalities": ["audio"]}
    for name, only in wanted.items():
        if given.get(name, only) not in (only, None):
            raise InvalidRequest("unsupported_value", f"must be {only!r} here", param=f"response.{name}")
    return CreateResponse(_text(given, "instructions", optional=True, where="response."))


def _create_item(item: Json) -> CreateText | CreateOutput:
    kind, id_ = item.get("type"), _text(item, "id", optional=True, where="item.")[:100]
    if kind == "function_call_output":
        call, output = _text(item, "call_id", where="item."), item.get("output")
        if not isinstance(output, str):
            raise InvalidRequest("invalid_type", "must be a text", param="item.output")
        return CreateOutput(call, output, {"id": id_, "type": kind, "call_id": call, "output": output})
    role = item.get("role")
    if kind != "message" or role not in ("user", "system"):
        raise InvalidRequest(
            "unsupported_value",
            "must be a user's or a system's message, or a function_call_output: the agent's words are its own",
            param="item.type" if kind != "message" else "item.role",
        )
    parts = item.get("content")
    if not isinstance(parts, list) or not 0 < len(parts) <= 100:
        raise InvalidRequest("invalid_type", "must be a list of 1 to 100 parts", param="item.content")
    for part in parts:
        if not isinstance(part, dict) or part.get("type") != "input_text" or not isinstance(part.get("text"), str):
            raise InvalidRequest(
                "unsupported_value", "must be input_text; speech comes by the audio buffer", param="item.content"
            )
    text = " ".join(str(part["text"]).strip() for part in parts).strip()
    if not text or len(text) > MAX_TEXT:
        raise InvalidRequest("invalid_value", f"must have 1 to {MAX_TEXT} characters", param="item.content")
    content = [{"type": "input_text", "text": part["text"]} for part in parts]
    return CreateText(role, text, {"id": id_, "type": kind, "role": role, "content": content})


def _truncate(message: Json) -> Truncate:
    end = message.get("audio_end_ms")
    if not isinstance(end, int) or isinstance(end, bool) or not 0 <= end < 2**31:
        raise InvalidRequest("invalid_type", "must be a whole number of milliseconds", param="audio_end_ms")
    if message.get("content_index", 0) != 0:
        raise InvalidRequest("invalid_value", "must be 0", param="content_index")
    return Truncate(_text(message, "item_id"), end)


def _object(message: Json, name: str) -> Json:
    given = message.get(name)
    if not isinstance(given, dict):
        raise InvalidRequest("invalid_type", "must be an object", param=name)
    return given


def _text(message: Given, name: str, *, optional: bool = False, where: str = "") -> str:
    given = message.get(name)
    if given is None and optional:
        return ""
    if not isinstance(given, str) or not (given or optional):
        raise InvalidRequest("invalid_type", "must be a text", param=where + name)
    return given
