"""A disk that is full for a while: every event is stored in the end, and nobody restarts anything by hand."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from parley.v1 import events_pb2
from parley_core.bus.connection import connect
from parley_core.bus.log import CallLog, read_log
from parley_core.health import Health
from parley_local import nats_guard
from parley_testing.peers import require_small_disk
from parley_testing.servers import find_program, free_port, wait_for_port


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own, hardly larger than what the guard calls room."""
    where = tmp_path / "disk"
    where.mkdir()
    require_small_disk(where, nats_guard.ROOM_BYTES // 1024 // 1024 + 16)
    try:
        yield where
    finally:
        subprocess.run(["umount", "-l", str(where)], check=True)


def fill(disk: Path) -> Path:
    path = disk / "filler"
    with suppress(OSError), path.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(64 * 1024))
    return path


@pytest.mark.outside
async def test_a_full_disk_costs_no_event_and_no_restart_by_hand(small_disk: Path, tenant: str) -> None:
    port = free_port()
    server = (find_program("nats-server"), "-a", "127.0.0.1", "-p", str(port), "-js", "-sd", str(small_disk / "nats"))
    command = [sys.executable, "-m", "parley_local.nats_guard", str(small_disk / "nats"), *server]
    guard = subprocess.Popen(command, stderr=subprocess.DEVNULL)  # noqa: ASYNC220 - once, in a test
    try:
        wait_for_port(port, guard)
        health, turned = Health(), asyncio.Event()
        async with connect(f"nats://127.0.0.1:{port}", "full", health=health) as bus:
            health.on_change(lambda ready: turned.set())
            log = CallLog(bus, tenant, "c", "gateway/g")
            await log.append_stored(events_pb2.TurnCommitted(turn=1, text="x" * 2000))
            turned.clear()
            filler = fill(small_disk)
            for turn in range(2, 200):
                log.append(events_pb2.TurnCommitted(turn=turn, text="x" * 2000))
            await asyncio.wait_for(turned.wait(), 30)
            assert not health.ready  # every probe would have said that all is well
            turned.clear()
            os.unlink(filler)
            await asyncio.wait_for(turned.wait(), 60)
            assert health.ready
            await log.flush(30)
            stored = [event.turn_committed.turn for event in await read_log(bus, tenant, "c")]
        assert stored == list(range(1, 200))
    finally:
        guard.terminate()
        assert guard.wait(20) == 0
