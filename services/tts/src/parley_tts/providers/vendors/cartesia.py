"""Cartesia: sentences as contexts of a WebSocket that stays open, with the time of every word.

Sources: the API reference (TTS WebSocket, version 2026-03-01; custom pronunciations), the types of its SDK 4.2.
"""

import base64
import binascii
import json
from collections.abc import AsyncGenerator, Iterator

from parley_core.errors import BadReply, ParleyError, Unavailable
from parley_core.ids import new_id
from parley_core.languages.registry import primary
from parley_core.providers import refusal
from parley_core.vendors import Endpoint

from parley_tts.figures import Dialect
from parley_tts.providers.base import SAMPLE_RATE_HZ, Charge, VoiceInfo
from parley_tts.providers.vendors.connections import Client, Socket
from parley_tts.providers.vendors.voice import Audio, Heard, Order, Part
from parley_tts.sounds import phones

NAME = "cartesia"
URL = "https://api.cartesia.ai"
VERSION = "2026-03-01"
MODEL = "sonic-3"
VOICE = "a0e99841-438c-4a64-b679-ae501e7d6091"  # of the vendor's own examples
SPEEDS = (0.6, 1.5)
_SPOKEN = """ar bg bn cs da de el en es fi fr gu he hi hr hu id it ja ka kn ko ml mr ms nl no or pa pl pt ro ru sk sv ta
    te th tl tr uk ur vi zh"""
LANGUAGES = frozenset(_SPOKEN.split())
# The sounds of a word stand between double brackets, a bar between two of them.
_DIALECT = Dialect(
    sounds=lambda written, ipa: " ".join(f"<<{'|'.join(phones(word))}>>" for word in ipa.split()),
)


class Cartesia:
    """See `voice.VendorEngine`."""

    name = NAME
    rate_hz = SAMPLE_RATE_HZ
    times_words = True

    def __init__(self, endpoint: Endpoint) -> None:
        """The address may be http(s) or ws(s)."""
        url = (endpoint.url or URL).rstrip("/")
        self._http = url.replace("ws", "http", 1) if url.startswith("ws") else url
        self._socket_url = f"{self._http.replace('http', 'ws', 1)}/tts/websocket?cartesia_version={VERSION}"
        self.model = endpoint.model or MODEL
        self._voice = endpoint.voice or VOICE
        self._client = Client(NAME, {"Authorization": f"Bearer {endpoint.key}", "Cartesia-Version": VERSION})

    def speaks(self, language: str) -> bool:
        return language in LANGUAGES

    def voice_for(self, language: str) -> str:
        return self._voice

    def dialect(self, order: Order) -> Dialect:
        return _DIALECT

    def charge(self, order: Order) -> Charge | None:
        return Charge("tts_characters", len(order.text) * 1000, order.model)

    async def start(self) -> None:
        await self._client.start()

    async def close(self) -> None:
        await self._client.close()

    async def parts(self, order: Order) -> AsyncGenerator[Part, None]:
        async with self._client.socket(self._socket_url) as socket:
            context = new_id()
            await socket.send(json.dumps(_request(order, context)))
            ended = False
            try:
                async for part in _of_context(socket, context):
                    yield part
                ended = socket.reusable = True
            finally:
                if not ended:
                    await socket.cancel(json.dumps({"context_id": context, "cancel": True}))

    async def voices(self) -> list[VoiceInfo]:
        listed = (await self._client.get_json(f"{self._http}/voices?limit=100")).get("data")
        return [
            VoiceInfo(NAME, str(voice.get("id") or ""), str(voice.get("language") or ""))
            for voice in (listed if isinstance(listed, list) else [])
            if isinstance(voice, dict)
        ]


def _request(order: Order, context: str) -> dict[str, object]:
    request: dict[str, object] = {
        "context_id": context,
        "model_id": order.model,
        "transcript": order.text,
        "voice": {"mode": "id", "id": order.voice},
        "language": primary(order.language),
        "output_format": {"container": "raw", "encoding": "pcm_s16le", "sample_rate": SAMPLE_RATE_HZ},
        "add_timestamps": True,
        "continue": False,
    }
    speed = round(order.speed(*SPEEDS), 2)
    if speed != 1 and order.model.startswith("sonic-3"):
        request["generation_config"] = {"speed": speed}
    return request


async def _of_context(socket: Socket, context: str) -> AsyncGenerator[Part, None]:
    """What comes for a context, to its end. Other contexts' are those of sentences that were cancelled."""
    while True:
        message = await socket.receive_json()
        if message.get("context_id", context) not in (None, context):
            continue
        match message.get("type"):
            case "chunk":
                yield _audio(message.get("data"))
                if message.get("done"):
                    return
            case "timestamps":
                for word in _words(message.get("word_timestamps")):
                    yield word
            case "done":
                return
            case "error":
                raise _refused(message)


def _audio(data: object) -> Audio:
    try:
        return Audio(base64.b64decode(str(data or ""), validate=True))
    except binascii.Error:
        raise BadReply(NAME, "audio that is no base64") from None


def _words(found: object) -> Iterator[Heard]:
    """Times are seconds from the beginning of the context's audio."""
    times = found if isinstance(found, dict) else {}
    columns = [times.get(name) for name in ("words", "start", "end")]
    words, starts, ends = (column if isinstance(column, list) else [] for column in columns)
    for word, start, end in zip(words, starts, ends, strict=False):
        if isinstance(start, int | float) and isinstance(end, int | float):
            yield Heard(str(word), start * 1000, end * 1000)


def _refused(message: dict[str, object]) -> ParleyError:
    status = message.get("status_code")
    code = str(message.get("error_code") or "")
    if isinstance(status, int) and status >= 400:
        return refusal(NAME, status, code if code.isidentifier() else "")
    return Unavailable(NAME, "an error")
