"""A bus that freezes, refuses or goes away: nothing of the client's comes out, nothing is lost, nobody is judged."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from parley.v1 import events_pb2
from parley_core.bus.beats import QUIET_S, Beats
from parley_core.bus.connection import NatsBus, connect
from parley_core.bus.errors import without_credentials
from parley_core.bus.log import CallLog, read_log
from parley_core.bus.outbox import BOUND_BYTES, Outbox, Waiting, spilled
from parley_core.errors import ParleyError, TimedOut, Unavailable
from parley_core.health import Health
from parley_core.ids import new_id
from parley_testing.servers import NatsServer, freezable_nats_server


@dataclass(frozen=True, slots=True)
class Frozen:
    bus: NatsBus
    server: NatsServer


@pytest.fixture
async def own(tmp_path: Path) -> AsyncIterator[Frozen]:
    """A server of the test's own, which it may stop."""
    with freezable_nats_server(tmp_path / "nats") as server:
        async with connect(server.url, "frozen") as bus:
            try:
                yield Frozen(bus, server)
            finally:
                server.resume()


OPERATIONS: dict[str, Callable[[NatsBus], Awaitable[object]]] = {
    "get": lambda bus: bus.kv("b").get("k"),
    "entry": lambda bus: bus.kv("b").entry("k"),
    "put": lambda bus: bus.kv("b").put("k", b""),
    "create": lambda bus: bus.kv("b").create("k", b""),
    "update": lambda bus: bus.kv("b").update("k", b"", 1),
    "delete": lambda bus: bus.kv("b").delete("k"),
    "keys": lambda bus: bus.kv("b").keys(),
    "request": lambda bus: bus.request("nobody.here", b"", timeout_s=0.5),
    "read_stored": lambda bus: bus.read_stored("call.t.c.log.>"),
    "flush": lambda bus: bus.flush(0.5),
}


@pytest.mark.outside
@pytest.mark.parametrize("name", list(OPERATIONS))
async def test_what_the_client_raises_comes_out_as_parleys(own: Frozen, name: str) -> None:
    await own.bus.kv("b").put("k", b"v")
    own.server.freeze()
    with pytest.raises((TimedOut, Unavailable)) as caught:
        async with asyncio.timeout(20):
            await OPERATIONS[name](own.bus)
    assert isinstance(caught.value, ParleyError)


@pytest.mark.outside
async def test_events_of_a_frozen_server_are_stored_when_it_works_again(own: Frozen, tenant: str) -> None:
    health, turned = Health(), asyncio.Event()
    health.on_change(lambda ready: turned.set())
    own.bus.watch(health, "frozen")
    turned.clear()
    log = CallLog(own.bus, tenant, "c", "gateway/g")
    await log.append_stored(events_pb2.TurnCommitted(turn=1))
    own.server.freeze()
    for turn in range(2, 30):
        log.append(events_pb2.TurnCommitted(turn=turn))
    await asyncio.wait_for(turned.wait(), 30)  # the oldest one counts as late
    assert not health.ready
    turned.clear()
    own.server.resume()
    await log.flush(20)
    assert [event.turn_committed.turn for event in await read_log(own.bus, tenant, "c")] == list(range(1, 30))
    await asyncio.wait_for(turned.wait(), 30)
    assert health.ready


@pytest.mark.outside
async def test_what_the_end_of_a_process_finds_unsent_is_sent_by_the_next(tmp_path: Path, tenant: str) -> None:
    with freezable_nats_server(tmp_path / "nats") as server:
        async with connect(server.url, "first", unsent_dir=str(tmp_path / "unsent")) as bus:
            log = CallLog(bus, tenant, "c", "gateway/g", instance="1")
            await log.append_stored(events_pb2.TurnCommitted(turn=1))
            server.freeze()
            log.append(events_pb2.TurnCommitted(turn=2))
        (kept,) = (tmp_path / "unsent").glob("*.jsonl")
        assert kept.stat().st_mode & 0o077 == 0
        server.resume()
        async with connect(server.url, "second", unsent_dir=str(tmp_path / "unsent")) as bus:
            await bus.flush()
            turns = [event.turn_committed.turn for event in await read_log(bus, tenant, "c")]
        assert turns == [1, 2]
        assert not list((tmp_path / "unsent").iterdir())


@pytest.mark.outside
async def test_listing_a_bucket_leaves_no_consumer_behind(own: Frozen) -> None:
    bucket = own.bus.kv("many")
    for number in range(30):
        await bucket.put(f"a.{number}", b"x")
    await bucket.delete("a.3")
    for _ in range(40):
        assert len(await bucket.keys("a.")) == 29
    answer = await own.bus.request("$JS.API.STREAM.INFO.KV_many", b"", timeout_s=2)
    assert b'"consumer_count":0' in answer


def waiting(data: bytes = b"x") -> Waiting:
    return Waiting("s", data, {"Nats-Msg-Id": "1"}, asyncio.get_running_loop().create_future(), 0.0, 0.0)


async def test_more_than_the_memory_for_unsent_events_is_refused_by_name() -> None:
    outbox = Outbox(lambda number, one: None)
    assert outbox.add("1", waiting(bytes(BOUND_BYTES)))
    beyond = waiting()
    assert not outbox.add("2", beyond)
    with pytest.raises(Unavailable, match="too many events"):
        await beyond.stored
    outbox.acknowledged("1", 7)
    assert outbox.add("3", waiting())


async def test_a_broken_line_of_a_file_costs_that_line(tmp_path: Path) -> None:
    (tmp_path / "1.jsonl").write_text('{"subject": "s", "headers": {}, "data": "eA=="}\nnonsense\n{"data": 1}\n')
    assert [messages for _, messages in spilled(tmp_path)] == [[("s", b"x", {})]]


def test_while_own_beats_do_not_come_back_nobody_is_silent() -> None:
    beats = Beats("me")
    for tick in range(4):
        beats.heard("me", tick * 0.5)
        beats.heard("worker", tick * 0.5)
    assert not beats.frozen(1.5 + QUIET_S / 2)
    assert beats.frozen(20.0)
    assert beats.silent_s("worker", 20.0) == 0.0
    beats.heard("me", 20.1)  # it comes through again: everybody has a new start
    assert beats.silent_s("worker", 20.2) < 0.2
    beats.heard("me", 20.6)
    beats.heard("me", 21.1)
    beats.heard("me", 21.6)
    assert beats.silent_s("worker", 21.7) == pytest.approx(1.6)


def test_without_own_beats_every_silence_counts() -> None:
    beats = Beats()
    beats.heard("worker", 1.0)
    assert beats.silent_s("worker", 9.0) == 8.0
    assert beats.silent_s("unknown", 9.0) == 0.0
    assert beats.silent_s("unknown", 9.0, since=2.0) == 7.0


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("nats://me:secret@a:4222", "nats://a:4222"),
        ("nats://token@a:4222,nats://b:4222", "nats://a:4222,nats://b:4222"),
        ("tls://u:p%40ss@a", "tls://a"),
        ("me:secret@a:4222", "a:4222"),
        ("nats://a:4222", "nats://a:4222"),
    ],
)
def test_addresses_are_shown_without_their_passwords(url: str, shown: str) -> None:
    assert without_credentials(url) == shown


@pytest.mark.outside
async def test_a_password_does_not_come_out_with_the_error() -> None:
    with pytest.raises(Unavailable) as caught:
        async with connect("nats://me:hunter2@127.0.0.1:1", new_id(), timeout_s=0.3):
            pass
    assert "hunter2" not in str(caught.value)
    assert "127.0.0.1:1" in str(caught.value)
