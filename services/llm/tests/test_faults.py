"""A part of the platform that is away is told as a fault, and logged as one; never as if nothing were known."""

import json
from collections.abc import AsyncIterator

import pytest
from parley_core.agents import AgentDocument, ModelChoice
from parley_core.errors import Unavailable
from parley_core.languages.registry import PACKS, sentences
from parley_llm.prompt import messages, system_prompt
from parley_llm.providers.base import Finished, ModelEvent, ModelRequest, TextDelta, ToolCallRequest

SPEAKING = [tag for tag, pack in PACKS.items() if pack.says.unknown]
QUESTIONS = {"en": "when are you open on saturday", "de": "wann haben sie geöffnet", "es": "a qué hora abren"}


class Model:
    """Says a text, or asks for a tool first; keeps what it was asked."""

    name = "model"
    replays = False
    wants_knowledge = True

    def __init__(self, *tools: ToolCallRequest, fails: bool = False) -> None:
        self.tools = tools
        self.fails = fails
        self.requests: list[ModelRequest] = []

    async def start(self) -> None:
        return None

    async def stream(self, request: ModelRequest) -> AsyncIterator[ModelEvent]:
        self.requests.append(request)
        if self.fails:
            raise Unavailable("model", "gone")
        if self.tools and not request.turn_tools:
            for tool in self.tools:
                yield tool
            yield Finished("tool_calls", 1, 1)
            return
        yield TextDelta("As I was told.")
        yield Finished("stop", 1, 1)

    async def close(self) -> None:
        return None


async def employ(house, model: Model) -> None:
    house.providers = {"model": model}
    await house.publish(house.agent.model_copy(update={"models": [ModelChoice(provider="model")]}))


def in_language(agent: AgentDocument, tag: str) -> AgentDocument:
    return agent.model_copy(update={"language": tag, "languages": []})


async def faults(caller, count: int = 1) -> list[tuple[str, str, str]]:
    return [(one.stage, one.error, one.action) for one in await caller.logged("TurnFailed", count)]


@pytest.mark.parametrize("tag", SPEAKING)
async def test_every_language_with_texts_says_the_fault_and_not_ignorance(house, tag):
    await house.publish(in_language(house.agent, tag))
    house.knowledge.down = True
    async with house.caller() as caller:
        reply = await caller.ask(QUESTIONS[tag])
        assert sentences(tag).cannot_look_up in reply
        assert sentences(tag).unknown not in reply
        assert await faults(caller) == [("rag", "Unavailable", "degraded")]


@pytest.mark.parametrize(
    "said", ["do you take cigna", "is there parking", "what does a first visit cost", "who is doctor patel"]
)
async def test_any_question_is_told_the_fault_once_and_ignorance_only_when_rag_is_back(house, said):
    house.knowledge.down = True
    async with house.caller() as caller:
        reply = await caller.ask(said)
        assert reply.count("cannot look that up") == 1
        house.knowledge.down = False
        house.knowledge.entries = {}
        assert "I do not know that" in await caller.ask(said)


async def test_a_question_inside_a_flow_gets_the_fault_and_the_flows_question_again(house):
    async with house.caller() as caller:
        await caller.ask("i would like to book an appointment for next tuesday at ten thirty")
        house.knowledge.down = True
        reply = await caller.ask("what are your opening hours on saturday")
        assert reply.startswith("I am sorry, I cannot look that up right now.")
        assert reply.endswith("May I have your full name?")


async def test_a_calendar_that_does_not_answer_is_told_and_the_flow_goes_on(house):
    house.tools.down = True
    async with house.caller() as caller:
        reply = await caller.ask("i would like to book an appointment for next tuesday at ten thirty")
        assert reply.startswith("I am sorry, I cannot look that up right now.")
        assert "full name" in reply
        assert await faults(caller) == [("tools", "Unavailable", "degraded")]


@pytest.mark.parametrize("status", ["FAILED", "TIMED_OUT", "RATE_LIMITED"])
async def test_a_booking_that_fails_is_never_told_as_done(house, clinic_call, status):
    house.tools.run = {**house.tools.run, "book_appointment": lambda given: (status, {})}
    async with house.caller() as caller:
        for said, _ in clinic_call[:5]:
            await caller.ask(said)
        reply = await caller.ask("yes that is right")
        assert "could not do that" in reply
        assert "booked" not in reply
        ((stage, _, action),) = await faults(caller)
        assert (stage, action) == ("tools", "degraded")


async def test_a_language_model_is_told_that_the_knowledge_is_away(house):
    model = Model()
    await employ(house, model)
    house.knowledge.down = True
    async with house.caller() as caller:
        await caller.ask("when are you open")
        assert await faults(caller) == [("rag", "Unavailable", "degraded")]
        house.knowledge.down = False
        await caller.ask("when are you open")
    away, back = (system_prompt(request) for request in model.requests)
    assert "cannot be reached" in away
    assert sentences("en").cannot_look_up in away
    assert "cannot be reached" not in back


async def test_a_language_model_is_told_that_a_tool_is_away_and_gets_no_invented_answer(house):
    model = Model(ToolCallRequest("find_slots", '{"when": "2026-11-24T10:30"}'))
    await employ(house, model)
    house.tools.down = True
    async with house.caller() as caller:
        await caller.ask("is tuesday at ten thirty free")
        assert await faults(caller) == [("tools", "Unavailable", "degraded")]
    result = json.loads(str(messages(model.requests[-1])[-1]["content"]))
    assert result["status"] == "failed"
    assert "a fault of the platform" in result["note"]


async def test_tools_that_could_not_be_listed_are_told_of_and_asked_for_again(house):
    model = Model()
    await employ(house, model)
    house.tools.silent = True
    async with house.caller() as caller:
        await caller.ask("book me in")
        assert await faults(caller) == [("tools", "Unavailable", "degraded")]
        house.tools.silent = False
        await caller.ask("hello")
        await caller.ask("hello again")
    first, *_, last = model.requests
    assert "Your tools cannot be reached" in system_prompt(first)
    assert not first.tools
    assert "Your tools cannot be reached" not in system_prompt(last)
    assert {tool.name for tool in last.tools} >= {"find_slots", "book_appointment"}


@pytest.mark.parametrize("tag", SPEAKING)
async def test_a_model_that_is_away_is_apologised_for_in_the_callers_language(house, tag):
    house.agent = in_language(house.agent, tag)
    await employ(house, Model(fails=True))
    async with house.caller() as caller:
        assert await caller.ask(QUESTIONS[tag]) == sentences(tag).apology
        assert (await faults(caller, 2))[-1] == ("llm", "Unavailable", "apologised")


def test_every_pack_that_can_say_i_do_not_know_can_say_that_it_cannot_look():
    assert SPEAKING
    assert all(PACKS[tag].says.cannot_look_up for tag in SPEAKING)
