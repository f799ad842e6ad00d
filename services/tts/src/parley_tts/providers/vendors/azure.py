"""Azure's speech synthesis by its WebSocket, the one that the vendor's SDK speaks: SSML in, audio and word times out.

Sources: the SDK for JavaScript 1.52 (message headers, `synthesis.context`, `audio.metadata`, `synthesis.control`), the
documentation on SSML and on billing.
"""

import json
import re
import struct
from collections.abc import AsyncGenerator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import uuid4
from xml.sax.saxutils import quoteattr

from parley_core.errors import BadReply, Unavailable
from parley_core.vendors import Endpoint

from parley_tts.figures import Dialect
from parley_tts.providers.base import SAMPLE_RATE_HZ, Charge, VoiceInfo
from parley_tts.providers.vendors.connections import Client, Socket, json_object
from parley_tts.providers.vendors.ssml import SOUNDS, billed, inner
from parley_tts.providers.vendors.voice import Audio, Heard, Order, Part

NAME = "azure"
PATH = "/tts/cognitiveservices/websocket/v1"
VOICE = "en-US-AvaMultilingualNeural"  # speaks every language below
FORMAT = "raw-16khz-16bit-mono-pcm"
SPEEDS = (0.5, 2.0)
TICKS_PER_MS = 10_000
_SPOKEN = """af am ar az bg bn bs ca cs cy da de el en es et eu fa fi fil fr ga gl gu he hi hr hu hy id is it ja jv ka
    kk km kn ko lo lt lv mk ml mn mr ms mt my nb ne nl no pl ps pt ro ru si sk sl so sq sr su sv sw ta te th tr uk ur
    uz vi zh zu"""
LANGUAGES = frozenset(_SPOKEN.split())
_KIND = re.compile(r"^path:\s*(\S+)\s*$", re.IGNORECASE | re.MULTILINE)
_REQUEST = re.compile(r"^x-requestid:\s*(\S+)\s*$", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class _Message:
    kind: str
    request: str
    body: bytes


class Azure:
    """See `voice.VendorEngine`."""

    name = NAME
    rate_hz = SAMPLE_RATE_HZ
    times_words = True

    def __init__(self, endpoint: Endpoint) -> None:
        """The address is the region's, such as https://westeurope.tts.speech.microsoft.com."""
        url = endpoint.url.rstrip("/")
        self._http = url.replace("ws", "http", 1) if url.startswith("ws") else url
        self.model = ""
        self._voice = endpoint.voice or VOICE
        self._client = Client(NAME, {"Ocp-Apim-Subscription-Key": endpoint.key})

    def speaks(self, language: str) -> bool:
        return language in LANGUAGES

    def voice_for(self, language: str) -> str:
        return self._voice

    def dialect(self, order: Order) -> Dialect:
        return SOUNDS

    def charge(self, order: Order) -> Charge | None:
        """Markup counts, but for `speak` and `voice`; a Chinese character counts as two."""
        return Charge("tts_characters", billed(_inside(order)) * 1000, order.voice)

    async def start(self) -> None:
        if not self._http:
            raise Unavailable(NAME, "PARLEY_VENDORS has no address of its region")
        await self._client.start()

    async def close(self) -> None:
        await self._client.close()

    async def parts(self, order: Order) -> AsyncGenerator[Part, None]:
        url = self._http.replace("http", "ws", 1) + PATH
        async with self._client.socket(url, {"X-ConnectionId": uuid4().hex}) as socket:
            request = uuid4().hex
            if socket.sentences == 1:
                await socket.send(_written("speech.config", request, json.dumps(_CONFIG)))
            await socket.send(_written("synthesis.context", request, json.dumps(_CONTEXT)))
            await socket.send(_written("ssml", request, _ssml(order), "application/ssml+xml"))
            ended = False
            try:
                async for part in _of_request(socket, request):
                    yield part
                ended = socket.reusable = True
            finally:
                if not ended:
                    await socket.cancel(_written("synthesis.control", request, '{"action": "stop"}'))

    async def voices(self) -> list[VoiceInfo]:
        listed = await self._client.get(f"{self._http}/cognitiveservices/voices/list")
        return [
            VoiceInfo(NAME, str(voice.get("ShortName") or ""), str(voice.get("Locale") or ""))
            for voice in (listed if isinstance(listed, list) else [])
            if isinstance(voice, dict)
        ]


_CONFIG = {"context": {"system": {"name": "parley", "version": "1"}, "os": {"platform": "linux"}}}
_CONTEXT = {
    "synthesis": {
        "audio": {
            "metadataOptions": {
                "bookmarkEnabled": False,
                "punctuationBoundaryEnabled": False,
                "sentenceBoundaryEnabled": False,
                "sessionEndEnabled": False,
                "visemeEnabled": False,
                "wordBoundaryEnabled": True,
            },
            "outputFormat": FORMAT,
        },
        "language": {"autoDetection": False},
    }
}


def _ssml(order: Order) -> str:
    return (
        f'<speak version="1.0" xmlns="http://www.w3.org/2001/10/synthesis" xml:lang={quoteattr(order.language)}>'
        f"<voice name={quoteattr(order.voice)}>{_inside(order)}</voice></speak>"
    )


def _inside(order: Order) -> str:
    said = inner(order.text)
    speed = round(order.speed(*SPEEDS), 2)
    if speed != 1:
        said = f'<prosody rate="{speed}">{said}</prosody>'
    if "Multilingual" in order.voice and not order.voice.startswith(order.language):
        said = f"<lang xml:lang={quoteattr(order.language)}>{said}</lang>"
    return said


def _written(kind: str, request: str, body: str, media: str = "application/json") -> str:
    at = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return f"Path: {kind}\r\nX-RequestId: {request}\r\nX-Timestamp: {at}\r\nContent-Type: {media}\r\n\r\n{body}"


def _read(message: str | bytes) -> _Message:
    """A text has an empty line behind its headers; binary data have the headers' length in front."""
    if isinstance(message, str):
        head, _, text = message.partition("\r\n\r\n")
        body = text.encode()
    else:
        length = struct.unpack_from(">H", message)[0] if len(message) > 1 else len(message)
        if length + 2 > len(message):
            raise BadReply(NAME, "a message without its headers")
        head, body = message[2 : 2 + length].decode("utf-8", "replace"), message[2 + length :]
    kind, request = _KIND.search(head.replace("\r", "")), _REQUEST.search(head.replace("\r", ""))
    if kind is None:
        raise BadReply(NAME, "a message without a path")
    return _Message(kind[1].lower(), request[1].lower() if request else "", body)


async def _of_request(socket: Socket, request: str) -> AsyncGenerator[Part, None]:
    """What comes for a request, to its end. Others are those of sentences that were cancelled."""
    while True:
        message = _read(await socket.receive())
        if message.request != request:
            continue
        match message.kind:
            case "audio":
                yield Audio(message.body)
            case "audio.metadata":
                for word in _words(message.body):
                    yield word
            case "turn.end":
                return


def _words(body: bytes) -> Iterator[Heard]:
    listed = json_object(NAME, body).get("Metadata")
    for one in listed if isinstance(listed, list) else []:
        data = one.get("Data") if isinstance(one, dict) and one.get("Type") == "WordBoundary" else None
        text = data.get("text") if isinstance(data, dict) else None
        if not isinstance(data, dict) or not isinstance(text, dict):
            continue
        start, length = data.get("Offset"), data.get("Duration")
        if isinstance(start, int) and isinstance(length, int):
            yield Heard(str(text.get("Text") or ""), start / TICKS_PER_MS, (start + length) / TICKS_PER_MS)
