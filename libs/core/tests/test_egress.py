"""Requests that users name: what is refused before a byte is sent, and what is refused on the way."""

import asyncio
import socket
from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from parley_core.egress import EgressClient, EgressPolicy
from parley_core.errors import BadInput, BadReply, NotAllowed, ParleyError, TimedOut, Unavailable
from parley_testing.servers import free_port

LOOPBACK = EgressPolicy.of(private=["127.0.0.1/32"])


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "0",
        "localhost",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "224.0.0.1",
        "255.255.255.255",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:a9fe:a9fe]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "[fe80::1]",
        "[fd00::1]",
        "[ff02::1]",
    ],
)
async def test_addresses_that_are_not_public_are_refused_in_every_spelling(host: str) -> None:
    async with EgressClient(EgressPolicy(), max_bytes=1000, timeout_s=5) as client:
        with pytest.raises(NotAllowed, match="not a public one"):
            await client.request("GET", f"http://{host}:1/")


@pytest.mark.parametrize("url", ["http://8.8.8.8/", "https://[2606:4700::1111]/a?b=c", "http://93.184.216.34:8080"])
def test_public_addresses_are_taken(url: str) -> None:
    assert EgressPolicy().check_url(url).hostname


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "gopher://example.com/",
        "//example.com/",
        "http://",
        "http://user:secret@example.com/",
        "http://[::1/",
        "http://example.com:99999/",
        "http://example.com/" + "a" * 5000,
    ],
)
def test_what_is_no_plain_web_address_is_refused_without_its_secrets(url: str) -> None:
    with pytest.raises(BadInput) as error:
        EgressPolicy().check_url(url)
    assert "secret" not in str(error.value)


def test_a_list_of_hosts_takes_those_and_no_others() -> None:
    policy = EgressPolicy.of(["example.com", "*.Clinic.org"])
    for url in ("https://example.com/a", "https://clinic.org/", "https://www.clinic.org./"):
        policy.check_url(url)
    for url in ("https://www.example.com/", "https://example.com.evil.org/", "https://evilclinic.org/"):
        with pytest.raises(NotAllowed, match="list of allowed hosts"):
            policy.check_url(url)


def test_a_network_that_is_none_is_refused() -> None:
    with pytest.raises(BadInput, match="allowed networks"):
        EgressPolicy.of(private=["10.0.0.1/8"])


class Server:
    """Notes what it is asked."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, str, dict[str, str], bytes]] = []
        self.url = f"http://127.0.0.1:{free_port()}"

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.seen.append((request.method, request.path, dict(request.headers), await request.read()))
        match request.path:
            case "/to":
                raise web.HTTPFound(request.query["url"])
            case "/keep":
                raise web.HTTPTemporaryRedirect(request.query["url"])
            case "/loop":
                raise web.HTTPFound("/loop")
            case "/large":
                return web.Response(body=b"x" * 10_000)
            case "/slow":
                response = web.StreamResponse()
                await response.prepare(request)
                await response.write(b"x")
                await asyncio.Event().wait()
        return web.Response(text="hello", headers={"Content-Type": "text/html; charset=utf-8"})


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    made = Server()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", made.answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", int(made.url.rpartition(":")[2])).start()
    yield made
    await runner.cleanup()


async def test_an_allowed_network_is_reached(server: Server) -> None:
    async with EgressClient(LOOPBACK, max_bytes=1000, timeout_s=5) as client:
        fetched = await client.request("GET", f"{server.url}/page")
    assert (fetched.status, fetched.content, fetched.media_type) == (200, b"hello", "text/html")


async def test_a_redirect_is_checked_like_the_first_address(server: Server) -> None:
    async with EgressClient(LOOPBACK, max_bytes=1000, timeout_s=5) as client:
        with pytest.raises(NotAllowed):
            await client.request("GET", f"{server.url}/to?url=http://169.254.169.254/latest/meta-data/")
        with pytest.raises(BadInput):
            await client.request("GET", f"{server.url}/to?url=file:///etc/passwd")
        with pytest.raises(BadReply, match="redirects"):
            await client.request("GET", f"{server.url}/loop")
        assert (await client.request("GET", f"{server.url}/to?url=/page")).url == f"{server.url}/page"
    assert all(path != "/latest/meta-data/" for _, path, _, _ in server.seen)


async def test_a_redirect_to_another_host_takes_no_credentials_and_no_content(server: Server) -> None:
    elsewhere = server.url.replace("127.0.0.1", "localhost")
    policy = EgressPolicy.of(private=["127.0.0.1/32", "::1/128"])
    async with EgressClient(policy, max_bytes=1000, timeout_s=5) as client:
        secret = {"Authorization": "Bearer s3cret", "X-Api-Key": "s3cret", "Accept": "text/html"}
        await client.request("GET", f"{server.url}/to?url={elsewhere}/page", headers=secret)
        _, path, headers, _ = server.seen[-1]
        assert path == "/page"
        assert "s3cret" not in str(headers)
        assert headers["Accept"] == "text/html"
        with pytest.raises(NotAllowed, match="elsewhere"):
            await client.request("POST", f"{server.url}/keep?url={elsewhere}/page", body=b"s3cret")


async def test_a_name_is_refused_for_any_address_that_it_resolves_to(monkeypatch: pytest.MonkeyPatch) -> None:
    def resolve(*_: object, **__: object) -> list[tuple[object, ...]]:
        kind = (socket.AF_INET, socket.SOCK_STREAM, 6, "")
        return [(*kind, ("93.184.216.34", 80)), (*kind, ("10.0.0.1", 80))]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    async with EgressClient(EgressPolicy(), max_bytes=1000, timeout_s=5) as client:
        with pytest.raises(NotAllowed, match=r"rebound\.example"):
            await client.request("GET", "http://rebound.example/")


@pytest.mark.parametrize(("path", "kind"), [("/large", BadReply), ("/slow", TimedOut)])
async def test_answers_are_bounded_in_size_and_time(server: Server, path: str, kind: type[ParleyError]) -> None:
    async with EgressClient(LOOPBACK, max_bytes=1000, timeout_s=1.0) as client:
        with pytest.raises(kind):
            await client.request("GET", server.url + path)


async def test_a_server_that_is_away_is_unavailable() -> None:
    async with EgressClient(LOOPBACK, max_bytes=1000, timeout_s=5) as client:
        with pytest.raises(Unavailable):
            await client.request("GET", f"http://127.0.0.1:{free_port()}/")
