"""Deepgram's streaming recognition (listen v1) as a provider: one socket per call, one Finalize per utterance.

Word times come back in seconds of audio sent on the socket, so each stream knows what was sent before it. Between
utterances a KeepAlive every few seconds holds the socket open. A lost socket is opened again by the next stream.
"""

import asyncio
import contextlib
import json
import logging
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

from deepgram import AsyncDeepgramClient, DeepgramClientEnvironment
from deepgram.core.api_error import ApiError
from deepgram.listen.v1.socket_client import AsyncV1SocketClient
from parley_core.errors import ParleyError, TimedOut, Unavailable
from parley_core.languages.registry import primary
from parley_core.providers import refusal
from parley_core.text import load_json
from parley_core.vendors import Endpoint

from parley_asr.language.spoken import spoken_words
from parley_asr.providers.base import AUDIO_SENT, Final, HeardWord, RecogniserRequest
from parley_asr.providers.vendors.key_terms import key_terms

log = logging.getLogger(__name__)

NAME = "deepgram"
URL, MODEL = "wss://api.deepgram.com", "nova-3"
KEEP_ALIVE_S = 4.0  # ten seconds without anything close the socket
CONNECT_TIMEOUT_S = 5.0
FINAL_TIMEOUT_S = 1.5  # for the answer to Finalize: usually it takes 0.1 to 0.3 s, now and then there is none
COVERED_MS = 10  # so near to the audio's end a final text is all of it
SEND_TIMEOUT_S = 2.0
BYTES_PER_MS = 32
# Of nova-3, as documented in 2026: languages by themselves, and those that it hears mixed (`language=multi`).
_ALONE = """bg bs ca cs da de el en es et fi fr hi hr hu id it ja kn ko lt lv mk mr ms nl no pl pt ro ru sk sl sr sv ta
    te tl tr uk vi"""
_MIXED = "en es fr de hi ru pt ja it nl"
_LANGUAGES, _TOGETHER = frozenset(_ALONE.split()), frozenset(_MIXED.split())


class DeepgramProvider:
    name = NAME
    billing = AUDIO_SENT

    def __init__(self, at: Endpoint) -> None:
        """`at.url`: ws:// or wss:// and a host; the SDK appends the path."""
        url = at.url or URL
        http = url.replace("ws", "http", 1)
        environment = DeepgramClientEnvironment(base=http, production=url, agent=url, agent_rest=http)
        self._client = AsyncDeepgramClient(api_key=at.key, environment=environment)
        self.model = at.model or MODEL

    def hears(self, language: str) -> bool:
        return primary(language) in _LANGUAGES

    async def start(self) -> None:
        """Nothing: each call has a socket."""

    async def open(self, request: RecogniserRequest) -> "DeepgramRecogniser":
        """Hears several languages at once where its model knows all that are wanted."""
        language = request.language or "en"
        together = {primary(one) for one in (language, *request.others)}
        if request.others and together <= _TOGETHER:
            language = "multi"
        recogniser = DeepgramRecogniser(self._client, request.model or self.model, language, key_terms(request.speech))
        await recogniser.connect()
        return recogniser

    async def close(self) -> None:
        """Nothing: the sockets are the calls'."""


