"""ConversationRelay, the text protocol of Twilio and Telnyx: the carrier recognises and speaks. Pure.

Sources: Twilio, "ConversationRelay WebSocket messages"; Telnyx, "Conversation Relay over WebSockets". The two differ in
optional fields only. `info` messages (`tokensPlayed`, `agentSpeaking`) come when the call's document asks for them.
"""

import json
from dataclasses import dataclass, field

from parley_core.errors import BadInput
from parley_core.reasons import Reason
from parley_core.text import load_json

MAX_MESSAGE = 64 * 1024
MAX_PROMPT = 4000
_MAX_TEXT = 200
_DIGITS = frozenset("0123456789*#ABCD")


@dataclass(frozen=True, slots=True)
class Setup:
    session: str
    call: str  # Twilio's callSid, Telnyx's call control id
    caller: str
    called: str
    parameters: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Prompt:
    """What the caller said; `last`: nothing more of it comes."""

    text: str
    language: str
    last: bool


@dataclass(frozen=True, slots=True)
class RelayDtmf:
    digit: str


@dataclass(frozen=True, slots=True)
class Cut:
    """The caller talked over the agent: what the agent had said of the utterance."""

    heard: str


@dataclass(frozen=True, slots=True)
class Played:
    text: str


@dataclass(frozen=True, slots=True)
class AgentSilent:
    """The carrier's voice has come to the end of what it was given."""


@dataclass(frozen=True, slots=True)
class RelayError:
    description: str


@dataclass(frozen=True, slots=True)
class OtherMessage:
    kind: str


RelayMessage = Setup | Prompt | RelayDtmf | Cut | Played | AgentSilent | RelayError | OtherMessage


def parse_message(data: bytes) -> RelayMessage:
    """Raises BadInput for what a carrier does not say."""
    try:
        message = load_json(data)
    except ValueError:
        raise BadInput("message", "is not JSON") from None
    if not isinstance(message, dict):
        raise BadInput("message", "is not a JSON object")
    match message.get("type"):
        case "setup":
            return _setup(message)
        case "prompt":
            last = message.get("last", True)
            if not isinstance(last, bool):
                raise BadInput("last", "must be true or false")
            return Prompt(_text(message, "voicePrompt", MAX_PROMPT), _text(message, "lang"), last)
        case "dtmf":
            digit = _text(message, "digit").upper()
            if len(digit) != 1 or digit not in _DIGITS:
                raise BadInput("digit", "must be one of 0-9, *, #, A-D")
            return RelayDtmf(digit)
        case "interrupt":
            return Cut(_text(message, "utteranceUntilInterrupt", MAX_PROMPT))
        case "info":
            return _info(message)
        case "error":
            return RelayError(_text(message, "description", MAX_PROMPT))
        case str() as kind:
            return OtherMessage(kind[:_MAX_TEXT])
        case _:
            raise BadInput("type", "must be a text")


def text_message(text: str, *, interruptible: bool, language: str = "") -> dict[str, object]:
    """One sentence for the carrier's voice, as a separate utterance."""
    message: dict[str, object] = {"type": "text", "token": text, "last": True, "interruptible": interruptible}
    return message | {"lang": language} if language else message


def language_message(language: str) -> dict[str, object]:
    return {"type": "language", "ttsLanguage": language, "transcriptionLanguage": language}


def end_message(reason: Reason, **facts: str) -> dict[str, object]:
    return {"type": "end", "handoffData": json.dumps({"reason": reason, **facts})}


def _setup(message: dict[str, object]) -> Setup:
    parameters = message.get("customParameters") or {}
    if not isinstance(parameters, dict) or len(parameters) > 20:
        raise BadInput("customParameters", "must be an object of at most 20 texts")
    for name, value in parameters.items():
        if not isinstance(value, str) or len(value) > 4000 or len(name) > _MAX_TEXT:
            raise BadInput("customParameters", "must be texts")
    call = _text(message, "callSid") or _text(message, "callControlId")
    return Setup(_text(message, "sessionId"), call, _text(message, "from"), _text(message, "to"), parameters)


def _info(message: dict[str, object]) -> RelayMessage:
    match message.get("name"), message.get("value"):
        case "tokensPlayed", str() as text if len(text) <= MAX_PROMPT:
            return Played(text)
        case "agentSpeaking", "off":
            return AgentSilent()
        case _:
            return OtherMessage("info")


def _text(message: dict[str, object], name: str, longest: int = _MAX_TEXT) -> str:
    value = message.get(name, "")
    if value is None:
        return ""
    if not isinstance(value, str):
        raise BadInput(name, "must be a text")
    if len(value) > longest:
        raise BadInput(name, f"must have at most {longest} characters")
    return value
