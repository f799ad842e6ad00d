"""A model that asks for tools itself: the flow decides when an effect may happen."""

import json
from collections.abc import AsyncIterator

from parley_core.agents import ModelChoice
from parley_llm.providers.base import Finished, ModelEvent, ModelRequest, TextDelta, ToolCallRequest

ARGUMENTS = {"when": "2026-11-24T10:30", "name": "Maria Lopez", "phone": "5550142"}


class Eager:
    """A model that books and sends a message whenever it is asked anything."""

    name = "eager"
    replays = False
    wants_knowledge = False

    def __init__(self) -> None:
        self.arguments = dict(ARGUMENTS)
        self.outcomes: list[tuple[str, str]] = []

    async def stream(self, request: ModelRequest) -> AsyncIterator[ModelEvent]:
        if not request.turn_tools:
            yield ToolCallRequest("book_appointment", json.dumps(self.arguments))
            yield ToolCallRequest("send_sms", '{"to": "5550142", "text": "hi"}')
            yield ToolCallRequest("drop_tables", "{}")
            yield ToolCallRequest("find_slots", "not json")
            yield Finished("tool_calls", 1, 1)
            return
        self.outcomes = [(one.tool, one.status) for one in request.turn_tools]
        yield TextDelta("I have done what I could.")
        yield Finished("stop", 1, 1)

    async def close(self) -> None:
        return None


async def test_an_effect_needs_a_read_back_and_a_yes(house):
    eager = Eager()
    house.providers = {"eager": eager}
    await house.publish(house.agent.model_copy(update={"models": [ModelChoice(provider="eager")]}))
    async with house.caller() as caller:
        await caller.ask("book me in")
        assert house.tools.executed == []
        assert eager.outcomes == [
            ("book_appointment", "NOT_ALLOWED"),
            ("send_sms", "NOT_ALLOWED"),
            ("drop_tables", "NOT_ALLOWED"),
            ("find_slots", "INVALID_ARGUMENTS"),
        ]
        await caller.ask("hmm let me think")
        assert house.tools.executed == []
        eager.arguments["phone"] = "5550143"
        await caller.ask("yes")
        assert house.tools.executed == [], "changed values are read back anew"
        await caller.ask("yes that is right")
        assert [name for name, _ in house.tools.executed] == ["book_appointment", "send_sms"]
        assert house.tools.executed[0][1]["phone"] == "5550143"
