"""Answers of status 200 that nothing can be made of, and unusual ones that can be used."""

import pytest
from parley.v1 import llm_pb2
from parley_core.agents import AgentStore, ModelChoice
from parley_core.errors import BadReply
from parley_core.providers import Attempts, Registry
from parley_llm.metrics import LlmMetrics
from parley_llm.providers.base import (
    Finished,
    JsonAnswer,
    TextDelta,
    ToolOutcome,
)
from parley_llm.providers.fake import FakeProvider
from parley_llm.providers.router import Router
from parley_llm.rpc import Summaries
from parley_testing.vendors.chat import DONE, USAGE, ChatPeer, chunk, said, whole

from .serving import X, peer, run, served

PAGE = "<!doctype html><html><body>Welcome to nginx</body></html>"
JSON = "application/json"
BAD_BODIES = {
    "a page": ChatPeer([PAGE], media="text/html"),
    "a page that says it is a stream": ChatPeer([PAGE]),
    "an empty body": ChatPeer(),
    "an empty body of JSON": ChatPeer(media=JSON),
    "a word": ChatPeer(["OK"], media="text/plain"),
    "other JSON": ChatPeer(['{"status": "ok"}'], media=JSON),
    "a list": ChatPeer(["[1, 2]"], media=JSON),
    "an error as 200": ChatPeer(['{"error": {"message": "overloaded"}}'], media=JSON),
    "null content": ChatPeer([whole(None)], media=JSON),
    "blanks": ChatPeer([whole(" \n ")], media=JSON),
    "no choices": ChatPeer([whole(None, choices=[])], media=JSON),
    "choices of another type": ChatPeer([whole(None, choices="x")], media=JSON),
    "the end mark alone": ChatPeer([DONE]),
    "an event that is no JSON": ChatPeer(["data: <html>\n\n"]),
    "an event that is a number": ChatPeer(["data: 7\n\n", DONE]),
    "no text and a reason": ChatPeer([chunk({"content": ""}), chunk({}, "stop"), DONE]),
    "thoughts alone": ChatPeer(said("<think>only thoughts")),
    "filtered away": ChatPeer([chunk({}, "content_filter"), DONE]),
}


@pytest.mark.parametrize("kind", BAD_BODIES)
@pytest.mark.outside
async def test_an_answer_that_nothing_can_be_made_of_fails_before_its_first_event(request_for, kind):
    async with served(BAD_BODIES[kind]) as provider:
        with pytest.raises(BadReply):
            await anext(provider.stream(request_for()))


class Second(FakeProvider):
    """Answers whatever it is asked."""

    def __init__(self) -> None:
        super().__init__(name="second")

    async def stream(self, request):
        yield TextDelta("We are open.")
        yield Finished("stop", input_tokens=1, output_tokens=3)

    async def complete_json(self, system, text, choice):
        return JsonAnswer({"summary": "They asked for hours.", "action_items": [], "sentiment": "neutral"}, "m", 1, 1)


@pytest.mark.parametrize("kind", BAD_BODIES)
async def test_the_next_model_is_asked_for_the_answer_and_for_the_summary(house, clinic, kind):
    choices = [ModelChoice(provider="openai"), ModelChoice(provider="second")]
    await house.publish(clinic.model_copy(update={"models": choices}))
    async with served(BAD_BODIES[kind]) as provider:
        house.providers = {"openai": provider, "second": Second()}
        async with house.caller() as caller:
            assert await caller.ask("are you open today") == "We are open."
            failed = await caller.logged("TurnFailed")
            assert [(one.stage, one.error, one.action) for one in failed] == [("llm", "BadReply", "fallback")]
        registry = Registry("model", house.providers.values())
        router = Router(registry, Attempts(LlmMetrics().providers), token_gap_s=5)
        line = llm_pb2.TranscriptLine(speaker="caller", text="hello")
        request = llm_pb2.SummariseRequest(tenant=house.tenant, agent=house.agent.agent, lines=[line])
        summary = await Summaries(AgentStore(house.bus), router).Summarise(request, None)
        assert (summary.summary, summary.provider) == ("They asked for hours.", "second")


@pytest.mark.parametrize(
    "chat",
    [
        pytest.param(ChatPeer([whole("We open at nine.")], media=JSON), id="not streamed"),
        pytest.param(ChatPeer([whole("We open at nine.")], media=f"{JSON}; charset=utf-8"), id="with a charset"),
        pytest.param(
            ChatPeer(
                [
                    chunk({"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}]}),
                    chunk({"content": [{"type": "text", "text": "We open at nine."}]}),
                    chunk({}, "stop"),
                ]
            ),
            id="content in parts",
        ),
        pytest.param(ChatPeer([chunk({"refusal": "We open at nine."}), chunk({}, "stop")]), id="a refusal in words"),
        pytest.param(ChatPeer(said("We open at nine."), media="text/plain"), id="a stream under another name"),
        pytest.param(
            ChatPeer([chunk({"content": "We open at nine."}), chunk(None, usage=USAGE), DONE]),
            id="usage at the end and no reason",
        ),
    ],
)
@pytest.mark.outside
async def test_unusual_answers_that_can_be_used_are(request_for, chat):
    async with served(chat) as provider:
        assert (await run(provider, request_for()))[0] == "We open at nine."


@pytest.mark.outside
async def test_nothing_more_to_say_after_a_tool_is_an_answer(request_for):
    outcome = ToolOutcome("t1-1", "find_slots", X, "OK", '{"free":true}')
    async with peer(chunk({"content": ""}), chunk({}, "stop"), DONE) as provider:
        text, _, finished = await run(provider, request_for(said="You are booked.", turn_tools=(outcome,)))
    assert (text, finished.finish) == ("", "stop")


@pytest.mark.parametrize(
    "content",
    ['{"a": 1}', '```json\n{"a": 1}\n```', '<think>{"a": 2}</think>{"a": 1}', 'Here it is: {"a": 1}. Bye.'],
)
@pytest.mark.outside
async def test_one_answer_as_json(content):
    async with served(ChatPeer([whole(content)], media=JSON)) as provider:
        answer = await provider.complete_json("s", "t", ModelChoice(provider="openai", model="big"))
    assert (answer.content, answer.model, answer.input_tokens, answer.output_tokens) == ({"a": 1}, "big", 11, 7)


@pytest.mark.parametrize("kind", BAD_BODIES)
@pytest.mark.outside
async def test_no_json_object_is_a_failure(kind):
    async with served(BAD_BODIES[kind]) as provider:
        with pytest.raises(BadReply):
            await provider.complete_json("s", "t", ModelChoice(provider="openai"))
