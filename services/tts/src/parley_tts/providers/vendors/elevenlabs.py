"""ElevenLabs: sentences as contexts of a WebSocket that stays open, with the time of every character; or by HTTP.

Models without a socket, and networks that let no WebSocket through, are served by HTTP streaming with timestamps.
Sources: the API reference (multi-context WebSocket; stream with timestamps), the types of the vendor's SDK 2.78.
"""

import asyncio
import base64
import binascii
import json
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import aclosing
from urllib.parse import quote, urlencode
from xml.sax.saxutils import escape, quoteattr

from parley_core.errors import BadReply, ParleyError, Rejected, Throttled, Unavailable
from parley_core.ids import new_id
from parley_core.languages.registry import primary
from parley_core.vendors import Endpoint

from parley_tts.figures import Dialect
from parley_tts.providers.base import SAMPLE_RATE_HZ, Charge, VoiceInfo
from parley_tts.providers.vendors.connections import Client, Socket, json_object
from parley_tts.providers.vendors.voice import Audio, Heard, Order, Part, Stale
from parley_tts.text import PLAIN

NAME = "elevenlabs"
URL = "https://api.elevenlabs.io"
MODEL = "eleven_flash_v2_5"
VOICE = "JBFqnCBsd6RMkjVDRZzb"  # of the vendor's own examples; it speaks every language
INACTIVITY_S = 60
WITHOUT_SOCKET_S = 60.0  # after a socket could not be opened
LONGEST_LINE = 4 * 1024 * 1024
SPEEDS = (0.7, 1.2)
_SPOKEN = "ar bg cs da de el en es fi fil fr hi hr hu id it ja ko ms nl no pl pt ro ru sk sv ta tl tr uk vi zh"
LANGUAGES = frozenset(_SPOKEN.split())
_BY_HTTP_ONLY = ("eleven_v3",)
_TAKE_LANGUAGE = ("eleven_flash_v2_5", "eleven_turbo_v2_5", "eleven_v3")
_TAKE_PHONEMES = ("eleven_flash_v2", "eleven_turbo_v2", "eleven_monolingual_v1")
_PHONEMES = Dialect(
    sounds=lambda written, ipa: f'<phoneme alphabet="ipa" ph={quoteattr(ipa)}>{escape(written)}</phoneme>'
)
_REFUSALS = ("voice_not_found", "voice_id_does_not_exist", "quota_exceeded", "invalid_api_key", "model_not_found")
_LIMITS = ("too_many_concurrent_requests", "rate_limit_exceeded", "system_busy", "max_active_contexts")


