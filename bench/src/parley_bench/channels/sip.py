"""SIP: CPU of the channel for each G.711 call, and what each codec of phone calls costs a frame."""

import asyncio
import subprocess
import sys
from contextlib import AsyncExitStack
from functools import partial

import numpy as np
import psutil
from parley_audio.formats import FRAME_BYTES
from parley_gateway.channels.sip.media import make_codec
from parley_testing.servers import free_port
from parley_testing.simulated.sip import Phone, Rtp, line, rtp

from parley_bench.channels.webrtc import pin
from parley_bench.components import median_us
from parley_bench.measure import Row

CALLS = 30
FULL_S, QUICK_S = 20.0, 4.0
_START_S = 30.0


def codecs() -> list[Row]:
    """Resampling to and from 16 kHz included."""
    rows = []
    noise = np.random.default_rng(1).integers(-9000, 9000, FRAME_BYTES // 2).astype("<i2").tobytes()
    for name in ("PCMU", "PCMA", "G722", "opus"):
        codec, _ = make_codec(name)
        payload = [codec.encode(noise) for _ in range(5)][-1]
        for way, work in (("encode", partial(codec.encode, noise)), ("decode", partial(codec.decode, payload))):
            rows.append(Row(f"codec.{name.lower()}.{way}", median_us(work), "us", "one frame of 20 ms, median"))
    return rows


async def channel(seconds: float) -> list[Row]:
    """The channel alone, its simulated calls sending every frame back."""
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "parley_bench.channels.sip_channel",
        str(port),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(_START_S):
            await process.stdout.readline()
        pin(process.pid, 0)
        received, spent_s, passed_s = await _calls(port, process.pid, seconds)
        async with asyncio.timeout(_START_S):
            await process.communicate(b"")
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    condition = f"the channel alone, echoing: {CALLS} G.711 calls for {seconds:g} s, on one core"
    return [
        Row(f"sip.channel_{CALLS}.packets_out", min(received) / passed_s, "packets/s", f"{condition}; the fewest"),
        Row(f"sip.channel_{CALLS}.core", spent_s / passed_s * 100, "%", condition),
        Row(f"sip.channel_{CALLS}.cpu", spent_s / passed_s / CALLS * 60, "cpu s/call-minute", condition),
    ]


async def _calls(port: int, pid: int, seconds: float) -> tuple[list[int], float, float]:
    """Packets that each call received, CPU seconds that `pid` spent, and the time in which it did."""
    loop = asyncio.get_running_loop()
    async with AsyncExitStack() as stack:
        phones: list[tuple[Phone, Rtp]] = []
        for _ in range(CALLS):
            wire = await stack.enter_async_context(line(port))
            audio = await stack.enter_async_context(rtp(silence=bytes(range(40, 200))))
            phone = Phone(wire)
            await phone.call(audio)
            phones.append((phone, audio))
        watched = psutil.Process(pid)
        await asyncio.sleep(seconds / 4)
        began, before = loop.time(), watched.cpu_times()
        counts = [len(audio.received) for _, audio in phones]
        await asyncio.sleep(seconds)
        passed, after = loop.time() - began, watched.cpu_times()
        received = [len(audio.received) - count for (_, audio), count in zip(phones, counts, strict=True)]
        for phone, _ in phones:
            await phone.hang_up()
    return received, after.user + after.system - before.user - before.system, passed
