"""How many connections one address may have open at a listener of HTTP, whether or not it ever sends a request.

Counted as they are accepted, before a byte is read: what is past the bound is closed at once, so that one client takes
neither the process's file descriptors nor its memory. `deadlines` ends those that never become a request.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import cast

from aiohttp import web

from parley_core import telemetry
from parley_core.networks import parsed, site_of

log = logging.getLogger(__name__)

PER_ADDRESS = 100
OF_THIS_MACHINE = 1000  # loopback, and proxies in front: many clients stand behind one address
_PURGE_AFTER = 256


class BoundedSite(web.TCPSite):
    """As aiohttp's, with a bound on each address's connections."""

    def __init__(
        self,
        runner: web.BaseRunner,
        host: str,
        port: int,
        *,
        per_address: int = PER_ADDRESS,
        is_proxy: Callable[[str], bool] = lambda address: False,
    ) -> None:
        """`per_address`: 0 for no bound. `is_proxy`: an address that many clients come from."""
        super().__init__(runner, host, port)
        self._bounds = _Bounds(f"{host}:{port}", per_address, is_proxy)

    async def start(self) -> None:
        # aiohttp's own start but for the factory, which is the server itself there (aiohttp 3.14).
        await web.BaseSite.start(self)
        server = self._runner.server
        if server is None:
            raise RuntimeError("the runner is not set up")
        self._server = await asyncio.get_running_loop().create_server(
            lambda: _Entry(server, self._bounds), self._host, self._port, backlog=self._backlog
        )
        self._bound_port = self._server.sockets[0].getsockname()[1]


class _Bounds:
    def __init__(self, listener: str, per_address: int, is_proxy: Callable[[str], bool]) -> None:
        self._listener = listener
        self._per_address = per_address
        self._is_proxy = is_proxy
        self._open: dict[str, list[asyncio.Transport]] = {}
        self._full: set[str] = set()  # of which the log has been told
        self._since_purge = 0
        self._refused = telemetry.counter("parley_connections_refused", "Connections past the bound of their address")

    def admit(self, transport: asyncio.Transport) -> bool:
        peer = transport.get_extra_info("peername")
        address = str(peer[0]) if peer else ""
        site = site_of(address)
        mine = [one for one in self._open.get(site, ()) if not one.is_closing()]
        most = self._most(address)
        admitted = not most or len(mine) < most
        if admitted:
            mine.append(transport)
            self._full.discard(site)
        else:
            self._refused.add(1)
            if site not in self._full:
                self._full.add(site)
                log.warning("too many connections", extra={"listener": self._listener, "address": site, "most": most})
        self._open[site] = mine
        self._since_purge += 1
        if self._since_purge >= max(_PURGE_AFTER, len(self._open)):
            self._purge()
        return admitted

    def _most(self, address: str) -> int:
        known = parsed(address)
        many = known is None or known.is_loopback or self._is_proxy(address)
        return max(self._per_address, OF_THIS_MACHINE) if many and self._per_address else self._per_address

    def _purge(self) -> None:
        self._since_purge = 0
        live = {site: [one for one in some if not one.is_closing()] for site, some in self._open.items()}
        self._open = {site: some for site, some in live.items() if some}
        self._full &= self._open.keys()


class _Entry(asyncio.Protocol):
    """Stands at the door: hands an admitted connection to the server, and closes any other."""

    def __init__(self, server: web.Server, bounds: _Bounds) -> None:
        self._server = server
        self._bounds = bounds

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        stream = cast(asyncio.Transport, transport)  # a loop's own class need not be asyncio's
        if not self._bounds.admit(stream):
            stream.abort()
            return
        handler = self._server()
        stream.set_protocol(handler)
        handler.connection_made(transport)
