"""Speech of OpenAI and of every server with the same `/v1/audio/speech`: Kokoro-FastAPI, Piper, XTTS, LocalAI.

The answer is raw 24 kHz audio as it is made (another rate is read from a WAV header or the media type), or server-sent
events that say at the end how many tokens were used. There are no word times.
Source: OpenAI's API reference, `POST /audio/speech`, stream formats `audio` and `sse`.
"""

import base64
import binascii
from collections.abc import AsyncGenerator

from aiohttp import ClientResponse
from parley_core.errors import BadReply, ParleyError
from parley_core.vendors import Endpoint

from parley_tts.figures import Dialect
from parley_tts.providers.base import Charge, VoiceInfo
from parley_tts.providers.vendors.connections import Client, json_object
from parley_tts.providers.vendors.voice import Audio, Order, Part
from parley_tts.sounds import misaki
from parley_tts.text import PLAIN

NAME = "openai"
URL = "https://api.openai.com/v1"
MODEL = "gpt-4o-mini-tts"
RATE_HZ = 24_000
LONGEST_LINE = 4 * 1024 * 1024
_NAMES = "alloy ash ballad coral echo fable nova onyx sage shimmer verse marin cedar"
VOICES = _NAMES.split()
# "Follows the Whisper model in terms of language support" (text-to-speech guide).
_SPOKEN = """af ar az be bg bs ca cs cy da de el en es et fa fi fr gl he hi hr hu hy id is it ja kk kn ko lt lv mi mk mr
    ms ne nl no pl pt ro ru sk sl sr sv sw ta th tl tr uk ur vi zh"""
LANGUAGES = frozenset(_SPOKEN.split())
_KOKORO = Dialect(sounds=lambda written, ipa: f"[{written}](/{misaki(ipa)}/)")


class OpenAiSpeech:
    """See `voice.VendorEngine`. A server at another address may speak any language: what a document asks it for."""

    name = NAME
    rate_hz = RATE_HZ
    times_words = False

    def __init__(self, endpoint: Endpoint) -> None:
        self._url = (endpoint.url or URL).rstrip("/")
        self._own = self._url == URL
        self.model = endpoint.model or MODEL
        self._voice = endpoint.voice or VOICES[0]
        self._client = Client(NAME, {"Authorization": f"Bearer {endpoint.key}"} if endpoint.key else {})

    def speaks(self, language: str) -> bool:
        return not self._own or language in LANGUAGES

    def voice_for(self, language: str) -> str:
        return self._voice

    def dialect(self, order: Order) -> Dialect:
        return _KOKORO if "kokoro" in order.model.lower() else PLAIN

    def charge(self, order: Order) -> Charge | None:
        return None if _by_tokens(order.model) else Charge("tts_characters", len(order.text) * 1000, order.model)

    async def start(self) -> None:
        await self._client.start()

    async def close(self) -> None:
        await self._client.close()

    async def parts(self, order: Order) -> AsyncGenerator[Part, None]:
        body: dict[str, object] = {
            "model": order.model,
            "input": order.text,
            "voice": order.voice,
            "response_format": "pcm",
            "speed": round(order.speed(0.25, 4.0), 2),
        }
        if _by_tokens(order.model):
            body["stream_format"] = "sse"
        async with self._client.request("POST", f"{self._url}/audio/speech", body=body) as response:
            media = response.content_type
            if media == "text/event-stream":
                async for data in _events(response):
                    for part in _of_event(data, order.model):
                        yield part
            elif media.startswith("audio/") or media == "application/octet-stream":
                rate = _rate(response.headers.get("Content-Type", ""))
                async for piece in response.content.iter_any():
                    yield Audio(piece, rate)
            else:
                raise BadReply(NAME, f"an answer of type {media}")

    async def voices(self) -> list[VoiceInfo]:
        """Local servers may list theirs; OpenAI's are known."""
        found: list[str] = []
        if not self._own:
            try:
                listed = (await self._client.get_json(f"{self._url}/audio/voices")).get("voices")
            except ParleyError:
                listed = None
            found = [
                str(one.get("id") or one.get("name")) if isinstance(one, dict) else str(one)
                for one in (listed if isinstance(listed, list) else [])
            ]
        return [VoiceInfo(NAME, voice, "") for voice in found or VOICES]


def _by_tokens(model: str) -> bool:
    """Models that are paid by the token say how many; the older ones and other servers' have no events."""
    return model.startswith("gpt-")


def _rate(media: str) -> int:
    """`audio/pcm;rate=16000`, as some servers say it; 0 where there is none."""
    for parameter in media.lower().split(";")[1:]:
        name, _, value = parameter.strip().partition("=")
        if name == "rate" and value.isdigit():
            return int(value)
    return 0


async def _events(response: ClientResponse) -> AsyncGenerator[str, None]:
    """The data of each server-sent event."""
    rest = b""
    async for piece in response.content.iter_any():
        *lines, rest = (rest + piece).split(b"\n")
        if len(rest) > LONGEST_LINE:
            raise BadReply(NAME, "an event that does not end")
        for line in lines:
            if line.startswith(b"data:"):
                yield line[5:].strip().decode("utf-8", "replace")


def _of_event(data: str, model: str) -> list[Part]:
    if data == "[DONE]":
        return []
    event = json_object(NAME, data)
    match event.get("type"):
        case "speech.audio.delta":
            try:
                return [Audio(base64.b64decode(str(event.get("audio") or event.get("delta") or ""), validate=True))]
            except binascii.Error:
                raise BadReply(NAME, "audio that is no base64") from None
        case "speech.audio.done":
            usage = event.get("usage")
            tokens = usage if isinstance(usage, dict) else {}
            return [
                Charge(f"tts_{kind}_tokens", count * 1000, model)
                for kind in ("input", "output")
                if isinstance(count := tokens.get(f"{kind}_tokens"), int)
            ]
        case "error":
            raise BadReply(NAME, "an error inside the stream")
    return []
