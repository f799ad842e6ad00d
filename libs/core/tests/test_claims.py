import asyncio

import pytest
from parley.v1 import events_pb2, live_pb2
from parley_core.bus.claims import ClaimedWorker, Claims
from parley_core.bus.log import CallLog
from parley_core.bus.port import Bus
from parley_core.errors import BadInput, LimitReached, Unavailable
from parley_core.ids import new_id


class FakeWorkerSession:
    def __init__(self) -> None:
        self.closed: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def close(self, reason: str) -> None:
        self.closed.set_result(reason)


class Opened:
    def __init__(self) -> None:
        self.calls: dict[str, FakeWorkerSession] = {}

    async def __call__(self, claim: live_pb2.Claim) -> FakeWorkerSession:
        if claim.agent == "unknown":
            raise BadInput("agent", "is not known")
        self.calls[claim.call] = FakeWorkerSession()
        return self.calls[claim.call]


@pytest.fixture
def role() -> str:
    return new_id("role-")


def claim_of(tenant: str, call: str, role: str, agent: str = "clinic") -> live_pb2.Claim:
    return live_pb2.Claim(tenant=tenant, call=call, role=role, agent=agent, gateway="gateway-1")


async def test_a_worker_takes_calls_while_it_has_room(bus: Bus, tenant: str, role: str) -> None:
    opened, claims = Opened(), Claims(bus)
    worker = ClaimedWorker(bus, role, f"{role}-1", 1, opened)
    await worker.start()
    answer = await claims.claim(claim_of(tenant, "a", role), timeout_s=5)
    assert answer.worker == f"{role}-1"
    with pytest.raises(LimitReached):
        await claims.claim(claim_of(tenant, "b", role), timeout_s=5)
    await CallLog(bus, tenant, "a", "gateway/g").append_stored(events_pb2.CallEnded())
    assert await asyncio.wait_for(opened.calls["a"].closed, 5) == "call ended"
    await claims.claim(claim_of(tenant, "b", role), timeout_s=5)
    await worker.stop()
    assert await opened.calls["b"].closed == "worker stops"


async def test_a_refusal_says_why(bus: Bus, tenant: str, role: str) -> None:
    worker = ClaimedWorker(bus, role, f"{role}-1", 5, Opened())
    await worker.start()
    with pytest.raises(Unavailable, match="is not known"):
        await Claims(bus).claim(claim_of(tenant, "a", role, agent="unknown"), timeout_s=5)
    assert worker.calls == 0
    await worker.stop()


async def test_a_call_claimed_elsewhere_is_let_go(bus: Bus, tenant: str, role: str) -> None:
    opened = Opened()
    worker = ClaimedWorker(bus, role, f"{role}-1", 5, opened)
    await worker.start()
    await Claims(bus).claim(claim_of(tenant, "a", role), timeout_s=5)
    log = CallLog(bus, tenant, "a", "gateway/g")
    await log.append_stored(events_pb2.WorkerClaimed(role=role, worker=f"{role}-1"))
    await log.append_stored(events_pb2.WorkerClaimed(role=role, worker=f"{role}-2"))
    assert await asyncio.wait_for(opened.calls["a"].closed, 5) == "claimed elsewhere"
    await worker.stop()


async def test_a_worker_that_stops_beating_is_lost(bus: Bus, tenant: str, role: str) -> None:
    claims = Claims(bus)
    await claims.start()
    worker = ClaimedWorker(bus, role, f"{role}-1", 5, Opened())
    await worker.start()
    await claims.claim(claim_of(tenant, "a", role), timeout_s=5)
    lost: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    claims.hold(f"{role}-1", lost.set_result)
    await worker.stop()
    assert await asyncio.wait_for(lost, 10) == "silent"
    await claims.stop()


