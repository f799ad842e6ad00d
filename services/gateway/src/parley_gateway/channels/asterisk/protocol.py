"""Messages from and to Asterisk's chan_websocket, in both of its formats. Pure.

Source: Asterisk's documentation, "Channel Drivers / WebSocket", and the change notes of its JSON messages. Plain
text is `NAME key:value …` both ways; JSON is `{"event": …}` from Asterisk and `{"command": …}` to it. Binary messages
are audio.
"""

import json
from dataclasses import dataclass

from parley_audio import codecs
from parley_core.errors import BadInput
from parley_core.text import load_json

MAX_MESSAGE = 16 * 1024  # MEDIA_START carries the channel's variables
_RATES = {
    "slin": 8000,
    "slin12": 12_000,
    "slin16": 16_000,
    "slin24": 24_000,
    "slin32": 32_000,
    "slin44": 44_100,
    "slin48": 48_000,
}
_DIGITS = frozenset("0123456789*#ABCD")


@dataclass(frozen=True, slots=True)
class MediaStart:
    connection: str
    channel: str
    codec: codecs.Codec
    frame_bytes: int  # what Asterisk makes 20 ms of; it drops what is left over
    json: bool  # whether it spoke JSON, and wants to be spoken to so


@dataclass(frozen=True, slots=True)
class DtmfEnd:
    digit: str


@dataclass(frozen=True, slots=True)
class FlowControl:
    """Asterisk's queue is nearly full, or has room again."""

    stopped: bool


@dataclass(frozen=True, slots=True)
class OtherEvent:
    """An event that asks for nothing."""

    name: str


Event = MediaStart | DtmfEnd | FlowControl | OtherEvent


def parse_event(data: bytes) -> Event:
    """Raises BadInput for what Asterisk does not say."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        raise BadInput("message", "is not UTF-8") from None
    as_json = text.startswith("{")
    name, fields = _json_fields(text) if as_json else _plain_fields(text)
    match name:
        case "MEDIA_START":
            return _media_start(fields, as_json=as_json)
        case "DTMF_END":
            digit = fields.get("digit", "").upper()
            if digit not in _DIGITS or len(digit) != 1:
                raise BadInput("digit", "must be one of 0-9, *, #, A-D")
            return DtmfEnd(digit)
        case "MEDIA_XOFF" | "MEDIA_XON":
            return FlowControl(stopped=name == "MEDIA_XOFF")
        case _:
            return OtherEvent(name)


def command(name: str, *, as_json: bool) -> bytes:
    return json.dumps({"command": name}).encode() if as_json else name.encode()


def codec_of(name: str) -> codecs.Codec:
    """The codec by Asterisk's name of it. Raises BadInput for one that this channel does not speak."""
    match name:
        case "ulaw":
            return codecs.pcmu()
        case "alaw":
            return codecs.pcma()
        case _ if name in _RATES:
            return codecs.l16(_RATES[name])
        case _:
            raise BadInput("format", "must be ulaw, alaw, slin or slin12 to slin48; say c(slin16) in the dial string")


def _media_start(fields: dict[str, str], *, as_json: bool) -> MediaStart:
    codec = codec_of(fields.get("format", ""))
    try:
        frame_bytes = int(fields.get("optimal_frame_size", ""))
    except ValueError:
        raise BadInput("optimal_frame_size", "must be a number") from None
    width = 2 if codec.name == "L16" else 1
    if frame_bytes != codec.rate_hz // 50 * width:
        raise BadInput("optimal_frame_size", f"must be 20 ms of {fields['format']}")
    return MediaStart(fields.get("connection_id", ""), fields.get("channel", ""), codec, frame_bytes, as_json)


def _json_fields(text: str) -> tuple[str, dict[str, str]]:
    try:
        message = load_json(text)
    except ValueError:
        raise BadInput("message", "is not JSON") from None
    if not isinstance(message, dict) or not isinstance(message.get("event"), str):
        raise BadInput("event", "must be a text")
    return message["event"], {name: str(value) for name, value in message.items() if isinstance(value, str | int)}


def _plain_fields(text: str) -> tuple[str, dict[str, str]]:
    name, *rest = text.split() or [""]
    if not name.replace("_", "").isalpha() or not name.isupper():
        raise BadInput("message", "is no event of chan_websocket")
    return name, dict(part.split(":", 1) for part in rest if ":" in part)
