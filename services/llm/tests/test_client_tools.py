"""Tools that the caller's client brought: offered where the agent allows it, asked for once, and never for a draft."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from parley.v1 import events_pb2, live_pb2
from parley_core.agents import AgentDocument
from parley_core.bus import subjects
from parley_llm.client_tools import ClientTools
from parley_llm.memory import Memory
from parley_llm.prompt import system_prompt, tool_definitions
from parley_llm.providers.base import ModelRequest, ToolSpec
from parley_llm.providers.rule_based.client_tools import wanted

DARK = events_pb2.ClientTool(name="dark_mode", description="Make the screen dark", parameters_schema="{}")


@pytest.fixture
async def open_house(house: Any, clinic: AgentDocument) -> Any:
    await house.publish(clinic.model_copy(update={"client_tools": True}))
    return house


def _configure(caller: Any) -> None:
    caller.log.append(events_pb2.ClientConfigured(tools=[DARK]))


def _return(caller: Any, called: events_pb2.ToolCalled, status: str = "OK", result: object = None) -> None:
    caller.log.append(
        events_pb2.ClientToolReturned(
            turn=called.turn,
            tool_call=called.tool_call,
            status=f"TOOL_STATUS_{status}",
            result_json=json.dumps(result),
        )
    )


async def test_the_client_is_asked_and_its_answer_is_said(open_house: Any) -> None:
    async with open_house.caller() as caller:
        _configure(caller)
        turn = caller.commit("please make the screen dark")
        [called] = await caller.logged("ToolCalled")
        assert (called.tool, called.by_client, called.side_effects) == ("dark_mode", True, True)
        _return(caller, called, result={"say": "It is dark now."})
        assert await caller.reply(turn) == "It is dark now."
        [returned] = await caller.logged("ToolReturned")
        assert (returned.status, returned.tool) == ("TOOL_STATUS_OK", "dark_mode")


@pytest.mark.parametrize("status", ["FAILED", "TIMED_OUT"])
async def test_a_client_that_fails_is_told_of_and_not_asked_again(open_house: Any, status: str) -> None:
    async with open_house.caller() as caller:
        _configure(caller)
        turn = caller.commit("make the screen dark")
        [called] = await caller.logged("ToolCalled")
        _return(caller, called, status)
        assert await caller.reply(turn) == "I am sorry, that did not work."
        assert len([one for one in caller.events if one.HasField("tool_called")]) == 1


async def test_an_agent_that_allows_none_is_offered_none(house: Any) -> None:
    async with house.caller() as caller:
        _configure(caller)
        await caller.ask("make the screen dark")
        assert not [one for one in caller.events if one.HasField("tool_called")]


async def test_a_draft_does_not_ask_the_client(open_house: Any) -> None:
    async with open_house.caller() as caller:
        _configure(caller)
        await caller.logged("ClientConfigured")
        text = "make the screen dark"
        place = (caller.log.tenant, caller.log.call)
        draft = live_pb2.Draft(turn=1, draft=1, text=text).SerializeToString()
        caller.bus.post(subjects.live_draft(*place), draft)
        # What is said after the draft is handled after it.
        caller.log.append(events_pb2.DigitsEntered(digits="1"))
        await caller.logged("DigitsEntered")
        assert not [one for one in caller.events if one.HasField("tool_called")]
        caller.log.append(events_pb2.TurnCommitted(turn=1, text=text, draft=1))
        [called] = await caller.logged("ToolCalled")
        _return(caller, called, result="Done and dark.")
        assert "Done and dark." in await caller.reply(1)


async def test_a_worker_that_takes_over_waits_for_the_same_answer(open_house: Any) -> None:
    async with open_house.caller() as caller:
        _configure(caller)
        turn = caller.commit("make the screen dark")
        [called] = await caller.logged("ToolCalled")
        await open_house.opened[0].close("killed")
        await open_house.open("w2", resume=True)
        caller.claimed("llm", "w2", resume=True)
        _return(caller, called, result="It is dark.")
        assert await caller.reply(turn) == "It is dark."
        assert len([one for one in caller.events if one.HasField("tool_called")]) == 1


def test_a_model_is_offered_the_clients_tools_and_told_its_instructions(clinic: AgentDocument) -> None:
    allowed = clinic.model_copy(update={"client_tools": True, "tools": [], "flows": []})
    memory = Memory()
    event = events_pb2.Event(id="g:1", source="gateway/g")
    event.client_configured.tools.add(name="dark_mode", description="Dark", parameters_schema='{"type":"object"}')
    memory.apply(event)
    request = ModelRequest(
        tenant="t", call="c", turn=1, agent=allowed, text="hi", now=datetime.now(UTC),
        instructions="Speak like a pirate.", tools=ClientTools(allowed, memory).known,
    )  # fmt: skip
    names = [one["function"]["name"] for one in tool_definitions(request)]  # type: ignore[index]
    assert names == ["dark_mode", "end_call"]
    assert "Speak like a pirate." in system_prompt(request)


def test_words_choose_the_tool_that_needs_no_arguments() -> None:
    tools = (
        ToolSpec("set_color", "Change the color of the page", '{"required":["color"]}', by_client=True),
        ToolSpec("dark_mode", "Make the screen dark", "{}", by_client=True),
        ToolSpec("find_slots", "Make the screen dark", "{}"),
    )
    chosen = wanted("could you make my screen dark", tools)
    assert chosen is not None
    assert chosen.name == "dark_mode"
    assert wanted("change the color of the page", tools) is None
    assert wanted("what are your opening hours", tools) is None
