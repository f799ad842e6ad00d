"""The channel against clients that do wrong. In each test another call goes on unhurt where it could be hurt."""

import asyncio
import json
import socket
import time
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import pytest
from parley_audio.formats import silence
from parley_core.bus import subjects
from parley_core.bus.log import body_of, decode, event_name
from parley_core.bus.port import Message
from parley_testing.callers import Client, Gateway
from parley_testing.workers import Workers

StartGateway = Callable[..., Awaitable[Gateway]]


async def still_answered(client: Client, workers: Workers) -> None:
    """The other call's caller types, and is answered."""
    workers.llm.replies.append(["Yes."])
    before = sum(event["type"] == "spoken" for event in client.events)
    await client.send(type="text", text="are you there")
    await client.count("spoken", before + 1)


async def test_an_unknown_agent_is_refused(gateway: Gateway) -> None:
    async with gateway.connect(await gateway.token("nobody")) as client:
        await client.start(agent="nobody")
        refused = await client.event("refused", reason="unknown_agent")
        assert "nobody" in refused["detail"]
        assert await client.close_code() == 1008


@pytest.mark.parametrize("token", ["", "x.y", "not-a-token"])
async def test_a_bad_token_is_refused(gateway: Gateway, token: str) -> None:
    async with gateway.connect(token) as client:
        await client.start()
        await client.event("refused", reason="bad_token")
        assert await client.close_code() == 1008


async def test_a_token_for_another_agent_is_refused(gateway: Gateway) -> None:
    async with gateway.connect(await gateway.token("clinic")) as client:
        await client.start(agent="bank")
        await client.event("refused", reason="bad_token")
        assert await client.close_code() == 1008


@pytest.mark.parametrize(
    "format_", [{"encoding": "opus"}, {"sample_rate": 8000}, {"channels": 2}, {"encoding": "pcm16", "sample_rate": "x"}]
)
async def test_a_wrong_audio_format_is_refused(gateway: Gateway, format_: dict[str, Any]) -> None:
    async with gateway.connect() as client:
        await client.start(format=format_)
        await client.event("error", reason="wrong_format")
        assert await client.close_code() == 1003


@pytest.mark.parametrize(
    ("frame", "reason", "code"),
    [
        (bytes(641), "odd_frame", 1007),
        (bytes(100), "frame_size", 1009),
        (bytes(4000), "frame_size", 1009),
        (b"", "frame_size", 1009),
    ],
)
async def test_a_malformed_frame_ends_its_call_and_no_other(
    gateway: Gateway, workers: Workers, frame: bytes, reason: str, code: int
) -> None:
    async with gateway.call() as other, gateway.call() as client:
        await client.socket.send_bytes(frame)
        await client.event("error", reason=reason)
        assert await client.close_code() == code
        ended = body_of((await gateway.ended(client.call))[-1])
        assert (ended.reason, ended.detail) == ("client_error", reason)
        await still_answered(other, workers)


async def test_a_frame_past_any_bound_closes_the_connection(gateway: Gateway, workers: Workers) -> None:
    async with gateway.call() as other, gateway.call() as client:
        await client.socket.send_bytes(bytes(300_000))
        assert await client.close_code() == 1009
        assert body_of((await gateway.ended(client.call))[-1]).reason == "bad_frame"
        await still_answered(other, workers)


@pytest.mark.parametrize(
    ("text", "reason", "code"),
    [("{nonsense", "bad_json", 1007), ("[1]", "bad_json", 1007), ('{"a":"' + "x" * 9000 + '"}', "message_size", 1009)],
)
async def test_malformed_json_ends_the_connection(gateway: Gateway, text: str, reason: str, code: int) -> None:
    async with gateway.connect() as client:
        await client.socket.send_str(text)
        await client.event("error", reason=reason)
        assert await client.close_code() == code


async def test_an_unknown_message_is_told_and_the_call_goes_on(gateway: Gateway, workers: Workers) -> None:
    async with gateway.call() as client:
        await client.send(type="dance")
        await client.event("error", reason="bad_message")
        await client.send(type="digits", digits="hello")
        await client.send(type="ping")
        await client.event("pong")
        await still_answered(client, workers)


async def test_audio_before_the_start_is_refused(gateway: Gateway) -> None:
    async with gateway.connect() as client:
        await client.socket.send_bytes(silence(20))
        await client.event("error", reason="not_started")
        assert await client.close_code() == 1008


async def test_a_client_that_never_starts_is_closed(start_gateway: StartGateway) -> None:
    gateway = await start_gateway(start_timeout_s=0.2)
    async with gateway.connect() as client:
        await client.event("error", reason="start_timeout")
        assert await client.close_code() == 1008


async def test_a_client_that_sends_what_it_kept_in_a_stall_is_heard(gateway: Gateway, workers: Workers) -> None:
    async with gateway.call() as client:
        for _ in range(700):  # 14 s, of which 12 are taken
            await client.socket.send_bytes(silence(20))
        await still_answered(client, workers)


async def test_audio_that_keeps_coming_faster_than_real_time_is_refused(gateway: Gateway, workers: Workers) -> None:
    async with gateway.call() as other, gateway.call() as client:
        for _ in range(4000):
            await client.socket.send_bytes(silence(20))
        await client.event("error", reason="too_fast")
        assert await client.close_code() == 1008
        await still_answered(other, workers)


