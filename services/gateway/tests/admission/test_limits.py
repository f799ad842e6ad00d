"""Limits of tenants, tokens, users and addresses: above them a caller hears why; below them nothing changes."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from urllib.parse import urlsplit

import aiohttp
import pytest
from parley.v1 import session_pb2
from parley_core.bus.memory import MemoryBus, MemoryKeyValue
from parley_core.bus.port import KeyValue
from parley_core.errors import Unavailable
from parley_core.http import connections
from parley_core.rates import RateLimiter
from parley_gateway.admission.call_limits import CallLimits, LimitHit
from parley_gateway.admission.clients import addresses_of, exempt, number_of
from parley_gateway.admission.settings import AdmissionSettings
from parley_gateway.admission.token_uses import TokenUses
from parley_gateway.caller import Caller, Uses
from parley_gateway.cluster.gateways import Gateways
from parley_testing.callers import Gateway
from parley_testing.simulated.relay import place
from parley_testing.workers import Workers

StartGateway = Callable[..., Awaitable[Gateway]]
FAR = {"X-Forwarded-For": "203.0.113.7"}


async def refused(gateway: Gateway, reason: str, *, token: str | None = None, **options: dict[str, str]) -> None:
    async with gateway.connect(token, **options) as client:
        await client.start()
        told = await client.event("refused", reason=reason)
        assert told["detail"]
        assert await client.close_code() == 1013


async def none_left(gateway: Gateway) -> None:
    async with asyncio.timeout(10), aiohttp.ClientSession(gateway.http) as http:
        while True:
            async with http.get("/healthz") as answer:
                if (await answer.json())["calls"] == 0:
                    return
            await asyncio.sleep(0.02)


async def test_a_tenant_has_so_many_calls_and_the_next_caller_hears_why(
    start_gateway: StartGateway, workers: Workers, tts_server: str
) -> None:
    gateway = await start_gateway(tenant_calls=1, tts_address=tts_server)
    async with gateway.call(), asyncio.timeout(20):
        while True:
            async with gateway.connect() as client:
                await client.start()
                await client.event("refused", reason="tenant_limit")
                assert await client.close_code() == 1013
                if client.audio:
                    break
    await none_left(gateway)
    async with gateway.call():
        pass  # there is room again


async def test_a_tenants_own_limits_go_before_the_settings(start_gateway: StartGateway, workers: Workers) -> None:
    gateway = await start_gateway(tenant_calls=1)
    await gateway.bus.kv("limits").put(gateway.tenant, b'{"calls": 2, "calls_per_minute": 3}')
    async with gateway.call(), gateway.call():
        await refused(gateway, "tenant_limit")
    await none_left(gateway)
    async with gateway.call():
        pass
    await refused(gateway, "tenant_rate")


async def test_a_limit_counts_the_calls_of_all_gateways(start_gateway: StartGateway, workers: Workers) -> None:
    one, other = await start_gateway(tenant_calls=1), await start_gateway(tenant_calls=1)
    async with one.call(), asyncio.timeout(15):
        while True:  # the other gateway hears of it with the next heartbeat
            async with other.connect() as client:
                await client.start()
                kinds = set()
                while not {"ready", "refused"} & kinds:
                    kinds = {event["type"] for event in client.events}
                    await asyncio.sleep(0.01)
                if "refused" in kinds:
                    return


async def test_a_token_limits_calls_at_the_same_time_and_their_length(gateway: Gateway, workers: Workers) -> None:
    token = await gateway.token(concurrency=1, max_call_s=77, tools=["find_slots"])
    async with gateway.connect(token) as client:
        await client.start()
        call = (await client.event("ready"))["call"]
        await refused(gateway, "token_limit", token=token)
        started = (await gateway.log(call))[0].call_started
        assert started.session.policy.max_call_s == 77
        assert list(started.session.policy.allowed_tools) == ["find_slots"]
    async with gateway.connect(await gateway.token(concurrency=1)) as client:
        await client.start()
        await client.event("ready")


async def uses_up(gateway: Gateway, token: str) -> None:
    async with gateway.connect(token) as client:
        await client.start()
        await client.event("ready")


async def refused_for_good(gateway: Gateway, token: str) -> None:
    async with gateway.connect(token) as client:
        await client.start()
        assert (await client.event("refused", reason="token_used"))["detail"]
        assert await client.close_code() == 1008


async def test_a_token_opens_as_many_calls_as_it_says_at_whatever_gateway(
    start_gateway: StartGateway, workers: Workers
) -> None:
    one, other = await start_gateway(), await start_gateway()
    token = await one.token(uses=2)
    await uses_up(one, token)
    await uses_up(other, token)
    await refused_for_good(one, token)
    await refused_for_good(other, token)
    await uses_up(one, await one.token(uses=1))
    for _ in range(3):
        await uses_up(one, await one.token())


async def test_a_call_that_is_refused_uses_nothing_up(start_gateway: StartGateway, workers: Workers) -> None:
    gateway = await start_gateway(tenant_calls=1)
    token = await gateway.token(uses=1)
    async with gateway.call():
        await refused(gateway, "tenant_limit", token=token)
    await none_left(gateway)
    await uses_up(gateway, token)


async def test_many_at_once_open_no_more_calls_than_the_token_says() -> None:
    uses, bus = Uses("k", 3, int(time.time()) + 60), MemoryBus()
    taken = await asyncio.gather(*(TokenUses(bus).take(uses) for _ in range(10)))
    assert sum(taken) == 3


class WithoutCounts(MemoryBus):
    """The bus answers, but for the buckets that uses are counted in."""

    def kv(self, bucket: str, *, ttl_s: float = 0.0) -> KeyValue:
        return Away() if bucket.startswith("token_uses") else super().kv(bucket, ttl_s=ttl_s)


class Away(MemoryKeyValue):
    def __init__(self) -> None:
        super().__init__(0)

    async def entry(self, key: str) -> tuple[bytes, int] | None:
        raise Unavailable("nats", "away")


async def test_a_use_that_cannot_be_counted_opens_nothing() -> None:
    bus = WithoutCounts()
    limits = CallLimits(bus, AdmissionSettings(), Gateways(bus, "g"), RateLimiter(bus))
    for life_s in (60, 3600):
        uses = Uses("k", 1, int(time.time()) + life_s)
        audio = session_pb2.AudioFormat()
        with pytest.raises(LimitHit) as hit:
            await limits.admit(Caller("acme", "clinic", session_pb2.CHANNEL_WEBSOCKET, audio, uses=uses))
        assert hit.value.reason == "unavailable"


async def test_a_user_has_one_limit_whatever_the_token(gateway: Gateway, workers: Workers) -> None:
    async with gateway.connect(await gateway.token(concurrency=1, user="maria")) as client:
        await client.start()
        await client.event("ready")
        await refused(gateway, "token_limit", token=await gateway.token(concurrency=1, user="maria"))


async def test_a_token_for_one_sites_pages_opens_nothing_to_others(
    start_gateway: StartGateway, workers: Workers
) -> None:
    gateway = await start_gateway(allowed_origins="https://evil.example")
    token = await gateway.token(origins=["https://shop.example"])
    for headers in ({"Origin": "https://evil.example"}, None):
        async with gateway.connect(token, headers=headers) as client:
            await client.start()
            await client.event("refused", reason="bad_token")
    async with gateway.connect(token, headers={"Origin": "https://shop.example"}) as client:
        await client.start()
        await client.event("ready")


@pytest.mark.parametrize("origin", ["shop.example", "https://shop.example/page", "javascript://x", "https://"])
async def test_what_is_no_origin_is_told(gateway: Gateway, origin: str) -> None:
    async with (
        aiohttp.ClientSession() as http,
        http.post(f"{gateway.http}/v1/tokens", json={"origins": [origin]}) as answer,
    ):
        assert answer.status == 400


async def test_an_address_has_so_many_calls_and_connections(start_gateway: StartGateway, workers: Workers) -> None:
    gateway = await start_gateway(trusted_proxies="127.0.0.0/8", address_calls=1, address_connections=3)
    async with gateway.connect(headers=FAR) as client:
        await client.start()
        await client.event("ready")
        await refused(gateway, "address_limit", headers=FAR)
        async with gateway.connect(headers={"X-Forwarded-For": "203.0.113.8"}) as other:
            await other.start()
            await other.event("ready")
        async with gateway.connect(headers=FAR), gateway.connect(headers=FAR), gateway.connect(headers=FAR) as last:
            await last.event("refused", reason="address_connections")
            assert await last.close_code() == 1013


async def test_an_address_that_asks_too_often_is_told_when_to_come_back(start_gateway: StartGateway) -> None:
    gateway = await start_gateway(trusted_proxies="127.0.0.1", address_per_minute=2)
    async with aiohttp.ClientSession(gateway.http) as http:
        statuses = []
        for _ in range(3):
            async with http.get("/healthz", headers=FAR) as answer:
                statuses.append(answer.status)
                retry = answer.headers.get("Retry-After")
        async with http.get("/healthz", headers={"X-Forwarded-For": "203.0.113.8"}) as answer:
            assert answer.status == 200
    assert statuses == [200, 200, 429]
    assert retry


async def test_only_allowed_sites_pages_may_ask_from_afar(start_gateway: StartGateway) -> None:
    gateway = await start_gateway(allowed_origins="https://shop.example")
    ask = {"Access-Control-Request-Method": "POST"}
    async with aiohttp.ClientSession(gateway.http) as http:
        for path, origin, allowed in (
            ("/v1/config", "https://shop.example", "https://shop.example"),
            ("/v1/config", "https://evil.example", None),
            ("/v1/tokens", "https://shop.example", None),
        ):
            async with http.options(path, headers={"Origin": origin, **ask}) as answer:
                assert answer.headers.get("Access-Control-Allow-Origin") == allowed
                assert answer.status == (204 if allowed else 403)
        async with http.get("/v1/config", headers={"Origin": "https://shop.example"}) as answer:
            assert answer.headers["Access-Control-Allow-Origin"] == "https://shop.example"


async def test_a_refusal_is_on_the_log(start_gateway: StartGateway, workers: Workers) -> None:
    gateway = await start_gateway(tenant_calls=1)
    async with gateway.call():
        await refused(gateway, "tenant_limit")
    async with asyncio.timeout(10):
        while True:
            stored = await gateway.bus.read_stored(f"call.{gateway.tenant}.*.log.CallRefused")
            if stored:
                break
            await asyncio.sleep(0.02)
    assert len(stored) == 1


def test_a_proxy_is_believed_and_nobody_behind_it() -> None:
    addresses = addresses_of(AdmissionSettings(trusted_proxies="10.0.0.0/8, 192.0.2.1"), RateLimiter(MemoryBus()))
    assert addresses.client("10.1.1.1", "198.51.100.9, 203.0.113.7") == "203.0.113.7"
    assert addresses.client("10.1.1.1", "203.0.113.7, 192.0.2.1") == "203.0.113.7"
    assert addresses.client("203.0.113.7", "198.51.100.9") == "203.0.113.7"
    assert addresses.client("10.1.1.1", "nonsense") == "10.1.1.1"


async def test_what_is_released_is_forgotten() -> None:
    bus = MemoryBus()
    settings = AdmissionSettings(tenant_calls=2, tenant_calls_per_minute=0, address_calls=1)
    peers = Gateways(bus, "me")
    admission = CallLimits(bus, settings, peers, RateLimiter(bus))
    caller = Caller("acme", "clinic", session_pb2.CHANNEL_WEBSOCKET, session_pb2.AudioFormat(), address="203.0.113.7")
    keys = await admission.admit(caller)
    with pytest.raises(LimitHit, match="address_limit"):
        await admission.admit(caller)
    assert [(load.key, load.calls) for load in admission.loads() if load.key.startswith("tenant")] == [
        ("tenant/acme", 1)
    ]
    admission.release(keys)
    await admission.admit(caller)
    assert peers.usage("tenant/acme") == 0


@pytest.mark.parametrize(
    ("caller", "number"),
    [
        ("+15550100", "+15550100"),
        ("15550100", "15550100"),
        ("+266696687", ""),  # what Twilio shows for callers who hide theirs
        ("anonymous", ""),
        ("100", ""),
        ("203.0.113.7", ""),
    ],
)
def test_a_number_is_an_address_unless_it_is_nobodys(caller: str, number: str) -> None:
    assert number_of(caller) == number
    assert exempt(caller) is (not number and caller != "203.0.113.7")


async def test_calls_of_one_number_are_limited_like_those_of_an_address() -> None:
    bus = MemoryBus()
    admission = CallLimits(bus, AdmissionSettings(address_calls=1), Gateways(bus, "g-1"), RateLimiter(bus))
    audio = session_pb2.AudioFormat()
    one = Caller("t", "a", session_pb2.CHANNEL_SIP, audio, address=number_of("+15550100"))
    nobody = Caller("t", "a", session_pb2.CHANNEL_SIP, audio, address=number_of("anonymous"))
    keys = await admission.admit(one)
    with pytest.raises(LimitHit) as hit:
        await admission.admit(one)
    assert hit.value.reason == "address_limit"
    admission.release(keys)
    await admission.admit(one)
    await admission.admit(nobody)
    await admission.admit(nobody)


async def test_a_carriers_address_brings_any_number_of_calls_and_a_strangers_does_not(
    start_gateway: StartGateway, workers: Workers
) -> None:
    gateway = await start_gateway(address_connections=1, trusted_proxies="127.0.0.0/8")
    url, token = gateway.ws.replace("/v1/call", "/relay"), await gateway.token()
    setup = {"type": "setup", "sessionId": "s", "callSid": "c", "from": "+15550100", "to": "+15550101"}
    async with AsyncExitStack() as stack:
        http = await stack.enter_async_context(aiohttp.ClientSession(headers=FAR))
        for calls in (1, 2, 3):
            socket = await stack.enter_async_context(http.ws_connect(url))
            await socket.send_json({**setup, "customParameters": {"token": token}})
            async with asyncio.timeout(10), aiohttp.ClientSession(gateway.http) as asking:
                while True:
                    async with asking.get("/healthz") as answer:
                        if (await answer.json())["calls"] == calls:
                            break
                    await asyncio.sleep(0.02)
        await stack.enter_async_context(http.ws_connect(url))  # says nothing
        refused_one = await stack.enter_async_context(http.ws_connect(url))
        while (await refused_one.receive(timeout=10)).type is aiohttp.WSMsgType.TEXT:
            pass
        assert refused_one.close_code == 1013


async def test_a_token_for_pages_of_one_site_opens_no_carriers_call(
    start_gateway: StartGateway, workers: Workers
) -> None:
    gateway = await start_gateway()
    token = await gateway.token(origins=["https://example.com"])
    async with place(gateway.ws.replace("/v1/call", "/relay"), token) as carrier:
        assert "bad_token" in str((await carrier.until("end"))["handoffData"])


@pytest.mark.parametrize("sent", [b"", b"POST /v1/tokens HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nh"])
async def test_half_open_connections_of_an_address_are_bounded_at_the_http_port(
    start_gateway: StartGateway, monkeypatch: pytest.MonkeyPatch, sent: bytes
) -> None:
    monkeypatch.setattr(connections, "OF_THIS_MACHINE", 4)
    gateway = await start_gateway(address_connections=2)
    port = urlsplit(gateway.http).port

    async def refused_at_once() -> bool:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        held.append(writer)
        writer.write(sent)
        try:
            await asyncio.wait_for(reader.read(1), 0.2)
        except TimeoutError:
            return False
        except ConnectionError:
            pass
        return True

    held: list[asyncio.StreamWriter] = []
    assert [await refused_at_once() for _ in range(6)] == [False] * 4 + [True] * 2
    for writer in held:
        writer.close()


async def test_a_socket_that_never_asks_for_a_websocket_is_closed(gateway: Gateway) -> None:
    port = urlsplit(gateway.ws).port
    for sent in (b"", b"GET /v1/call HTTP/1.1\r\nHost: a\r\n"):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(sent)
        assert await asyncio.wait_for(reader.read(), 20) == b""
        writer.close()
