"""Runs parsers: those of text here on a thread, all others in a process of their own, bounded in memory and time.

`app` makes one; `Knowledge` calls it. A hostile file can end its process and nothing else: the child may write no
file, its answer is bounded, and its parsers follow no link. It is not cut off from the network by the system.
"""

import asyncio
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process

from parley_core.errors import BadInput, LimitReached, TimedOut, Unavailable

from parley_rag.parsing import child
from parley_rag.parsing.blocks import Parsed, from_json
from parley_rag.parsing.formats import IN_PROCESS

TIMEOUT_S = 120.0
AT_ONCE = 2  # parsers beside each other; calls share the machine
MAX_WAITING = 64
MAX_ANSWER = 64 * 1024 * 1024


class Sandbox:
    def __init__(self, *, timeout_s: float = TIMEOUT_S, at_once: int = AT_ONCE, max_waiting: int = MAX_WAITING) -> None:
        self._timeout_s = timeout_s
        self._places = asyncio.Semaphore(at_once)
        self._limit = at_once + max_waiting
        self._running = 0

    async def parse(self, content: bytes, media_type: str) -> Parsed:
        """Raises BadInput for a file that cannot be read or that asks for too much, LimitReached, TimedOut, and
        Unavailable where its parser is not installed."""
        if self._running >= self._limit:
            raise LimitReached("documents being read", self._limit)
        self._running += 1
        try:
            async with self._places:
                parser = IN_PROCESS.get(media_type)
                return await asyncio.to_thread(parser, content) if parser else await self._isolated(content, media_type)
        finally:
            self._running -= 1

    async def _isolated(self, content: bytes, media_type: str) -> Parsed:
        command = [sys.executable, "-I", "-m", child.__name__, media_type]
        process = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE, stderr=DEVNULL, limit=2**16)
        try:
            async with asyncio.timeout(self._timeout_s):
                answer = await _exchange(process, content)
        except TimeoutError:
            raise TimedOut("the document's parser", self._timeout_s) from None
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        return _result(process.returncode, answer)


async def _exchange(process: Process, content: bytes) -> bytes:
    assert process.stdin is not None  # noqa: S101  # both are pipes
    assert process.stdout is not None  # noqa: S101
    try:
        process.stdin.write(content)
        await process.stdin.drain()
        process.stdin.close()
    except (BrokenPipeError, ConnectionResetError):
        pass  # it ended early; its status says why
    answer = bytearray()
    while piece := await process.stdout.read(2**16):
        answer += piece
        if len(answer) > MAX_ANSWER:
            raise BadInput("content", f"makes more than {MAX_ANSWER} bytes of text")
    await process.wait()
    return bytes(answer)


def _result(status: int | None, answer: bytes) -> Parsed:
    match status:
        case 0:
            return from_json(answer)
        case child.BAD_INPUT:
            raise BadInput("content", answer.decode("utf-8", "replace")[:500] or "cannot be read")
        case child.NOT_INSTALLED:
            raise Unavailable("the document's parser", answer.decode("utf-8", "replace")[:500])
        case child.TOO_LARGE:
            raise BadInput("content", "needs more memory than a document may")
        case _:
            raise BadInput("content", "is damaged or hostile: its parser ended without an answer")