async def test_a_client_that_vanishes_is_noticed(start_gateway: StartGateway, workers: Workers) -> None:
    gateway = await start_gateway(gone_after_s=0.5)
    async with gateway.connect() as client:
        await client.start()
        call = (await client.event("ready"))["call"]
        assert body_of((await gateway.ended(call))[-1]).reason == "client_gone"


async def test_a_connection_that_breaks_ends_the_call(gateway: Gateway, workers: Workers) -> None:
    async with gateway.call() as other, gateway.call() as client:
        client.socket._response.connection.transport.abort()  # type: ignore[union-attr]
        assert body_of((await gateway.ended(client.call))[-1]).reason == "client_gone"
        await still_answered(other, workers)


async def test_a_client_that_stops_reading_is_hung_up_on(start_gateway: StartGateway, workers: Workers) -> None:
    gateway = await start_gateway(unread_bytes=8192)
    workers.llm.replies = [["word " * 400]]
    host, port = gateway.ws.removeprefix("ws://").split("/")[0].split(":")
    token = await gateway.token()
    ended = asyncio.Event()
    reasons: list[str] = []

    async def saw(message: Message) -> None:
        reasons.append(decode(message.data).call_ended.reason)
        ended.set()

    await gateway.bus.subscribe(subjects.log(gateway.tenant, "*", "CallEnded"), saw)
    async with gateway.call() as other:
        raw = socket.socket()
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        raw.setblocking(False)
        loop = asyncio.get_running_loop()
        await loop.sock_connect(raw, (host, int(port)))
        with raw:
            key = "dGhlIHNhbXBsZSBub25jZQ=="
            request = (
                f"GET /v1/call?token={token} HTTP/1.1\r\nHost: {host}:{port}\r\nUpgrade: websocket\r\n"
                f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n"
            )
            await loop.sock_sendall(raw, request.encode())
            assert b"101" in await loop.sock_recv(raw, 1024)
            await loop.sock_sendall(raw, masked(json.dumps({"type": "start", "agent": "clinic"}).encode(), 1))
            received = b""
            while b'"ready"' not in received:
                received += await loop.sock_recv(raw, 1024)
            await loop.sock_sendall(raw, masked(json.dumps({"type": "text", "text": "go"}).encode(), 1))
            deadline = time.monotonic() + 15
            while not ended.is_set() and time.monotonic() < deadline:
                try:
                    await loop.sock_sendall(raw, masked(silence(20), 2))
                except OSError:
                    break
                await asyncio.sleep(0.02)
            await asyncio.wait_for(ended.wait(), 10)
        assert reasons == ["client_stalled"]
        await still_answered(other, workers)


def masked(payload: bytes, opcode: int) -> bytes:
    """A client's frame, masked with zeros."""
    size = len(payload)
    length = bytes([0x80 | size]) if size < 126 else bytes([0xFE]) + size.to_bytes(2, "big")
    return bytes([0x80 | opcode]) + length + bytes(4) + payload


async def test_a_full_platform_says_so(start_gateway: StartGateway, workers: Workers) -> None:
    gateway = await start_gateway(capacity=1)
    refusals: asyncio.Queue[Message] = asyncio.Queue()
    await gateway.bus.subscribe(subjects.log(gateway.tenant, "*", "CallRefused"), refusals.put)
    async with gateway.call() as other, gateway.connect() as client:
        await client.start()
        await client.event("refused", reason="busy")
        assert await client.close_code() == 1013
        refusal = await asyncio.wait_for(refusals.get(), 5)
        assert decode(refusal.data).call_refused.reason == "busy"
        await still_answered(other, workers)


async def test_a_caller_for_whom_no_worker_is_free_is_told(gateway: Gateway) -> None:
    async with gateway.connect() as client:
        await client.start()
        refused = await client.event("refused", reason="nobody_free")
        assert "busy" in refused["detail"]
        assert await client.close_code() == 1013


async def test_a_caller_hears_the_busy_message(start_gateway: StartGateway, tts_server: str, workers: Workers) -> None:
    gateway = await start_gateway(capacity=1, tts_address=tts_server)
    async with gateway.call():
        async with asyncio.timeout(10):
            while True:
                async with gateway.connect() as client:
                    await client.start()
                    await client.event("refused", reason="busy")
                    assert await client.close_code() == 1013
                    if client.audio:
                        break
        assert len(client.audio) == 9600


async def test_a_draining_gateway_takes_no_call_and_lets_the_running_one_end(
    start_gateway: StartGateway, workers: Workers
) -> None:
    gateway = await start_gateway(drain_timeout_s=20)
    async with gateway.call() as client:
        draining = asyncio.create_task(gateway.drain())
        async with aiohttp.ClientSession() as http:
            while True:
                async with http.get(f"{gateway.http}/healthz") as answer:
                    if (await answer.json())["status"] == "draining":
                        break
            async with http.post(f"{gateway.http}/v1/tokens", json={}) as answer:
                assert answer.status == 503
        await still_answered(client, workers)
        assert not draining.done()
        await client.send(type="hangup")
        await client.event("ended", reason="caller_hung_up")
        await asyncio.wait_for(draining, 10)


async def test_a_call_that_outlasts_the_drain_ends_with_a_whole_log(
    start_gateway: StartGateway, workers: Workers
) -> None:
    gateway = await start_gateway(drain_timeout_s=1.2)
    async with gateway.call() as client:
        await gateway.drain()
        await client.event("ended", reason="gateway_stopped")
        assert await client.close_code() == 1012
    assert event_name((await gateway.ended(client.call))[-1]) == "CallEnded"
