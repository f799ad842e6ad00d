"""Parley's JSON: what clients may send over a WebSocket or a WebRTC data channel, checked. Documented in the service's
README. `event_json` writes the other direction."""

from dataclasses import dataclass, field

from parley.v1 import session_pb2
from parley_audio.formats import SAMPLE_RATE
from parley_core.errors import BadInput
from parley_core.ids import TOKEN
from parley_core.text import load_json

from parley_gateway.admission.token_keys import MAX_LENGTH

MAX_TEXT = 2000
MAX_DIGITS = 32
_MAX_ATTRIBUTES = 20
_DIGITS = frozenset("0123456789*#ABCD")


@dataclass(frozen=True, slots=True)
class StartMessage:
    agent: str
    resume: str = ""  # the token that takes a call up again
    user: str = ""
    language: str = ""
    attributes: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class HangUpMessage:
    pass


@dataclass(frozen=True, slots=True)
class PingMessage:
    pass


@dataclass(frozen=True, slots=True)
class DigitsMessage:
    digits: str


@dataclass(frozen=True, slots=True)
class TextMessage:
    text: str


ClientMessage = StartMessage | HangUpMessage | PingMessage | DigitsMessage | TextMessage


class WrongFormat(BadInput):
    """The audio format asked for is not this channel's."""


def parse_message(data: bytes) -> ClientMessage:
    """Raises BadInput, WrongFormat for a start message with other audio than PCM16 mono 16 kHz."""
    try:
        message = load_json(data)
    except ValueError:
        raise BadInput("message", "is not JSON") from None
    if not isinstance(message, dict):
        raise BadInput("message", "is not a JSON object")
    match message.get("type"):
        case "start":
            return _start(message)
        case "hangup":
            return HangUpMessage()
        case "ping":
            return PingMessage()
        case "digits":
            digits = _text(message, "digits", MAX_DIGITS)
            if not digits or not set(digits) <= _DIGITS:
                raise BadInput("digits", "must be 0-9, *, #, A-D")
            return DigitsMessage(digits)
        case "text":
            return TextMessage(_text(message, "text", MAX_TEXT))
        case _:
            raise BadInput("type", "must be start, hangup, digits, text or ping")


def audio_format() -> session_pb2.AudioFormat:
    return session_pb2.AudioFormat(encoding=session_pb2.AUDIO_ENCODING_PCM16, sample_rate_hz=SAMPLE_RATE, channels=1)


def _start(message: dict[str, object]) -> StartMessage:
    asked = message.get("format", {"encoding": "pcm16", "sample_rate": SAMPLE_RATE, "channels": 1})
    if not isinstance(asked, dict):
        raise BadInput("format", "must be an object")
    offered = {"encoding": "pcm16", "sample_rate": SAMPLE_RATE, "channels": 1}
    for name, wanted in offered.items():
        if asked.get(name, wanted) != wanted:
            raise WrongFormat(f"format.{name}", f"must be {wanted}")
    agent = _text(message, "agent", 64)
    if agent and not TOKEN.fullmatch(agent):
        raise BadInput("agent", "is not an agent's name")
    attributes = message.get("attributes", {})
    if not isinstance(attributes, dict) or len(attributes) > _MAX_ATTRIBUTES:
        raise BadInput("attributes", f"must be an object of at most {_MAX_ATTRIBUTES} texts")
    for name, value in attributes.items():
        if not isinstance(value, str) or len(value) > 500 or len(name) > 64:
            raise BadInput("attributes", "must be short texts")
    return StartMessage(
        agent,
        _text(message, "resume", MAX_LENGTH),
        _text(message, "user", 200),
        _text(message, "language", 35),
        attributes,
    )


def _text(message: dict[str, object], name: str, longest: int) -> str:
    value = message.get(name, "")
    if not isinstance(value, str):
        raise BadInput(name, "must be a text")
    if len(value) > longest:
        raise BadInput(name, f"must have at most {longest} characters")
    return value