class ElevenLabs:
    """See `voice.VendorEngine`."""

    name = NAME
    rate_hz = SAMPLE_RATE_HZ
    times_words = True

    def __init__(self, endpoint: Endpoint) -> None:
        """The address may be http(s) or ws(s)."""
        url = (endpoint.url or URL).rstrip("/")
        self._http = url.replace("ws", "http", 1) if url.startswith("ws") else url
        self._ws = self._http.replace("http", "ws", 1)
        self.model = endpoint.model or MODEL
        self._voice = endpoint.voice or VOICE
        self._client = Client(NAME, {"xi-api-key": endpoint.key})
        self._without_socket_until = 0.0

    def speaks(self, language: str) -> bool:
        return language in LANGUAGES

    def voice_for(self, language: str) -> str:
        return self._voice

    def dialect(self, order: Order) -> Dialect:
        return _PHONEMES if order.model in _TAKE_PHONEMES else PLAIN

    def charge(self, order: Order) -> Charge | None:
        return Charge("tts_characters", len(order.text) * 1000, order.model)

    async def start(self) -> None:
        await self._client.start()

    async def close(self) -> None:
        await self._client.close()

    async def parts(self, order: Order) -> AsyncGenerator[Part, None]:
        loop = asyncio.get_running_loop()
        by_http = order.model.startswith(_BY_HTTP_ONLY) or loop.time() < self._without_socket_until
        if not by_http:
            begun = False
            try:
                async with aclosing(self._by_socket(order)) as parts:
                    async for part in parts:
                        begun = True
                        yield part
                return
            except Unavailable as error:
                if begun or isinstance(error, Stale | Throttled | BadReply):
                    raise
                self._without_socket_until = loop.time() + WITHOUT_SOCKET_S
        async with aclosing(self._by_http(order)) as parts:
            async for part in parts:
                yield part

    async def _by_socket(self, order: Order) -> AsyncGenerator[Part, None]:
        query = self._query(order) | {"auto_mode": "true", "sync_alignment": "true", "inactivity_timeout": INACTIVITY_S}
        url = f"{self._ws}/v1/text-to-speech/{quote(order.voice, safe='')}/multi-stream-input?{urlencode(query)}"
        async with self._client.socket(url) as socket:
            context = new_id()
            settings = {"speed": round(order.speed(*SPEEDS), 2)}
            for message in (
                {"text": " ", "context_id": context, "voice_settings": settings},
                {"text": f"{order.text} ", "context_id": context, "flush": True},
                {"context_id": context, "close_context": True},
            ):
                await socket.send(json.dumps(message))
            ended = False
            try:
                async for part in _of_context(socket, context, order.text):
                    yield part
                ended = socket.reusable = True
            finally:
                if not ended:
                    await socket.cancel(json.dumps({"context_id": context, "close_context": True}))

    async def _by_http(self, order: Order) -> AsyncGenerator[Part, None]:
        query = urlencode(self._query(order))
        url = f"{self._http}/v1/text-to-speech/{quote(order.voice, safe='')}/stream/with-timestamps?{query}"
        body: dict[str, object] = {
            "text": order.text,
            "model_id": order.model,
            "voice_settings": {"speed": round(order.speed(*SPEEDS), 2)},
            "apply_text_normalization": "off",
        }
        if order.model.startswith(_TAKE_LANGUAGE):
            body["language_code"] = primary(order.language)
        characters = _Characters(order.text)
        async with self._client.request("POST", url, body=body) as response:
            rest = b""
            async for piece in response.content.iter_any():
                *lines, rest = (rest + piece).split(b"\n")
                if len(rest) > LONGEST_LINE:
                    raise BadReply(NAME, "a line that does not end")
                for line in filter(bytes.strip, lines):
                    for part in _of_line(line, characters):
                        yield part
            if rest.strip():
                for part in _of_line(rest, characters):
                    yield part
        for part in characters.rest():
            yield part

    async def voices(self) -> list[VoiceInfo]:
        listed = (await self._client.get_json(f"{self._http}/v2/voices?page_size=100")).get("voices")
        found: list[VoiceInfo] = []
        for voice in listed if isinstance(listed, list) else []:
            if not isinstance(voice, dict):
                continue
            languages = [one.get("locale") or one.get("language") for one in voice.get("verified_languages") or []]
            labels = voice.get("labels") or {}
            found += [
                VoiceInfo(NAME, str(voice.get("voice_id") or ""), str(language or ""))
                for language in dict.fromkeys(languages or [labels.get("language")])
            ]
        return found

    def _query(self, order: Order) -> dict[str, object]:
        query: dict[str, object] = {
            "model_id": order.model,
            "output_format": f"pcm_{SAMPLE_RATE_HZ}",
            "apply_text_normalization": "off",  # the text is written out already
        }
        if order.model.startswith(_TAKE_LANGUAGE):
            query["language_code"] = primary(order.language)
        if "<phoneme " in order.text:
            query["enable_ssml_parsing"] = "true"
        return query


