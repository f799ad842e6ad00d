"""The load generator against a small gateway of known behaviour."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
import pytest
from parley_bench.clip import FRAME_BYTES, FRAME_SAMPLES, SOUND_LEVEL
from parley_bench.load import OutboundCall, run
from picows import WSCloseCode, WSFrame, WSListener, WSMsgType, WSTransport, WSUpgradeRequest, ws_create_server

pytestmark = pytest.mark.outside

SILENT, LOUD = bytes(FRAME_BYTES), np.full(FRAME_SAMPLES, 4000, "<i2").tobytes()


class Answering(WSListener):
    """Says ready, and answers each question with silence and then five loud frames, all at once."""

    def __init__(self, ready: dict[str, object]) -> None:
        self._ready = ready
        self._heard = False

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type == WSMsgType.TEXT:
            if json.loads(frame.get_payload_as_bytes())["type"] == "start":
                transport.send(WSMsgType.TEXT, json.dumps(self._ready).encode())
        elif frame.msg_type == WSMsgType.CLOSE:
            transport.send_close(WSCloseCode.OK)
            transport.disconnect()
        elif frame.msg_type == WSMsgType.BINARY:
            loud = np.abs(np.frombuffer(frame.get_payload_as_bytes(), "<i2")).max() > SOUND_LEVEL
            if self._heard and not loud:
                for answer in (SILENT, *[LOUD] * 5):
                    transport.send(WSMsgType.BINARY, answer)
            self._heard = bool(loud)


@asynccontextmanager
async def gateway(ready: dict[str, object]) -> AsyncIterator[str]:
    def accept(request: WSUpgradeRequest) -> WSListener:
        return Answering(ready)

    server = await ws_create_server(accept, "127.0.0.1", 0)
    async with server:
        yield f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/"


def order(url: str, question: Path, calls: int) -> OutboundCall:
    return OutboundCall(
        url, {"type": "start"}, [str(question)], calls, duration_s=0.3, ramp_s=0.05, think_s=(0.01, 0.05)
    )


async def test_every_turn_of_every_call_is_measured(tmp_path: Path) -> None:
    question = tmp_path / "question.pcm"
    await asyncio.to_thread(question.write_bytes, LOUD * 5)
    async with gateway({"type": "ready", "call": "c-1"}) as url:
        report = await run(order(url, question, 3))
    assert not report.failures
    assert report.unanswered == 0
    assert report.call_ids == ["c-1"] * 3
    assert len(report.latency_ms) >= 3
    assert report.frames == 6 * len(report.latency_ms)
    assert all(latency >= 0 for latency in report.latency_ms)


async def test_a_call_that_is_refused_is_reported(tmp_path: Path) -> None:
    question = tmp_path / "question.pcm"
    await asyncio.to_thread(question.write_bytes, LOUD)
    async with gateway({"type": "refused", "reason": "nobody_free"}) as url:
        report = await run(order(url, question, 1))
    assert len(report.failures) == 1
    assert "nobody_free" in report.failures[0]


async def test_a_channel_that_is_shut_is_reported(tmp_path: Path) -> None:
    question = tmp_path / "question.pcm"
    await asyncio.to_thread(question.write_bytes, LOUD)
    report = await run(order("ws://127.0.0.1:1/", question, 1))
    assert len(report.failures) == 1
