"""Sarvam's streaming recognition of India's languages: a socket per call, text at each flush. Made by `registry`.

The vendor gives no interim texts and no word times. Its own speech detection may send a text in mid-utterance; the
texts of an utterance add up, and the one that follows the flush ends it.
"""

import base64
import json
from collections.abc import Iterable, Sequence

from parley_core.errors import ParleyError, Rejected, Throttled, Unavailable
from parley_core.languages.registry import primary
from parley_core.vendors import Endpoint

from parley_asr.providers.base import Billing, RecogniserRequest
from parley_asr.providers.vendors.sockets.dialect import (
    Address,
    Dialect,
    Event,
    Failed,
    Flushed,
    Message,
    Part,
    Recognised,
    socket_url,
)
from parley_asr.providers.vendors.sockets.provider import SocketProvider
from parley_asr.providers.vendors.sockets.reading import json_object, part_of, text

NAME = "sarvam"
URL, MODEL = "wss://api.sarvam.ai", "saaras:v3"
ODIA = {"or": "od"}
_LANGUAGES = "en hi bn gu kn ml mr or od pa ta te as ur ne kok ks sd sa sat mni brx mai doi"
LANGUAGES = frozenset(_LANGUAGES.split())
REFUSED = ("invalid", "unauthor", "forbidden", "authentication", "insufficient", "quota", "unprocessable")
THROTTLED = ("rate_limit", "too_many")


def sarvam(at: Endpoint) -> SocketProvider:
    return SocketProvider(
        NAME,
        at.model or MODEL,
        languages=LANGUAGES,
        billing=Billing(step_ms=1000),
        dialect=lambda request, model: Sarvam(at, request, model),
    )


class Sarvam(Dialect):
    name = NAME

    def __init__(self, at: Endpoint, request: RecogniserRequest, model: str) -> None:
        self._at = at
        self._model = model
        language = primary(request.language or "en")
        self._language = f"{ODIA.get(language, language)}-IN"
        self._flushes = 0  # without their answer

    def address(self) -> Address:
        query = [
            ("language-code", self._language),
            ("model", self._model),
            ("sample_rate", "16000"),
            ("input_audio_codec", "pcm_s16le"),
            ("flush_signal", "true"),
        ]
        url = socket_url(self._at.url or URL, "/speech-to-text/ws")
        return Address(url, {"Api-Subscription-Key": self._at.key}, query)

    def audio(self, pcm: bytes) -> Message:
        audio = {"data": base64.b64encode(pcm).decode(), "sample_rate": 16000, "encoding": "audio/wav"}
        return json.dumps({"audio": audio})

    def flush(self, sent_ms: float) -> Sequence[Message]:
        self._flushes += 1
        return ('{"type": "flush"}',)

    def read(self, message: Message) -> Iterable[Event]:
        body = json_object(NAME, message)
        data = part_of(body.get("data"))
        match body.get("type"):
            case "data":
                said = text(data.get("transcript"))
                language = text(data.get("language_code"))
                yield Recognised((Part(said, language=language),) if said else (), settled=True)
                if self._flushes:
                    self._flushes -= 1
                    yield Flushed()
            case "error":
                yield Failed(_error(text(data.get("code"))))


def _error(code: str) -> ParleyError:
    if any(mark in code.lower() for mark in THROTTLED):
        return Throttled(NAME, code)
    if any(mark in code.lower() for mark in REFUSED):
        return Rejected(NAME, code)
    return Unavailable(NAME, code)
