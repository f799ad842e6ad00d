"""What a carrier's media stream costs: JSON, base64, G.711 and resampling both ways, without the socket."""

import base64
import json
import time

from parley_audio import codecs
from parley_gateway.channels.carrier import messages as m
from parley_gateway.channels.telnyx import protocol as telnyx
from parley_gateway.channels.twilio import protocol as twilio

from parley_bench.clip import FRAME_BYTES
from parley_bench.measure import Row

_SECONDS = 4  # of a call
_ROUNDS = 9  # the fastest counts: whatever else runs on the machine only ever slows a round
_PER_SECOND = 50


def carrier_streams(question: bytes) -> list[Row]:
    pcm = [question[at : at + FRAME_BYTES] for at in range(0, len(question) - FRAME_BYTES, FRAME_BYTES)]
    return [
        Row(
            f"channel.{name}.cpu_per_call",
            _percent(name, codec, pcm),
            "%",
            f"of a core: both ways, without the socket; fastest of {_ROUNDS}",
        )
        for name, codec in (("twilio", codecs.pcmu()), ("telnyx", codecs.pcmu()), ("telnyx_l16", codecs.l16(16_000)))
    ]


def _percent(name: str, codec: codecs.Codec, pcm: list[bytes]) -> float:
    is_twilio = name == "twilio"
    stream, id_name = ("MZ" + "0" * 32, "streamSid") if is_twilio else ("0" * 32, "stream_id")
    before, behind = twilio.media_around(stream) if is_twilio else telnyx.AROUND
    parse = twilio.parse_message if is_twilio else telnyx.parse_message
    spoken = [_message(id_name, stream, chunk, codec.encode(frame)) for chunk, frame in enumerate(pcm)]
    shares: list[float] = []
    for _ in range(_ROUNDS):
        began = time.process_time()
        for at in range(_SECONDS * _PER_SECOND):
            message = parse(spoken[at % len(spoken)])
            if isinstance(message, m.Media):
                codec.decode(message.payload)
            b"".join((before, base64.b64encode(codec.encode(pcm[at % len(pcm)])), behind))
        shares.append((time.process_time() - began) / _SECONDS * 100)
    return min(shares)


def _message(id_name: str, stream: str, chunk: int, payload: bytes) -> bytes:
    media = {"track": "inbound", "chunk": str(chunk), "timestamp": str(20 * chunk)}
    text = base64.b64encode(payload).decode()
    return json.dumps(
        {"event": "media", "sequenceNumber": str(chunk), id_name: stream, "media": {**media, "payload": text}}
    ).encode()
