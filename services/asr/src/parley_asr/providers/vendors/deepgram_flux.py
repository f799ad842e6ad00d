"""Deepgram Flux (v2 sockets): recognition with the vendor's own end-of-turn events. Made by `registry`.

A turn's words come whole with each TurnInfo and are settled by EndOfTurn, which ForceEndTurn brings about. The answer
to a ForceEndTurn is known by its trigger, or by reaching to the end of the audio.
"""

from collections.abc import Iterable, Sequence

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
    Turn,
    TurnSign,
    socket_url,
)
from parley_asr.providers.vendors.sockets.provider import SocketProvider
from parley_asr.providers.vendors.sockets.reading import json_object, number, objects, text

NAME = "deepgram_flux"
URL, ENGLISH, MULTILINGUAL = "wss://api.deepgram.com", "flux-general-en", "flux-general-multi"
_LANGUAGES = "en es fr de hi ru pt ja it nl"
LANGUAGES = frozenset(_LANGUAGES.split())
EAGER_THRESHOLD = "0.5"  # from 0.3 to 0.9; without one there is no EagerEndOfTurn
COVERED_MS = 100.0  # so near to the audio's end a turn is all of it
SIGNS = {
    "EagerEndOfTurn": TurnSign.LIKELY_OVER,
    "TurnResumed": TurnSign.RESUMED,
    "StartOfTurn": TurnSign.RESUMED,
    "EndOfTurn": TurnSign.OVER,
}
REFUSED = ("AUTH", "FORBIDDEN", "PAYMENT", "CREDIT", "INVALID", "BAD_REQUEST", "UNPARSABLE", "UNSUPPORTED")
THROTTLED = ("TOO_MANY", "RATE")


def deepgram_flux(at: Endpoint) -> SocketProvider:
    return SocketProvider(
        NAME,
        at.model or ENGLISH,
        languages=LANGUAGES,
        billing=AUDIO_SENT,
        dialect=lambda request, model: Flux(at, request, model),
    )


class Flux(Dialect):
    name = NAME
    waits_for_ready = True

    def __init__(self, at: Endpoint, request: RecogniserRequest, model: str) -> None:
        self._at = at
        self._request = request
        self._languages = list(dict.fromkeys(primary(one) for one in (request.language or "en", *request.others)))
        self._model = MULTILINGUAL if model == ENGLISH and self._languages != ["en"] else model
        self._forced: list[float] = []  # audio sent at each ForceEndTurn without its answer

    def address(self) -> Address:
        query = [
            ("model", self._model),
            ("encoding", "linear16"),
            ("sample_rate", "16000"),
            ("eager_eot_threshold", EAGER_THRESHOLD),
            *(("keyterm", term) for term in key_terms(self._request.speech)),
        ]
        if self._model == MULTILINGUAL:
            query += [("language_hint", language) for language in self._languages if language in LANGUAGES]
        return Address(socket_url(self._at.url or URL, "/v2/listen"), {"Authorization": f"Token {self._at.key}"}, query)

    def flush(self, sent_ms: float) -> Sequence[Message]:
        self._forced.append(sent_ms)
        return ('{"type": "ForceEndTurn"}',)

    def goodbye(self) -> Sequence[Message]:
        return ('{"type": "CloseStream"}',)

    def read(self, message: Message) -> Iterable[Event]:
        body = json_object(NAME, message)
        match body.get("type"):
            case "Connected":
                yield Ready()
            case "TurnInfo":
                yield from self._turn(body)
            case "Error":
                yield Failed(_error(text(body.get("code"))))

    def _turn(self, body: dict[str, object]) -> Iterable[Event]:
        event = body.get("event")
        languages = body.get("languages")
        language = text(languages[0]) if isinstance(languages, list) and languages else ""
        parts = tuple(_part(word, language) for word in objects(body.get("words")))
        yield Recognised(parts, settled=event == "EndOfTurn")
        if sign := SIGNS.get(text(event)):
            yield Turn(sign, number(body.get("end_of_turn_confidence")))
        if not self._forced:
            return
        covered = number(body.get("audio_window_end")) * 1000 >= self._forced[0] - COVERED_MS
        if (event == "EndOfTurn" and (covered or body.get("trigger") == "manual")) or (covered and not parts):
            self._forced.pop(0)
            yield Flushed()


def _part(word: dict[str, object], language: str) -> Part:
    start, end = word.get("start"), word.get("end")
    timed = isinstance(start, (int, float)) and isinstance(end, (int, float))
    return Part(
        text(word.get("word")),
        number(start) * 1000 if timed else None,
        number(end) * 1000 if timed else None,
        number(word.get("confidence")) or UNKNOWN_CONFIDENCE,
        language,
    )


def _error(code: str) -> ParleyError:
    if any(mark in code.upper() for mark in THROTTLED):
        return Throttled(NAME, code)
    if any(mark in code.upper() for mark in REFUSED):
        return Rejected(NAME, code)
    return Unavailable(NAME, code)
