"""An address has so many connections at a listener, with a request or without; closed ones make room again."""

import asyncio
from collections.abc import AsyncIterator, Callable

import aiohttp
import pytest
import uvloop
from aiohttp import web
from parley_core.health import Health, serve_health
from parley_core.http import connections
from parley_core.http.connections import BoundedSite

MOST = 5


@pytest.fixture(autouse=True)
def _few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "OF_THIS_MACHINE", MOST)


async def serve(**bounds: object) -> tuple[web.AppRunner, int]:
    async def hello(request: web.Request) -> web.Response:
        return web.Response(text=str(len(await request.read())))

    application = web.Application()
    application.add_routes([web.post("/", hello)])
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await BoundedSite(runner, "127.0.0.1", 0, **bounds).start()  # type: ignore[arg-type]
    return runner, int(runner.addresses[0][1])


@pytest.fixture
async def port() -> AsyncIterator[int]:
    runner, port = await serve(per_address=2)
    yield port
    await runner.cleanup()


async def opened(port: int, sent: bytes, host: str = "127.0.0.1") -> asyncio.StreamWriter | None:
    """A connection that stays open with what was sent; None where it was closed at once."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(host, 0))
    writer.write(sent)
    try:
        # A refused one ends before anything could be answered.
        await asyncio.wait_for(reader.read(1), 0.1)
    except TimeoutError:
        return writer
    except ConnectionError:
        pass
    writer.close()
    return None


HALF_OPEN = [b"", b"P", b"POST / HTTP/1.1\r\nHost: a\r\n", b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nh"]


@pytest.mark.outside
@pytest.mark.parametrize("sent", HALF_OPEN)
async def test_half_open_connections_count(port: int, sent: bytes) -> None:
    held = [await opened(port, sent) for _ in range(MOST + 3)]
    assert [one is not None for one in held] == [True] * MOST + [False] * 3
    other = await opened(port, sent, "127.0.0.2")
    assert other is not None, "another address has connections of its own"
    for one in [*held, other]:
        if one is not None:
            one.close()


@pytest.mark.outside
async def test_a_closed_connection_makes_room_and_requests_go_on(port: int) -> None:
    held = [await opened(port, b"") for _ in range(MOST)]
    with pytest.raises(aiohttp.ClientError):
        async with aiohttp.ClientSession() as http:
            await http.post(f"http://127.0.0.1:{port}/", data=b"x")
    for one in held:
        assert one is not None
        one.close()
        await one.wait_closed()
    async with aiohttp.ClientSession() as http:
        for size in (0, 10, 200_000):
            async with http.post(f"http://127.0.0.1:{port}/", data=b"x" * size) as answer:
                assert await answer.text() == str(size)


@pytest.mark.outside
async def test_without_a_bound_there_is_none() -> None:
    runner, port = await serve(per_address=0)
    held = [await opened(port, b"") for _ in range(MOST * 3)]
    assert None not in held
    for one in held:
        assert one is not None
        one.close()
    await runner.cleanup()


@pytest.mark.outside
@pytest.mark.parametrize("run", [asyncio.run, uvloop.run], ids=["asyncio", "uvloop"])
def test_every_loop_hands_its_connections_over(run: Callable[..., object]) -> None:
    async def scene() -> None:
        runner, port = await serve(per_address=2)
        held = [await opened(port, HALF_OPEN[2]) for _ in range(MOST + 1)]
        assert [one is not None for one in held] == [True] * MOST + [False]
        for one in held[:MOST]:
            assert one is not None
            one.close()
            await one.wait_closed()
        async with (
            aiohttp.ClientSession() as http,
            http.post(f"http://127.0.0.1:{port}/", data=b"x" * 100_000) as answer,
        ):
            assert await answer.text() == "100000"
        await runner.cleanup()

    run(scene())


@pytest.mark.outside
async def test_the_health_listener_is_bounded() -> None:
    runner, port = await serve_health(Health(), "127.0.0.1", 0)
    most = connections.PER_ADDRESS
    held = await asyncio.gather(*(opened(port, b"GET /healthz HTTP/1.1\r\n") for _ in range(most + 7)))
    assert sum(one is not None for one in held) == most
    for one in held:
        if one is not None:
            one.close()
    await runner.cleanup()
