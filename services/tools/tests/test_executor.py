"""What happens around a tool: permission, schema, stored results, approval, rates, attempts, audit."""

import asyncio
import json
from collections.abc import Mapping
from datetime import timedelta

import pytest
from parley.v1 import tools_pb2
from parley_core.bus.log import body_of
from parley_core.bus.memory import MemoryBus
from parley_core.errors import BadInput, Conflict, NotFound, Unavailable
from parley_store.engine import transaction
from parley_tools.pipeline.guards import Breakers
from parley_tools.policy import PolicyDocument, TenantPolicy
from parley_tools.stores import tables
from parley_tools.stores.calls import KeyReused
from parley_tools.tool import CallContext, Outcome, ToolSpec
from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

SMS = {"to": "555-0142", "text": "You are booked."}
DONE = Outcome(tools_pb2.TOOL_STATUS_OK, {"done": True})


class Scripted:
    """A tool that writes a message and then does, at each attempt, what its script says next."""

    def __init__(self, *script: Outcome | Exception, timeout_s: float = 5, side_effects: bool = True) -> None:
        self._script = list(script)
        self.runs = 0
        self.spec = ToolSpec(
            name="scripted",
            description="For tests",
            parameters={"type": "object", "properties": {"n": {"type": "integer"}}},
            result={"type": "object", "properties": {"done": {"type": "boolean"}}, "required": ["done"]},
            side_effects=side_effects,
            timeout_s=timeout_s,
        )

    async def run(self, connection: AsyncConnection, context: CallContext, arguments: Mapping[str, object]) -> Outcome:
        self.runs += 1
        if self.spec.side_effects:
            row = {"message_id": f"m{self.runs}", "tenant": context.tenant, "recipient": "", "text": "", "state": ""}
            await connection.execute(insert(tables.outbox).values(**row, call="", created_us=0))
        step = self._script.pop(0) if self._script else DONE
        if isinstance(step, Exception):
            raise step
        return step


class Hanging(Scripted):
    """Writes, tells that it is inside, and waits for ever."""

    def __init__(self, timeout_s: float) -> None:
        super().__init__(timeout_s=timeout_s)
        self.inside = asyncio.Event()

    async def run(self, connection: AsyncConnection, context: CallContext, arguments: Mapping[str, object]) -> Outcome:
        await super().run(connection, context, arguments)
        self.inside.set()
        await asyncio.Event().wait()
        return DONE


async def test_a_tool_that_the_agent_does_not_name_is_refused(desk) -> None:
    result = await desk.call("send_sms", SMS, allowed=["find_slots"])
    assert desk.status(result) == "NOT_ALLOWED"
    assert await desk.count(tables.outbox) == 0
    assert await desk.attempts() == [(1, "NOT_ALLOWED", False)]


async def test_a_tool_that_the_tenant_does_not_name_is_refused(desk) -> None:
    desk.policies = PolicyDocument.model_validate({"tenants": {"t1": {"tools": ["find_slots"]}}})
    desk.use(None)
    assert desk.status(await desk.call("send_sms", SMS)) == "NOT_ALLOWED"


async def test_an_unknown_tool_is_not_found(desk) -> None:
    result = await desk.call("fly", {})
    assert (desk.status(result), result.error) == ("NOT_FOUND", "no tool named 'fly'")


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [({"to": "555-0142"}, "text is required"), ("{", "not JSON"), ("[]", "must be a JSON object")],
)
async def test_wrong_arguments_are_told_so_that_a_model_can_correct_them(desk, arguments, problem: str) -> None:
    result = await desk.call("send_sms", arguments)
    assert desk.status(result) == "INVALID_ARGUMENTS"
    assert problem in result.error


async def test_side_effects_need_a_key(desk) -> None:
    result = await desk.call("send_sms", SMS, key="")
    assert desk.status(result) == "INVALID_ARGUMENTS"
    assert "idempotency_key: is required" in result.error


async def test_the_same_call_again_returns_the_stored_result(desk) -> None:
    first = await desk.call("send_sms", SMS, key="k")
    again = await desk.call("send_sms", '{"text": "You are booked.",   "to": "555-0142"}', key="k")
    assert (first.replayed, again.replayed) == (False, True)
    assert (again.status, again.result_json) == (first.status, first.result_json)
    assert await desk.count(tables.outbox) == 1
    assert await desk.attempts() == [(1, "OK", False), (1, "OK", True)]
    assert len(await desk.events("UsageMeasured")) == 1


