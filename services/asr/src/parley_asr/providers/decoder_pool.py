"""Decoder processes: started, watched and replaced here; `pocketsphinx.py` sends each call's requests to one of them.

Why processes: `Decoder.process_raw` holds the interpreter lock. With decoding in a thread every chunk of audio stopped
the event loop for as long as its decoding took. A call is pinned to the process with the fewest calls. One that does
not answer in time is killed; all of its calls learn at once that they lost it.
"""

import asyncio
import itertools
import json
import logging
import os
import sys
from collections import deque
from pathlib import Path

from parley_core.errors import BadInput, TimedOut, Unavailable

from parley_asr.providers import decoder_process as wire

log = logging.getLogger(__name__)

WHAT = "a decoder process"
BUILD_TIMEOUT_S = 30.0
MAX_PENDING = 1024


class DecoderProcess:
    """One running decoder process and the replies it owes."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        if process.stdin is None or process.stdout is None:
            raise ValueError("a decoder process needs pipes")
        self._process = process
        self._requests = process.stdin
        self._replies = process.stdout
        self._owed: deque[asyncio.Future[bytes]] = deque()
        self._reader = asyncio.create_task(self._read(), name="asr decoder replies")
        self.calls = 0
        self.alive = True

    @classmethod
    async def start(cls) -> "DecoderProcess":
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "parley_asr.providers.decoder_process",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
        )
        return cls(process)

    @property
    def pid(self) -> int:
        return self._process.pid

    async def ask(self, kind: int, session: int, body: bytes = b"", *, timeout_s: float) -> bytes:
        """Send one request and await its reply. Raises Unavailable when the process is gone, TimedOut when it hangs."""
        if not self.alive:
            raise Unavailable(WHAT, "it has ended")
        if len(self._owed) >= MAX_PENDING:
            raise Unavailable(WHAT, "too many requests wait for it")
        owed: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._owed.append(owed)
        self._requests.write(wire.HEAD.pack(len(body), kind, session) + body)
        try:
            async with asyncio.timeout(timeout_s):
                return await owed
        except TimeoutError:
            log.error("killing hung decoder process", extra={"pid": self.pid})
            self.kill()
            raise TimedOut(WHAT, timeout_s) from None

    def kill(self) -> None:
        self._lost()
        if self._process.returncode is None:
            self._process.kill()

    async def close(self) -> None:
        self._lost()
        self._requests.close()
        try:
            await asyncio.wait_for(self._process.wait(), 2)
        except TimeoutError:
            self.kill()
            await self._process.wait()
        self._reader.cancel()
        await asyncio.gather(self._reader, return_exceptions=True)

    async def _read(self) -> None:
        try:
            while True:
                length, status, _ = wire.HEAD.unpack(await self._replies.readexactly(wire.HEAD.size))
                body = await self._replies.readexactly(length)
                owed = self._owed.popleft()
                if owed.done():  # its call was cancelled meanwhile
                    continue
                if status == wire.OK:
                    owed.set_result(body)
                else:
                    owed.set_exception(Unavailable("the decoder", body.decode("utf-8", "replace")))
        except (asyncio.IncompleteReadError, ConnectionError):
            if self.alive:
                log.error("decoder process ended", extra={"pid": self.pid})
            self._lost()

    def _lost(self) -> None:
        self.alive = False
        while self._owed:
            owed = self._owed.popleft()
            if not owed.done():
                owed.set_exception(Unavailable(WHAT, "it has ended"))


class DecoderPool:
    """As many decoder processes as asked for; a dead one is replaced when one is needed."""

    def __init__(self, size: int, *, timeout_s: float) -> None:
        self._size = size
        self.timeout_s = timeout_s
        self._processes: list[DecoderProcess] = []
        self._building: dict[str, asyncio.Lock] = {}
        self._starting = asyncio.Lock()
        self.sessions = itertools.count(1)

    @property
    def processes(self) -> tuple[DecoderProcess, ...]:
        return tuple(self._processes)

    @property
    def pids(self) -> list[int]:
        return [process.pid for process in self._processes if process.alive]

    async def start(self) -> None:
        while len(self._processes) < self._size:
            self._processes.append(await DecoderProcess.start())

    async def least_busy(self) -> DecoderProcess:
        """Return a living process, starting one in the place of each dead one."""
        async with self._starting:
            for at, process in enumerate(self._processes):
                if not process.alive:
                    await process.close()
                    self._processes[at] = await DecoderProcess.start()
            if not self._processes:
                raise Unavailable(WHAT, "the pool is not running")
            return min(self._processes, key=lambda process: process.calls)

    async def build(self, folder: Path, key: str, sentences: list[str]) -> dict[str, str]:
        """Build a language model in a separate process, so that it delays no call; returns the files' paths."""
        async with self._building.setdefault(key, asyncio.Lock()):
            builder = await DecoderProcess.start()
            try:
                request = json.dumps({"folder": str(folder), "sentences": sentences}).encode()
                if len(request) > wire.MAX_FRAME:
                    raise BadInput("the agent's texts", "are too large for a language model")
                answer = json.loads(await builder.ask(wire.BUILD, 0, request, timeout_s=BUILD_TIMEOUT_S))
                counts = {"sentences": len(sentences), "words": answer["words"], "guessed": answer["guessed"]}
                log.info("language model built", extra=counts)
                return {"lm": answer["lm"], "dict": answer["dict"]}
            finally:
                await builder.close()
                self._building.pop(key, None)

    async def close(self) -> None:
        processes, self._processes = self._processes, []
        await asyncio.gather(*(process.close() for process in processes))