async def _of_context(socket: Socket, context: str, text: str) -> AsyncGenerator[Part, None]:
    """What comes for a context, to its end. Other contexts' are those of sentences that were cancelled."""
    characters = _Characters(text)
    while True:
        message = await socket.receive_json()
        if "error" in message or ("message" in message and "audio" not in message):
            raise _refused(message)
        if message.get("contextId", message.get("context_id")) not in (None, context):
            continue
        alignment = message.get("normalizedAlignment") or message.get("alignment")
        if isinstance(alignment, dict):
            for part in characters.take(*_timed(alignment)):
                yield part
        if message.get("audio"):
            yield _audio(message["audio"])
        if message.get("isFinal") or message.get("is_final"):
            for part in characters.rest():
                yield part
            return


def _of_line(line: bytes, characters: "_Characters") -> Iterator[Part]:
    message = json_object(NAME, line)
    alignment = message.get("normalized_alignment") or message.get("alignment")
    if isinstance(alignment, dict):
        starts = [start * 1000 for start in _numbers(alignment, "character_start_times_seconds")]
        ends = [end * 1000 for end in _numbers(alignment, "character_end_times_seconds")]
        lengths = [end - start for start, end in zip(starts, ends, strict=False)]
        yield from characters.take(_chars(alignment, "characters"), starts, lengths)
    if message.get("audio_base64"):
        yield _audio(message["audio_base64"])


def _audio(data: object) -> Audio:
    try:
        return Audio(base64.b64decode(str(data), validate=True))
    except binascii.Error:
        raise BadReply(NAME, "audio that is no base64") from None


def _refused(message: dict[str, object]) -> ParleyError:
    word = str(message.get("error") or "")
    if word in _REFUSALS:
        return Rejected(NAME, word)
    return Throttled(NAME, word) if word in _LIMITS else Unavailable(NAME, word if word.isidentifier() else "an error")


def _timed(alignment: dict[str, object]) -> tuple[list[str], list[float], list[float]]:
    lengths = _numbers(alignment, "charDurationsMs") or _numbers(alignment, "charsDurationsMs")
    return _chars(alignment, "chars"), _numbers(alignment, "charStartTimesMs"), lengths


def _chars(alignment: dict[str, object], name: str) -> list[str]:
    listed = alignment.get(name)
    return [str(one) for one in listed] if isinstance(listed, list) else []


def _numbers(alignment: dict[str, object], name: str) -> list[float]:
    listed = alignment.get(name)
    return [float(one) for one in listed if isinstance(one, int | float)] if isinstance(listed, list) else []


class _Characters:
    """Characters with times to words. Times of a message count from its own beginning, or from the sentence's.

    The vendor may send the alignment of a sentence twice, the second time from its first character and to a later one.
    """

    def __init__(self, sent: str) -> None:
        self._sent = sent
        self._text = ""
        self._base_ms = 0.0
        self._word = ""
        self._from_ms = self._to_ms = 0.0
        self._given = 0
        self._skip = 0

    def take(self, chars: Sequence[str], starts: Sequence[float], lengths: Sequence[float]) -> Iterator[Heard]:
        if not chars or not starts:
            return
        written = "".join(chars)
        before = self._text.strip()
        goes_on = self._sent.startswith((self._text + written).strip())
        if before and not goes_on and written.lstrip().startswith(before):
            self._text, self._word, self._skip, self._given, self._base_ms = "", "", self._given, 0, 0.0
        self._text += written
        base = 0.0 if starts[0] and starts[0] >= self._base_ms - 20 else self._base_ms
        for char, start, length in zip(chars, starts, lengths, strict=False):
            if char.isspace():
                yield from self._end()
            else:
                if not self._word:
                    self._from_ms = base + start
                self._word += char
            self._to_ms = base + start + length
            self._base_ms = max(self._base_ms, self._to_ms)

    def rest(self) -> Iterator[Heard]:
        yield from self._end()

    def _end(self) -> Iterator[Heard]:
        word, self._word = self._word, ""
        if not word:
            return
        self._given += 1
        if self._given > self._skip:
            yield Heard(word, self._from_ms, self._to_ms)
