"""Any endpoint with OpenAI's `/audio/transcriptions`: OpenAI itself, Speaches, faster-whisper-server, vLLM, Groq.
Made by `registry`.

A model is asked for word times where it gives them (`verbose_json`). One that answers this with 400 is asked for plain
JSON from then on.
"""

import math
from dataclasses import dataclass

import aiohttp
from parley_audio.wav import wav_bytes
from parley_core.errors import BadInput, BadReply, Rejected, TimedOut, Unavailable
from parley_core.languages.registry import pack, primary
from parley_core.providers import refusal
from parley_core.text import load_json
from parley_core.vendors import Endpoint

from parley_asr.providers.base import Billing, Final, RecogniserRequest
from parley_asr.providers.vendors.key_terms import key_terms
from parley_asr.providers.vendors.openai_realtime import LANGUAGES
from parley_asr.providers.vendors.sockets.reading import number, objects, part_of, text
from parley_asr.providers.vendors.whole import BYTES_PER_MS, UNKNOWN_CONFIDENCE, WholeRecogniser, timed, untimed

NAME = "openai"
URL, MODEL = "https://api.openai.com/v1", "gpt-4o-mini-transcribe"
PLAIN = ("gpt-",)  # models that give no word times
CONNECT_TIMEOUT_S = 2.0
ANSWER_TIMEOUT_S = 30.0  # the caller's is shorter; a recording's is this
MAX_ANSWER_BYTES = 4 << 20
SHORTEST_MS = 100  # less is refused


class OpenAiProvider:
    name = NAME
    billing = Billing(step_ms=1000)

    def __init__(self, at: Endpoint) -> None:
        self.model = at.model or MODEL
        self._url = f"{(at.url or URL).rstrip('/')}/audio/transcriptions"
        self._headers = {"Authorization": f"Bearer {at.key}"} if at.key else {}
        if ".azure." in self._url:
            self._headers = {"api-key": at.key}
        self._http: aiohttp.ClientSession | None = None
        self._plain: set[str] = set()  # models that refused to give word times

    def hears(self, language: str) -> bool:
        return primary(language) in LANGUAGES

    async def start(self) -> None:
        """Nothing: connections are opened with the first request."""

    async def open(self, request: RecogniserRequest) -> WholeRecogniser:
        if request.language and not self.hears(request.language):
            raise BadInput("language", f"{request.language!r} is not heard by {NAME}")
        asked = _Asked(
            request.model or self.model, request.language or "en", ", ".join(key_terms(request.speech)), request.others
        )
        return WholeRecogniser(NAME, lambda pcm: self._transcribe(pcm, asked))

    async def close(self) -> None:
        http, self._http = self._http, None
        if http is not None:
            await http.close()

    async def _transcribe(self, pcm: bytes, asked: "_Asked") -> Final:
        if len(pcm) < SHORTEST_MS * BYTES_PER_MS:
            pcm += bytes(SHORTEST_MS * BYTES_PER_MS - len(pcm))
        times = not asked.model.startswith(PLAIN) and asked.model not in self._plain
        try:
            body = await self._post(pcm, asked, times=times)
        except Rejected as error:
            if not times or error.status != "400":
                raise
            self._plain.add(asked.model)
            body = await self._post(pcm, asked, times=False)
        return _heard(body, asked, len(pcm) // BYTES_PER_MS)

    async def _post(self, pcm: bytes, asked: "_Asked", *, times: bool) -> dict[str, object]:
        """Raises Rejected, Throttled, Unavailable, BadReply, TimedOut."""
        if self._http is None:
            timeout = aiohttp.ClientTimeout(total=ANSWER_TIMEOUT_S, connect=CONNECT_TIMEOUT_S)
            self._http = aiohttp.ClientSession(timeout=timeout)
        try:
            async with self._http.post(self._url, data=asked.form(pcm, times=times), headers=self._headers) as answer:
                if answer.status >= 400:
                    raise refusal(NAME, answer.status)
                body = await answer.content.read(MAX_ANSWER_BYTES)
                while len(body) < MAX_ANSWER_BYTES and (more := await answer.content.read(MAX_ANSWER_BYTES)):
                    body += more
        except TimeoutError:
            raise TimedOut(NAME, ANSWER_TIMEOUT_S) from None
        except (aiohttp.ClientError, OSError) as error:
            raise Unavailable(NAME, type(error).__name__) from None
        try:
            value = load_json(body)
        except ValueError:
            raise BadReply(NAME, "an answer that is no JSON") from None
        if not isinstance(value, dict) or not isinstance(value.get("text"), str):
            raise BadReply(NAME, "an answer without a text")
        return value


@dataclass(frozen=True, slots=True)
class _Asked:
    model: str
    language: str
    prompt: str = ""
    others: tuple[str, ...] = ()

    def form(self, pcm: bytes, *, times: bool) -> aiohttp.FormData:
        form = aiohttp.FormData()
        form.add_field("file", wav_bytes(pcm), filename="speech.wav", content_type="audio/wav")
        form.add_field("model", self.model)
        if not self.others:
            form.add_field("language", primary(self.language))  # else the model tells it from the sound
        if self.prompt:
            form.add_field("prompt", self.prompt)
        form.add_field("temperature", "0")
        if times:
            form.add_field("response_format", "verbose_json")
            form.add_field("timestamp_granularities[]", "word")
        else:
            form.add_field("response_format", "json")
            if self.model.startswith(PLAIN):
                form.add_field("include[]", "logprobs")
        return form


def _heard(body: dict[str, object], asked: _Asked, length_ms: int) -> Final:
    told = _told(text(body.get("language")), asked)
    segments = objects(body.get("segments"))
    found = objects(body.get("words")) or [word for one in segments for word in objects(one.get("words"))]
    confidence = _confidence(objects(body.get("logprobs")), segments)
    if not found:
        return untimed(text(body.get("text")), asked.language, length_ms, confidence, told)
    words = [
        (
            text(word.get("word")),
            number(word.get("start")) * 1000,
            number(word.get("end")) * 1000,
            number(word.get("probability")) or confidence,
        )
        for word in found
    ]
    return timed(words, asked.language, length_ms, told)


def _told(language: str, asked: _Asked) -> str:
    """The call's language that the answer names, as a tag: some say "en", some "english"."""
    tags = (asked.language, *asked.others)
    if not asked.others:
        return ""
    return next((tag for tag in tags if language.lower() in {primary(tag), *map(str.lower, pack(tag).names)}), "")


def _confidence(tokens: list[dict[str, object]], segments: list[dict[str, object]]) -> float:
    """The mean probability of the tokens, from whichever figures there are."""
    known = [number(one.get("logprob")) for one in tokens] or [
        number(part_of(one).get("avg_logprob")) for one in segments if "avg_logprob" in one
    ]
    return math.exp(min(sum(known) / len(known), 0.0)) if known else UNKNOWN_CONFIDENCE
