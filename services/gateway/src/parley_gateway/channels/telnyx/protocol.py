"""Telnyx's media stream: messages in and out. Pure.

Source: Telnyx's documentation, "Media streaming over WebSockets": JSON text frames with RTP payloads in base64, which
may come out of order; what is sent has no stream id, and 20 ms to 30 s of audio in a message.
"""

import json

from parley_audio import codecs
from parley_core.errors import BadInput

from parley_gateway.channels.carrier import messages as m

_RATES = frozenset({8000, 16_000, 22_050, 24_000, 48_000})
AROUND = (b'{"event":"media","media":{"payload":"', b'"}}')
L16_HZ = 16_000  # the pipeline's own rate: nothing is resampled
CLEAR = b'{"event":"clear"}'


def parse_message(data: bytes) -> m.StreamMessage:
    """Raises BadInput for what Telnyx does not say."""
    return m.parse_stream(data, "stream_id", _other)


def mark(name: str) -> bytes:
    return json.dumps({"event": "mark", "mark": {"name": name}}).encode()


def codec_of(encoding: str, rate_hz: int, *, big_endian: bool) -> codecs.Codec:
    """Raises BadInput for one that this channel does not speak."""
    match encoding:
        case "PCMU" if rate_hz == 8000:
            return codecs.pcmu()
        case "PCMA" if rate_hz == 8000:
            return codecs.pcma()
        case "L16" if rate_hz in _RATES:
            return codecs.l16(rate_hz, big_endian=big_endian)
        case _:
            raise BadInput("media_format", "must be PCMU, PCMA or L16 at a rate of theirs")


class Whole:
    """A codec whose payloads are whole frames of 20 ms: shorter messages are not taken."""

    def __init__(self, codec: codecs.Codec) -> None:
        self.name = codec.name
        self.rate_hz = codec.rate_hz
        self._codec = codec
        self._framer = codecs.Framer(codec.rate_hz // 50 * (2 if codec.name == "L16" else 1))

    def decode(self, payload: bytes | memoryview) -> bytes:
        return self._codec.decode(payload)

    def encode(self, pcm: bytes | memoryview) -> bytes:
        return b"".join(self._framer.push(self._codec.encode(pcm)))


def _other(event: str, message: m.Json) -> m.StreamMessage:
    match event:
        case "start":
            return _start(message)
        case "error":
            payload = m.part(message, "payload")
            return m.StreamProblem(str(payload.get("code", ""))[:20], m.text(payload, "title", needed=False))
        case _:
            return m.OtherStreamMessage(event, known=False)


def _start(message: m.Json) -> m.StreamStarted:
    start = m.part(message, "start")
    audio = m.part(start, "media_format")
    if m.number(audio, "channels") != 1:
        raise BadInput("media_format", "must have one channel")
    state = start.get("client_state")
    if state is not None and (not isinstance(state, str) or len(state) > m.MAX_MESSAGE):
        raise BadInput("client_state", "must be a text")
    return m.StreamStarted(
        m.text(message, "stream_id"),
        m.text(start, "call_control_id"),
        m.text(audio, "encoding"),
        m.number(audio, "sample_rate"),
        {"client_state": state or ""},
    )
