import asyncio
from contextlib import aclosing

import pytest
from parley.v1 import events_pb2
from parley_core.bus.log import CallLog, await_event, body_of, decode, event_name, follow_log, read_log
from parley_core.bus.memory import MemoryBus
from parley_core.bus.port import Bus
from parley_core.errors import BadInput, NotFound, TimedOut


async def test_events_come_back_as_they_were_appended(bus: Bus, tenant: str) -> None:
    log = CallLog(bus, tenant, "c", "gateway/g1", traceparent="00-" + "a" * 32 + "-" + "b" * 16 + "-01")
    log.append(events_pb2.TurnCommitted(turn=1, text="hello"))
    await log.append_stored(events_pb2.CallEnded(reason="caller_hung_up"))
    first, second = await read_log(bus, tenant, "c")
    assert (event_name(first), event_name(second)) == ("TurnCommitted", "CallEnded")
    assert body_of(first) == events_pb2.TurnCommitted(turn=1, text="hello")
    assert (first.tenant, first.call, first.seq, second.seq) == (tenant, "c", 1, 2)
    assert first.traceparent.startswith("00-aaaa")
    assert first.time_us <= second.time_us


async def test_a_follower_gets_history_and_what_comes_each_once(bus: Bus, tenant: str) -> None:
    log = CallLog(bus, tenant, "c", "gateway/g1")
    seen: list[str] = []

    async def follow() -> None:
        async with aclosing(follow_log(bus, tenant, "c")) as events:
            async for event in events:
                seen.append(event.id)
                if len(seen) == 600:
                    return

    for number in range(200):
        log.append(events_pb2.Heard(utterance=number))
    follower = asyncio.create_task(follow())  # subscribes while appends are under way
    for number in range(200):
        log.append(events_pb2.Heard(utterance=number))
        if number % 10 == 0:
            await asyncio.sleep(0)
    await log.flush()
    for number in range(200):
        log.append(events_pb2.Heard(utterance=number))
    await asyncio.wait_for(follower, 10)
    assert len(set(seen)) == 600


async def test_a_follower_finds_what_live_delivery_lost(tenant: str) -> None:
    class Deaf(MemoryBus):
        """Stores, but delivers nothing live."""

        def _deliver(self, message: object) -> int:
            return 0

    bus = Deaf()
    log = CallLog(bus, tenant, "c", "gateway/g1")
    waiting = asyncio.create_task(await_event(bus, tenant, "c", "CallEnded", timeout_s=5))
    await asyncio.sleep(0)
    log.append(events_pb2.CallEnded())
    assert event_name(await waiting) == "CallEnded"


async def test_a_delivery_that_was_lost_is_read_before_what_came_after_it(tenant: str) -> None:
    class Forgetful(MemoryBus):
        """Stores everything, and does not deliver the turns."""

        def _deliver(self, message: object) -> int:
            return 0 if "TurnCommitted" in message.subject else super()._deliver(message)  # type: ignore[attr-defined,arg-type]

    bus, seen, begun = Forgetful(), list[int](), asyncio.Event()

    async def follow() -> None:
        async with aclosing(follow_log(bus, tenant, "c")) as events:
            async for event in events:
                seen.append(event.seq)
                begun.set()
                if len(seen) == 4:
                    return

    log = CallLog(bus, tenant, "c", "gateway/g1")
    follower = asyncio.create_task(follow())
    log.append(events_pb2.CallStarted())
    await asyncio.wait_for(begun.wait(), 5)
    for body in (events_pb2.Spoken(), events_pb2.TurnCommitted(turn=1), events_pb2.Interrupted()):
        log.append(body)
    await asyncio.wait_for(follower, 5)
    assert seen == [1, 2, 3, 4]


async def test_an_event_that_is_never_stored_holds_up_its_source_only_for_a_while(tenant: str) -> None:
    bus = MemoryBus()
    log = CallLog(bus, tenant, "c", "gateway/g1")
    log._wrap(events_pb2.Spoken())  # numbered, and then its writer fails
    log.append(events_pb2.CallEnded())
    assert event_name(await await_event(bus, tenant, "c", "CallEnded", timeout_s=10)) == "CallEnded"


async def test_two_writers_of_one_name_do_not_hide_each_other(bus: Bus, tenant: str) -> None:
    await CallLog(bus, tenant, "c", "llm/w").append_stored(events_pb2.Replied(turn=1))
    await CallLog(bus, tenant, "c", "llm/w").append_stored(events_pb2.Replied(turn=2))
    assert len(await read_log(bus, tenant, "c")) == 2


async def test_a_fixed_instance_stores_a_repeat_once(bus: Bus, tenant: str) -> None:
    for _ in range(2):
        await CallLog(bus, tenant, "c", "postcall", instance="1").append_stored(events_pb2.PostcallFinished())
    assert len(await read_log(bus, tenant, "c")) == 1


async def test_a_call_without_events_is_not_found(bus: Bus, tenant: str) -> None:
    with pytest.raises(NotFound):
        await read_log(bus, tenant, "nobody")
    with pytest.raises(TimedOut):
        await await_event(bus, tenant, "nobody", "CallEnded", timeout_s=0.05)


def test_bytes_that_are_no_event_are_refused() -> None:
    with pytest.raises(BadInput):
        decode(b"\xff\xff\xff")


def test_what_is_no_event_body_is_refused(tenant: str) -> None:
    with pytest.raises(BadInput, match="not the body"):
        CallLog(MemoryBus(), tenant, "c", "x").append(events_pb2.Word(text="x"))