class DeepgramRecogniser:
    def __init__(self, client: AsyncDeepgramClient, model: str, language: str, keyterms: list[str]) -> None:
        self._client = client
        self._model = model
        self._language = language
        self._keyterms = keyterms
        self._ending = contextlib.AsyncExitStack()
        self._socket: AsyncV1SocketClient | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._sent_ms = 0.0
        self._stream: DeepgramStream | None = None
        self._error: ParleyError | None = None
        self._finalizes = 0  # sent on this socket
        self._answered = 0  # of those

    async def connect(self) -> AsyncV1SocketClient:
        """Have an open socket. Raises Rejected when Deepgram refuses it, Unavailable and TimedOut otherwise."""
        if self._socket is not None and self._error is None:
            return self._socket
        await self.close()
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                socket: AsyncV1SocketClient = await self._ending.enter_async_context(
                    self._client.listen.v1.connect(
                        model=self._model,
                        language=self._language,
                        encoding="linear16",
                        sample_rate=16000,
                        channels=1,
                        interim_results="true",
                        punctuate="false",
                        smart_format="false",
                        keyterm=self._keyterms or None,
                    )
                )
        except TimeoutError:
            raise TimedOut(NAME, CONNECT_TIMEOUT_S) from None
        except ApiError as error:
            raise refusal(NAME, error.status_code or 500) from None
        except Exception as error:  # noqa: BLE001 the SDK lets the errors of two generations of its socket library through
            raise Unavailable(NAME, type(error).__name__) from None
        self._socket, self._sent_ms, self._error = socket, 0.0, None
        self._finalizes = self._answered = 0
        self._tasks = [
            asyncio.create_task(self._read(socket), name="deepgram read"),
            asyncio.create_task(self._keep_alive(socket), name="deepgram keep alive"),
        ]
        return socket

    def spoken(self, text: str, language: str = "") -> list[str]:
        """Words as they are spoken: numbers are spelled out in English, other languages are left as they came."""
        return spoken_words(text, language or self._language)

    async def open_stream(self) -> "DeepgramStream":
        await self.connect()
        self._stream = DeepgramStream(self, self._sent_ms)
        return self._stream

    @property
    def sent_ms(self) -> float:
        """Audio sent on the socket so far."""
        return self._sent_ms

    async def send(self, pcm: bytes) -> None:
        async with self._sending() as socket:
            await socket.send_media(pcm)
        self._sent_ms += len(pcm) / BYTES_PER_MS

    async def finalize(self) -> int:
        """Ask for what is not final yet; returns this request's number on the socket."""
        async with self._sending() as socket:
            self._finalizes += 1
            number = self._finalizes
            await socket.send_finalize()
        return number

    def give_up(self, error: ParleyError) -> None:
        """The socket does not answer any more; the next stream opens another."""
        self._lost(error)

    async def close(self) -> None:
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        socket, self._socket = self._socket, None
        if socket is not None:
            with contextlib.suppress(Exception):  # it may be gone; closing is all that is wanted
                async with asyncio.timeout(SEND_TIMEOUT_S):
                    await socket.send_close_stream()
            with contextlib.suppress(Exception):
                async with asyncio.timeout(SEND_TIMEOUT_S):
                    await self._ending.aclose()
        self._ending = contextlib.AsyncExitStack()

    @contextlib.asynccontextmanager
    async def _sending(self) -> AsyncIterator[AsyncV1SocketClient]:
        if self._error is not None or self._socket is None:
            raise self._error or Unavailable(NAME, "the socket is closed")
        try:
            async with asyncio.timeout(SEND_TIMEOUT_S):
                yield self._socket
        except TimeoutError:
            self._lost(TimedOut(NAME, SEND_TIMEOUT_S))
            raise TimedOut(NAME, SEND_TIMEOUT_S) from None
        except Exception as error:  # noqa: BLE001 see connect
            self._lost(Unavailable(NAME, type(error).__name__))
            raise Unavailable(NAME, type(error).__name__) from None

    async def _read(self, socket: AsyncV1SocketClient) -> None:
        why = "the socket was closed"
        try:
            async for message in socket:
                body: Any = load_json(json.dumps(message) if isinstance(message, dict) else message.json())
                if body.get("type") != "Results":
                    continue
                self._answered += bool(body.get("from_finalize"))
                if self._stream is not None:
                    self._stream.results(body, self._answered)
        except asyncio.CancelledError:
            raise
        except Exception as error:  # noqa: BLE001 see connect
            why = type(error).__name__
        self._lost(Unavailable(NAME, why))

    async def _keep_alive(self, socket: AsyncV1SocketClient) -> None:
        while self._error is None:
            await asyncio.sleep(KEEP_ALIVE_S)
            try:
                async with asyncio.timeout(SEND_TIMEOUT_S):
                    await socket.send_keep_alive()
            except Exception as error:  # noqa: BLE001 see connect
                self._lost(Unavailable(NAME, type(error).__name__))

    def _lost(self, error: ParleyError) -> None:
        if self._error is None:
            self._error = error
            log.warning("deepgram socket lost", extra={"error": type(error).__name__})
            if self._stream is not None:
                self._stream.lost(error)


