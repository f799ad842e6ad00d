"""Twilio's media stream: messages in and out. Pure.

Source: Twilio's documentation, "Media Streams / WebSocket messages": JSON text frames; mu-law 8 kHz mono both ways;
numbers are strings but in `mediaFormat`; the stream's id is on every message after `connected`.
"""

import json

from parley_core.errors import BadInput

from parley_gateway.channels.carrier import messages as m

ENCODING = "audio/x-mulaw"
_RATE_HZ = 8000


def parse_message(data: bytes) -> m.StreamMessage:
    """Raises BadInput for what Twilio does not say."""
    return m.parse_stream(data, "streamSid", _other)


def media_around(stream: str) -> tuple[bytes, bytes]:
    """What stands before and behind the base64 of audio."""
    return b'{"event":"media","streamSid":' + json.dumps(stream).encode() + b',"media":{"payload":"', b'"}}'


def mark(stream: str, name: str) -> bytes:
    return json.dumps({"event": "mark", "streamSid": stream, "mark": {"name": name}}).encode()


def clear(stream: str) -> bytes:
    return json.dumps({"event": "clear", "streamSid": stream}).encode()


def _other(event: str, message: m.Json) -> m.StreamMessage:
    return _start(message) if event == "start" else m.OtherStreamMessage(event, known=False)


def _start(message: m.Json) -> m.StreamStarted:
    start = m.part(message, "start")
    stream = m.text(message, "streamSid")
    if m.text(start, "streamSid", needed=False) not in ("", stream):
        raise BadInput("start.streamSid", "is another stream's")
    audio = m.part(start, "mediaFormat")
    encoding, rate_hz = m.text(audio, "encoding"), m.number(audio, "sampleRate")
    if encoding != ENCODING or rate_hz != _RATE_HZ or m.number(audio, "channels") != 1:
        raise BadInput("mediaFormat", f"must be {ENCODING}, {_RATE_HZ} Hz, one channel")
    parameters = m.texts(start.get("customParameters"), "customParameters")
    return m.StreamStarted(stream, m.text(start, "callSid"), "PCMU", rate_hz, parameters)