async def test_a_draining_worker_says_so_and_waits_for_its_calls(bus: Bus, tenant: str, role: str) -> None:
    claims = Claims(bus)
    await claims.start()
    opened = Opened()
    worker = ClaimedWorker(bus, role, f"{role}-1", 5, opened)
    await worker.start()
    await claims.claim(claim_of(tenant, "a", role), timeout_s=5)
    lost: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    claims.hold(f"{role}-1", lost.set_result)
    draining = asyncio.create_task(worker.drain(10))
    assert await asyncio.wait_for(lost, 5) == "draining"
    with pytest.raises(LimitReached):
        await claims.claim(claim_of(tenant, "b", role), timeout_s=5)
    await CallLog(bus, tenant, "a", "g").append_stored(events_pb2.WorkerClaimed(role=role, worker="other"))
    await asyncio.wait_for(draining, 5)
    assert opened.calls["a"].closed.done()
    await worker.stop()
    await claims.stop()


async def test_what_is_no_claim_is_refused(bus: Bus, role: str) -> None:
    worker = ClaimedWorker(bus, role, f"{role}-1", 5, Opened())
    await worker.start()
    answer = live_pb2.Claimed.FromString(await bus.request(f"claim.{role}", b"\xff\xff", timeout_s=5))
    assert answer.refused == "not a claim"
    await worker.stop()


class Freezing(Opened):
    """A worker that stands still at its first claim until it is let go on."""

    def __init__(self) -> None:
        super().__init__()
        self.asked, self.thaw, self.thawed = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def __call__(self, claim: live_pb2.Claim) -> FakeWorkerSession:
        self.asked.set()
        await self.thaw.wait()
        opened = await super().__call__(claim)
        self.thawed.set()
        return opened


async def test_a_frozen_worker_is_not_waited_for_and_lets_go_when_it_answers_late(
    bus: Bus, tenant: str, role: str
) -> None:
    freezing, opened = Freezing(), Opened()
    frozen = ClaimedWorker(bus, role, f"{role}-frozen", 50, freezing)
    free = ClaimedWorker(bus, role, f"{role}-free", 50, opened)
    await frozen.start()
    claiming = asyncio.create_task(Claims(bus).claim(claim_of(tenant, "a", role), timeout_s=60))
    await asyncio.wait_for(freezing.asked.wait(), 5)
    await free.start()
    assert (await asyncio.wait_for(claiming, 60)).worker == f"{role}-free"
    log = CallLog(bus, tenant, "a", "gateway/g")
    await log.append_stored(events_pb2.WorkerClaimed(role=role, worker=f"{role}-free"))
    freezing.thaw.set()
    await asyncio.wait_for(freezing.thawed.wait(), 5)
    assert "claimed elsewhere" in await asyncio.wait_for(freezing.calls["a"].closed, 10)
    assert not opened.calls["a"].closed.done()
    await frozen.stop()
    await free.stop()


async def test_a_worker_that_takes_over_is_not_mistaken_for_one_that_came_late(
    bus: Bus, tenant: str, role: str
) -> None:
    opened = Opened()
    worker = ClaimedWorker(bus, role, f"{role}-2", 5, opened)
    await worker.start()
    log = CallLog(bus, tenant, "a", "gateway/g")
    await log.append_stored(events_pb2.WorkerClaimed(role=role, worker=f"{role}-1"))
    claim = claim_of(tenant, "a", role)
    claim.resume, claim.lost = True, f"{role}-1"
    await Claims(bus).claim(claim, timeout_s=5)
    held = worker._held[tenant, "a"]
    assert await worker._why_not_its_own((tenant, "a"), held) == ""
    await log.append_stored(events_pb2.WorkerClaimed(role=role, worker=f"{role}-2"))
    assert await worker._why_not_its_own((tenant, "a"), held) == ""
    await log.append_stored(events_pb2.WorkerClaimed(role=role, worker=f"{role}-3"))
    assert await asyncio.wait_for(opened.calls["a"].closed, 5) == "claimed elsewhere"
    await worker.stop()
