"""Tools of other systems: what is wanted is stored first, a lost answer is looked up and never asked for again blindly,
and work goes on when its caller is gone."""

import asyncio
from collections.abc import Mapping

import pytest
from parley.v1 import tools_pb2
from parley_core.errors import BadInput, NotFound, ParleyError, Rejected, TimedOut, Unavailable, Unreachable
from parley_store.engine import reading
from parley_tools.policy import PolicyDocument
from parley_tools.stores import tables
from parley_tools.tool import CallContext, Outcome, ToolSpec
from sqlalchemy import select

NOTHING = {"type": "object"}
DONE = Outcome(tools_pb2.TOOL_STATUS_OK, {"id": "r-1"})
LOST = "lost"


class Shop:
    """Another system. It does each wish that arrives; `faults` say, in order, what happens to the answers: an error
    that is raised before (`Unreachable`, …) or, as ("lost", error), after the work is done."""

    def __init__(self, *faults: object, finds: bool = True) -> None:
        self.spec = ToolSpec("shop", "", NOTHING, NOTHING, True, timeout_s=30)
        self.orders: list[str] = []
        self.faults = list(faults)
        self.finds = finds
        self.hold = asyncio.Event()
        self.hold.set()
        self.inside = asyncio.Event()

    async def send(self, context: CallContext, arguments: Mapping[str, object]) -> Outcome:
        fault = self.faults.pop(0) if self.faults else None
        if isinstance(fault, ParleyError):
            raise fault
        self.inside.set()
        await self.hold.wait()
        self.orders.append(context.idempotency_key)
        if isinstance(fault, tuple):
            raise fault[1]
        return fault if isinstance(fault, Outcome) else DONE

    async def find(self, context: CallContext, arguments: Mapping[str, object]) -> Outcome | None:
        if not self.finds:
            raise NotFound("order", "it")
        return DONE if context.idempotency_key in self.orders else None


async def attempts(desk) -> list[str]:
    async with reading(desk.database) as connection:
        rows = await connection.execute(select(tables.attempts).order_by(tables.attempts.c.attempt_id))
        return [row.outcome for row in rows]


@pytest.mark.parametrize("error", [TimedOut("shop", 1), Unavailable("shop", "cut"), ValueError("what the caller said")])
async def test_an_answer_that_was_lost_is_looked_up_and_the_order_is_made_once(desk, error: Exception) -> None:
    shop = Shop((LOST, error))
    desk.use([shop])
    result = await desk.call("shop", {}, key="k")
    assert (desk.status(result), desk.content(result), shop.orders) == ("OK", {"id": "r-1"}, ["k"])
    assert await attempts(desk) == ["unknown", "done"]
    assert (await desk.call("shop", {}, key="k")).replayed


async def test_a_request_that_got_lost_on_its_way_is_made_again(desk) -> None:
    shop = Shop(TimedOut("shop", 1))
    desk.use([shop])
    assert desk.status(await desk.call("shop", {}, key="k")) == "OK"
    assert shop.orders == ["k"]
    assert await attempts(desk) == ["not done", "done"]


async def test_what_nobody_can_find_out_is_never_asked_for_again(desk) -> None:
    shop = Shop((LOST, TimedOut("shop", 1)), finds=False)
    desk.use([shop])
    for _ in range(2):
        result = await desk.call("shop", {}, key="k")
        assert desk.status(result) == "FAILED"
        assert "nobody can tell what came of it" in result.error
    assert shop.orders == ["k"]


async def test_a_server_that_is_not_reached_is_tried_again_and_then_the_key_is_free(desk) -> None:
    shop = Shop(*[Unreachable("shop", "down")] * 3)
    desk.use([shop])
    assert desk.status(await desk.call("shop", {}, key="k")) == "FAILED"
    assert await attempts(desk) == ["not done"] * 3
    assert await desk.count(tables.calls) == 0
    assert desk.status(await desk.call("shop", {}, key="k")) == "OK"