async def test_a_refusal_of_the_world_is_stored_too(desk) -> None:
    arguments = {"when": "2026-11-29T10:00", "name": "Maria Lopez", "phone": "5550142"}
    first = await desk.call("book_appointment", arguments, key="k")
    again = await desk.call("book_appointment", arguments, key="k")
    assert desk.status(first) == desk.status(again) == "CONFLICT"
    assert (again.replayed, again.result_json, again.error) == (True, first.result_json, first.error)


async def test_a_key_with_other_arguments_or_another_tool_is_the_callers_mistake(desk) -> None:
    await desk.call("send_sms", SMS, key="k")
    with pytest.raises(KeyReused):
        await desk.call("send_sms", SMS | {"text": "Something else."}, key="k")
    with pytest.raises(Conflict):
        await desk.call("hand_off", {"reason": "asked", "target": "desk"}, key="k")
    assert await desk.count(tables.outbox) == 1
    assert [status for _, status, _ in await desk.attempts()] == ["OK", "CONFLICT", "CONFLICT"]


async def test_tenants_do_not_share_keys(desk) -> None:
    await desk.call("send_sms", SMS, key="k")
    desk.tenant = "t2"
    assert not (await desk.call("send_sms", SMS, key="k")).replayed
    assert await desk.count(tables.outbox) == 2


async def test_the_same_call_at_once_waits_for_the_first_and_returns_its_result(desk) -> None:
    results = await asyncio.gather(*(desk.call("send_sms", SMS, key="k") for _ in range(8)))
    assert {desk.status(result) for result in results} == {"OK"}
    assert sorted(result.replayed for result in results) == [False] + [True] * 7
    assert len({result.result_json for result in results}) == 1
    assert await desk.count(tables.outbox) == 1


async def test_transient_failures_are_tried_again_and_leave_nothing_behind(desk) -> None:
    tool = Scripted(Unavailable("vendor", "busy"), Unavailable("vendor", "busy"), DONE)
    desk.use([tool])
    result = await desk.call("scripted", {}, key="k")
    assert (desk.status(result), result.attempts) == ("OK", 3)
    assert await desk.count(tables.outbox) == 1
    assert await desk.attempts() == [(1, "FAILED", False), (2, "FAILED", False), (3, "OK", False)]


async def test_attempts_are_bounded_and_the_key_stays_free(desk) -> None:
    tool = Scripted(*[Unavailable("vendor", "busy")] * 3)
    desk.use([tool])
    result = await desk.call("scripted", {}, key="k")
    assert (desk.status(result), result.attempts, result.error) == ("FAILED", 3, "vendor is unavailable: busy")
    assert await desk.count(tables.outbox) == await desk.count(tables.calls) == 0
    again = await desk.call("scripted", {}, key="k")
    assert (desk.status(again), again.replayed) == ("OK", False)


async def test_permanent_failures_are_not_tried_again(desk) -> None:
    tool = Scripted(BadInput("to", "is not known"))
    desk.use([tool])
    result = await desk.call("scripted", {}, key="k")
    assert (desk.status(result), result.attempts, tool.runs) == ("INVALID_ARGUMENTS", 1, 1)
    assert await desk.count(tables.outbox) == 0


async def test_a_broken_tool_fails_alone_and_says_no_more_than_its_class(desk) -> None:
    desk.use([Scripted(ValueError("Maria Lopez, 555-0142"))])
    result = await desk.call("scripted", {}, key="k")
    assert (desk.status(result), result.error) == ("FAILED", "tool scripted failed: ValueError")
    assert await desk.count(tables.outbox) == 0


async def test_a_result_that_does_not_match_its_schema_is_a_failure_and_undone(desk) -> None:
    desk.use([Scripted(Outcome(tools_pb2.TOOL_STATUS_OK, {"done": "yes"}))])
    result = await desk.call("scripted", {}, key="k")
    assert (desk.status(result), result.error) == ("FAILED", "tool scripted returned a wrong result")
    assert await desk.count(tables.outbox) == await desk.count(tables.calls) == 0


