"""WebRTC: how many Opus calls one core holds, how soon the gateway has what a microphone took, CPU per call.

The channel, or the whole gateway, is pinned to one core; callers, and every other process, to another.
"""

import asyncio
import contextlib
import json
import os
import subprocess
import sys
import tempfile
from bisect import bisect_left
from dataclasses import asdict
from pathlib import Path

import aiohttp
import psutil
from parley_core.agents import AgentDocument, AgentStore, TurnSettings
from parley_core.bus.connection import connect
from parley_core.tasks import Tasks
from parley_testing.servers import free_port

from parley_bench.channels.webrtc_channel import token
from parley_bench.channels.webrtc_load import OutboundCall, Report
from parley_bench.measure import Row, percentile, spread_rows
from parley_bench.processes import StartFailed, temporary_stack

FRAME_MS = 20.0  # the microphone's: a packet is sent when its last sample was taken
CALLS = (1, 30)
FULL_S, QUICK_S = 20.0, 4.0
STEADY = 49.5  # packets a second that count as 50
_START_S = 30.0


async def channel(calls: int, warm_up_s: float, duration_s: float) -> list[Row]:
    """The channel alone, with simulated calls that echo."""
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "parley_bench.channels.webrtc_channel",
        str(port),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(_START_S):
            await process.stdout.readline()
        pin(process.pid, 0)
        order = OutboundCall(f"http://127.0.0.1:{port}/v1/webrtc/offer", token(), calls, warm_up_s, duration_s)
        report, spent_s = await under_load(order, process.pid)
        async with asyncio.timeout(_START_S):
            printed, _ = await process.communicate(b"")
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    heard: list[list[float]] = json.loads(printed)
    return _rows(
        f"webrtc.channel_{calls}", report, spent_s, _condition(calls, duration_s, "the channel alone, echoing"), heard
    )


async def gateway(calls: int, warm_up_s: float, duration_s: float) -> list[Row]:
    """The whole gateway, its agent speaking all the while, with fake models."""
    with temporary_stack() as stack:
        stack.start_nats()
        http, speech = free_port(), free_port()
        stack.start_service("asr", {"PARLEY_ASR_PROVIDER": "fake", "PARLEY_ASR_CAPACITY": "64"})
        # One reply of 150 ms a word, longer than the measurement.
        words = int((warm_up_s + duration_s + calls) / 0.15)
        stack.start_service(
            "llm",
            {
                "PARLEY_LLM_PROVIDER": "fake",
                "PARLEY_LLM_CAPACITY": "64",
                "PARLEY_LLM_FAKE": json.dumps({"tokens": words}),
            },
        )
        stack.start_service(
            "tts",
            {
                "PARLEY_TTS_GRPC_PORT": str(speech),
                "PARLEY_TTS_PROVIDER": "fake",
                "PARLEY_TTS_CAPACITY": "64",
                "PARLEY_TTS_FAKE": json.dumps({"word_ms": 150}),
            },
        )
        stack.start_service(
            "gateway",
            {
                "PARLEY_GATEWAY_HTTP_PORT": str(http),
                "PARLEY_GATEWAY_WS_PORT": str(free_port()),
                "PARLEY_GATEWAY_WEBRTC_LAG_MS": "500",  # 30 callers at once are no everyday load
                "PARLEY_TTS_ADDRESS": f"127.0.0.1:{speech}",
            },
        )
        await asyncio.to_thread(stack.wait_ready, lambda name: None)
        for name, pid in stack.pids().items():
            pin(pid, 0 if name == "gateway" else -1)
        async with connect(stack.nats_url, "bench") as bus:
            agent = AgentDocument(agent="bench", first_speaker="caller", turns=TurnSettings(silence_prompt_s=600))
            await AgentStore(bus).put("bench", agent)
        async with (
            aiohttp.ClientSession() as client,
            client.post(f"http://127.0.0.1:{http}/v1/tokens", json={"tenant": "bench", "agent": "bench"}) as answer,
        ):
            opens = (await answer.json())["token"]
        order = OutboundCall(
            f"http://127.0.0.1:{http}/v1/webrtc/offer", opens, calls, warm_up_s, duration_s, ask="speak"
        )
        report, spent_s = await under_load(order, stack.pids()["gateway"])
        stack.alive()
    what = "the gateway, its agent speaking, callers silent but for a beep a second"
    return _rows(f"webrtc.gateway_{calls}", report, spent_s, _condition(calls, duration_s, what), None)


