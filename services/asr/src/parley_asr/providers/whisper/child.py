"""The child process that decodes: started, watched and replaced here; `provider.py` sends each call's requests to it.

Why a process: a model that crashes or hangs costs the utterances that it was decoding, and those are given to its
successor. One child has all the threads, so that the weights are in memory once.
"""

import asyncio
import contextlib
import json
import logging
import os
import sys
from dataclasses import asdict
from pathlib import Path

from parley_core.errors import TimedOut, Unavailable

from parley_asr.providers.whisper import process as wire
from parley_asr.providers.whisper.decoding import Decoded, Wish, Word

log = logging.getLogger(__name__)

MODULE = "parley_asr.providers.whisper.process"
WHAT = "the Whisper process"
START_TIMEOUT_S = 90.0
MAX_OWED = 256
RESTART_AFTER_S = 2.0


class Skipped(Exception):
    """An interim text that was not made, because there was no time for it."""


class _Running:
    """One child and the replies it owes."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        if process.stdin is None or process.stdout is None:
            raise ValueError("the child needs pipes")
        self.process = process
        self.requests = process.stdin
        self.replies = process.stdout
        self.owed: dict[int, asyncio.Future[Decoded]] = {}
        self.first = True  # it has not been ready yet
        self.replied_at = asyncio.get_running_loop().time()

    def lost(self) -> None:
        gone = Unavailable(WHAT, "it has ended")
        for owed in self.owed.values():
            if not owed.done():
                owed.set_exception(gone)
                owed.exception()  # also where nobody waits for it any more
        self.owed.clear()


class WhisperChild:
    """Decodes in a process that is started again when it ends."""

    def __init__(self, folder: Path, *, threads: int, timeout_s: float) -> None:
        self._folder = folder
        self._threads = threads
        self.timeout_s = timeout_s
        self._running: _Running | None = None
        self._number = 0
        self._watch: asyncio.Task[None] | None = None
        self._closing = False
        self._started = asyncio.Event()
        self.languages: frozenset[str] = frozenset()
        self.sources: dict[str, str] = {}

    @property
    def pid(self) -> int:
        return self._running.process.pid if self._running is not None else 0

    async def start(self) -> None:
        """Return when the models are loaded. Raises Unavailable or TimedOut."""
        self._watch = asyncio.create_task(self._keep(), name="asr whisper child")
        try:
            async with asyncio.timeout(START_TIMEOUT_S):
                waiting = asyncio.create_task(self._started.wait(), name="asr whisper start")
                await asyncio.wait((waiting, self._watch), return_when=asyncio.FIRST_COMPLETED)
                waiting.cancel()
        except TimeoutError:
            await self.close()
            raise TimedOut(WHAT, START_TIMEOUT_S) from None
        if not self._started.is_set():
            await self.close()
            raise Unavailable(WHAT, "it could not be started; its log says why")

    async def decode(self, pcm: bytes, wish: Wish, *, interim: bool = False) -> Decoded:
        """Raises Skipped (interim ones only), Unavailable when the child was lost, TimedOut when it hangs."""
        running = await self._ready()
        if len(running.owed) >= MAX_OWED:
            raise Unavailable(WHAT, "too many requests wait for it")
        self._number = self._number % 0xFFFFFFFF + 1
        number = self._number
        owed: asyncio.Future[Decoded] = asyncio.get_running_loop().create_future()
        running.owed[number] = owed
        header = json.dumps({**asdict(wish), "interim": interim}).encode()
        size = wire.JSON_LENGTH.size + len(header) + len(pcm)
        running.requests.write(
            wire.HEAD.pack(size, wire.DECODE, number) + wire.JSON_LENGTH.pack(len(header)) + header + pcm
        )
        asked = asyncio.get_running_loop().time()
        try:
            while True:
                try:
                    async with asyncio.timeout(self.timeout_s):
                        return await asyncio.shield(owed)
                except TimeoutError:
                    # Behind others it may wait for longer; a child that answers nobody hangs.
                    if running.replied_at >= asked:
                        asked = running.replied_at
                        continue
                    log.error("the Whisper process hangs and is killed", extra={"pid": running.process.pid})
                    self._started.clear()
                    running.lost()
                    _kill(running.process)
                    raise TimedOut(WHAT, self.timeout_s) from None
        except asyncio.CancelledError:
            if running.owed.pop(number, None) is not None:
                running.requests.write(wire.HEAD.pack(0, wire.FORGET, number))
            raise

    async def close(self) -> None:
        self._closing = True
        if self._watch is not None:
            self._watch.cancel()
            await asyncio.gather(self._watch, return_exceptions=True)
            self._watch = None

    async def _ready(self) -> _Running:
        try:
            async with asyncio.timeout(START_TIMEOUT_S):
                await self._started.wait()
        except TimeoutError:
            raise TimedOut(WHAT, START_TIMEOUT_S) from None
        if self._running is None:
            raise Unavailable(WHAT, "it is not running")
        return self._running

    async def _keep(self) -> None:
        """Have a child until this is cancelled. Ends when one cannot even start."""
        while True:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                MODULE,
                str(self._folder),
                str(self._threads),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                env={**os.environ, "OMP_NUM_THREADS": "1"},
            )
            running = self._running = _Running(process)
            try:
                await self._read(running)
            finally:
                self._started.clear()
                running.lost()
                running.requests.close()
                if self._closing:
                    with contextlib.suppress(TimeoutError):
                        async with asyncio.timeout(2):
                            await process.wait()
                _kill(process)
                await process.wait()
            log.error("the Whisper process ended", extra={"pid": process.pid, "status": process.returncode})
            if not self.languages:
                return
            if running.first:
                await asyncio.sleep(RESTART_AFTER_S)  # one that cannot start would be started again and again

    async def _read(self, running: _Running) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                length, status, number = wire.HEAD.unpack(await running.replies.readexactly(wire.HEAD.size))
                body = await running.replies.readexactly(length)
                running.replied_at = asyncio.get_running_loop().time()
                if status == wire.READY:
                    told = json.loads(body)
                    self.languages, self.sources = frozenset(told["languages"]), told["sources"]
                    running.first = False
                    self._started.set()
                    continue
                owed = running.owed.pop(number, None)
                if owed is None or owed.done():  # its call was cancelled meanwhile
                    continue
                if status == wire.OK:
                    owed.set_result(_decoded(body))
                elif status == wire.SKIPPED:
                    owed.set_exception(Skipped())
                else:
                    owed.set_exception(Unavailable(WHAT, body.decode("utf-8", "replace")))


def _decoded(body: bytes) -> Decoded:
    told = json.loads(body)
    return Decoded(tuple(Word(**word) for word in told["words"]), told["confidence"], told["language"])


def _kill(process: asyncio.subprocess.Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        if process.returncode is None:
            process.kill()
