"""Composition root: opens the engine, mounts the HTTP interface, serves until it is stopped. `__main__` runs it."""

import asyncio
import errno
import logging
import math
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web
from parley_core.http.connections import BoundedSite
from parley_core.http.deadlines import keep_deadlines
from parley_core.tasks import Tasks

from parley_warehouse.engine import Engine
from parley_warehouse.errors import StartRefused
from parley_warehouse.http import Http
from parley_warehouse.requests import Requests
from parley_warehouse.settings import WarehouseSettings

log = logging.getLogger(__name__)

# ClickHouse's http_max_uri_size; queries and parameters travel in the address.
_LONGEST_LINE = 1024 * 1024
_HANDLERS_END_S = 1.0  # after the drain no query runs any more; what still sends is cut off
_LINGER_S = 1.0  # a client that is refused in the middle of its body has this long to read why


@asynccontextmanager
async def serving(settings: WarehouseSettings) -> AsyncIterator[int]:
    """Serve inside the context; gives the port. Raises StartRefused with the one line that says why not."""
    async with Engine.open(settings) as engine:
        http = Http(engine, Requests(settings, engine.incoming), settings)
        runner = web.AppRunner(
            http.application(),
            access_log=None,
            auto_decompress=False,
            handler_cancellation=True,
            max_line_size=_LONGEST_LINE,
            max_field_size=_LONGEST_LINE,
            shutdown_timeout=_HANDLERS_END_S,
            lingering_time=_LINGER_S,
        )
        await runner.setup()
        try:
            site = BoundedSite(runner, settings.host, settings.port)
            try:
                await site.start()
            except OSError as error:
                where = f"{settings.host}:{settings.port}"
                reason = "is taken" if error.errno == errno.EADDRINUSE else f"cannot be bound: {error.strerror}"
                raise StartRefused(f"{where} {reason}; set PARLEY_WAREHOUSE_PORT to another port") from None
            port = int(runner.addresses[0][1])
            log.info("warehouse ready", extra={"port": port, "engine": engine.version})
            async with Tasks("warehouse") as tasks:
                if runner.server is not None:
                    # A body has a limit of its own on the time between two of its parts.
                    tasks.spawn(keep_deadlines(runner.server, body_s=math.inf), "deadlines")
                yield port
            await engine.drain()
        finally:
            await runner.cleanup()


async def run(settings: WarehouseSettings) -> None:
    """Serve until SIGTERM or SIGINT, then let running queries end."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with serving(settings):
        await stop.wait()
        log.info("warehouse stopping")
