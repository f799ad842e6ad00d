"""Pages of other sites reach nothing by HTTP or WebSockets; programs and the pages of allowed sites do."""

from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

import aiohttp
import pytest
from parley_testing.callers import Gateway
from parley_testing.workers import Workers

StartGateway = Callable[..., Awaitable[Gateway]]
EVIL = "https://evil.example"
SHOP = "https://shop.example"
REFUSED: list[tuple[dict[str, str], str]] = [
    ({"Origin": EVIL}, "foreign_origin"),
    ({"Origin": EVIL, "Sec-Fetch-Site": "cross-site"}, "foreign_origin"),
    ({"Origin": "null"}, "foreign_origin"),
    ({"Origin": "http://127.0.0.1:3000"}, "foreign_origin"),
    ({"Sec-Fetch-Site": "cross-site"}, "foreign_origin"),
    ({"Sec-Fetch-Site": "same-site"}, "foreign_origin"),
    ({"Host": "rebound.example"}, "host_denied"),
    ({"Host": "rebound.example:8080", "Origin": "http://rebound.example:8080"}, "host_denied"),
    ({"Host": "127.0.0.1.nip.example"}, "host_denied"),
]


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "application/json"])
@pytest.mark.parametrize(("headers", "reason"), REFUSED)
async def test_a_foreign_page_is_given_no_token(
    gateway: Gateway, headers: dict[str, str], reason: str, kind: str
) -> None:
    async with (
        aiohttp.ClientSession() as http,
        http.post(f"{gateway.http}/v1/tokens", data="{}", headers={**headers, "Content-Type": kind}) as answer,
    ):
        assert answer.status == 403
        assert (await answer.json())["reason"] == reason


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/v1/agents"), ("POST", "/v1/calls"), ("POST", "/v1/webrtc/offer")]
)
async def test_nor_anything_else(gateway: Gateway, method: str, path: str) -> None:
    async with (
        aiohttp.ClientSession(headers={"Origin": EVIL}) as http,
        http.request(method, gateway.http + path, data="{}") as answer,
    ):
        assert (await answer.json())["reason"] == "foreign_origin"


@pytest.mark.parametrize("path", ["/", "/widget.js", "/v1/config", "/healthz"])
async def test_under_a_rebound_name_nothing_is_served(gateway: Gateway, path: str) -> None:
    async with (
        aiohttp.ClientSession() as http,
        http.get(gateway.http + path, headers={"Host": "rebound.example"}) as answer,
    ):
        assert answer.status == 403


@pytest.mark.parametrize("path", ["/", "/widget.js", "/widget/worklet.js", "/v1/config"])
async def test_what_any_page_may_load_and_link_to_is_served(gateway: Gateway, path: str) -> None:
    async with (
        aiohttp.ClientSession(headers={"Origin": EVIL, "Sec-Fetch-Site": "cross-site"}) as http,
        http.get(gateway.http + path) as answer,
    ):
        assert answer.status == 200


@pytest.mark.parametrize("path", ["/v1/call", "/v1/realtime?model=clinic", "/v1/rtvi"])
@pytest.mark.parametrize(("headers", "reason"), REFUSED)
async def test_a_foreign_page_opens_no_websocket(
    gateway: Gateway, headers: dict[str, str], reason: str, path: str
) -> None:
    token = await gateway.token()
    url = f"{gateway.ws.removesuffix('/v1/call')}{path}{'&' if '?' in path else '?'}token={token}"
    async with aiohttp.ClientSession() as http:
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await http.ws_connect(url, headers=headers)
    assert refused.value.status == 403


@pytest.mark.parametrize("by", ["settings", "token", "both", "any"])
async def test_an_allowed_sites_page_calls(start_gateway: StartGateway, workers: Workers, by: str) -> None:
    options = {"settings": SHOP, "both": f"https://else.example, {SHOP}/", "any": "*"}
    gateway = await start_gateway(allowed_origins=options.get(by, ""))
    token = await gateway.token(**({"origins": [SHOP]} if by in ("token", "both") else {}))
    async with gateway.connect(token, headers={"Origin": SHOP, "Sec-Fetch-Site": "cross-site"}) as client:
        await client.start()
        await client.event("ready")


async def test_the_gateways_own_page_calls_from_its_other_port(gateway: Gateway, workers: Workers) -> None:
    headers = {"Origin": gateway.http, "Sec-Fetch-Site": "same-site"}
    async with gateway.connect(headers=headers) as client:
        await client.start()
        await client.event("ready")


@pytest.mark.parametrize("host", ["voice.example.com", "voice.example.com:443"])
async def test_a_proxy_on_this_machine_passes_the_public_name_on(start_gateway: StartGateway, host: str) -> None:
    gateway = await start_gateway(public_url="https://voice.example.com")
    headers = {"Host": host, "Origin": "https://voice.example.com"}
    async with aiohttp.ClientSession() as http, http.get(f"{gateway.http}/v1/agents", headers=headers) as answer:
        assert answer.status in (200, 403)
        assert "host_denied" not in await answer.text()
    async with gateway.connect(headers=headers):
        pass


async def test_a_program_needs_none_of_it(gateway: Gateway) -> None:
    port = urlsplit(gateway.http).port
    async with aiohttp.ClientSession() as http:
        for host in ("127.0.0.1", f"localhost:{port}", "10.1.2.3"):
            async with http.post(f"{gateway.http}/v1/tokens", json={}, headers={"Host": host}) as answer:
                assert answer.status == 200
