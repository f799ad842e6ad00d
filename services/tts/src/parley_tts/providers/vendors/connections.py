"""HTTP requests and WebSockets to a vendor, with its failures as Parley's errors; each engine has one `Client`.

Sockets are kept open between sentences, because a handshake costs as much as the first audio. One sentence has a socket
to itself; while it rests, what still comes of a cancelled sentence is read and dropped.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from aiohttp import (
    ClientConnectionError,
    ClientError,
    ClientResponse,
    ClientSession,
    ClientTimeout,
    ClientWebSocketResponse,
    ServerDisconnectedError,
    TCPConnector,
    WSMsgType,
    WSServerHandshakeError,
)
from parley_core.errors import BadReply, ParleyError, Rejected, Throttled, Unavailable
from parley_core.providers import refusal
from parley_core.tasks import Tasks
from parley_core.text import load_json

from parley_tts.providers.vendors.voice import Stale

CONNECT_TIMEOUT_S = 3.0
CANCEL_TIMEOUT_S = 0.5  # for a cancel message: a caller who interrupts waits for it
IDLE_S = 45.0  # vendors close sockets that rest for a minute or more
RESTING = 16  # sockets that one process keeps for later
MOST_MESSAGE = 16 * 1024 * 1024
MOST_BODY = 8 * 1024 * 1024
_REFUSALS, _TRY_LATER = (1003, 1007, 1008), 1013  # data that it does not take, or a policy; RFC 6455, section 7.4


@dataclass(slots=True, eq=False)
class Socket:
    """One WebSocket in use by one sentence. The engine sets `reusable` where the next sentence may have it."""

    name: str
    url: str
    raw: ClientWebSocketResponse
    rested: bool = False
    reusable: bool = False
    sentences: int = 0
    _heard: bool = field(default=False, init=False)

    async def send(self, message: str) -> None:
        try:
            await self.raw.send_str(message)
        except (ClientError, ConnectionError) as error:
            raise self._closed(type(error).__name__) from None

    async def receive(self) -> str | bytes:
        """The next message. Raises Rejected, Throttled or Unavailable where the vendor closes."""
        message = await self.raw.receive()
        if message.type in (WSMsgType.TEXT, WSMsgType.BINARY):
            self._heard = True
            data: str | bytes = message.data
            return data
        code = self.raw.close_code or 0
        if code in _REFUSALS:
            raise Rejected(self.name, str(code))
        if code == _TRY_LATER:
            raise Throttled(self.name, str(code))
        raise self._closed(f"the socket was closed with {code}")

    async def receive_json(self) -> dict[str, object]:
        """The next message, an object. Raises BadReply for anything else."""
        return json_object(self.name, await self.receive())

    async def cancel(self, message: str) -> None:
        """Say that the sentence is not wanted; the socket is closed where that does not go out."""
        self.reusable = False
        with suppress(ParleyError, TimeoutError):
            async with asyncio.timeout(CANCEL_TIMEOUT_S):
                await self.send(message)
            self.reusable = True

    def _closed(self, why: str) -> Unavailable:
        return Stale(self.name, why) if self.rested and not self._heard else Unavailable(self.name, why)


class Client:
    """`start` before anything else; `close` ends every connection."""

    def __init__(self, name: str, headers: Mapping[str, str]) -> None:
        self._name = name
        self._headers = dict(headers)
        self._session: ClientSession | None = None
        self._resting: dict[Socket, asyncio.Task[None]] = {}
        self._tasks = Tasks(f"sockets of {name}")

    async def start(self) -> None:
        if self._session is None:
            self._session = ClientSession(
                headers=self._headers,
                connector=TCPConnector(limit=0, keepalive_timeout=IDLE_S),
                timeout=ClientTimeout(total=None, sock_connect=CONNECT_TIMEOUT_S),
            )

    async def close(self) -> None:
        await self._tasks.close()
        self._tasks = Tasks(f"sockets of {self._name}")
        self._resting.clear()
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    @asynccontextmanager
    async def request(
        self, method: str, url: str, *, body: object = None, data: bytes | None = None, headers: Mapping[str, str] = {}
    ) -> AsyncIterator[ClientResponse]:
        """The answer, its body not read yet. Leaving before its end closes the connection, which cancels the work."""
        session = self._open()
        try:
            async with session.request(
                method, url, json=body, data=data, headers=headers, allow_redirects=False
            ) as response:
                if response.status >= 300:
                    detail = _code_in(await response.content.read(4096))
                    raise refusal(self._name, response.status, detail)
                yield response
        except ServerDisconnectedError:
            raise Stale(self._name, "the connection was closed") from None
        except TimeoutError:
            raise Unavailable(self._name, f"no connection within {CONNECT_TIMEOUT_S:g} s") from None
        except (ClientConnectionError, ClientError, ConnectionError) as error:
            raise Unavailable(self._name, type(error).__name__) from None

    async def get(self, url: str) -> object:
        """The JSON at an address. Raises BadReply where it is none."""
        async with self.request("GET", url) as response:
            body = await whole(self._name, response)
        try:
            return load_json(body)
        except ValueError:
            raise BadReply(self._name, "an answer that is no JSON") from None

    async def get_json(self, url: str) -> dict[str, object]:
        found = await self.get(url)
        if not isinstance(found, dict):
            raise BadReply(self._name, "an answer that is no JSON object")
        return found

    @asynccontextmanager
    async def socket(self, url: str, headers: Mapping[str, str] = {}) -> AsyncIterator[Socket]:
        """A socket to this address, one that rests or a new one."""
        socket = await self._rested(url) or await self._connect(url, headers)
        socket.reusable = False
        socket.sentences += 1
        try:
            yield socket
        finally:
            if socket.reusable and not socket.raw.closed and len(self._resting) < RESTING and self._session is not None:
                socket.rested, socket._heard = True, False
                self._resting[socket] = self._tasks.spawn(self._rest(socket), "resting socket")
            else:
                with suppress(TimeoutError):
                    async with asyncio.timeout(CANCEL_TIMEOUT_S):
                        await socket.raw.close()

    async def _connect(self, url: str, headers: Mapping[str, str]) -> Socket:
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                raw = await self._open().ws_connect(url, headers=headers, max_msg_size=MOST_MESSAGE)
        except WSServerHandshakeError as error:
            raise refusal(self._name, error.status if error.status >= 400 else 502) from None
        except TimeoutError:
            raise Unavailable(self._name, f"no connection within {CONNECT_TIMEOUT_S:g} s") from None
        except (ClientError, ConnectionError) as error:
            raise Unavailable(self._name, type(error).__name__) from None
        return Socket(self._name, url, raw)

    async def _rested(self, url: str) -> Socket | None:
        for socket, resting in list(self._resting.items()):
            if socket.url == url and socket in self._resting:
                del self._resting[socket]
                resting.cancel()
                await asyncio.wait([resting])
                if not socket.raw.closed:
                    return socket
        return None

    async def _rest(self, socket: Socket) -> None:
        """Read what nobody wants, until the socket is taken, closed by the vendor, or too old."""
        try:
            async with asyncio.timeout(IDLE_S):
                while (await socket.raw.receive()).type in (WSMsgType.TEXT, WSMsgType.BINARY):
                    pass
        except TimeoutError:
            pass
        self._resting.pop(socket, None)
        await socket.raw.close()

    def _open(self) -> ClientSession:
        if self._session is None:
            raise Unavailable(self._name, "it was not started")
        return self._session


async def whole(name: str, response: ClientResponse) -> bytes:
    """The body. Raises BadReply where it is too large."""
    body = bytearray()
    async for piece in response.content.iter_any():
        body += piece
        if len(body) > MOST_BODY:
            raise BadReply(name, "the answer is too large")
    return bytes(body)


def json_object(name: str, data: str | bytes) -> dict[str, object]:
    try:
        found = load_json(data)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise BadReply(name, "a message that is no JSON object")
    return found


def _code_in(body: bytes) -> str:
    """The vendor's own word for the failure; its sentences may repeat what was to be said."""
    try:
        found = load_json(body)
    except ValueError:
        return ""
    for key in ("error", "detail"):
        if isinstance(found, dict) and isinstance(found.get(key), dict | str):
            found = found[key]
    if isinstance(found, dict):
        found = next((found[key] for key in ("code", "status", "type", "err_code") if found.get(key)), "")
    word = str(found)
    return word if len(word) <= 60 and word.replace("_", "").replace("-", "").isalnum() else ""