class DeepgramStream:
    def __init__(self, recogniser: DeepgramRecogniser, offset_ms: float) -> None:
        self._recogniser = recogniser
        self._offset_ms = offset_ms
        self._words: list[HeardWord] = []
        self._languages: Counter[str] = Counter()  # of the words, where several are heard together
        self._interim = ""
        self._unsettled: list[dict[str, object]] = []  # the words of the newest text that is not final
        self._answers = False  # something came since the stream began
        self._sent_ms = 0.0  # of the socket's audio, at this stream's Finalize
        self._finalized: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._mark = 0  # the number of this stream's own Finalize
        self._answered = 0
        self._final_ms = 0.0  # of the socket's audio: final texts reach so far
        self._over = False

    async def accept(self, pcm: bytes) -> str:
        await self._recogniser.send(pcm)
        return " ".join([*(word.text for word in self._words), self._interim]).strip()

    async def finish(self) -> Final:
        self._mark = await self._recogniser.finalize()
        self._sent_ms = self._recogniser.sent_ms
        self._check()
        try:
            async with asyncio.timeout(FINAL_TIMEOUT_S):
                await asyncio.shield(self._finalized)
        except TimeoutError:
            # Deepgram need not answer a Finalize that leaves it nothing to do. Its count is off from here on.
            self._recogniser.give_up(TimedOut(NAME, FINAL_TIMEOUT_S))
            if not self._answers:
                raise TimedOut(NAME, FINAL_TIMEOUT_S) from None
            log.warning(
                "deepgram finalize unanswered", extra={"words": len(self._words), "unsettled": len(self._unsettled)}
            )
            for word in self._unsettled:
                self._add(word)
        self._over = True
        if not self._words:
            return Final()
        language = self._languages.most_common(1)[0][0] if self._languages else ""
        return Final(tuple(self._words), sum(word.confidence for word in self._words) / len(self._words), language)

    async def drop(self) -> None:
        # What was sent is still being recognised; a final mark keeps it out of the next utterance.
        self._over = True
        with contextlib.suppress(ParleyError):
            await self._recogniser.finalize()

    def results(self, body: dict[str, object], answered: int) -> None:
        """Take one Results message. Texts that are final add up; the others replace each other.

        `answered`: how many Finalize the socket has answered, among them those of utterances dropped before this one.
        """
        channel = body.get("channel")
        alternatives = channel.get("alternatives") if isinstance(channel, dict) else None
        best = alternatives[0] if isinstance(alternatives, list) and alternatives else {}
        start_s, length_s = _number(body.get("start")), _number(body.get("duration"))
        end_ms = (start_s + length_s) * 1000
        self._answers = self._answers or end_ms > self._offset_ms
        words = _timed(best, start_s, length_s)
        if not self._over:
            if body.get("is_final"):
                for word in words:
                    self._add(word)
                self._interim, self._unsettled = "", []
                self._final_ms = max(self._final_ms, end_ms)
            else:
                self._interim = " ".join(self._recogniser.spoken(str(best.get("transcript") or "")))
                self._unsettled = words
        self._answered = answered
        self._check()

    def lost(self, error: ParleyError) -> None:
        if not self._finalized.done():
            self._finalized.set_exception(error)
            self._finalized.exception()  # it may be that nobody waits for it yet

    def _check(self) -> None:
        covered = self._final_ms >= self._sent_ms - COVERED_MS
        if self._mark and (self._answered >= self._mark or covered) and not self._finalized.done():
            self._finalized.set_result(None)

    def _add(self, word: dict[str, object]) -> None:
        start_ms = round(_number(word.get("start")) * 1000 - self._offset_ms)
        end_ms = round(_number(word.get("end")) * 1000 - self._offset_ms)
        if end_ms <= 0:  # of an utterance that was dropped before this one
            return
        language = str(word.get("language") or "")
        for text in self._recogniser.spoken(str(word.get("word") or ""), language):
            if language:
                self._languages[language] += 1
            self._words.append(HeardWord(text, max(start_ms, 0), end_ms, _number(word.get("confidence"))))


def _timed(best: dict[str, object], start_s: float, length_s: float) -> list[dict[str, object]]:
    """The words of an alternative. Some models give a transcript alone: its words are spread over the result."""
    words = best.get("words")
    if isinstance(words, list) and words:
        return [word for word in words if isinstance(word, dict)]
    texts = str(best.get("transcript") or "").split()
    step = length_s / max(len(texts), 1)
    return [
        {
            "word": text,
            "start": start_s + at * step,
            "end": start_s + (at + 1) * step,
            "confidence": best.get("confidence"),
        }
        for at, text in enumerate(texts)
    ]


def _number(value: object) -> float:
    return float(value) if isinstance(value, (int, float)) else 0.0
