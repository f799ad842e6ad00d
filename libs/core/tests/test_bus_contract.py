"""One class of behaviour, run on the bus in memory and on a real NATS server."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from parley_core.bus import subjects
from parley_core.bus.connection import connect
from parley_core.bus.memory import MemoryBus
from parley_core.bus.port import Bus, Message
from parley_core.errors import TimedOut, Unavailable
from parley_core.ids import new_id

WITHIN_S = 5


@pytest.fixture(params=["memory", pytest.param("nats", marks=pytest.mark.outside)])
async def any_bus(request: pytest.FixtureRequest) -> AsyncIterator[Bus]:
    if request.param == "memory":
        memory = MemoryBus()
        yield memory
        await memory.close()
        return
    async with connect(request.getfixturevalue("nats_url"), "contract") as nats_bus:
        yield nats_bus


class Inbox:
    """Collects what a subscription delivers and lets a test wait for a count."""

    def __init__(self) -> None:
        self.got: list[Message] = []
        self._arrived = asyncio.Condition()

    async def take(self, message: Message) -> None:
        async with self._arrived:
            self.got.append(message)
            self._arrived.notify_all()

    async def until(self, count: int) -> list[bytes]:
        async with asyncio.timeout(WITHIN_S), self._arrived:
            await self._arrived.wait_for(lambda: len(self.got) >= count)
        return [message.data for message in self.got]


class TestBus:
    async def test_posts_arrive_in_order(self, any_bus: Bus, tenant: str) -> None:
        inbox = Inbox()
        await any_bus.subscribe(subjects.live_say(tenant, "c"), inbox.take)
        for number in range(500):
            any_bus.post(subjects.live_say(tenant, "c"), str(number).encode())
        assert await inbox.until(500) == [str(number).encode() for number in range(500)]

    async def test_wildcards_follow_the_subject_rules(self, any_bus: Bus, tenant: str) -> None:
        one, rest = Inbox(), Inbox()
        await any_bus.subscribe(f"call.{tenant}.*.live.say", one.take)
        await any_bus.subscribe(f"call.{tenant}.>", rest.take)
        await any_bus.publish(subjects.live_audio_in(tenant, "c"), b"audio")
        await any_bus.publish(subjects.live_say(tenant, "c"), b"say")
        assert await rest.until(2) == [b"audio", b"say"]
        assert await one.until(1) == [b"say"]

    async def test_a_queue_group_gets_each_message_once(self, any_bus: Bus, tenant: str) -> None:
        group, everyone = Inbox(), Inbox()
        subject = f"claim.{tenant}"
        await any_bus.subscribe(subject, group.take, queue="q")
        await any_bus.subscribe(subject, group.take, queue="q")
        await any_bus.subscribe(subject, everyone.take)
        for number in range(20):
            await any_bus.publish(subject, str(number).encode())
        await everyone.until(20)
        assert sorted(await group.until(20)) == sorted(str(number).encode() for number in range(20))
        await any_bus.flush()
        assert len(group.got) == 20

    async def test_a_request_is_answered(self, any_bus: Bus, tenant: str) -> None:
        async def answer(message: Message) -> None:
            await message.respond(b"to " + message.data)

        await any_bus.subscribe(f"claim.{tenant}", answer)
        assert await any_bus.request(f"claim.{tenant}", b"you", timeout_s=WITHIN_S) == b"to you"

    async def test_a_request_that_nobody_hears_says_so_at_once(self, any_bus: Bus, tenant: str) -> None:
        with pytest.raises(Unavailable, match="nobody listens"):
            await any_bus.request(f"claim.{tenant}", b"", timeout_s=WITHIN_S)

    async def test_a_request_that_nobody_answers_times_out(self, any_bus: Bus, tenant: str) -> None:
        inbox = Inbox()
        await any_bus.subscribe(f"claim.{tenant}", inbox.take)
        with pytest.raises(TimedOut):
            await any_bus.request(f"claim.{tenant}", b"", timeout_s=0.05)

    async def test_headers_travel(self, any_bus: Bus, tenant: str) -> None:
        inbox = Inbox()
        await any_bus.subscribe(f"claim.{tenant}", inbox.take)
        await any_bus.publish(f"claim.{tenant}", b"x", headers={"traceparent": "00-a-b-01"})
        await inbox.until(1)
        headers = inbox.got[0].headers
        assert headers is not None
        assert headers["traceparent"] == "00-a-b-01"

    async def test_a_handler_that_raises_does_not_end_the_subscription(self, any_bus: Bus, tenant: str) -> None:
        inbox = Inbox()

        async def picky(message: Message) -> None:
            if message.data == b"bad":
                raise ValueError("no")
            await inbox.take(message)

        await any_bus.subscribe(f"claim.{tenant}", picky)
        await any_bus.publish(f"claim.{tenant}", b"bad")
        await any_bus.publish(f"claim.{tenant}", b"good")
        assert await inbox.until(1) == [b"good"]

    async def test_stored_messages_are_read_back_in_order(self, any_bus: Bus, tenant: str) -> None:
        call = new_id()
        for number in range(2500):  # more than one batch of the server's
            last = any_bus.post_stored(
                subjects.log(tenant, call, "Heard"), b"%d" % number, message_id=f"{call}/{number}"
            )
        await asyncio.wait_for(last, 30)
        stored = await any_bus.read_stored(subjects.log_of(tenant, call))
        assert [data for _, data in stored] == [b"%d" % number for number in range(2500)]
        middle = stored[1249][0]
        assert [data for _, data in await any_bus.read_stored(subjects.log_of(tenant, call), after=middle)] == [
            data for _, data in stored[1250:]
        ]

    async def test_one_message_id_is_stored_once(self, any_bus: Bus, tenant: str) -> None:
        call = new_id()
        first = any_bus.post_stored(subjects.log(tenant, call, "Heard"), b"a", message_id=call)
        second = any_bus.post_stored(subjects.log(tenant, call, "Heard"), b"a", message_id=call)
        assert await asyncio.wait_for(first, WITHIN_S) == await asyncio.wait_for(second, WITHIN_S)
        assert len(await any_bus.read_stored(subjects.log_of(tenant, call))) == 1

    async def test_a_closed_subscription_delivers_nothing(self, any_bus: Bus, tenant: str) -> None:
        closed, open_ = Inbox(), Inbox()
        subscription = await any_bus.subscribe(f"claim.{tenant}", closed.take)
        await any_bus.subscribe(f"claim.{tenant}", open_.take)
        await subscription.close()
        await subscription.close()
        await any_bus.publish(f"claim.{tenant}", b"x")
        await open_.until(1)
        assert closed.got == []

    async def test_key_value_buckets(self, any_bus: Bus, tenant: str) -> None:
        bucket = any_bus.kv("contract")
        assert await bucket.get(f"{tenant}.a") is None
        assert await bucket.create(f"{tenant}.a", b"1")
        assert not await bucket.create(f"{tenant}.a", b"2")
        value, revision = await bucket.entry(f"{tenant}.a") or (b"", 0)
        assert value == b"1"
        assert await bucket.update(f"{tenant}.a", b"3", revision)
        assert not await bucket.update(f"{tenant}.a", b"4", revision)
        assert await bucket.get(f"{tenant}.a") == b"3"
        assert await bucket.entry(f"{tenant}.none") is None
        await bucket.put(f"{tenant}.a", b"1")
        await bucket.put(f"{tenant}.b", b"3")
        assert await bucket.get(f"{tenant}.a") == b"1"
        assert await bucket.keys(f"{tenant}.") == [f"{tenant}.a", f"{tenant}.b"]
        await bucket.delete(f"{tenant}.a")
        assert await bucket.get(f"{tenant}.a") is None