@pytest.mark.parametrize("error", [BadInput("size", "is unknown"), Rejected("shop", "422")])
async def test_a_refusal_is_not_tried_again(desk, error: ParleyError) -> None:
    shop = Shop(error)
    desk.use([shop])
    result = await desk.call("shop", {}, key="k")
    assert (result.attempts, shop.orders, await attempts(desk)) == (1, [], ["not done"])


async def test_an_answer_after_the_caller_hung_up_is_kept_and_returned_to_the_next_call(desk) -> None:
    shop = Shop()
    shop.hold.clear()
    desk.use([shop])
    calling = asyncio.create_task(desk.call("shop", {}, key="k"))
    await shop.inside.wait()
    calling.cancel()
    with pytest.raises(asyncio.CancelledError):
        await calling
    again = asyncio.create_task(desk.call("shop", {}, key="k"))
    await asyncio.sleep(0)
    shop.hold.set()
    assert desk.status(await again) == "OK"
    assert shop.orders == ["k"]


async def test_the_same_wish_at_once_is_carried_out_once(desk) -> None:
    shop = Shop()
    desk.use([shop])
    results = await asyncio.gather(*(desk.call("shop", {}, key="k") for _ in range(5)))
    assert {desk.status(result) for result in results} == {"OK"}
    assert shop.orders == ["k"]


async def test_an_attempt_whose_process_died_is_looked_up_by_the_next_one(desk) -> None:
    shop = Shop()
    shop.hold.clear()
    desk.use([shop])
    calling = asyncio.create_task(desk.call("shop", {}, key="k"))
    await shop.inside.wait()
    shop.orders.append("k")  # it arrived
    await desk.tasks.close()  # the process ends
    with pytest.raises(asyncio.CancelledError):
        await calling
    desk.clock.now = desk.clock.now.replace(hour=15)  # its lease is over
    desk.restart()
    shop.hold.set()
    desk.use([shop])
    assert desk.status(await desk.call("shop", {}, key="k")) == "OK"
    assert shop.orders == ["k"]


async def test_what_was_done_with_a_wrong_answer_is_a_failure_and_not_done_again(desk) -> None:
    shop = Shop(Outcome(tools_pb2.TOOL_STATUS_OK, {"id": 7}))
    shop.spec = ToolSpec("shop", "", NOTHING, {"type": "object", "properties": {"id": {"type": "string"}}}, True)
    desk.use([shop])
    for _ in range(2):
        result = await desk.call("shop", {}, key="k")
        assert (desk.status(result), result.error) == ("FAILED", "tool shop returned a wrong result")
    assert shop.orders == ["k"]


async def test_an_approved_call_is_carried_out_once_and_waits_again_where_nothing_was_done(desk) -> None:
    shop = Shop(*[Unreachable("shop", "down")] * 3)
    desk.policies = PolicyDocument.model_validate({"default": {"approve": ["shop"]}})
    desk.use([shop])
    assert desk.status(await desk.call("shop", {}, key="k")) == "WAITING_FOR_APPROVAL"

    async def decide():
        return await desk.executor.decide("t1", "k", approve=True, by="anna", note="")

    assert desk.status(await decide()) == "FAILED"
    assert desk.status(await desk.call("shop", {}, key="k")) == "WAITING_FOR_APPROVAL"
    results = await asyncio.gather(*(decide() for _ in range(3)))
    assert {desk.status(result) for result in results} == {"OK"}
    assert shop.orders == ["k"]
    assert (await decide()).replayed


async def test_no_transaction_is_open_while_another_system_works(desk) -> None:
    shop = Shop()
    shop.hold.clear()
    desk.use([shop, *desk.parts.registry.all()])
    calling = asyncio.create_task(desk.call("shop", {}, key="k"))
    await shop.inside.wait()
    booking = {"when": "2026-11-24T10:30", "name": "Maria Lopez", "phone": "555 0142"}
    assert desk.status(await desk.call("book_appointment", booking)) == "OK"
    shop.hold.set()
    assert desk.status(await calling) == "OK"
