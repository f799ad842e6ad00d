"""A disk that fills up: new callers are refused early and in words, calls that run go on, room is used again."""

import asyncio
import subprocess
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from parley_core.health import Health
from parley_gateway.admission.room import ENOUGH_BYTES, LOW_BYTES, Room, folders_of, free_bytes
from parley_testing.callers import Gateway
from parley_testing.peers import require_small_disk
from parley_testing.workers import Workers

StartGateway = Callable[..., Awaitable[Gateway]]
MB = 1024 * 1024


async def test_below_the_mark_there_is_no_room_until_there_is_clearly_more() -> None:
    free, health = {"disk": LOW_BYTES}, Health()
    room = Room([Path("var")], lambda: "", health, free=lambda folder: free["disk"])
    for left, has_room in (
        (LOW_BYTES, True),
        (LOW_BYTES - 1, False),
        (LOW_BYTES, False),
        (ENOUGH_BYTES - 1, False),
        (ENOUGH_BYTES, True),
        (LOW_BYTES, True),
    ):
        free["disk"] = left
        await room.look()
        assert (room.missing == "") is has_room
        assert health.ready is has_room, "a load balancer sends callers elsewhere"


async def test_any_of_the_folders_may_be_the_full_one(caplog: pytest.LogCaptureFixture) -> None:
    left = {"a": MB * MB, "b": 10 * MB}
    room = Room([Path("a"), Path("b")], lambda: "", Health(), free=lambda folder: left[folder.name])
    await room.look()
    await room.look()
    assert room.missing == "The disk of b has 10 MB left."
    assert [one.message for one in caplog.records] == ["disk low, new calls are refused"], "once, not at every look"


async def test_a_stream_that_takes_nothing_has_no_room_either() -> None:
    refused = [""]
    room = Room((), lambda: refused[0], Health())
    assert room.missing == ""
    refused[0] = "insufficient storage resources available"
    assert "insufficient storage" in room.missing


async def test_a_folder_that_cannot_be_asked_refuses_nobody() -> None:
    def gone(folder: Path) -> int:
        raise FileNotFoundError(folder)

    room = Room([Path("a")], lambda: "", Health(), free=gone)
    await room.look()
    assert room.missing == ""


def test_only_folders_of_this_machine_are_asked(tmp_path: Path) -> None:
    assert folders_of("u", "s3://bucket/prefix") == [Path("u")]
    assert folders_of("", "var/objects") == [Path("var/objects")]
    assert free_bytes(tmp_path / "not" / "made" / "yet") > 0


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    where = tmp_path / "disk"
    where.mkdir()
    require_small_disk(where, ENOUGH_BYTES // MB + 16)
    try:
        yield where
    finally:
        subprocess.run(["umount", "-l", str(where)], check=True)


def fill(disk: Path) -> Path:
    path = disk / "filler"
    with suppress(OSError), path.open("wb", buffering=0) as file:
        while free_bytes(disk) >= LOW_BYTES - 8 * MB:
            file.write(bytes(4 * MB))
    return path


async def answer(gateway: Gateway) -> str:
    """Why there is no call; "" where there is."""
    async with gateway.connect() as client:
        await client.start()
        while True:
            for event in client.events:
                if event["type"] == "ready":
                    return ""
                if event["type"] == "refused":
                    assert event["detail"]
                    return str(event["reason"])
            await asyncio.sleep(0.01)


async def test_on_a_disk_that_fills_up_calls_go_on_and_new_ones_are_refused(
    start_gateway: StartGateway, workers: Workers, small_disk: Path
) -> None:
    gateway = await start_gateway(objects_url=str(small_disk / "objects"))
    workers.llm.replies = [["Still here."]]
    async with gateway.call() as running:
        filler = fill(small_disk)
        async with asyncio.timeout(60):
            while await answer(gateway) != "low_disk":  # the gateway looks every few seconds
                pass
        await running.send(type="text", text="are you there")
        await running.event("spoken", text="Still here.")
        filler.unlink()
    async with asyncio.timeout(60):
        while await answer(gateway) != "":
            pass
