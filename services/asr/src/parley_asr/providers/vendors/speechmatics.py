"""Speechmatics' real-time recognition (RT v2): a socket per call, utterances ended by ForceEndOfUtterance. Made by
`registry`.

Silence does not end an utterance (`end_of_utterance_silence_trigger` is not asked for), so each EndOfUtterance answers
one of ours.
"""

import json
from collections.abc import Iterable, Sequence

from parley_core.errors import ParleyError, Rejected, Throttled, Unavailable
from parley_core.languages.registry import primary
from parley_core.vendors import Endpoint

from parley_asr.providers.base import AUDIO_SENT, RecogniserRequest
from parley_asr.providers.vendors.key_terms import key_terms
from parley_asr.providers.vendors.sockets.dialect import (
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

NAME = "speechmatics"
URL, MODEL = "wss://eu2.rt.speechmatics.com", "enhanced"
MANDARIN = {"zh": "cmn"}
_LANGUAGES = """ar ba be bg bn ca cs cy da de el en eo es et eu fa fi fr ga gl he hi hr hu ia id it ja ko lt lv mn mr ms
    mt nl no pl pt ro ru sk sl sv sw ta th tl tr ug uk ur vi yue zh"""
LANGUAGES = frozenset(_LANGUAGES.split())
MAX_DELAY_S = 1.0  # from 0.7 to 4: until words are settled while the caller goes on
_REFUSED = """invalid_message invalid_model invalid_config invalid_audio_type invalid_output_format not_authorised
    not_authorized insufficient_funds not_allowed protocol_error"""
REFUSED = frozenset(_REFUSED.split())
THROTTLED = frozenset({"quota_exceeded"})
REFUSED_CODES, THROTTLED_CODES = frozenset({4001, 4002, 4003, 4004}), frozenset({4005})


def speechmatics(at: Endpoint) -> SocketProvider:
    return SocketProvider(
        NAME,
        at.model or MODEL,
        languages=LANGUAGES,
        billing=AUDIO_SENT,
        dialect=lambda request, model: Speechmatics(at, request, model),
    )


class Speechmatics(Dialect):
    name = NAME
    waits_for_ready = True

    def __init__(self, at: Endpoint, request: RecogniserRequest, model: str) -> None:
        self._at = at
        self._request = request
        self._model = model
        self._chunks = 0

    def address(self) -> Address:
        return Address(socket_url(self._at.url or URL, "/v2"), {"Authorization": f"Bearer {self._at.key}"})

    def hello(self) -> Sequence[Message]:
        language = primary(self._request.language or "en")
        asked: dict[str, object] = {
            "language": MANDARIN.get(language, language),
            "operating_point": self._model,
            "enable_partials": True,
            "max_delay": MAX_DELAY_S,
        }
        if terms := key_terms(self._request.speech):
            asked["additional_vocab"] = [{"content": term} for term in terms]
        audio = {"type": "raw", "encoding": "pcm_s16le", "sample_rate": 16000}
        start = {"message": "StartRecognition", "audio_format": audio, "transcription_config": asked}
        return (json.dumps(start),)

    def audio(self, pcm: bytes) -> Message:
        self._chunks += 1
        return pcm

    def flush(self, sent_ms: float) -> Sequence[Message]:
        return (json.dumps({"message": "ForceEndOfUtterance", "timestamp": round(sent_ms / 1000, 3)}),)

    def goodbye(self) -> Sequence[Message]:
        return (json.dumps({"message": "EndOfStream", "last_seq_no": self._chunks}),)

    def read(self, message: Message) -> Iterable[Event]:
        body = json_object(NAME, message)
        match body.get("message"):
            case "RecognitionStarted":
                yield Ready()
            case "AddPartialTranscript" | "AddTranscript":
                yield Recognised(_parts(body), settled=body.get("message") == "AddTranscript")
            case "EndOfUtterance":
                yield Flushed()
            case "Error":
                yield Failed(_error(text(body.get("type"))))

    def closed(self, code: int) -> ParleyError:
        if code in REFUSED_CODES:
            return Rejected(NAME, str(code))
        if code in THROTTLED_CODES:
            return Throttled(NAME, str(code))
        return Unavailable(NAME, str(code))


def _parts(body: dict[str, object]) -> tuple[Part, ...]:
    found = []
    for result in objects(body.get("results")):
        best = (objects(result.get("alternatives")) or [{}])[0]
        if result.get("type") == "punctuation" or not text(best.get("content")):
            continue
        start, end = number(result.get("start_time")) * 1000, number(result.get("end_time")) * 1000
        found.append(Part(text(best.get("content")), start, end, number(best.get("confidence"))))
    said = text(part_of(body.get("metadata")).get("transcript"))
    return tuple(found) if found or not said.strip() else (Part(said),)


def _error(kind: str) -> ParleyError:
    if kind in REFUSED:
        return Rejected(NAME, kind)
    if kind in THROTTLED:
        return Throttled(NAME, kind)
    return Unavailable(NAME, kind)
