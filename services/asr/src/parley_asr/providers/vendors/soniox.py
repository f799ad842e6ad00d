"""Soniox real-time recognition: a socket per call, tokens settled by `finalize`. Made by `registry`.

Tokens are pieces of words; a token that does not begin with a space goes on with the word before. Settled tokens come
once, the others again with every message.
"""

import json
from collections.abc import Iterable, Sequence

from parley_core.languages.registry import primary
from parley_core.providers import refusal
from parley_core.vendors import Endpoint

from parley_asr.providers.base import Billing, RecogniserRequest
from parley_asr.providers.vendors.key_terms import key_terms
from parley_asr.providers.vendors.sockets.dialect import (
    Address,
    Dialect,
    Event,
    Failed,
    Flushed,
    Message,
    Part,
    Recognised,
    Turn,
    TurnSign,
    socket_url,
)
from parley_asr.providers.vendors.sockets.provider import SocketProvider
from parley_asr.providers.vendors.sockets.reading import json_object, number, objects, text

NAME = "soniox"
URL, MODEL = "wss://stt-rt.soniox.com", "stt-rt-v5"
_LANGUAGES = """af ar az be bg bn bs ca cs cy da de el en es et eu fa fi fr gl gu he hi hr hu id it ja kk kn ko lt lv mk
    ml mr ms nl no pa pl pt ro ru sk sl sq sr sv sw ta te th tl tr uk ur vi zh"""
LANGUAGES = frozenset(_LANGUAGES.split())
FINALIZED, ENDPOINT = "<fin>", "<end>"


def soniox(at: Endpoint) -> SocketProvider:
    return SocketProvider(
        NAME,
        at.model or MODEL,
        languages=LANGUAGES,
        billing=Billing(connected=True),
        dialect=lambda request, model: Soniox(at, request, model),
    )


class Soniox(Dialect):
    name = NAME

    def __init__(self, at: Endpoint, request: RecogniserRequest, model: str) -> None:
        self._at = at
        self._request = request
        self._model = model

    def address(self) -> Address:
        url = socket_url(self._at.url or URL, "/transcribe-websocket")
        return Address(url, {"Authorization": f"Bearer {self._at.key}"})

    def hello(self) -> Sequence[Message]:
        languages = dict.fromkeys(primary(one) for one in (self._request.language or "en", *self._request.others))
        asked: dict[str, object] = {
            "model": self._model,
            "audio_format": "pcm_s16le",
            "sample_rate": 16000,
            "num_channels": 1,
            "language_hints": [one for one in languages if one in LANGUAGES],
            "enable_language_identification": len(languages) > 1,
            "enable_endpoint_detection": True,
        }
        if terms := key_terms(self._request.speech):
            asked["context"] = {"terms": terms}
        return (json.dumps(asked),)

    def flush(self, sent_ms: float) -> Sequence[Message]:
        return ('{"type": "finalize"}',)

    def keep_alive(self) -> Message | None:
        return '{"type": "keepalive"}'

    def goodbye(self) -> Sequence[Message]:
        return ("",)

    def read(self, message: Message) -> Iterable[Event]:
        body = json_object(NAME, message)
        if code := body.get("error_code"):
            yield Failed(refusal(NAME, int(number(code)) or 500))
            return
        tokens = objects(body.get("tokens"))
        settled: list[Part] = []
        for token in tokens:
            if token.get("is_final") is not True:
                continue
            said = token.get("text")
            if said == FINALIZED:
                yield Recognised(tuple(settled), settled=True)
                settled = []
                yield Flushed()
            elif said == ENDPOINT:
                yield Turn(TurnSign.OVER, 1.0)
            else:
                settled.append(_part(token))
        if settled:
            yield Recognised(tuple(settled), settled=True)
        yield Recognised(tuple(_part(token) for token in tokens if token.get("is_final") is not True), settled=False)


def _part(token: dict[str, object]) -> Part:
    said = text(token.get("text"))
    return Part(
        said,
        number(token.get("start_ms")),
        number(token.get("end_ms")),
        number(token.get("confidence")),
        text(token.get("language")),
        glued=not said.startswith(" "),
    )
