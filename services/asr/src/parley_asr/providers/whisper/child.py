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

from parley_core import weights
from parley_core.errors import ParleyError, TimedOut, Unavailable
from parley_core.tasks import Tasks

from parley_asr.providers.whisper import wire
from parley_asr.providers.whisper.wire import Decoded, Wish, Word

log = logging.getLogger(__name__)

MODULE = "parley_asr.providers.whisper.process"
WHAT = "the Whisper process"
START_TIMEOUT_S = 90.0
MAX_OWED = 256
RESTART_AFTER_S = 2.0
_END_WITHIN_S = 2.0

Decoding = asyncio.Future[Decoded]


class Skipped(ParleyError):
    """An interim text that was not made, because there was no time for it."""

    permanent = False


class _Running:
    """One child and the replies it owes."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        if process.stdin is None or process.stdout is None:
            raise ValueError("the child needs pipes")
        self.process = process
        self.requests = process.stdin
        self.replies = process.stdout
        self.owed: dict[int, Decoding] = {}
        self.ready = False
        self.heard_at = 0.0  # its last reply, or when it had none to give

    def lost(self, error: ParleyError) -> None:
        owed, self.owed = list(self.owed.values()), {}
        for decoding in owed:
            _fail(decoding, error)

    def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            if self.process.returncode is None:
                self.process.kill()


class WhisperChild:
    """Decodes in a process that is started again when it ends."""

    def __init__(self, folder: Path, *, threads: int, timeout_s: float) -> None:
        """`timeout_s`: a child that owes replies and gives none for this long is replaced."""
        self._folder = folder
        self._threads = threads
        self.timeout_s = timeout_s
        self._running: _Running | None = None
        self._number = 0
        self._waiting: dict[int, tuple[bytes, Decoding]] = {}  # until there is a child that is ready
        self._ready = asyncio.Event()
        self._timer: asyncio.TimerHandle | None = None
        self._tasks = Tasks("asr whisper")
        self.languages: frozenset[str] = frozenset()
        self.sources: dict[str, str] = {}

    @property
    def pid(self) -> int:
        return self._running.process.pid if self._running is not None else 0

    async def start(self) -> None:
        """Return when the models are loaded. Raises Unavailable or TimedOut."""
        if next(weights.sources(weights.WHISPER_BASE, self._folder), None) is None:
            raise Unavailable(WHAT, "its weights are not installed ('make setup' or 'parley models fetch')")
        keeping = self._tasks.spawn(self._keep(), "child")
        ready = self._tasks.spawn(self._ready.wait(), "start")
        await asyncio.wait((ready, keeping), timeout=START_TIMEOUT_S, return_when=asyncio.FIRST_COMPLETED)
        if self._ready.is_set():
            return
        ended = keeping.done()
        await self.close()
        if ended:
            raise Unavailable(WHAT, "it could not be started; its log says why")
        raise TimedOut(WHAT, START_TIMEOUT_S)

    def decode(self, pcm: bytes, wish: Wish, *, interim: bool = False) -> Decoding:
        """Ask for a decode; cancelling it takes the request back. The result may be Skipped (interim ones only),
        Unavailable when the child was lost, TimedOut when it hangs."""
        decoding: Decoding = asyncio.get_running_loop().create_future()
        running = self._running if self._ready.is_set() else None
        owed = len(running.owed) if running is not None else len(self._waiting)
        if owed >= MAX_OWED:
            _fail(decoding, Unavailable(WHAT, "too many requests wait for it"))
            return decoding
        self._number = self._number % 0xFFFFFFFF + 1
        number = self._number
        header = json.dumps({**asdict(wish), "interim": interim}).encode()
        size = wire.JSON_LENGTH.size + len(header) + len(pcm)
        request = wire.HEAD.pack(size, wire.DECODE, number) + wire.JSON_LENGTH.pack(len(header)) + header + pcm
        if running is None:
            if interim:
                _fail(decoding, Skipped())
            else:
                self._waiting[number] = (request, decoding)
        else:
            self._send(running, number, request, decoding)
        decoding.add_done_callback(lambda done: self._take_back(number) if done.cancelled() else None)
        return decoding

    async def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        await self._tasks.close()
        self._tasks = Tasks("asr whisper")  # `start` may be tried again
        for _, decoding in self._waiting.values():
            _fail(decoding, Unavailable(WHAT, "it has ended"))

    def _send(self, running: _Running, number: int, request: bytes, decoding: Decoding) -> None:
        if not running.owed:
            running.heard_at = asyncio.get_running_loop().time()
        running.owed[number] = decoding
        running.requests.write(request)
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(self.timeout_s, self._look)

    def _take_back(self, number: int) -> None:
        self._waiting.pop(number, None)
        running = self._running
        if running is not None and running.owed.pop(number, None) is not None:
            running.requests.write(wire.HEAD.pack(0, wire.FORGET, number))

    def _look(self) -> None:
        """Kill a child that does not answer."""
        self._timer = None
        running = self._running
        if running is None or not running.owed:
            return
        loop = asyncio.get_running_loop()
        left_s = running.heard_at + self.timeout_s - loop.time()
        if left_s > 0:
            self._timer = loop.call_later(left_s, self._look)
            return
        log.error("killing hung Whisper process", extra={"pid": running.process.pid})
        self._ready.clear()
        running.lost(TimedOut(WHAT, self.timeout_s))
        running.kill()

    async def _keep(self) -> None:
        """Have a child until this is cancelled. Ends when the first one cannot even start."""
        while True:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                *("-m", MODULE, str(self._folder), str(self._threads)),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                env={**os.environ, "OMP_NUM_THREADS": "1"},
            )
            running = self._running = _Running(process)
            try:
                await self._read(running)
            finally:
                self._ready.clear()
                running.lost(Unavailable(WHAT, "it has ended"))
                await _end(running)
            log.error("Whisper process ended", extra={"pid": process.pid, "status": process.returncode})
            if not self.languages:
                return
            if not running.ready:
                await asyncio.sleep(RESTART_AFTER_S)  # one that cannot start would be started again and again

    async def _read(self, running: _Running) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                length, status, number = wire.HEAD.unpack(await running.replies.readexactly(wire.HEAD.size))
                body = await running.replies.readexactly(length)
                running.heard_at = asyncio.get_running_loop().time()
                if status == wire.READY:
                    self._started(running, body)
                    continue
                decoding = running.owed.pop(number, None)
                if decoding is None or decoding.done():  # nobody wants it any more
                    continue
                if status == wire.OK:
                    decoding.set_result(_decoded(body))
                elif status == wire.SKIPPED:
                    _fail(decoding, Skipped())
                else:
                    _fail(decoding, Unavailable(WHAT, body.decode("utf-8", "replace")))

    def _started(self, running: _Running, body: bytes) -> None:
        told = json.loads(body)
        self.languages, self.sources = frozenset(told["languages"]), told["sources"]
        log.info("Whisper ready", extra={"pid": running.process.pid, **self.sources})
        running.ready = True
        self._ready.set()
        waiting, self._waiting = self._waiting, {}
        for number, (request, decoding) in waiting.items():
            self._send(running, number, request, decoding)


async def _end(running: _Running) -> None:
    """End the process: by itself, now that it has no requests, else by force."""
    running.requests.close()
    try:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_END_WITHIN_S):
                await running.process.wait()
    finally:
        running.kill()
        await running.process.wait()


def _decoded(body: bytes) -> Decoded:
    told = json.loads(body)
    return Decoded(tuple(Word(**word) for word in told["words"]), told["confidence"], told["language"])


def _fail(decoding: Decoding, error: ParleyError) -> None:
    if not decoding.done():
        decoding.set_exception(error)
        decoding.exception()  # also where nobody waits for it any more
