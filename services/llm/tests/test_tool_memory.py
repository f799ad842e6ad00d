"""What a language model is told of the tools that were called earlier in the call, and that one wish is done once."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime

import pytest
from parley.v1 import events_pb2
from parley_core.agents import AgentDocument, ModelChoice
from parley_llm.memory import Memory
from parley_llm.prompt import messages
from parley_llm.providers.base import (
    ChatMessage,
    Finished,
    ModelEvent,
    ModelRequest,
    TextDelta,
    ToolCallRequest,
    ToolOutcome,
)
from parley_llm.tool_messages import MOST, OLDER_CHARS, RECENT_CHARS

WANTED = {"when": "2026-11-24T10:30", "name": "Maria Lopez", "phone": "5550142"}
BOOKED = "You are booked."
READ_BACK = "You are Maria Lopez, on Tuesday at ten thirty. Is that right?"
Answer = Callable[[ModelRequest], "str | ToolCallRequest"]


class Scripted:
    """A language model that books on a yes, and answers anything else only from what its messages hold."""

    name = "scripted"
    replays = False
    wants_knowledge = False

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self.asked: list[list[dict[str, object]]] = []

    async def start(self) -> None:
        return None

    async def stream(self, request: ModelRequest) -> AsyncIterator[ModelEvent]:
        self.asked.append(messages(request))
        answer = self._answer(request)
        yield TextDelta(answer) if isinstance(answer, str) else answer
        yield Finished("stop" if isinstance(answer, str) else "tool_calls", 1, 1)

    async def close(self) -> None:
        return None


def receptionist(request: ModelRequest) -> "str | ToolCallRequest":
    if "book" in request.text and "did" in request.text:
        results = [one for one in messages(request) if one["role"] == "tool"]
        booked = any('"appointment_id": "apt-1"' in str(one["content"]) for one in results)
        return "Yes, it is booked." if booked else "I do not know of any booking."
    if not request.turn_tools and ("book" in request.text or "yes" in request.text):
        return ToolCallRequest("book_appointment", json.dumps(WANTED))
    if request.turn_tools:
        return BOOKED if request.turn_tools[-1].status == "OK" else READ_BACK
    return "All right."


@pytest.fixture
def scripted() -> Scripted:
    return Scripted(receptionist)


async def hire(house, scripted: Scripted) -> None:
    house.providers = {"scripted": scripted}
    await house.publish(house.agent.model_copy(update={"models": [ModelChoice(provider="scripted")]}))


async def test_a_model_knows_in_the_next_turn_what_was_booked(house, scripted):
    await hire(house, scripted)
    async with house.caller() as caller:
        await caller.ask("book me in")
        assert await caller.ask("yes") == BOOKED
        assert await caller.ask("did you book it?") == "Yes, it is booked."
        await caller.ask("thank you")
        assert await caller.ask("so you did book it?") == "Yes, it is booked."
    roles = [one["role"] for one in scripted.asked[-1]]
    told = ["user", "assistant"]
    booked = ["user", "assistant", "tool", "assistant"]
    assert roles == ["system", "assistant", *told, *booked, *told, *told, "user"]


async def test_a_result_whose_announcement_was_cut_off_is_known(house, scripted):
    await hire(house, scripted)
    async with house.caller() as caller:
        await caller.ask("book me in")
        caller.speaks = False
        turn = caller.commit("yes")
        await caller.reply(turn)
        caller.interrupt(turn, "")
        caller.speaks = True
        assert await caller.ask("sorry, did you book it?") == "Yes, it is booked."
        assert len(house.tools.executed) == 1


async def test_a_result_that_came_after_the_interruption_is_known(house, scripted):
    house.tools.held["book_appointment"] = asyncio.Event()
    book, sent = house.tools.run["book_appointment"], asyncio.Event()

    def booked(given):
        sent.set()
        return book(given)

    house.tools.run = {**house.tools.run, "book_appointment": booked}
    await hire(house, scripted)
    async with house.caller() as caller:
        await caller.ask("book me in")
        turn = caller.commit("yes")
        await asyncio.wait_for(sent.wait(), 15)
        caller.interrupt(turn, "")
        asked = caller.commit("did you book it?")
        house.tools.held["book_appointment"].set()
        assert await caller.reply(asked) == "Yes, it is booked."
        assert len(house.tools.executed) == 1


async def test_a_worker_that_takes_the_call_up_knows_it_from_the_log(house, scripted):
    await hire(house, scripted)
    async with house.caller() as caller:
        await caller.ask("book me in")
        await caller.ask("yes")
        before = caller.commit("hello?") and await caller.reply(caller.turn)
        await caller.log.flush()
        await house.opened[0].close("killed")
        await house.open("w2", resume=True)
        caller.claimed("llm", "w2", resume=True)
        assert (before, await caller.ask("did you book it?")) == ("All right.", "Yes, it is booked.")
    assert len(house.tools.executed) == 1


@pytest.mark.parametrize("again", ["please book it", "yes yes book me", "book me in once more"])
async def test_the_same_wish_gets_the_first_receipt_and_is_done_once(house, scripted, again):
    await hire(house, scripted)
    async with house.caller() as caller:
        await caller.ask("book me in")
        await caller.ask("yes")
        assert await caller.ask(again) == BOOKED
    assert [name for name, _ in house.tools.executed] == ["book_appointment"]
    told = json.loads(str(scripted.asked[-1][-1]["content"]))
    assert told["result"]["appointment_id"] == "apt-1"
    assert "done earlier in the call" in told["note"]


async def test_the_order_of_arguments_makes_no_new_wish(house):
    def answer(request: ModelRequest) -> "str | ToolCallRequest":
        if request.turn_tools:
            return BOOKED if request.turn_tools[-1].status == "OK" else READ_BACK
        backwards = dict(reversed(WANTED.items())) if "again" in request.text else WANTED
        return ToolCallRequest("book_appointment", json.dumps(backwards))

    await hire(house, Scripted(answer))
    async with house.caller() as caller:
        for said in ("book me in", "yes", "book again"):
            await caller.ask(said)
    assert len(house.tools.executed) == 1


async def test_what_another_effect_may_have_undone_is_done_anew_after_a_yes(house):
    """Booked, cancelled, and booked again: the first receipt is no answer to the second wish."""

    def answer(request: ModelRequest) -> "str | ToolCallRequest":
        if request.turn_tools:
            return BOOKED if request.turn_tools[-1].status == "OK" else READ_BACK
        if "cancel" in request.text:
            return ToolCallRequest("cancel_appointment", '{"appointment_id": "apt-1"}')
        return ToolCallRequest("book_appointment", json.dumps(WANTED))

    house.tools.run = {**house.tools.run, "cancel_appointment": lambda given: ("OK", {})}
    house.providers = {"scripted": Scripted(answer)}
    await house.publish(
        house.agent.model_copy(
            update={
                "models": [ModelChoice(provider="scripted")],
                "tools": [*house.agent.tools, "cancel_appointment"],
                "flows": house.agent.flows[:1],
            }
        )
    )
    async with house.caller() as caller:
        for said in ("book me in", "yes", "cancel it", "book me in again", "yes"):
            await caller.ask(said)
    booked = [name for name, _ in house.tools.executed]
    assert booked == ["book_appointment", "cancel_appointment", "book_appointment"]


async def test_what_was_moved_there_and_back_is_moved_there_again(house):
    def answer(request: ModelRequest) -> "str | ToolCallRequest":
        if request.turn_tools:
            return "Moved."
        return ToolCallRequest("reschedule_appointment", json.dumps({"appointment_id": "apt-1", "when": request.text}))

    house.tools.run = {**house.tools.run, "reschedule_appointment": lambda given: ("OK", {})}
    house.providers = {"scripted": Scripted(answer)}
    tools = [*house.agent.tools, "reschedule_appointment"]
    models = [ModelChoice(provider="scripted")]
    await house.publish(
        house.agent.model_copy(update={"models": models, "tools": tools, "flows": house.agent.flows[:1]})
    )
    async with house.caller() as caller:
        for when in ("at eleven", "at eleven", "at ten", "at eleven"):
            await caller.ask(when)
    assert [given["when"] for _, given in house.tools.executed] == ["at eleven", "at ten", "at eleven"]


async def test_a_wish_whose_first_try_has_no_known_end_is_tried_with_the_same_key(house, scripted):
    await hire(house, scripted)
    house.tools.run = {**house.tools.run, "book_appointment": lambda given: ("TIMED_OUT", {})}
    async with house.caller() as caller:
        await caller.ask("book me in")
        await caller.ask("yes")
        house.tools.run = {**house.tools.run, "book_appointment": lambda given: ("OK", {"appointment_id": "apt-1"})}
        await caller.ask("book me in")
        await caller.ask("yes")
        first, second = await caller.logged("ToolCalled", 2)
    assert first.idempotency_key == second.idempotency_key
    assert first.tool_call != second.tool_call


# -- how it is shown ---------------------------------------------------------------------------------------------------


@pytest.fixture
def told(clinic: AgentDocument) -> Callable[..., list[dict[str, object]]]:
    """The messages of a turn behind turns in which tools were called, one list of calls a turn."""

    def make(*turns: list[ToolOutcome], interrupted: bool = False) -> list[dict[str, object]]:
        history = [
            message
            for number, calls in enumerate(turns)
            for message in (
                ChatMessage("caller", f"words {number}"),
                ChatMessage("agent", "" if interrupted else "Done.", "Done.", interrupted, tuple(calls)),
            )
        ]
        now = datetime(2026, 11, 21, 14, 0, tzinfo=UTC)
        return messages(ModelRequest("t", "c", len(turns) + 1, clinic, "and now?", now, tuple(history)))

    return make


def outcome(name: str, *, result: object = "x", effects: bool = False, status: str = "OK", **given) -> ToolOutcome:
    arguments = json.dumps(given.get("arguments", {"when": name}))
    tool = "book_appointment" if effects else "find_slots"
    return ToolOutcome(name, tool, arguments, status, json.dumps(result), side_effects=effects)


def results(told: list[dict[str, object]]) -> dict[str, dict[str, object]]:
    return {str(one["tool_call_id"]): json.loads(str(one["content"])) for one in told if one["role"] == "tool"}


@pytest.mark.parametrize("interrupted", [False, True])
def test_every_call_is_answered_right_behind_it_and_before_the_words_about_it(told, interrupted):
    shown = told([outcome("a"), outcome("b", effects=True)], interrupted=interrupted)
    assert [one["role"] for one in shown[1:]] == ["user", *["assistant", "tool"] * 2, "assistant", "user"]
    for call, result in ((shown[2], shown[3]), (shown[4], shown[5])):
        (asked,) = call["tool_calls"]  # type: ignore[misc]
        assert asked["id"] == result["tool_call_id"]
        assert isinstance(json.loads(asked["function"]["arguments"]), dict)
    assert ("heard nothing after this" in str(shown[6]["content"])) is interrupted


def test_a_look_up_that_was_cut_off_is_left_out_and_an_effect_is_not(told):
    shown = results(told([outcome("a", status=""), outcome("b", effects=True, status="")]))
    assert {name: one["status"] for name, one in shown.items()} == {"b": "no result yet"}


def test_old_results_are_shortened_and_new_ones_are_not(told):
    shown = results(told(*([outcome(str(number), result="y" * 1500)] for number in range(6))))
    lengths = [len(str(one["result"])) for one in shown.values()]
    assert lengths[-4:] == [1500] * 4
    assert all(length <= OLDER_CHARS + 20 for length in lengths[:2])


def test_a_result_of_any_size_is_bounded(told):
    shown = told([outcome("a", result=[{"z": "y" * 10}] * 90_000, arguments={"text": "w" * 90_000})])
    assert sum(len(json.dumps(one)) for one in shown[2:]) < 3 * RECENT_CHARS
    (asked,) = shown[2]["tool_calls"]  # type: ignore[misc]
    assert isinstance(json.loads(asked["function"]["arguments"]), dict)


def test_receipts_outlast_look_ups(told):
    booked = outcome("booked", effects=True)
    shown = results(told([booked], *([outcome(str(number))] for number in range(3 * MOST))))
    assert len(shown) == MOST
    assert "booked" in shown


@pytest.mark.parametrize("result", ["4111 1111 1111 1111", 4111111111111111, {"card": ["my 4111-1111-1111-1111"]}])
def test_a_card_number_in_an_earlier_result_is_not_shown(told, result):
    shown = json.dumps(told([outcome("a", result=result, arguments={"text": "4111111111111111"})]))
    assert "1111" not in shown
    assert "card number" in shown


def test_an_interrupted_turn_folds_with_its_tools():
    memory = Memory()
    bodies = [
        ("turn_committed", events_pb2.TurnCommitted(turn=1, text="book me")),
        ("tool_called", events_pb2.ToolCalled(turn=1, tool_call="t1-1", tool="book_appointment", side_effects=True)),
        ("interrupted", events_pb2.Interrupted(turn=1)),
        ("tool_returned", events_pb2.ToolReturned(turn=1, tool_call="t1-1", status="TOOL_STATUS_OK")),
    ]
    for number, (name, body) in enumerate(bodies):
        memory.apply(events_pb2.Event(id=str(number), source="x", seq=number, **{name: body}))
    caller, agent = memory.history(2)
    assert (caller.text, agent.text, agent.interrupted) == ("book me", "", True)
    assert [(one.tool_call, one.status) for one in agent.tools] == [("t1-1", "OK")]
