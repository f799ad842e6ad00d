"""Connections that send nothing, half a head or half a body are closed; answers and quick clients are not disturbed."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import aiohttp
import pytest
from aiohttp import web
from parley_core.http.deadlines import keep_deadlines
from parley_core.tasks import Tasks


@dataclass(frozen=True, slots=True)
class Listener:
    port: int
    answer: asyncio.Event


@pytest.fixture
async def listener() -> AsyncIterator[Listener]:
    answer = asyncio.Event()

    async def slow(request: web.Request) -> web.Response:
        await request.read()
        await answer.wait()
        return web.Response(text="late")

    async def quick(request: web.Request) -> web.Response:
        return web.Response(text=str(len(await request.read())))

    application = web.Application()
    application.add_routes([web.post("/slow", slow), web.post("/quick", quick)])
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    server = runner.server
    assert server is not None
    async with Tasks("deadlines") as tasks:
        tasks.spawn(keep_deadlines(server, head_s=0.3, body_s=0.3, look_s=0.05), "deadlines")
        yield Listener(int(runner.addresses[0][1]), answer)
    await runner.cleanup()


@pytest.mark.outside
@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"G",
        b"GET / HTTP/1.1\r\nHost: a\r\n",
        b"POST /quick HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf",
        b"POST /quick HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nha",
    ],
)
async def test_what_never_becomes_a_request_is_closed(listener: Listener, sent: bytes) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", listener.port)
    writer.write(sent)
    assert await asyncio.wait_for(reader.read(), 10) in (b"", b"HTTP/1.1 400 Bad Request\r\n")
    writer.close()


@pytest.mark.outside
async def test_an_answer_may_take_as_long_as_it_takes(listener: Listener) -> None:
    async with aiohttp.ClientSession(f"http://127.0.0.1:{listener.port}") as http:
        late = asyncio.ensure_future(http.post("/slow", data=b"x" * 100))
        reader, idle = await asyncio.open_connection("127.0.0.1", listener.port)
        await asyncio.wait_for(reader.read(), 10)  # a deadline has passed meanwhile
        listener.answer.set()
        async with await late as answer:
            assert await answer.text() == "late"
        async with http.post("/quick", data=b"x" * 100_000) as answer:
            assert await answer.text() == "100000"
        idle.close()
