"""pyttsx3 as a second engine. It lives in a child process: it has its own run loop and cannot be cancelled.

Whole sentences come back; word times are estimated from the measured length. A child that hangs or dies is replaced.
"""

import asyncio
import contextlib
import json
import struct
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncGenerator

import numpy as np
from parley_core.errors import Rejected, TimedOut, Unavailable

from parley_tts.alignment import spread
from parley_tts.providers import espeak_voices
from parley_tts.providers.base import SAMPLES_PER_MS, SpeechChunk, SpeechRequest, VoiceInfo
from parley_tts.text import prepare

HEADER = struct.Struct("<BI")  # ok or not, length of what follows
SENTENCE_TIMEOUT_S = 5.0
START_TIMEOUT_S = 20.0  # the child's imports, on a busy machine


class Pyttsx3Provider:
    """See `base.SpeechProvider`. One sentence at a time; the child starts with the first one."""

    name = "pyttsx3"

    def __init__(self, child: tuple[str, ...] = ("-m", "parley_tts.providers.pyttsx3_child")) -> None:
        self._command = child
        self._process: Process | None = None
        self._turn = asyncio.Lock()
        self._names: list[str] = []  # of the voices

    @property
    def pid(self) -> int | None:
        """The child's, while there is one."""
        return self._process.pid if self._process is not None else None

    def speaks(self, language: str) -> bool:
        """Anything until the child has told what it has."""
        return not self._names or espeak_voices.speaks(language, self._names)

    async def start(self) -> None:
        """Nothing yet: where it is only the fallback, its process should cost nothing."""

    async def close(self) -> None:
        async with self._turn:
            await self._end_child()

    async def synthesise(self, request: SpeechRequest) -> AsyncGenerator[SpeechChunk, None]:
        prepared = prepare(request.text, request.language, pronunciations=request.pronunciations)
        ask = {
            "text": prepared.spoken,
            "voice": request.voice or await self._nearest(request.language),
            "rate": request.words_per_minute,
        }
        pcm = np.frombuffer(await self._ask(ask), np.int16)
        yield SpeechChunk(pcm, tuple(spread(prepared, len(pcm) / SAMPLES_PER_MS)))

    async def voices(self) -> list[VoiceInfo]:
        listed = json.loads(await self._ask({"voices": True}))
        return [VoiceInfo(self.name, name, language) for name, language in listed]

    async def _nearest(self, language: str) -> str:
        self._names = self._names or [voice.name for voice in await self.voices()]
        return espeak_voices.nearest(language, self._names)

    async def _ask(self, question: dict[str, object]) -> bytes:
        async with self._turn:
            timeout_s = SENTENCE_TIMEOUT_S
            if self._process is None or self._process.returncode is not None:
                self._process = await asyncio.create_subprocess_exec(
                    sys.executable, *self._command, stdin=PIPE, stdout=PIPE, stderr=DEVNULL, limit=1 << 24
                )
                timeout_s = START_TIMEOUT_S
            answered = False
            try:
                async with asyncio.timeout(timeout_s):
                    ok, answer = await self._exchange(self._process, json.dumps(question).encode())
                answered = True
            except TimeoutError:
                raise TimedOut(self.name, timeout_s) from None
            except (OSError, asyncio.IncompleteReadError):
                raise Unavailable(self.name, "its process ended") from None
            finally:
                if not answered:  # also when cancelled: an answer still on its way would be taken for the next one's
                    await self._end_child()
        if not ok and answer == TimeoutError.__name__.encode():
            raise TimedOut(self.name, timeout_s)
        if not ok:
            raise Rejected(self.name, answer.decode("utf-8", "replace"))
        return answer

    @staticmethod
    async def _exchange(process: Process, line: bytes) -> tuple[bool, bytes]:
        assert process.stdin is not None  # noqa: S101 - both are pipes
        assert process.stdout is not None  # noqa: S101
        process.stdin.write(line + b"\n")
        await process.stdin.drain()
        ok, length = HEADER.unpack(await process.stdout.readexactly(HEADER.size))
        return bool(ok), await process.stdout.readexactly(length)

    async def _end_child(self) -> None:
        process, self._process = self._process, None
        if process is None or process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
