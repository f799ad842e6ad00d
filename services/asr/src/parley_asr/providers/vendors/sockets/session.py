"""One call's connection to a vendor: opened, spoken to, listened to, opened again after a loss. Vendors' providers make
one for each call; the vendor's words are its `Dialect`'s.

Utterances follow each other on the connection. Each ends with a flush that the vendor answers; what comes between two
answers belongs to the utterance between them.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Sequence

import aiohttp
from parley_core.errors import BadReply, ParleyError, TimedOut, Unavailable
from parley_core.providers import refusal

from parley_asr.providers.vendors.sockets.dialect import Dialect, Failed, Flushed, Message, Ready
from parley_asr.providers.vendors.sockets.utterance import SocketStream

log = logging.getLogger(__name__)

KEEP_ALIVE_S = 4.0
CONNECT_TIMEOUT_S = 5.0  # with the vendor's word that it takes audio
SEND_TIMEOUT_S = 2.0
BYTES_PER_MS = 32
LONGEST_BYTES = 1000 * BYTES_PER_MS  # of audio in one message, as some vendors bound it
PIECE_BYTES = 800 * BYTES_PER_MS  # of what is longer, so that no rest is too short
MAX_MESSAGE_BYTES = 4 << 20


class SocketRecogniser:
    def __init__(self, name: str, language: str, dialect: Callable[[], Dialect]) -> None:
        """`dialect`: makes one for each connection."""
        self.name = name
        self.language = language
        self._make = dialect
        self._dialect = dialect()
        self._http: aiohttp.ClientSession | None = None
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._ready: asyncio.Future[None] | None = None
        self._sent_ms = 0.0
        self._short = b""  # audio that is too little for a message
        self._flushes = 0  # sent on this connection
        self._answered = 0  # of those
        self._stream: SocketStream | None = None
        self._error: ParleyError | None = None

    async def connect(self) -> None:
        """Have an open connection. Raises Rejected when the vendor refuses it, Unavailable and TimedOut otherwise."""
        if self._socket is not None and self._error is None:
            return
        await self.close()
        self._dialect = self._make()
        self._sent_ms, self._error, self._flushes, self._answered, self._short = 0.0, None, 0, 0, b""
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                await self._open()
        except TimeoutError:
            await self.close()
            raise TimedOut(self.name, CONNECT_TIMEOUT_S) from None
        except BaseException:
            await self.close()
            raise

    async def _open(self) -> None:
        address = self._dialect.address()
        self._http = aiohttp.ClientSession()
        try:
            self._socket = socket = await self._http.ws_connect(
                address.url,
                params=list(address.query),
                headers=address.headers,
                max_msg_size=MAX_MESSAGE_BYTES,
                autoping=True,
            )
        except aiohttp.WSServerHandshakeError as error:
            raise refusal(self.name, error.status) from None
        except (aiohttp.ClientError, OSError) as error:
            raise Unavailable(self.name, type(error).__name__) from None
        self._ready = asyncio.get_running_loop().create_future()
        self._tasks = [asyncio.create_task(self._read(socket), name=f"{self.name} read")]
        await self._say(self._dialect.hello())
        if self._dialect.waits_for_ready:
            await asyncio.shield(self._ready)
        self._tasks.append(asyncio.create_task(self._keep_alive(), name=f"{self.name} keep alive"))

    async def open_stream(self) -> SocketStream:
        await self.connect()
        await self._say(self._dialect.begin())
        self._stream = SocketStream(self, self._flushes + 1)
        return self._stream

    @property
    def sent_ms(self) -> float:
        """Audio sent on the connection so far."""
        return self._sent_ms

    async def send(self, pcm: bytes) -> None:
        if self._short or len(pcm) < self._dialect.shortest_ms * BYTES_PER_MS:
            pcm = self._short + pcm
            self._short = b""
        if len(pcm) < self._dialect.shortest_ms * BYTES_PER_MS:
            self._short = pcm
            return
        while pcm:
            size = len(pcm) if len(pcm) <= LONGEST_BYTES else PIECE_BYTES
            await self._say((self._dialect.audio(pcm[:size]),))
            self._sent_ms += size / BYTES_PER_MS
            pcm = pcm[size:]

    async def flush(self, *, wanted: bool) -> None:
        if self._short:
            await self.send(bytes(self._dialect.shortest_ms * BYTES_PER_MS - len(self._short)))
        self._flushes += 1
        flush = self._dialect.flush if wanted else self._dialect.discard
        await self._say(flush(self._sent_ms))

    def give_up(self, error: ParleyError) -> None:
        """The connection does not answer any more; the next stream opens another."""
        self._lost(error)

    async def close(self) -> None:
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        socket, self._socket = self._socket, None
        http, self._http = self._http, None
        with contextlib.suppress(TimeoutError, OSError, aiohttp.ClientError):
            async with asyncio.timeout(SEND_TIMEOUT_S):
                if socket is not None and not socket.closed:
                    for message in self._dialect.goodbye():
                        await _put(socket, message)
                    await socket.close()
        if http is not None:
            await http.close()

    async def _say(self, messages: Sequence[Message]) -> None:
        if self._error is not None or self._socket is None:
            raise self._error or Unavailable(self.name, "the socket is closed")
        try:
            async with asyncio.timeout(SEND_TIMEOUT_S):
                for message in messages:
                    await _put(self._socket, message)
        except TimeoutError:
            self._lost(TimedOut(self.name, SEND_TIMEOUT_S))
            raise TimedOut(self.name, SEND_TIMEOUT_S) from None
        except (OSError, aiohttp.ClientError) as error:
            self._lost(Unavailable(self.name, type(error).__name__))
            raise self._error or Unavailable(self.name, type(error).__name__) from None

    async def _read(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        error: ParleyError | None = None
        try:
            async for message in socket:
                if message.type not in (aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.BINARY):
                    break
                error = self._take(message.data)
                if error is not None:
                    break
        except BadReply as bad:
            error = bad
        except (OSError, aiohttp.ClientError) as broken:
            error = Unavailable(self.name, type(broken).__name__)
        code = socket.close_code or aiohttp.WSCloseCode.ABNORMAL_CLOSURE
        self._lost(error or self._dialect.closed(code))

    def _take(self, message: Message) -> ParleyError | None:
        for event in self._dialect.read(message):
            match event:
                case Ready():
                    if self._ready is not None and not self._ready.done():
                        self._ready.set_result(None)
                case Flushed():
                    self._answered += 1
                    if self._stream is not None:
                        self._stream.flushed(self._answered)
                case Failed():
                    return event.error
                case _:
                    if self._stream is not None:
                        self._stream.take(event, self._answered)
        return None

    async def _keep_alive(self) -> None:
        while self._error is None:
            await asyncio.sleep(KEEP_ALIVE_S)
            message = self._dialect.keep_alive()
            if message is None:
                return
            with contextlib.suppress(ParleyError):  # it is kept in _error
                await self._say((message,))

    def _lost(self, error: ParleyError) -> None:
        if self._error is not None:
            return
        self._error = error
        if self._ready is not None and not self._ready.done():
            self._ready.set_exception(error)
            self._ready.exception()
        log.warning("recogniser's socket lost", extra={"provider": self.name, "error": type(error).__name__})
        if self._stream is not None:
            self._stream.lost(error)


async def _put(socket: aiohttp.ClientWebSocketResponse, message: Message) -> None:
    if isinstance(message, str):
        await socket.send_str(message)
    else:
        await socket.send_bytes(message)
