"""Workers of one machine and the one process that decodes for them."""

import asyncio
import os
import signal
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psutil
import pytest
import uvloop
from parley_asr.language.corpus import Speech
from parley_asr.providers.base import RecogniserRequest
from parley_asr.providers.whisper import wire
from parley_asr.providers.whisper.decoder import WhisperDecoder
from parley_asr.providers.whisper.process import Server
from parley_asr.providers.whisper.provider import WhisperProvider
from parley_core.errors import Unavailable
from parley_testing.neural_speech import say

pytestmark = pytest.mark.outside

HOURS = "What are your opening hours on Saturday?"
HEARD_HOURS = "what are your opening hours on saturday"


async def hear(decoder: WhisperDecoder) -> str:
    recogniser = await WhisperProvider(decoder, interims=False).open(RecogniserRequest(Speech(), "en-US"))
    stream = await recogniser.open_stream()
    await stream.accept(say(HOURS))
    return (await stream.finish()).text


def test_workers_with_the_same_settings_share_one_process_that_outlives_who_started_it(tmp_path: Path) -> None:
    """On the loop that services run on, which is not that of the other tests."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(share(tmp_path))


async def share(tmp_path: Path) -> None:
    first, second, other = (WhisperDecoder(tmp_path, threads=threads, timeout_s=60) for threads in (1, 1, 2))
    await first.start()
    await second.start()
    try:
        shared = psutil.Process(first.pid)
        assert second.pid == first.pid
        assert other._name != first._name
        await first.close()
        assert await hear(second) == HEARD_HOURS
        assert second.pid == shared.pid
    finally:
        await second.close()
    shared.wait(timeout=60)  # it ends with its last worker


async def test_a_process_that_dies_is_replaced_by_one_for_all_workers(tmp_path: Path) -> None:
    workers = [WhisperDecoder(tmp_path, threads=1, timeout_s=60) for _ in range(2)]
    for worker in workers:
        await worker.start()
    try:
        died = workers[0].pid
        os.kill(died, signal.SIGKILL)
        for worker in workers:
            try:
                heard = await hear(worker)
            except Unavailable:  # asked before it knew
                heard = await hear(worker)
            assert heard == HEARD_HOURS
        assert workers[0].pid == workers[1].pid != died
    finally:
        for worker in workers:
            await worker.close()


@pytest.fixture
def server() -> Iterator[str]:
    """A server without models, its name."""
    models: Any = SimpleNamespace(languages=["en"], sources={}, decode=lambda *_, **__: wire.Decoded())
    name = f"parley-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind(wire.address(name))
        listener.listen()
        serving = threading.Thread(target=Server(listener, models, threads=1).serve, daemon=True)
        serving.start()
        yield name
        serving.join(timeout=30)
        assert not serving.is_alive()  # it ends with its workers


def joined(name: str) -> socket.socket:
    worker = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    worker.settimeout(30)
    worker.connect(wire.address(name))
    assert status_of(worker) == wire.READY
    return worker


def status_of(worker: socket.socket) -> int:
    length, status, _ = wire.HEAD.unpack(worker.recv(wire.HEAD.size, socket.MSG_WAITALL))
    worker.recv(length, socket.MSG_WAITALL)
    return int(status)


def ask(worker: socket.socket) -> None:
    header = b'{"interim": false}'
    body = wire.JSON_LENGTH.pack(len(header)) + header
    worker.sendall(wire.HEAD.pack(len(body), wire.DECODE, 1) + body)


def test_a_worker_learns_that_the_process_works_for_another_one(server: str) -> None:
    """Else it would take a process that is busy for one that hangs."""
    with joined(server) as one, joined(server) as other:
        ask(one)
        assert status_of(one) == wire.OK
        assert status_of(other) == wire.BUSY


def test_a_worker_that_goes_or_sends_nonsense_costs_the_others_nothing(server: str) -> None:
    with joined(server) as one:
        with joined(server) as gone:
            ask(gone)
        with joined(server) as broken:
            broken.sendall(wire.HEAD.pack(0xFFFFFFF0, wire.DECODE, 1))
            assert broken.recv(1) in (b"", bytes([0]))
        ask(one)
        while (status := status_of(one)) == wire.BUSY:
            pass
        assert status == wire.OK
