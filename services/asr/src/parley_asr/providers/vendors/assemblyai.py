"""AssemblyAI's Universal-Streaming (v3 sockets): one socket per call, turns ended by ForceEndpoint. Made by `registry`.

Word times are in milliseconds of the session's audio. The vendor ends turns by itself, too: their words are settled
then and belong to the same utterance, because an utterance is what the gateway says it is.
"""

import json
from collections.abc import Iterable, Sequence

from parley_core.errors import ParleyError, Rejected, Throttled, Unavailable
from parley_core.languages.registry import primary
from parley_core.vendors import Endpoint

from parley_asr.providers.base import Billing, RecogniserRequest
from parley_asr.providers.vendors.key_terms import key_terms
from parley_asr.providers.vendors.sockets.dialect import (
    Address,
    Alive,
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

NAME = "assemblyai"
URL, MODEL = "wss://streaming.assemblyai.com", "universal-streaming-multilingual"
_LANGUAGES = "en es fr de it pt"
LANGUAGES = frozenset(_LANGUAGES.split())
# A closing code or the code of an Error frame: what cannot be helped by asking again, and what only waiting helps.
REFUSED = frozenset({1008, 3006, 4000, 4001, 4002, 4003, 4100, 4101})
THROTTLED = frozenset({3009, 4029, 4102})


def assemblyai(at: Endpoint) -> SocketProvider:
    return SocketProvider(
        NAME,
        at.model or MODEL,
        languages=LANGUAGES,
        billing=Billing(connected=True),
        dialect=lambda request, model: AssemblyAi(at, request, model),
    )


class AssemblyAi(Dialect):
    name = NAME
    waits_for_ready = True
    shortest_ms = 50  # to 1000; else the session is closed with 3007

    def __init__(self, at: Endpoint, request: RecogniserRequest, model: str) -> None:
        self._at = at
        self._request = request
        self._model = model
        self._asked = 0  # ForceEndpoints without their turn

    def address(self) -> Address:
        query = [
            ("sample_rate", "16000"),
            ("encoding", "pcm_s16le"),
            ("format_turns", "false"),
            ("speech_model", self._model),
            ("session_heartbeat", "true"),  # a sign of life where nobody speaks
            ("language_codes", json.dumps([primary(self._request.language or "en")])),
        ]
        if terms := key_terms(self._request.speech):
            query.append(("keyterms_prompt", json.dumps(terms)))
        return Address(socket_url(self._at.url or URL, "/v3/ws"), {"Authorization": self._at.key}, query)

    def flush(self, sent_ms: float) -> Sequence[Message]:
        self._asked += 1
        return ('{"type": "ForceEndpoint"}',)

    def keep_alive(self) -> Message | None:
        return '{"type": "KeepAlive"}'

    def goodbye(self) -> Sequence[Message]:
        return ('{"type": "Terminate"}',)

    def read(self, message: Message) -> Iterable[Event]:
        body = json_object(NAME, message)
        match body.get("type"):
            case "Begin":
                yield Ready()
            case "Turn":
                yield from self._turn(body)
            case "Heartbeat":
                yield Alive()
            case "Error":
                yield Failed(_error(int(number(body.get("error_code")))))

    def closed(self, code: int) -> ParleyError:
        return _error(code)

    def _turn(self, body: dict[str, object]) -> Iterable[Event]:
        over = body.get("end_of_turn") is True
        language = text(body.get("language_code"))
        yield Recognised(
            tuple(
                Part(
                    text(word.get("text")),
                    number(word.get("start")),
                    number(word.get("end")),
                    number(word.get("confidence")),
                    language,
                )
                for word in objects(body.get("words"))
            ),
            settled=over,
        )
        confidence = number(body.get("end_of_turn_confidence"))
        yield Turn(TurnSign.OVER if over else TurnSign.LIKELY_OVER, confidence)
        if over and self._asked:
            self._asked -= 1
            yield Flushed()


def _error(code: int) -> ParleyError:
    if code in REFUSED:
        return Rejected(NAME, str(code))
    if code in THROTTLED:
        return Throttled(NAME, str(code))
    return Unavailable(NAME, str(code))
