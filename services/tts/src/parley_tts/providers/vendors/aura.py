"""Deepgram's Aura voices by their WebSocket (speak v1), which stays open between sentences. There are no word times.

Sources: the guides on streaming speech (Flush, Clear, limits) and voice controls, the types of the vendor's SDK 7.17.
"""

import asyncio
import json
import re
from collections.abc import AsyncGenerator
from contextlib import suppress
from urllib.parse import urlencode

from parley_core.errors import ParleyError, Rejected, Throttled, Unavailable
from parley_core.languages.registry import primary
from parley_core.vendors import Endpoint

from parley_tts.figures import Dialect
from parley_tts.providers.base import SAMPLE_RATE_HZ, Charge, VoiceInfo
from parley_tts.providers.vendors.connections import CANCEL_TIMEOUT_S, Client, Socket, json_object
from parley_tts.providers.vendors.voice import Audio, Order, Part
from parley_tts.text import PLAIN

NAME = "deepgram"
URL = "https://api.deepgram.com"
# One for each language, whose tag is at the end of its name.
_VOICES = """aura-2-thalia-en aura-2-celeste-es aura-2-viktoria-de aura-2-agathe-fr aura-2-livia-it aura-2-izanami-ja
    aura-2-rhea-nl"""
VOICES = {voice.rpartition("-")[2]: voice for voice in _VOICES.split()}
SPEEDS = (0.7, 1.5)
FLUSHES = 18  # of one socket: 20 in a minute are allowed, and no more than this many sentences are said in one
_CONTROLLED = ("en", "es")  # languages that have speed and pronunciation
_SOUNDS = Dialect(
    sounds=lambda written, ipa: f"\\{{{json.dumps({'word': written, 'pronounce': ipa}, ensure_ascii=False)[1:-1]}\\}}"
)
_SOUNDED = re.compile(r'\\\{"word": "([^"]*)", "pronounce": "[^"]*"\\\}')


class Aura:
    """See `voice.VendorEngine`. A voice's name is that of its model."""

    name = NAME
    rate_hz = SAMPLE_RATE_HZ
    times_words = False

    def __init__(self, endpoint: Endpoint) -> None:
        """The address may be http(s) or ws(s)."""
        url = (endpoint.url or URL).rstrip("/")
        self._http = url.replace("ws", "http", 1) if url.startswith("ws") else url
        self._ws = self._http.replace("http", "ws", 1)
        self.model = ""
        self._voice = endpoint.voice or endpoint.model
        self._client = Client(NAME, {"Authorization": f"Token {endpoint.key}"})

    def speaks(self, language: str) -> bool:
        return language in VOICES

    def voice_for(self, language: str) -> str:
        own = VOICES[primary(language or "en")]
        return self._voice if self._voice.endswith(own[-3:]) else own

    def dialect(self, order: Order) -> Dialect:
        controlled = order.voice.startswith("aura-2") and primary(order.language) in _CONTROLLED
        return _SOUNDS if controlled else PLAIN

    def charge(self, order: Order) -> Charge | None:
        """A word with its pronunciation is billed as the word."""
        return Charge("tts_characters", len(_SOUNDED.sub(r"\1", order.text)) * 1000, order.voice)

    async def start(self) -> None:
        await self._client.start()

    async def close(self) -> None:
        await self._client.close()

    async def parts(self, order: Order) -> AsyncGenerator[Part, None]:
        query: dict[str, object] = {"model": order.voice, "encoding": "linear16", "sample_rate": SAMPLE_RATE_HZ}
        speed = round(order.speed(*SPEEDS), 2)
        if speed != 1 and order.voice.startswith("aura-2") and primary(order.language) in _CONTROLLED:
            query["speed"] = speed
        async with self._client.socket(f"{self._ws}/v1/speak?{urlencode(query)}") as socket:
            await socket.send(json.dumps({"type": "Speak", "text": order.text}))
            await socket.send(json.dumps({"type": "Flush"}))
            ended = False
            try:
                async for audio in _to_flushed(socket):
                    yield audio
                ended = True
                socket.reusable = socket.sentences < FLUSHES
            finally:
                if not ended:
                    await _clear(socket)

    async def voices(self) -> list[VoiceInfo]:
        listed = (await self._client.get_json(f"{self._http}/v1/models")).get("tts")
        return [
            VoiceInfo(NAME, str(model.get("canonical_name") or ""), str(language))
            for model in (listed if isinstance(listed, list) else [])
            if isinstance(model, dict)
            for language in (model.get("languages") or [""])[:1]
        ]


async def _to_flushed(socket: Socket) -> AsyncGenerator[Audio, None]:
    """The audio of what was sent. Warnings and unknown messages are no reason to stop."""
    while True:
        message = await socket.receive()
        if isinstance(message, bytes):
            yield Audio(message)
            continue
        body = json_object(NAME, message)
        match body.get("type"):
            case "Flushed":
                return
            case "Error":
                raise _refused(str(body.get("code") or ""))


async def _clear(socket: Socket) -> None:
    """Stop the audio at once. The socket is used again where the vendor says that it has."""
    await socket.cancel(json.dumps({"type": "Clear"}))
    may, socket.reusable = socket.reusable and socket.sentences < FLUSHES, False
    with suppress(ParleyError, TimeoutError):
        async with asyncio.timeout(CANCEL_TIMEOUT_S):
            while may:
                message = await socket.receive()
                if isinstance(message, str) and json_object(NAME, message).get("type") == "Cleared":
                    socket.reusable = True
                    return


def _refused(code: str) -> ParleyError:
    """By the vendor's codes: DATA is what was sent, NET the network, TOO_MANY a limit."""
    word = code if re.fullmatch(r"[\w-]{1,60}", code) else ""
    if "TOO_MANY" in word or "RATE" in word:
        return Throttled(NAME, word)
    if not word or word.startswith(("NET", "INTERNAL")):
        return Unavailable(NAME, word or "an error")
    return Rejected(NAME, word)
