"""sipp, the SIP community's own load tester, against the channel."""

import asyncio
import os
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

import aiohttp
import pytest
from parley_audio import g711
from parley_audio.resample import resample
from parley_core.bus.log import body_of, event_name
from parley_testing.peers import require
from parley_testing.servers import free_port
from parley_testing.workers import FakeAsr, FakeLlm, FakeTts, Worker

from .conftest import StartSip

CALLS = 50
_SCENARIO = Path(__file__).with_name("sipp_call.xml")


async def sipp(folder: Path, port: int, *options: str, scenario: str = "") -> str:
    """Run it to its end; returns what it wrote. Fails the test when any of its calls failed."""
    port_of_rtp = 30000 + free_port() % 15000 * 2
    process = await asyncio.create_subprocess_exec(
        require("sipp"),
        f"127.0.0.1:{port}",
        *("-i", "127.0.0.1", "-mi", "127.0.0.1", "-p", str(free_port()), "-nostdin"),
        *("-mp", str(port_of_rtp)),
        *("-trace_err", "-error_file", str(folder / "errors.log"), "-timeout", "60"),
        *options,
        cwd=folder,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        async with asyncio.timeout(90):
            written, _ = await process.communicate()
    finally:
        with suppress(ProcessLookupError):
            process.kill()
    errors = (folder / "errors.log").read_text() if (folder / "errors.log").exists() else ""
    assert process.returncode == 0, f"{written.decode(errors='replace')[-2000:]}\n{errors[:2000]}"
    return written.decode(errors="replace")


@pytest.fixture
async def staff(nats_url: str, hire: Callable[[Worker], Awaitable[None]]) -> FakeAsr:
    """Workers for more calls than sipp places at a time."""
    asr = FakeAsr(nats_url, ["hello there"] * CALLS, capacity=CALLS)
    for worker in (asr, FakeLlm(nats_url, [["Good day."]] * CALLS, capacity=CALLS), FakeTts(nats_url, capacity=CALLS)):
        await hire(worker)
    return asr


def sockets() -> int:
    found = 0
    for number in os.listdir("/proc/self/fd"):
        with suppress(OSError):
            found += os.readlink(f"/proc/self/fd/{number}").startswith("socket:")
    return found


@pytest.mark.parametrize("transport", ["u1", "t1"])
async def test_fifty_calls_with_speech_are_answered_and_torn_down(
    start_sip: StartSip, tenant: str, staff: FakeAsr, speech: bytes, tmp_path: Path, transport: str
) -> None:
    sip = await start_sip(default_tenant=tenant)
    (tmp_path / "speech.ul").write_bytes(g711.mulaw_encode(resample(speech, 16_000, 8000)))
    (tmp_path / "call.xml").write_text(_SCENARIO.read_text().replace("SPEECH", str(tmp_path / "speech.ul")))
    before = sockets()
    calls = CALLS if transport == "u1" else 5
    options = ("-sf", "call.xml", "-s", "100", "-r", "5", "-m", str(calls), "-d", "3000", "-t", transport)
    await sipp(tmp_path, sip.port, *options)
    ids = [await sip.call() for _ in range(calls)]
    ends: Counter[str] = Counter()
    heard = 0
    for call in ids:
        log = await sip.ended(call)
        ends.update(body_of(event).reason for event in log if event_name(event) == "CallEnded")  # type: ignore[union-attr]
        heard += any(event_name(event) == "TurnCommitted" for event in log)
    assert ends == {"caller_hung_up": calls}
    assert heard >= calls // 2  # three seconds are short on a busy machine
    async with aiohttp.ClientSession() as http, http.get(f"{sip.gateway.http}/healthz") as answer:
        assert (await answer.json())["calls"] == 0
    assert sip.channel.endpoint.owners == []
    async with asyncio.timeout(10):
        while sockets() > before + 2:  # noqa: ASYNC110 - nothing tells of the end of sipp's and the http client's
            await asyncio.sleep(0.05)
    assert not [one for one in asyncio.all_tasks() if "open call" in one.get_name() or "/bye" in one.get_name()]


async def test_the_stock_scenario_is_satisfied(
    start_sip: StartSip, tenant: str, staff: FakeAsr, tmp_path: Path
) -> None:
    sip = await start_sip(default_tenant=tenant)
    await sipp(tmp_path, sip.port, "-sn", "uac", "-s", "100", "-r", "10", "-m", "20", "-d", "300")