async def under_load(order: OutboundCall, pid: int) -> tuple[Report, float]:
    """Place the order's calls from the last core; also gives the CPU seconds that `pid` spent on a measured second."""
    with tempfile.TemporaryDirectory(prefix="parley-bench-") as folder:
        tasks = Tasks("webrtc bench")
        path = Path(folder) / "order.json"
        await asyncio.to_thread(path.write_text, json.dumps(asdict(order)), encoding="utf-8")
        load = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "parley_bench.channels.webrtc_load", str(path), stdout=subprocess.PIPE
        )
        pin(load.pid, -1)
        watched = psutil.Process(pid)
        samples: list[tuple[float, float]] = []
        output = tasks.spawn(load.communicate(), "load")
        try:
            async with asyncio.timeout(order.warm_up_s + order.duration_s + order.calls + 60):
                while not output.done():
                    times = watched.cpu_times()
                    samples.append((asyncio.get_running_loop().time(), times.user + times.system))
                    await asyncio.wait([output], timeout=0.25)
            printed, _ = await output
        finally:
            if load.returncode is None:
                load.kill()
                await load.wait()
            await tasks.close()
    if load.returncode != 0:
        raise StartFailed(f"the WebRTC callers ended with status {load.returncode}")
    report = Report(**json.loads(printed))
    inside = [sample for sample in samples if report.began <= sample[0] <= report.began + report.seconds]
    if len(inside) < 2:
        return report, 0.0
    return report, (inside[-1][1] - inside[0][1]) / (inside[-1][0] - inside[0][0])


def pin(pid: int, core: int) -> None:
    """Put every thread of a process on one core; -1 is the last of those that there are."""
    cores = sorted(os.sched_getaffinity(0))
    for thread in psutil.Process(pid).threads():
        with contextlib.suppress(OSError):
            os.sched_setaffinity(thread.id, {cores[core % len(cores)]})


def _condition(calls: int, duration_s: float, what: str) -> str:
    return f"{what}: {calls} Opus calls for {duration_s:g} s, on one core, callers on another"


def _rows(at: str, report: Report, spent_s: float, condition: str, heard: list[list[float]] | None) -> list[Row]:
    seconds, calls = report.seconds, max(1, len(report.sent))
    rates = [count / seconds for count in report.received] or [0.0]
    sent = [count / seconds for count in report.sent] or [0.0]
    rows = [
        Row(f"{at}.packets_out", min(rates), "packets/s", f"{condition}; the call with the fewest from the gateway"),
        Row(f"{at}.packets_in", min(sent), "packets/s", f"{condition}; the call with the fewest to it"),
        Row(f"{at}.calls_held", sum(rate >= STEADY for rate in rates), "calls", f"{condition}; with 50 packets/s"),
        Row(
            f"{at}.gap", percentile(report.gap_ms, 0.5), "ms", f"{condition}; longest without a packet, median of calls"
        ),
        Row(f"{at}.core", spent_s * 100, "%", condition),
        Row(f"{at}.cpu", spent_s / calls * 60, "cpu s/call-minute", condition),
        Row(f"{at}.failed_calls", len(report.failures), "calls", "; ".join(report.failures[:3]) or condition),
    ]
    if heard is not None:
        rows += spread_rows(f"{at}.microphone_to_gateway", _delays_ms(report.beeps, heard), "ms", condition)
    return rows


def _delays_ms(sent: list[list[float]], heard: list[list[float]]) -> list[float]:
    """From the first sample of each beep to the moment at which the call had its frame."""
    delays = []
    for beeps, arrivals in zip(sent, heard, strict=False):
        for beep in beeps:
            at = bisect_left(arrivals, beep)
            if at < len(arrivals) and arrivals[at] - beep < 0.9:
                delays.append((arrivals[at] - beep) * 1000 + FRAME_MS)
    return delays
