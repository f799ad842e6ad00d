"""The process that decodes, from a worker's side: joined, started where there is none, watched and replaced.

`provider.py` sends each call's requests to it. Why a process: a model that crashes or hangs costs the utterances that
it was decoding, and those are given to its successor. All workers of a machine that have the same settings share it,
so that the weights are in memory once; it outlives the worker that started it, so that the other workers' calls go on.
"""

import asyncio
import contextlib
import json
import logging
import os
import signal
import socket
import sys
from dataclasses import asdict
from itertools import count
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
_LOOK_EVERY_S = 0.05  # for a process that starts
_APART = count(1)

Decoding = asyncio.Future[Decoded]


class Skipped(ParleyError):
    """An interim text that was not made, because there was no time for it."""

    permanent = False


class _Process:
    """One that this worker has started. Not asyncio's: that one ends its process when the loop does, and this process
    may serve others then."""

    def __init__(self, *arguments: str) -> None:
        self.status: int | None = None
        self.served = False
        self.pid = os.posix_spawn(
            sys.executable,
            [sys.executable, "-m", MODULE, *arguments],
            {**os.environ, "OMP_NUM_THREADS": "1"},
            file_actions=[(os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0)],
            setsid=True,  # what ends this worker's group leaves it alone
        )

    def ended(self) -> bool:
        if self.status is None:
            try:
                pid, status = os.waitpid(self.pid, os.WNOHANG)
            except ChildProcessError:
                pid, status = self.pid, 0
            if pid:
                self.status = os.waitstatus_to_exitcode(status)
        return self.status is not None

    def end(self) -> None:
        """By force. Waits for it."""
        if not self.ended():
            os.kill(self.pid, signal.SIGKILL)
            with contextlib.suppress(ChildProcessError):
                os.waitpid(self.pid, 0)
            self.status = -signal.SIGKILL


class _Running:
    """A connection to it, and the replies it owes."""

    def __init__(self, replies: asyncio.StreamReader, requests: asyncio.StreamWriter) -> None:
        self.replies = replies
        self.requests = requests
        self.pid, self.user = wire.peer(requests.get_extra_info("socket"))
        self.owed: dict[int, Decoding] = {}
        self.heard_at = 0.0  # its last reply, or when it had none to give

    def lost(self, error: ParleyError) -> None:
        owed, self.owed = list(self.owed.values()), {}
        for decoding in owed:
            _fail(decoding, error)

    def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            if self.pid > 0:  # 0: it lives in another container
                os.kill(self.pid, signal.SIGKILL)
        self.requests.close()


