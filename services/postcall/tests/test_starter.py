"""Ends of calls become workflows: once each, and only acknowledged when Temporal has them."""

import asyncio

import pytest
from parley.v1 import events_pb2
from parley_core.bus import subjects
from parley_core.bus.log import CallLog
from parley_core.errors import BadInput, Unavailable
from parley_core.ids import new_id
from parley_postcall import messages
from parley_postcall.messages import Limits
from parley_postcall.starter import Starter, call_of, consuming
from temporalio.service import RPCError


def ended(tenant, call):
    return events_pb2.Event(tenant=tenant, call=call, traceparent="tp", call_ended=events_pb2.CallEnded(reason="x"))


async def started(temporal, tenant, call):
    """The workflow's history is there: wait for it, however late the message comes."""
    async with asyncio.timeout(20):
        while True:
            try:
                return await temporal.get_workflow_handle(messages.workflow_id(tenant, call)).describe()
            except RPCError:
                await asyncio.sleep(0.05)


@pytest.fixture
def starter(temporal, task_queue):
    return Starter(temporal, task_queue, Limits(settle_s=0), timeout_s=5)


async def test_the_end_of_a_call_starts_its_workflow(starter, bus, temporal, nats_url, task_queue, tenant, call):
    async with consuming(nats_url, "test", starter, delay_max_s=1):
        await CallLog(bus, tenant, call, "gateway/g1").append_stored(events_pb2.CallEnded(reason="x"))
        found = await started(temporal, tenant, call)
    assert (found.workflow_type, found.task_queue) == (messages.WORKFLOW, task_queue)


async def test_a_call_whose_workflow_is_there_is_not_started_again(starter, tenant, call):
    subject, data = subjects.log(tenant, call, "CallEnded"), ended(tenant, call).SerializeToString()
    assert await starter.start(subject, data) is True
    assert await starter.start(subject, data) is False


async def test_an_end_that_came_while_nobody_listened_is_taken_later(starter, bus, temporal, nats_url, tenant, call):
    await CallLog(bus, tenant, call, "gateway/g1").append_stored(events_pb2.CallEnded(reason="x"))
    async with consuming(nats_url, "test", starter, delay_max_s=1):
        await started(temporal, tenant, call)


async def test_an_end_that_temporal_did_not_take_comes_back(bus, temporal, nats_url, task_queue, tenant, call):
    class Flaky(Starter):
        failures = 2

        async def start(self, subject, data):
            if subjects.parse(subject).call == call and Flaky.failures:
                Flaky.failures -= 1
                raise Unavailable("Temporal", "UNAVAILABLE")
            return await Starter.start(self, subject, data)

    async with consuming(nats_url, "test", Flaky(temporal, task_queue, Limits(), 5), delay_max_s=0.1):
        await CallLog(bus, tenant, call, "gateway/g1").append_stored(events_pb2.CallEnded(reason="x"))
        await started(temporal, tenant, call)
    assert Flaky.failures == 0


async def test_a_temporal_that_is_gone_is_unavailable(start_temporal, connect, task_queue, tenant, call):
    with start_temporal(None) as address:
        starter = Starter(await connect(address), task_queue, Limits(), timeout_s=0.5)
    with pytest.raises(Unavailable):
        await starter.start(subjects.log(tenant, call, "CallEnded"), ended(tenant, call).SerializeToString())


async def test_a_message_that_is_no_event_is_dropped_and_hurts_no_other(starter, bus, temporal, nats_url, tenant, call):
    async with consuming(nats_url, "test", starter, delay_max_s=1):
        subject = subjects.log(tenant, new_id(), "CallEnded")
        await bus.post_stored(subject, b"\xff\xffnot an event", message_id=new_id())
        await CallLog(bus, tenant, call, "gateway/g1").append_stored(events_pb2.CallEnded(reason="x"))
        await started(temporal, tenant, call)


@pytest.mark.parametrize(
    ("subject", "tenant", "call"),
    [
        ("call.a.b.log.CallEnded", "other", "b"),
        ("call.a.b.log.CallEnded", "a", "other"),
        ("call.a.b.log.CallStarted", "a", "b"),
        ("call.A.b.log.CallEnded", "A", "b"),
        ("nothing", "a", "b"),
    ],
)
def test_a_message_that_does_not_fit_its_subject_is_refused(subject, tenant, call):
    with pytest.raises(BadInput):
        call_of(subject, ended(tenant, call).SerializeToString())
