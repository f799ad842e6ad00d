"""Sarvam's voices for the languages of India, by the WebSocket of its streaming synthesis. There are no word times.

A configuration comes first, then text and a flush; the vendor says `final` where it was asked to. There is no message
that cancels: the socket is closed instead.
Source: the types of the vendor's SDK 0.1.39.
"""

import base64
import binascii
import json
from collections.abc import AsyncGenerator
from urllib.parse import urlencode

from parley_core.errors import BadReply, ParleyError, Unavailable
from parley_core.languages.registry import primary
from parley_core.providers import refusal
from parley_core.vendors import Endpoint

from parley_tts.figures import Dialect
from parley_tts.providers.base import SAMPLE_RATE_HZ, Charge, VoiceInfo
from parley_tts.providers.vendors.connections import Client
from parley_tts.providers.vendors.voice import Audio, Order, Part
from parley_tts.text import PLAIN

NAME = "sarvam"
URL = "https://api.sarvam.ai"
MODEL = "bulbul:v3"
_NAMES = """shubh aditya ritu priya neha rahul pooja rohan simran kavya amit dev ishita shreya ratan varun manan sumit
    roopa kabir aayan ashutosh advait anand tanya tarun sunny mani gokul vijay shruti suhani mohit kavitha rehan soham
    rupali"""
VOICES = _NAMES.split()
SPEEDS = (0.5, 2.0)
_SPOKEN = "bn en gu hi kn ml mr or pa ta te"
LANGUAGES = frozenset(_SPOKEN.split())
_OTHER_NAMES = {"or": "od"}


class Sarvam:
    """See `voice.VendorEngine`."""

    name = NAME
    rate_hz = SAMPLE_RATE_HZ
    times_words = False

    def __init__(self, endpoint: Endpoint) -> None:
        """The address may be http(s) or ws(s)."""
        url = (endpoint.url or URL).rstrip("/")
        self._ws = url.replace("http", "ws", 1) if url.startswith("http") else url
        self.model = endpoint.model or MODEL
        self._voice = endpoint.voice or VOICES[0]
        self._client = Client(NAME, {"Api-Subscription-Key": endpoint.key})

    def speaks(self, language: str) -> bool:
        return language in LANGUAGES

    def voice_for(self, language: str) -> str:
        return self._voice

    def dialect(self, order: Order) -> Dialect:
        return PLAIN

    def charge(self, order: Order) -> Charge | None:
        return Charge("tts_characters", len(order.text) * 1000, order.model)

    async def start(self) -> None:
        await self._client.start()

    async def close(self) -> None:
        await self._client.close()

    async def parts(self, order: Order) -> AsyncGenerator[Part, None]:
        spoken = primary(order.language)
        configuration = {
            "model": order.model,
            "language_code": f"{_OTHER_NAMES.get(spoken, spoken)}-IN",
            "speaker": order.voice,
            "pace": round(order.speed(*SPEEDS), 2),
            "speech_sample_rate": SAMPLE_RATE_HZ,
            "output_audio_codec": "linear16",
        }
        query = urlencode({"model": order.model, "send_completion_event": "true"})
        async with self._client.socket(f"{self._ws}/text-to-speech/ws?{query}") as socket:
            for message in (
                {"type": "config", "data": configuration},
                {"type": "text", "data": {"text": order.text}},
                {"type": "flush"},
            ):
                await socket.send(json.dumps(message))
            while True:
                message_in = await socket.receive_json()
                data = message_in.get("data")
                said = data if isinstance(data, dict) else {}
                match message_in.get("type"):
                    case "audio":
                        yield _audio(said.get("audio"))
                    case "event" if said.get("event_type") == "final":
                        socket.reusable = True
                        return
                    case "error":
                        raise _refused(said.get("code"))

    async def voices(self) -> list[VoiceInfo]:
        """Those of bulbul v3; the vendor has no list of them."""
        return [VoiceInfo(NAME, voice, "") for voice in VOICES]


def _audio(data: object) -> Audio:
    try:
        return Audio(base64.b64decode(str(data or ""), validate=True))
    except binascii.Error:
        raise BadReply(NAME, "audio that is no base64") from None


def _refused(code: object) -> ParleyError:
    return refusal(NAME, code) if isinstance(code, int) and code >= 400 else Unavailable(NAME, "an error")