class WhisperDecoder:
    """Decodes in a process that is started again when it ends."""

    def __init__(self, folder: Path, *, threads: int, timeout_s: float, shared: bool = True) -> None:
        """`timeout_s`: a process that owes replies and gives no sign for this long is replaced. Not `shared`: one of
        its own, which ends with `close`."""
        self._shared = shared
        apart = "" if shared else f"{os.getpid()}-{next(_APART)}"
        self._name = wire.name_of(folder, threads, apart)
        self._threads = threads
        self._folder = folder
        self._started: _Process | None = None
        self.timeout_s = timeout_s
        self._running: _Running | None = None
        self._number = 0
        self._waiting: dict[int, tuple[bytes, Decoding]] = {}  # until there is a process that is ready
        self._ready = asyncio.Event()
        self._timer: asyncio.TimerHandle | None = None
        self._tasks = Tasks("asr whisper")
        self.languages: frozenset[str] = frozenset()
        self.sources: dict[str, str] = {}

    @property
    def pid(self) -> int:
        return self._running.pid if self._running is not None else 0

    async def start(self) -> None:
        """Return when the models are loaded. Raises Unavailable or TimedOut."""
        if next(weights.sources(weights.WHISPER_BASE, self._folder), None) is None:
            raise Unavailable(WHAT, "its weights are not installed ('make setup' or 'parley models fetch')")
        keeping = self._tasks.spawn(self._keep(), "process")
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
        Unavailable when the process was lost, TimedOut when it hangs."""
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
        if self._started is not None and not self._shared:
            await asyncio.to_thread(self._started.end)

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
        """Kill a process that does not answer."""
        self._timer = None
        running = self._running
        if running is None or not running.owed:
            return
        loop = asyncio.get_running_loop()
        left_s = running.heard_at + self.timeout_s - loop.time()
        if left_s > 0:
            self._timer = loop.call_later(left_s, self._look)
            return
        log.error("killing hung Whisper process", extra={"pid": running.pid})
        self._ready.clear()
        running.lost(TimedOut(WHAT, self.timeout_s))
        running.kill()

    async def _keep(self) -> None:
        """Have a process until this is cancelled. Ends when the first one cannot even start."""
        while True:
            running = await self._joined()
            if running is not None:
                self._running = running
                try:
                    await self._read(running)
                finally:
                    self._ready.clear()
                    running.lost(Unavailable(WHAT, "it has ended"))
                    running.requests.close()
                log.error("Whisper process ended", extra={"pid": running.pid})
            if self._started is not None and self._started.ended():
                # Status 0: another process has the name, or all workers of this one have gone.
                failed, self._started = self._started.status != 0 and not self._started.served, None
                if failed and not self.languages:
                    return
                if failed:
                    await asyncio.sleep(RESTART_AFTER_S)  # it would be started again and again

    async def _joined(self) -> _Running | None:
        """A connection to the process that has the name, which is started where none has; None: that one ended."""
        while True:
            try:
                running = _Running(*await self._connected())
            except (ConnectionError, BlockingIOError):
                if self._started is None:
                    self._started = _Process(str(self._folder), str(self._threads), self._name)
                elif self._started.ended():
                    return None
                await asyncio.sleep(_LOOK_EVERY_S)
                continue
            if running.user == os.getuid():
                return running
            running.requests.close()
            log.error("another user's process has the name of Whisper's socket", extra={"user": running.user})
            await asyncio.sleep(RESTART_AFTER_S)

    async def _connected(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        connected = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            connected.setblocking(False)
            connected.connect(wire.address(self._name))  # at once, or not at all; uvloop takes no such name
            return await asyncio.open_unix_connection(sock=connected)
        except BaseException:
            connected.close()
            raise

    async def _read(self, running: _Running) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                length, status, number = wire.HEAD.unpack(await running.replies.readexactly(wire.HEAD.size))
                body = await running.replies.readexactly(length)
                running.heard_at = asyncio.get_running_loop().time()
                if status == wire.READY:
                    self._serves(running, body)
                    continue
                decoding = running.owed.pop(number, None)
                if decoding is None or decoding.done():  # BUSY, or nobody wants it any more
                    continue
                if status == wire.OK:
                    decoding.set_result(_decoded(body))
                elif status == wire.SKIPPED:
                    _fail(decoding, Skipped())
                else:
                    _fail(decoding, Unavailable(WHAT, body.decode("utf-8", "replace")))

    def _serves(self, running: _Running, body: bytes) -> None:
        told = json.loads(body)
        self.languages, self.sources = frozenset(told["languages"]), told["sources"]
        log.info("Whisper ready", extra={"pid": running.pid, **self.sources})
        if self._started is not None and self._started.pid == running.pid:
            self._started.served = True
        self._ready.set()
        waiting, self._waiting = self._waiting, {}
        for number, (request, decoding) in waiting.items():
            self._send(running, number, request, decoding)


def _decoded(body: bytes) -> Decoded:
    told = json.loads(body)
    return Decoded(tuple(Word(**word) for word in told["words"]), told["confidence"], told["language"])


def _fail(decoding: Decoding, error: ParleyError) -> None:
    if not decoding.done():
        decoding.set_exception(error)
        decoding.exception()  # also where nobody waits for it any more
