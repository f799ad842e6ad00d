"""PocketSphinx as a provider: a language model per agent, a decoder per call, both in decoder processes.

A call whose process dies goes on in another: the next stream opens a decoder there, with the mean it had learnt.
"""

import asyncio
import json
from collections import deque
from itertools import takewhile
from pathlib import Path

from parley_core.errors import BadInput, TimedOut, Unavailable
from parley_core.languages.registry import primary

from parley_asr.language import model
from parley_asr.language.corpus import Speech, sentences_of
from parley_asr.providers import decoder_process as wire
from parley_asr.providers.base import AUDIO_SENT, Final, HeardWord, RecogniserRequest
from parley_asr.providers.decoder_pool import DecoderPool, DecoderProcess

MAX_KEYS = 1000
SETTLED_BYTES = 3200  # 100 ms of audio: a partial word that stays for so long is said


class PocketSphinxProvider:
    name = "pocketsphinx"
    billing = AUDIO_SENT
    model = "en-us"

    def __init__(self, models: Path, *, decoders: int, decode_timeout_s: float) -> None:
        """`models`: the folder that keeps built language models. `decoders`: processes."""
        self.pool = DecoderPool(decoders, timeout_s=decode_timeout_s)
        self._models = models
        self._keys: dict[Speech, str] = {}

    def hears(self, language: str) -> bool:
        return primary(language) == "en"

    async def start(self) -> None:
        await self.pool.start()

    async def open(self, request: RecogniserRequest) -> "PocketSphinxRecogniser":
        if request.language and not self.hears(request.language):
            raise BadInput("language", f"{request.language!r} is not known to pocketsphinx here; it hears English")
        recogniser = PocketSphinxRecogniser(self.pool, await self._files(request.speech))
        await recogniser.prepare()
        return recogniser

    async def close(self) -> None:
        await self.pool.close()

    async def _files(self, speech: Speech) -> dict[str, str]:
        """The speech's language model, built where there is none yet."""
        found = model.find(self._models, self._keys[speech]) if speech in self._keys else None
        if found is None:
            sentences = await asyncio.to_thread(sentences_of, speech)  # tens of milliseconds
            key = model.key_of(sentences)
            if len(self._keys) >= MAX_KEYS:
                self._keys.clear()
            self._keys[speech] = key
            found = model.find(self._models, key)
            if found is None:
                return await self.pool.build(self._models, key, sentences)
        return {"lm": str(found.language_model), "dict": str(found.dictionary)}


class PocketSphinxRecogniser:
    def __init__(self, pool: DecoderPool, files: dict[str, str]) -> None:
        self._pool = pool
        self._files = files
        self._mean = ""
        self._session = next(pool.sessions)
        self._process: DecoderProcess | None = None

    async def prepare(self) -> DecoderProcess:
        """Have a decoder in a living process."""
        if self._process is not None and self._process.alive:
            return self._process
        self._release()
        process = await self._pool.least_busy()
        process.calls += 1
        self._process = process
        opening = json.dumps({**self._files, "mean": self._mean}).encode()
        try:
            await process.ask(wire.OPEN, self._session, opening, timeout_s=self._pool.timeout_s)
        except BaseException:
            self._release()
            raise
        return process

    async def open_stream(self) -> "PocketSphinxStream":
        process = await self.prepare()
        await process.ask(wire.START, self._session, timeout_s=self._pool.timeout_s)
        return PocketSphinxStream(self, self._pool, process, self._session)

    def learnt(self, mean: str) -> None:
        self._mean = mean

    async def close(self) -> None:
        process = self._process
        self._release()
        if process is not None and process.alive:
            try:
                await process.ask(wire.CLOSE, self._session, timeout_s=self._pool.timeout_s)
            except (Unavailable, TimedOut):
                return

    def _release(self) -> None:
        if self._process is not None:
            self._process.calls -= 1
            self._process = None


class PocketSphinxStream:
    def __init__(
        self, recogniser: PocketSphinxRecogniser, pool: DecoderPool, process: DecoderProcess, session: int
    ) -> None:
        self._recogniser = recogniser
        self._process = process
        self._session = session
        self._pool = pool
        self._guesses: deque[tuple[int, list[str]]] = deque()  # bytes heard by then, words
        self._heard = 0

    async def accept(self, pcm: bytes) -> str:
        text = (await self._process.ask(wire.AUDIO, self._session, pcm, timeout_s=self._pool.timeout_s)).decode()
        self._heard += len(pcm)
        self._guesses.append((self._heard, text.split()))
        return " ".join(self._settled())

    def _settled(self) -> list[str]:
        """The first words of all guesses of the last moment. The newest word of a guess is often another one in the
        next, and a wrong one silences the agent."""
        guesses, since = self._guesses, self._heard - SETTLED_BYTES
        while len(guesses) > 1 and guesses[1][0] <= since:
            guesses.popleft()
        if guesses[0][0] > since:
            return []  # heard for less than that
        alike = takewhile(lambda same: len(set(same)) == 1, zip(*(words for _, words in guesses), strict=False))
        return [same[0] for same in alike]

    async def finish(self) -> Final:
        answer = json.loads(await self._process.ask(wire.FINISH, self._session, timeout_s=self._pool.timeout_s))
        self._recogniser.learnt(answer["mean"])
        words = tuple(HeardWord(*word) for word in answer["words"])
        if not words:
            return Final()
        return Final(words, sum(word.confidence for word in words) / len(words))

    async def drop(self) -> None:
        try:
            await self._process.ask(wire.DROP, self._session, timeout_s=self._pool.timeout_s)
        except Exception:  # noqa: BLE001 nobody waits for what a dropped utterance has to say
            return
