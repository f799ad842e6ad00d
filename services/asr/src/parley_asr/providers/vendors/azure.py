"""Azure AI Speech over its own sockets (the Speech SDK's protocol): a socket per call, a turn per utterance. Made by
`registry`.

Messages are headers and a body: text ones with a blank line between, binary ones with the headers' length in front.
The audio of a turn begins with a WAV header and ends with an empty message. Times are ticks of 100 ns in the turn.
"""

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from uuid import uuid4

from aiohttp import WSCloseCode
from parley_audio.wav import wav_header
from parley_core.errors import BadReply, ParleyError, Rejected, Throttled, Unavailable
from parley_core.vendors import Endpoint

from parley_asr.providers.base import Billing, RecogniserRequest
from parley_asr.providers.vendors.key_terms import key_terms
from parley_asr.providers.vendors.sockets.dialect import (
    UNKNOWN_CONFIDENCE,
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
from parley_asr.providers.vendors.sockets.reading import json_object, number, objects, text

NAME = "azure"
URL, PATH = "wss://eastus.stt.speech.microsoft.com", "/speech/recognition/conversation/cognitiveservices/v1"
TICKS_PER_MS = 10_000
BYTES_PER_MS = 32
ENDLESS = 0x7FFF_0000  # length that the WAV header gives: it is not known yet
_LANGUAGES = """af am ar as az bg bn bs ca cs cy da de el en es et eu fa fi fil fr ga gl gu he hi hr hu hy id is it ja
    jv ka kk km kn ko lo lt lv mk ml mn mr ms mt my nb ne nl or pa pl ps pt ro ru si sk sl so sq sr sv sw ta te th tr uk
    ur uz vi wuu yue zh zu"""
LANGUAGES = frozenset(_LANGUAGES.split())
REFUSED_CODES = frozenset({1002, 1003, 1007, 1008})


def azure(at: Endpoint) -> SocketProvider:
    return SocketProvider(
        NAME,
        at.model,
        languages=LANGUAGES,
        billing=Billing(step_ms=1000),
        dialect=lambda request, model: Azure(at, request, model),
    )


class Azure(Dialect):
    name = NAME

    def __init__(self, at: Endpoint, request: RecogniserRequest, model: str) -> None:
        """`model`: the id of a custom endpoint, or empty."""
        self._at = at
        self._request = request
        self._model = model
        self._turn = ""
        self._begun = False  # whether the turn has its WAV header
        self._sent_ms = 0.0
        self._from_ms = 0.0  # of the socket's audio, at the turn's start

    def address(self) -> Address:
        query = [
            ("language", self._request.language or "en-US"),
            ("format", "detailed"),
            ("wordLevelTimestamps", "true"),
        ]
        if self._model:
            query.append(("cid", self._model))
        headers = {"Ocp-Apim-Subscription-Key": self._at.key, "X-ConnectionId": uuid4().hex}
        return Address(socket_url(self._at.url or URL, PATH), headers, query)

    def hello(self) -> Sequence[Message]:
        system = {"name": "parley", "version": "1", "build": "python", "lang": "Python"}
        return (_written("speech.config", "", {"context": {"system": system}}),)

    def begin(self) -> Sequence[Message]:
        self._turn, self._begun, self._from_ms = uuid4().hex, False, self._sent_ms
        terms = key_terms(self._request.speech)
        if not terms:
            return ()
        grammar = {"dgi": {"Groups": [{"Type": "Generic", "Items": [{"Text": term} for term in terms]}]}}
        return (_written("speech.context", self._turn, grammar),)

    def audio(self, pcm: bytes) -> Message:
        self._sent_ms += len(pcm) / BYTES_PER_MS
        return self._sound(pcm)

    def flush(self, sent_ms: float) -> Sequence[Message]:
        if not self._begun:
            return self._sound(b""), self._sound(b"")
        return (self._sound(b""),)

    def read(self, message: Message) -> Iterable[Event]:
        if isinstance(message, bytes):
            raise BadReply(NAME, "a binary message")
        head, blank, body = message.partition("\r\n\r\n")
        if not blank:
            raise BadReply(NAME, "a message without headers")
        headers = dict(_header(line) for line in head.split("\r\n"))
        now = headers.get("x-requestid", self._turn) == self._turn  # not of an utterance that was dropped
        match headers.get("path"):
            case "speech.hypothesis" | "speech.fragment" if now:
                yield Recognised((self._part(json_object(NAME, body), "Text"),), settled=False)
            case "speech.phrase" if now:
                yield from self._phrase(json_object(NAME, body))
            case "turn.end":
                yield Flushed()

    def closed(self, code: int) -> ParleyError:
        if code == WSCloseCode.TRY_AGAIN_LATER:
            return Throttled(NAME, str(code))
        return (Rejected if code in REFUSED_CODES else Unavailable)(NAME, str(code))

    def _sound(self, pcm: bytes) -> bytes:
        begins, self._begun = not self._begun, True
        head = _head("audio", self._turn) + ("Content-Type: audio/x-wav\r\n" if begins else "")
        written = head.encode()
        return len(written).to_bytes(2, "big") + written + (wav_header(ENDLESS) if begins else b"") + pcm

    def _phrase(self, body: dict[str, object]) -> Iterable[Event]:
        status = text(body.get("RecognitionStatus"))
        if status == "Error":
            yield Failed(Unavailable(NAME, status))
        if status != "Success":  # nobody spoke, or nothing was understood
            return
        best = (objects(body.get("NBest")) or [{}])[0]
        confidence = number(best.get("Confidence")) or UNKNOWN_CONFIDENCE
        words = [self._part(word, "Word", confidence) for word in objects(best.get("Words"))]
        yield Recognised(tuple(words) or (self._part({**body, **best}, "Lexical", confidence),), settled=True)

    def _part(self, body: dict[str, object], field: str, confidence: float = UNKNOWN_CONFIDENCE) -> Part:
        start = self._from_ms + number(body.get("Offset")) / TICKS_PER_MS
        said = text(body.get(field))
        if len(said.split()) != 1:
            return Part(said, confidence=confidence)
        return Part(said, start, start + number(body.get("Duration")) / TICKS_PER_MS, confidence)


def _head(path: str, turn: str) -> str:
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
    return f"Path: {path}\r\nX-Timestamp: {now}\r\n" + (f"X-RequestId: {turn}\r\n" if turn else "")


def _written(path: str, turn: str, body: object) -> str:
    return f"{_head(path, turn)}Content-Type: application/json; charset=utf-8\r\n\r\n{json.dumps(body)}"


def _header(line: str) -> tuple[str, str]:
    name, _, value = line.partition(":")
    return name.strip().lower(), value.strip().lower()
