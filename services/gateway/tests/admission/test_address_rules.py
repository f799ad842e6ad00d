"""Which addresses may reach the gateway: the same rules for every channel."""

from collections.abc import Awaitable, Callable

import aiohttp
import pytest
from parley_core.bus.memory import MemoryBus
from parley_core.errors import BadInput
from parley_core.networks import site_of
from parley_core.rates import RateLimiter
from parley_gateway.admission.clients import addresses_of
from parley_gateway.admission.networks import AddressRules, Networks
from parley_gateway.admission.settings import AdmissionSettings
from parley_testing.callers import Gateway
from parley_testing.workers import Workers

StartGateway = Callable[..., Awaitable[Gateway]]
FRIEND, FOE = {"X-Forwarded-For": "192.0.2.7"}, {"X-Forwarded-For": "203.0.113.7"}


def rules(allow: str, deny: str) -> AddressRules:
    return AddressRules(Networks(allow, "allow"), Networks(deny, "deny"))


@pytest.mark.parametrize(
    ("allow", "deny", "address", "permitted"),
    [
        ("", "", "203.0.113.7", True),
        ("", "203.0.113.0/24", "203.0.113.7", False),
        ("", "203.0.113.0/24", "203.0.114.7", True),
        ("203.0.113.0/24, 2001:db8::/32", "", "203.0.113.7", True),
        ("203.0.113.0/24 2001:db8::/32", "", "2001:db8:1::1", True),
        ("203.0.113.0/24", "", "2001:db8:1::1", False),
        ("203.0.113.0/24", "203.0.113.7", "203.0.113.7", False),
        ("203.0.113.7/24", "", "203.0.113.9", True),  # what has bits behind its length is the network
        ("", "203.0.113.0/24", "::ffff:203.0.113.7", False),  # IPv4 on a socket for both
        ("", "0.0.0.0/0 ::/0", "/run/gateway.sock", True),
        ("10.0.0.0/8", "", "/run/gateway.sock", False),
        ("10.0.0.0/8", "", "", False),
    ],
)
def test_deny_goes_before_allow(allow: str, deny: str, address: str, permitted: bool) -> None:
    assert rules(allow, deny).permit(address) is permitted


@pytest.mark.parametrize("name", ["allow_addresses", "deny_addresses", "trusted_proxies"])
def test_what_is_no_network_stops_the_start(name: str) -> None:
    with pytest.raises(BadInput, match=f"PARLEY_GATEWAY_{name.upper()}"):
        addresses_of(AdmissionSettings(**{name: "10.0.0.0/33"}), RateLimiter(MemoryBus()))


def test_an_ipv6_customer_is_one_site() -> None:
    assert site_of("2001:db8:1:2:3::4") == site_of("2001:db8:1:2:ffff::9") == "2001:db8:1:2::/64"
    assert site_of("::ffff:203.0.113.7") == site_of("203.0.113.7") == "203.0.113.7"


async def test_an_ipv6_customer_has_one_limit() -> None:
    settings = AdmissionSettings(address_connections=1, address_per_minute=1)
    addresses = addresses_of(settings, RateLimiter(MemoryBus()))
    assert addresses.connect("2001:db8::1")
    assert not addresses.connect("2001:db8::2")
    assert addresses.connect("2001:db8:0:1::1")
    addresses.disconnect("2001:db8::1")
    assert addresses.connect("2001:db8::2")
    assert [await addresses.asks(f"2001:db8::{number}") for number in range(1, 3)] == [True, False]


@pytest.fixture
async def gateway(start_gateway: StartGateway) -> Gateway:
    return await start_gateway(trusted_proxies="127.0.0.0/8", deny_addresses="203.0.113.0/24")


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/"), ("POST", "/v1/tokens"), ("POST", "/v1/webrtc/offer"), ("POST", "/twilio/voice")]
)
async def test_requests_and_webhooks_of_a_denied_address_are_refused(gateway: Gateway, method: str, path: str) -> None:
    async with aiohttp.ClientSession(gateway.http) as http:
        async with http.request(method, path, headers=FOE) as answer:
            assert answer.status == 403
            assert (await answer.json())["reason"] == "address_denied"
        async with http.request(method, path, headers=FRIEND) as answer:
            assert "address_denied" not in await answer.text()


async def test_websockets_of_a_denied_address_are_refused(gateway: Gateway, workers: Workers) -> None:
    async with gateway.connect(headers=FOE) as client:
        await client.event("refused", reason="address_denied")
        assert await client.close_code() == 1008
    async with gateway.connect(headers=FRIEND) as client:
        await client.start()
        await client.event("ready")


async def test_the_allowed_alone_may_come(start_gateway: StartGateway, workers: Workers) -> None:
    gateway = await start_gateway(trusted_proxies="127.0.0.0/8", allow_addresses="192.0.2.0/24, 127.0.0.1")
    async with gateway.connect(headers=FOE) as client:
        await client.event("refused", reason="address_denied")
    async with gateway.connect(headers=FRIEND) as client:
        await client.start()
        await client.event("ready")


async def test_a_connection_above_the_rate_gets_no_call(start_gateway: StartGateway, workers: Workers) -> None:
    gateway = await start_gateway(trusted_proxies="127.0.0.0/8", address_per_minute=1)
    async with gateway.connect(headers=FRIEND) as client:
        await client.start()
        await client.event("ready")
    async with gateway.connect(headers=FRIEND) as client:
        await client.start()
        await client.event("refused", reason="address_rate")
        assert await client.close_code() == 1013
        assert not [event for event in client.events if event["type"] == "ready"]


async def test_a_rate_holds_over_all_gateways(start_gateway: StartGateway) -> None:
    options = {"trusted_proxies": "127.0.0.0/8", "address_per_minute": 2}
    gateways = [await start_gateway(**options), await start_gateway(**options)]
    statuses, far = [], {"X-Forwarded-For": "198.51.100.9"}
    async with aiohttp.ClientSession() as http:
        for number in range(3):
            async with http.get(f"{gateways[number % 2].http}/healthz", headers=far) as answer:
                statuses.append(answer.status)
    assert statuses == [200, 200, 429]


def test_a_private_proxy_that_is_not_trusted_is_named_once(caplog: pytest.LogCaptureFixture) -> None:
    settings = AdmissionSettings(trusted_proxies="10.1.0.0/16")
    clients = addresses_of(settings, RateLimiter(MemoryBus()))
    for peer, client in (("10.1.0.9", "203.0.113.7"), ("8.8.8.8", "8.8.8.8"), ("10.2.0.9", "10.2.0.9")):
        assert [clients.client(peer, "203.0.113.7") for _ in range(3)] == [client] * 3
    (warned,) = [one for one in caplog.records if "TRUSTED_PROXIES" in one.getMessage()]
    assert warned.__dict__["peer"] == "10.2.0.9"