async def test_a_tool_that_hangs_is_stopped_at_its_timeout_and_undone(desk) -> None:
    desk.use([Hanging(timeout_s=0.05)])
    result = await desk.call("scripted", {}, key="k")
    assert (desk.status(result), result.attempts) == ("TIMED_OUT", 3)
    assert await desk.count(tables.outbox) == await desk.count(tables.calls) == 0


async def test_a_caller_that_hangs_up_leaves_nothing_half_done(desk) -> None:
    tool = Hanging(timeout_s=30)
    desk.use([tool])
    calling = asyncio.create_task(desk.call("scripted", {}, key="k"))
    await tool.inside.wait()
    calling.cancel()
    with pytest.raises(asyncio.CancelledError):
        await calling
    assert await desk.count(tables.outbox) == await desk.count(tables.calls) == 0
    desk.use([Scripted()])
    assert desk.status(await desk.call("scripted", {}, key="k")) == "OK"


async def test_a_tool_that_keeps_failing_rests(desk) -> None:
    tool = Scripted(*[Unavailable("vendor", "down")] * 10)
    desk.breakers = Breakers(2, 60)
    desk.use([tool])
    first = await desk.call("scripted", {}, key="k")
    assert "rests for up to 60 s" in first.error
    assert tool.runs == 2
    second = await desk.call("scripted", {}, key="k")
    assert (desk.status(second), tool.runs) == ("FAILED", 2)


async def test_refusals_do_not_make_a_tool_rest(desk) -> None:
    desk.breakers = Breakers(1, 60)
    desk.use([Scripted(*[BadInput("n", "is odd")] * 3)])
    assert [desk.status(await desk.call("scripted", {})) for _ in range(4)] == ["INVALID_ARGUMENTS"] * 3 + ["OK"]


async def test_a_tenants_rate_is_bounded_and_replays_are_free(desk) -> None:
    desk.policies = PolicyDocument.model_validate({"tenants": {"t1": {"calls_per_minute": 2}}})
    desk.use(None)
    for key in ("a", "b", "a"):
        assert desk.status(await desk.call("send_sms", SMS, key=key)) == "OK"
    limited = await desk.call("send_sms", SMS, key="c")
    assert (desk.status(limited), limited.error) == ("RATE_LIMITED", "tool calls a minute is at its limit of 2")
    desk.tenant = "t2"
    assert desk.status(await desk.call("send_sms", SMS, key="c")) == "OK"


async def test_each_attempt_and_the_usage_are_on_the_calls_log(desk) -> None:
    await desk.call("send_sms", SMS, key="k")
    attempt = body_of((await desk.events("ToolAttempted"))[0])
    assert (attempt.turn, attempt.tool_call, attempt.tool, attempt.idempotency_key) == (3, "c1", "send_sms", "k")
    usage = body_of((await desk.events("UsageMeasured"))[0])
    assert (usage.meter, usage.quantity, usage.turn) == ("tool_calls", 1000, 3)


async def test_a_log_that_fails_does_not_fail_the_tool(desk) -> None:
    class DeadBus(MemoryBus):
        def post_stored(self, *arguments: object, **named: object) -> asyncio.Future[int]:
            raise RuntimeError("the connection is closed")

    desk.bus = DeadBus()
    desk.use(None)
    assert desk.status(await desk.call("send_sms", SMS)) == "OK"
    assert await desk.count(tables.outbox) == 1


async def test_a_call_of_no_call_has_no_log(desk) -> None:
    desk.call_id = ""
    assert desk.status(await desk.call("send_sms", SMS)) == "OK"
    assert await desk.bus.read_stored("call.>") == []


