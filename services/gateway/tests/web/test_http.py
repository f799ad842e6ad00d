"""The gateway's HTTP: tokens are given only to those who may have them; the page needs nothing from elsewhere."""

import re
from collections.abc import Awaitable, Callable

import aiohttp
import pytest
from parley_gateway.admission.api_key import is_loopback
from parley_testing.callers import Gateway

StartGateway = Callable[..., Awaitable[Gateway]]


async def test_the_page_and_all_it_needs_come_from_the_gateway(gateway: Gateway) -> None:
    async with aiohttp.ClientSession(gateway.http) as http:
        async with http.get("/") as answer:
            html = await answer.text()
            assert answer.status == 200
            assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        needed = re.findall(r'(?:src|href)="([^"]+)"', html)
        assert "/widget.js" in needed
        for path in needed:
            async with http.get(path) as answer:
                assert answer.status == 200
                assert "http://" not in (await answer.text()).replace("http://www.w3.org/2000/svg", "")
        for path in ("/page/..%2fsettings.py", "/widget/element.js"):
            async with http.get(path) as answer:
                assert answer.status == 404


@pytest.mark.parametrize("path", ["/widget.js", "/widget/worklet.js"])
async def test_pages_of_any_origin_may_load_the_widget(gateway: Gateway, path: str) -> None:
    async with aiohttp.ClientSession(gateway.http, headers={"Origin": "https://elsewhere.example"}) as http:
        async with http.get(path) as answer:
            assert answer.status == 200
            assert answer.headers["Access-Control-Allow-Origin"] == "*"
            assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
            etag = answer.headers["ETag"]
        async with http.get(path, headers={"If-None-Match": etag}) as answer:
            assert answer.status == 304


async def test_config_and_agents_tell_the_page_what_it_needs(gateway: Gateway) -> None:
    async with aiohttp.ClientSession(gateway.http) as http:
        async with http.get("/v1/config") as answer:
            shown = await answer.json()
            assert (shown["ws_url"], shown["webrtc"], shown["ice"]) == (gateway.ws, True, False)
        async with http.get("/v1/agents", params={"tenant": gateway.tenant}) as answer:
            assert [one["agent"] for one in (await answer.json())["agents"]] == ["clinic"]
        async with http.get("/healthz") as answer:
            assert await answer.json() == {"status": "ok", "calls": 0}


@pytest.mark.parametrize("body", ["nonsense", '{"agent": 5}', '{"colour": "red"}', '{"tenant": "Not A Token"}'])
async def test_a_bad_token_request_is_told_what_is_wrong(gateway: Gateway, body: str) -> None:
    async with aiohttp.ClientSession(gateway.http) as http, http.post("/v1/tokens", data=body) as answer:
        assert answer.status == 400
        assert (await answer.json())["reason"] == "bad_input"


async def test_another_sites_page_gets_no_token(gateway: Gateway) -> None:
    async with (
        aiohttp.ClientSession(gateway.http, headers={"Origin": "https://elsewhere.example"}) as http,
        http.post("/v1/tokens") as answer,
    ):
        assert answer.status == 403


async def test_with_an_api_key_only_its_holder_gets_tokens(start_gateway: StartGateway) -> None:
    gateway = await start_gateway(api_key="secret-key")
    async with aiohttp.ClientSession(gateway.http) as http:
        async with http.post("/v1/tokens") as answer:
            assert answer.status == 401
        async with http.post("/v1/tokens", headers={"Authorization": "Bearer secret-key"}) as answer:
            assert answer.status == 200


async def test_beyond_loopback_there_are_no_tokens_without_a_key(start_gateway: StartGateway) -> None:
    gateway = await start_gateway(http_host="0.0.0.0")
    async with aiohttp.ClientSession(gateway.http) as http, http.post("/v1/tokens") as answer:
        assert answer.status == 403


@pytest.mark.parametrize(
    ("host", "loopback"), [("127.0.0.1", True), ("::1", True), ("localhost", True), ("0.0.0.0", False)]
)
def test_loopback_is_known(host: str, loopback: bool) -> None:
    assert is_loopback(host) is loopback
