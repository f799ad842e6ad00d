"""A TCP relay that can be cut: a network between a browser and a gateway."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from parley_testing.servers import free_port

_CHUNK = 65_536


class Relay:
    """Passes bytes on, until it is cut; then it drops what comes, like a network that is gone, and tells nobody."""

    def __init__(self, target: int) -> None:
        self._target = target
        self.port = free_port()
        self._up = asyncio.Event()
        self._up.set()
        self._writers: set[asyncio.StreamWriter] = set()

    def cut(self) -> None:
        """The cable is out: connections stand still, and nobody is told."""
        self._up.clear()

    def mend(self) -> None:
        """The cable is in again; connections from before are reset, as by a router that has forgotten them."""
        for writer in self._writers:
            writer.transport.abort()
        self._up.set()

    def reset(self) -> None:
        """End every connection at once, without a word of its ends."""
        for writer in self._writers:
            writer.transport.abort()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._up.wait()
            inner, outer = await asyncio.open_connection("127.0.0.1", self._target)
            self._writers |= {writer, outer}
            async with asyncio.TaskGroup() as ways:
                ways.create_task(self._pass(reader, outer), name="to the gateway")
                ways.create_task(self._pass(inner, writer), name="to the browser")
        finally:
            self._writers.discard(writer)
            writer.close()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while data := await reader.read(_CHUNK):
                if self._up.is_set():
                    writer.write(data)
                    await writer.drain()
        writer.close()
        self._writers.discard(writer)


@asynccontextmanager
async def relay(target: int) -> AsyncIterator[Relay]:
    """A relay to a port of this machine, open while the context is."""
    made = Relay(target)
    server = await asyncio.start_server(made.serve, "127.0.0.1", made.port)
    try:
        yield made
    finally:
        made.mend()
        server.close()
