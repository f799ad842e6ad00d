"""OpenAI's realtime transcription, also Azure's: a socket per call, an item per utterance. Made by `registry`.

The vendor's own turn detection is off: the gateway says where an utterance ends, and a commit makes it an item. There
are no word times; words are spread over the utterance.
"""

import base64
import json
import math
from collections.abc import Iterable, Sequence

from parley_audio.resample import Resampler
from parley_core.errors import ParleyError, Rejected, Throttled, Unavailable
from parley_core.languages.registry import primary
from parley_core.vendors import Endpoint

from parley_asr.providers.base import AUDIO_SENT, RecogniserRequest
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
    Ready,
    Recognised,
    socket_url,
)
from parley_asr.providers.vendors.sockets.provider import SocketProvider
from parley_asr.providers.vendors.sockets.reading import json_object, number, objects, part_of, text

NAME = "openai_realtime"
URL, MODEL = "wss://api.openai.com/v1", "gpt-live-transcribe"
RATE = 24_000  # the only one that sessions take as PCM
_LANGUAGES = """af ar az be bg bs ca cs cy da de el en es et fa fi fr gl he hi hr hu hy id is it ja kk kn ko lt lv mi mk
    mr ms ne nl no pl pt ro ru sk sl sr sv sw ta th tl tr uk ur vi zh"""
LANGUAGES = frozenset(_LANGUAGES.split())
REFUSED = frozenset({"invalid_request_error", "authentication_error", "permission_error", "insufficient_quota"})
REFUSED_CODES = frozenset(
    {"invalid_api_key", "insufficient_quota", "model_not_found", "billing_hard_limit_reached", "unknown_parameter"}
)
ALREADY_EMPTY = "input_audio_buffer_commit_empty"
_ITEM = "conversation.item.input_audio_transcription."


def openai_realtime(at: Endpoint) -> SocketProvider:
    return SocketProvider(
        NAME,
        at.model or MODEL,
        languages=LANGUAGES,
        billing=AUDIO_SENT,
        dialect=lambda request, model: OpenAiRealtime(at, request, model),
    )


class OpenAiRealtime(Dialect):
    name = NAME
    waits_for_ready = True

    def __init__(self, at: Endpoint, request: RecogniserRequest, model: str) -> None:
        self._at = at
        self._request = request
        self._model = model
        self._resampler = Resampler(16_000, RATE)
        self._items: dict[str, str] = {}  # what is transcribed of each so far

    def address(self) -> Address:
        url = self._at.url or URL
        key = {"api-key": self._at.key} if ".azure." in url else {"Authorization": f"Bearer {self._at.key}"}
        return Address(socket_url(url, "/realtime"), key, [("intent", "transcription")])

    def hello(self) -> Sequence[Message]:
        asked: dict[str, object] = {"model": self._model}
        if self._request.language:
            asked["language"] = primary(self._request.language)
        if terms := key_terms(self._request.speech):
            asked["prompt"] = ", ".join(terms)
        heard = {"format": {"type": "audio/pcm", "rate": RATE}, "transcription": asked, "turn_detection": None}
        session = {
            "type": "transcription",
            "audio": {"input": heard},
            "include": ["item.input_audio_transcription.logprobs"],
        }
        return (json.dumps({"type": "session.update", "session": session}),)

    def begin(self) -> Sequence[Message]:
        self._resampler = Resampler(16_000, RATE)
        return ()

    def audio(self, pcm: bytes) -> Message:
        return _append(self._resampler.push(pcm))

    def flush(self, sent_ms: float) -> Sequence[Message]:
        return _append(self._resampler.push(b"", last=True)), '{"type": "input_audio_buffer.commit"}'

    def discard(self, sent_ms: float) -> Sequence[Message]:
        return ('{"type": "input_audio_buffer.clear"}',)

    def read(self, message: Message) -> Iterable[Event]:
        body = json_object(NAME, message)
        kind, item = text(body.get("type")), text(body.get("item_id"))
        match kind.removeprefix(_ITEM):
            case "session.updated":
                yield Ready()
            case "delta":
                self._items[item] = self._items.get(item, "") + text(body.get("delta"))
                yield Recognised((Part(self._items[item]),), settled=False)
            case "completed":
                self._items.pop(item, None)
                said = text(body.get("transcript"))
                part = Part(said, confidence=_confidence(objects(body.get("logprobs"))))
                yield Recognised((part,) if said else (), settled=True)
                yield Flushed()
            case "input_audio_buffer.cleared":
                self._items.clear()
                yield Flushed()
            case "failed" | "error":
                error = part_of(body.get("error"))
                if error.get("code") == ALREADY_EMPTY:
                    yield Flushed()
                else:
                    yield Failed(_error(text(error.get("type")), text(error.get("code"))))


def _append(pcm: bytes) -> str:
    return json.dumps({"type": "input_audio_buffer.append", "audio": base64.b64encode(pcm).decode()})


def _confidence(tokens: list[dict[str, object]]) -> float:
    """The mean probability of a transcript's tokens."""
    if not tokens:
        return UNKNOWN_CONFIDENCE
    return math.exp(min(sum(number(token.get("logprob")) for token in tokens) / len(tokens), 0.0))


def _error(kind: str, code: str) -> ParleyError:
    if kind == "rate_limit_error" or code == "rate_limit_exceeded":
        return Throttled(NAME, code or kind)
    if kind in REFUSED or code in REFUSED_CODES:
        return Rejected(NAME, code or kind)
    return Unavailable(NAME, code or kind)