class TestApproval:
    @pytest.fixture(autouse=True)
    def sms_needs_approval(self, desk) -> None:
        desk.policies = PolicyDocument.model_validate({"default": {"approve": ["send_sms"]}})
        desk.use(None)

    async def decide(self, desk, approve: bool, key: str = "k"):
        return await desk.executor.decide(desk.tenant, key, approve=approve, by="anna", note="seen")

    async def test_a_call_waits_and_is_done_once_when_approved(self, desk) -> None:
        waiting = [await desk.call("send_sms", SMS, key="k") for _ in range(2)]
        assert [desk.status(result) for result in waiting] == ["WAITING_FOR_APPROVAL"] * 2
        assert await desk.count(tables.outbox) == 0
        approved = await self.decide(desk, True)
        assert desk.status(approved) == "OK"
        again = await self.decide(desk, True)
        assert (again.replayed, again.result_json) == (True, approved.result_json)
        called = await desk.call("send_sms", SMS, key="k")
        assert (desk.status(called), called.replayed, called.result_json) == ("OK", True, approved.result_json)
        assert await desk.count(tables.outbox) == 1

    async def test_two_decisions_at_once_do_it_once(self, desk) -> None:
        await desk.call("send_sms", SMS, key="k")
        results = await asyncio.gather(*(self.decide(desk, True) for _ in range(5)))
        assert {desk.status(result) for result in results} == {"OK"}
        assert await desk.count(tables.outbox) == 1

    async def test_a_refused_call_is_not_done(self, desk) -> None:
        await desk.call("send_sms", SMS, key="k")
        assert desk.status(await self.decide(desk, False)) == "NOT_ALLOWED"
        assert desk.status(await desk.call("send_sms", SMS, key="k")) == "NOT_ALLOWED"
        with pytest.raises(Conflict, match="decided otherwise"):
            await self.decide(desk, True)
        assert await desk.count(tables.outbox) == 0

    async def test_who_decided_is_kept_and_the_arguments_are_not(self, desk) -> None:
        await desk.call("send_sms", SMS, key="k")
        await self.decide(desk, True)
        async with transaction(desk.database) as connection:
            row = (await connection.execute(select(tables.calls))).one()
        assert (row.decided_by, row.note, row.arguments_json) == ("anna", "seen", "")

    async def test_decisions_need_a_name_and_a_call_that_waits(self, desk) -> None:
        with pytest.raises(NotFound):
            await self.decide(desk, True)
        with pytest.raises(BadInput, match="by"):
            await desk.executor.decide(desk.tenant, "k", approve=True, by="", note="")
        await desk.call("hand_off", {"reason": "asked", "target": "desk"}, key="h")
        with pytest.raises(Conflict, match="waits for no decision"):
            await self.decide(desk, True, key="h")

    async def test_a_failed_approval_can_be_tried_again(self, desk) -> None:
        tool = Scripted(*[Unavailable("vendor", "down")] * 3)
        desk.policies = PolicyDocument.model_validate({"default": {"approve": ["scripted"]}})
        desk.use([tool])
        await desk.call("scripted", {}, key="k")
        assert desk.status(await self.decide(desk, True)) == "FAILED"
        assert desk.status(await desk.call("scripted", {}, key="k")) == "WAITING_FOR_APPROVAL"
        assert desk.status(await self.decide(desk, True)) == "OK"
        assert await desk.count(tables.outbox) == 1


async def test_old_results_are_forgotten_and_their_effects_stay(desk, clock) -> None:
    await desk.call("send_sms", SMS, key="old")
    clock.now = clock.now.replace(year=2027)
    await desk.call("send_sms", SMS, key="new")
    assert await desk.store.forget_older_than(30) == 1
    assert await desk.store.find("t1", "old") is None
    assert await desk.store.find("t1", "new") is not None
    assert await desk.count(tables.outbox) == 2


async def test_what_waits_for_approval_is_listed_oldest_first_and_then_what_was_decided(desk) -> None:
    desk.policies = PolicyDocument(default=TenantPolicy(approve=["send_sms"]))
    desk.use(None)
    for at, key in enumerate(("first", "second", "third")):
        desk.clock.now += timedelta(seconds=at)
        assert desk.status(await desk.call("send_sms", {"to": "555 0142", "text": key}, key=key)) == (
            "WAITING_FOR_APPROVAL"
        )
    await desk.executor.decide("t1", "second", approve=False, by="ana", note="not now")
    listed = await desk.store.approvals("t1", decided=False, limit=10)
    assert [one.context.idempotency_key for one in listed] == ["first", "third"]
    assert json.loads(listed[0].arguments_json)["text"] == "first"
    everything = await desk.store.approvals("t1", decided=True, limit=10)
    assert [(one.context.idempotency_key, one.decided_by, one.note) for one in everything[2:]] == [
        ("second", "ana", "not now")
    ]
    assert await desk.store.approvals("t2", decided=True, limit=10) == []
    assert len(await desk.store.approvals("t1", decided=True, limit=1)) == 1
