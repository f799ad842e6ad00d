"""Recognisers that take an utterance as one call of gRPC in both directions, Google's and Riva's: what they share.

Audio goes out as it comes; the end of it makes the vendor settle the rest and end the call. A stream that the vendor
ends before that is lost.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

import grpc
from parley_core.errors import ParleyError, Rejected, Throttled, TimedOut, Unavailable

from parley_asr.language.spoken import spoken_words
from parley_asr.providers.base import Final

FINAL_TIMEOUT_S = 1.8  # below the deadline of a call that has another recogniser to ask
SEND_TIMEOUT_S = 2.0
BYTES_PER_MS = 32
LONGEST_BYTES = 200 * BYTES_PER_MS  # of audio in one message
MOST_WAITING = 256  # chunks of audio that the vendor has not taken yet

Asked = TypeVar("Asked")
Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Said:
    """One result: words as (text, start_ms, end_ms, confidence), none where only the text is known."""

    text: str
    words: tuple[tuple[str, float, float, float], ...] = ()
    settled: bool = False
    confidence: float = 0.0
    language: str = ""


@dataclass(frozen=True, slots=True)
class Service(Generic[Asked, Answer]):
    """What one vendor's call is made of, for one call of ours."""

    name: str
    language: str
    begin: Callable[[], Asked]
    audio: Callable[[bytes], Asked]
    listen: Callable[[AsyncIterator[Asked]], Awaitable[AsyncIterable[Answer]]]
    read: Callable[[Answer], list[Said]]
    failed: Callable[[Exception], ParleyError | None]  # None for an error that is not the vendor's
    finish: Callable[[list[Said], int], Final]


class RpcRecogniser(Generic[Asked, Answer]):
    def __init__(self, service: Service[Asked, Answer]) -> None:
        self._service = service

    async def open_stream(self) -> "RpcStream[Asked, Answer]":
        return RpcStream(self._service)

    async def close(self) -> None:
        """Nothing is held: a call ends with its utterance."""


class RpcStream(Generic[Asked, Answer]):
    def __init__(self, service: Service[Asked, Answer]) -> None:
        self._service = service
        self._waiting: asyncio.Queue[bytes | None] = asyncio.Queue(MOST_WAITING)
        self._settled: list[Said] = []
        self._interim = ""
        self._bytes = 0
        self._error: ParleyError | None = None
        self._ended = False  # by us
        self._task = asyncio.create_task(self._listen(), name=f"{service.name} listen")

    async def accept(self, pcm: bytes) -> str:
        if self._error is not None:
            raise self._error
        self._bytes += len(pcm)
        for at in range(0, len(pcm), LONGEST_BYTES):
            await self._put(pcm[at : at + LONGEST_BYTES])
        return " ".join(spoken_words(self._text, self._service.language))

    async def finish(self) -> Final:
        await self._put(None)
        self._ended = True
        try:
            async with asyncio.timeout(FINAL_TIMEOUT_S):
                await asyncio.shield(self._task)
        except TimeoutError:
            raise TimedOut(self._service.name, FINAL_TIMEOUT_S) from None
        finally:
            await self.drop()
        if self._error is not None:
            raise self._error
        return self._service.finish(self._settled, self._bytes // BYTES_PER_MS)

    async def drop(self) -> None:
        self._ended = True
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task

    @property
    def _text(self) -> str:
        return " ".join([*(said.text for said in self._settled), self._interim]).strip()

    async def _put(self, chunk: bytes | None) -> None:
        try:
            async with asyncio.timeout(SEND_TIMEOUT_S):
                await self._waiting.put(chunk)
        except TimeoutError:
            raise self._error or TimedOut(self._service.name, SEND_TIMEOUT_S) from None

    async def _requests(self) -> AsyncIterator[Asked]:
        yield self._service.begin()
        while (chunk := await self._waiting.get()) is not None:
            yield self._service.audio(chunk)

    async def _listen(self) -> None:
        try:
            async for answer in await self._service.listen(self._requests()):
                for said in self._service.read(answer):
                    if said.settled:
                        self._settled.append(said)
                        self._interim = ""
                    else:
                        self._interim = said.text
        except ParleyError as error:
            self._error = error
        except Exception as error:
            self._error = self._service.failed(error)
            if self._error is None:
                raise
        if not self._ended and self._error is None:
            self._error = Unavailable(self._service.name, "the stream ended")


def refused(provider: str, status: str) -> ParleyError:
    """The error for a gRPC status by its name. A write that meets the vendor's refusal is INTERNAL in grpcio,
    whatever the vendor said: such a refusal counts as a failure that may pass."""
    match status:
        case "INVALID_ARGUMENT" | "NOT_FOUND" | "UNAUTHENTICATED" | "PERMISSION_DENIED" | "UNIMPLEMENTED":
            return Rejected(provider, status)
        case "FAILED_PRECONDITION":
            return Rejected(provider, status)
        case "RESOURCE_EXHAUSTED":
            return Throttled(provider, status)
    return Unavailable(provider, status or "no answer")


def rpc_failed(provider: str, error: Exception) -> ParleyError | None:
    return refused(provider, error.code().name) if isinstance(error, grpc.aio.AioRpcError) else None
