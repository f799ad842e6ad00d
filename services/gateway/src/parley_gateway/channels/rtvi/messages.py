"""What an RTVI client may say, as values. Pure. Source: `@pipecat-ai/client-js` 1.13, which speaks RTVI 2.1."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from parley_core.errors import BadInput
from parley_core.text import load_json

MAX_MESSAGE = 64 * 1024
MAX_TEXT = 4000
LABEL = "rtvi-ai"
_BUTTONS = frozenset("0123456789*#")

Json = dict[str, Any]


class InvalidMessage(BadInput):
    """`id` is the message's, for the answer."""

    def __init__(self, where: str, problem: str, id_: str = "") -> None:
        super().__init__(where, problem)
        self.id = id_


@dataclass(frozen=True, slots=True)
class ClientReady:
    id: str
    version: str


@dataclass(frozen=True, slots=True)
class DisconnectBot:
    id: str


@dataclass(frozen=True, slots=True)
class SendText:
    id: str
    text: str


@dataclass(frozen=True, slots=True)
class Dtmf:
    id: str
    digits: str


@dataclass(frozen=True, slots=True)
class Request:
    """A `client-message`: answered by `server-response` or `error-response`."""

    id: str
    kind: str
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FunctionResult:
    id: str
    call: str
    result: Any


ClientMessage = ClientReady | DisconnectBot | SendText | Dtmf | Request | FunctionResult


def parse_message(text: str) -> ClientMessage:
    """Raises Wrong, also for what RTVI has and this server has not."""
    try:
        message = load_json(text)
    except ValueError:
        raise InvalidMessage("message", "is not JSON") from None
    if not isinstance(message, dict) or message.get("label") != LABEL:
        raise InvalidMessage("label", f"must be {LABEL}")
    given = message.get("id")
    id_ = given[:100] if isinstance(given, str) else ""
    data = message.get("data")
    try:
        return _parse(message.get("type"), id_, data if isinstance(data, dict) else {})
    except InvalidMessage as error:
        error.id = id_
        raise


def _parse(kind: object, id_: str, data: Json) -> ClientMessage:
    match kind:
        case "client-ready":
            version = data.get("version")
            return ClientReady(id_, version[:20] if isinstance(version, str) else "")
        case "disconnect-bot":
            return DisconnectBot(id_)
        case "send-text":
            return _send_text(id_, data)
        case "dtmf":
            buttons = data.get("buttons")
            if (
                not isinstance(buttons, list)
                or not 0 < len(buttons) <= 64
                or not all(isinstance(one, str) and one in _BUTTONS for one in buttons)
            ):
                raise InvalidMessage("buttons", "must be a list of 0 to 9, * and #")
            return Dtmf(id_, "".join(buttons))
        case "client-message":
            return Request(id_, _text(data, "t"), data["d"] if isinstance(data.get("d"), dict) else {})
        case "llm-function-call-result":
            return FunctionResult(id_, _text(data, "tool_call_id"), data.get("result"))
        case "append-to-context":
            raise InvalidMessage(
                "type", "append-to-context is not supported: what the agent knows of a call is its log"
            )
        case str():
            raise InvalidMessage("type", f"{kind[:60]} is not supported here")
        case _:
            raise InvalidMessage("type", "must be a text")


def _send_text(id_: str, data: Json) -> SendText:
    text, options = _text(data, "content").strip(), data.get("options")
    if not text or len(text) > MAX_TEXT:
        raise InvalidMessage("content", f"must have 1 to {MAX_TEXT} characters")
    options = options if isinstance(options, dict) else {}
    if options.get("run_immediately") is False or options.get("audio_response") is False:
        raise InvalidMessage("options", "a text is a turn of the caller here: it is answered at once, and by voice")
    return SendText(id_, text)


def _text(data: Json, name: str) -> str:
    given = data.get(name)
    if not isinstance(given, str) or not given:
        raise InvalidMessage(name, "must be a text")
    return given
