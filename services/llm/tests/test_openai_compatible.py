"""The openai provider against a local peer that speaks server-sent events to the letter, in each server's own way."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from parley.v1 import events_pb2, llm_pb2
from parley_core.agents import AgentStore, ModelChoice
from parley_core.errors import BadReply, ParleyError, Rejected, Throttled, Unavailable
from parley_core.providers import Attempts, Registry
from parley_llm.metrics import LlmMetrics
from parley_llm.prompt import messages, system_prompt, tool_definitions
from parley_llm.providers.base import (
    ChatMessage,
    Finished,
    JsonAnswer,
    ModelRequest,
    TextDelta,
    ToolCallRequest,
    ToolOutcome,
    ToolSpec,
)
from parley_llm.providers.fake import FakeProvider
from parley_llm.providers.openai_compatible.provider import OpenAiProvider
from parley_llm.providers.router import Router
from parley_llm.rpc import Summaries
from parley_testing.vendors.chat import DONE, USAGE, ChatPeer, chat_server, chunk, said, whole

NOW = datetime(2026, 11, 21, 14, 0, tzinfo=UTC)


def call(index=0, id_=None, name=None, arguments=None, **extra) -> dict:
    function = {key: value for key, value in (("name", name), ("arguments", arguments)) if value is not None}
    made = {"function": function, **extra}
    if index is not None:
        made["index"] = index
    if id_ is not None:
        made |= {"id": id_, "type": "function"}
    return made


def tools(*calls: dict, **extra) -> dict:
    return {"tool_calls": list(calls), **extra}


@asynccontextmanager
async def peer(*lines: str, **given: Any) -> AsyncIterator[OpenAiProvider]:
    async with served(ChatPeer(lines, **given)) as provider:
        yield provider


@asynccontextmanager
async def served(chat: ChatPeer) -> AsyncIterator[OpenAiProvider]:
    async with chat_server(chat) as address:
        provider = OpenAiProvider(api_key="k", base_url=address, default_model="m", connect_s=2)
        yield provider
        await provider.close()


@pytest.fixture
def request_for(clinic) -> Callable[..., ModelRequest]:
    def make(**given) -> ModelRequest:
        spec = ToolSpec("find_slots", "look", '{"type":"object","properties":{"when":{"type":"string"}}}')
        return ModelRequest("t", "c", 1, clinic, "hello", NOW, tools=(spec,), **given)

    return make


async def run(provider: OpenAiProvider, request: ModelRequest):
    events = [event async for event in provider.stream(request)]
    text = "".join(event.text for event in events if isinstance(event, TextDelta))
    calls = [(event.name, json.loads(event.arguments_json)) for event in events if isinstance(event, ToolCallRequest)]
    assert isinstance(events[-1], Finished)
    return text, calls, events[-1]


@pytest.mark.outside
async def test_text_and_usage_as_openai_streams_them(request_for):
    lines = [
        chunk({"role": "assistant", "content": ""}),
        ": a comment\n\n",
        chunk({"content": "Hel"}),
        chunk({"content": "lo."}),
        chunk({}, "stop"),
        chunk(None, usage=USAGE),
        DONE,
    ]
    chat = ChatPeer(lines)
    async with served(chat) as provider:
        text, calls, finished = await run(provider, request_for())
    assert (text, calls) == ("Hello.", [])
    assert (finished.finish, finished.input_tokens, finished.output_tokens) == ("stop", 11, 7)
    body = chat.seen[0]
    assert body["stream_options"] == {"include_usage": True}
    assert chat.keys == ["Bearer k"]
    assert {tool["function"]["name"] for tool in body["tools"]} == {"find_slots", "end_call"}


@pytest.mark.outside
@pytest.mark.parametrize(
    ("pieces", "right"),
    [
        (["Good \ud83d", "\ude00 day."], "Good 😀 day."),
        (["Good \ud83d day."], "Good \ufffd day."),
        (["Good day \ud83d"], "Good day \ufffd"),
        (["\ude00", " good day."], "\ufffd good day."),
    ],
)
async def test_an_emoji_that_a_stream_splits_is_joined_and_half_of_one_replaced(request_for, pieces, right):
    async with served(ChatPeer([*(chunk({"content": one}) for one in pieces), chunk({}, "stop"), DONE])) as provider:
        text, _, _ = await run(provider, request_for())
    assert text == right


@pytest.mark.outside
async def test_lone_surrogates_in_a_tools_arguments_are_replaced(request_for):
    wanted = tools(call(0, "a", "find_slots", '{"when":"x\ud83d'), call(0, arguments='"}'))
    async with served(ChatPeer([chunk(wanted), chunk({}, "tool_calls"), DONE])) as provider:
        _, calls, _ = await run(provider, request_for())
    assert calls == [("find_slots", {"when": "x\ufffd"})]


ONE = [("find_slots", {"when": "x"})]
TWO = [("find_slots", {"when": "x"}), ("find_slots", {"when": "y"})]
X, Y = '{"when":"x"}', '{"when":"y"}'


@pytest.mark.outside
@pytest.mark.parametrize(
    ("deltas", "finish", "expected"),
    [
        pytest.param(
            [
                tools(call(0, "a", "find_slots", "")),
                tools(call(0, arguments='{"wh')),
                tools(call(0, arguments='en":"x"}')),
            ],
            "tool_calls",
            ONE,
            id="openai, in pieces",
        ),
        pytest.param(
            [tools(call(0, "a", "find_slots", X)), tools(call(1, "b", "find_slots", Y))],
            "tool_calls",
            TWO,
            id="openai, parallel",
        ),
        pytest.param(
            [
                tools(call(0, "a", "find_slots", "")),
                tools(call(1, "b", "find_slots", "")),
                tools(call(0, arguments=X)),
                tools(call(1, arguments=Y)),
            ],
            "tool_calls",
            TWO,
            id="interleaved",
        ),
        pytest.param(
            [tools(call(0, "a", "find_slots", X)), tools(call(0, "b", "find_slots", Y))],
            "tool_calls",
            TWO,
            id="old vLLM: index 0 for every call",
        ),
        pytest.param(
            [tools(call(0, "a", "find_slots", "")), tools(call(0, "", arguments=X))],
            "tool_calls",
            ONE,
            id="vLLM: empty id on continuations",
        ),
        pytest.param(
            [tools(call(0, None, "find_slots", "")), tools(call(0, arguments="")), tools(call(0, arguments=X))],
            "tool_calls",
            ONE,
            id="vLLM: no id, empty pieces",
        ),
        pytest.param(
            [tools(call(0, "a", "find_slots", X), role="assistant", content="")],
            "stop",
            ONE,
            id="Ollama: whole, and stop as the reason",
        ),
        pytest.param(
            [tools(call(None, "a", "find_slots", X)), tools(call(None, "b", "find_slots", Y))],
            "stop",
            TWO,
            id="old Ollama: no index",
        ),
        pytest.param(
            [tools(call(0, "0", "find_slots", X), call(0, "1", "find_slots", Y))],
            "tool_calls",
            TWO,
            id="sglang: ids 0 and 1",
        ),
        pytest.param(
            [tools(call(None, None, "find_slots", X)), tools(call(None, None, "find_slots", Y))],
            "tool_calls",
            TWO,
            id="neither id nor index",
        ),
        pytest.param(
            [tools(call(0, "a", "find_slots", {"when": "x"}))], "tool_calls", ONE, id="arguments as an object"
        ),
        pytest.param(
            [tools(call(0, "a", "find_slots", X), content=None)], None, ONE, id="null content, no reason at all"
        ),
    ],
)
async def test_tool_calls_of_every_server(request_for, deltas, finish, expected):
    lines = [chunk(delta) for delta in deltas]
    async with peer(*lines, chunk({}, finish, usage=USAGE), DONE) as provider:
        _, calls, finished = await run(provider, request_for())
    assert calls == expected
    assert finished.finish == "tool_calls"
    assert finished.output_tokens == 7


@pytest.mark.outside
async def test_reasoning_extra_fields_and_usage_on_every_chunk(request_for):
    lines = [
        chunk({"role": "assistant", "reasoning_content": "hm", "content": None}, usage=USAGE),
        chunk({"role": "assistant", "content": "Yes.", "reasoning": "x"}, usage=USAGE, obfuscation="abc"),
        chunk({}, "length", usage=USAGE),
        DONE,
    ]
    async with peer(*lines) as provider:
        text, _, finished = await run(provider, request_for())
    assert (text, finished.finish, finished.input_tokens) == ("Yes.", "length", 11)


@pytest.mark.outside
async def test_the_model_hangs_up_with_end_call(request_for):
    async with peer(chunk({"content": "Goodbye."}), chunk(tools(call(0, "a", "end_call", "{}"))), DONE) as provider:
        text, calls, finished = await run(provider, request_for())
    assert (text, calls) == ("Goodbye.", [])
    assert finished.then == events_pb2.AFTER_REPLY_HANG_UP


@pytest.mark.outside
@pytest.mark.parametrize(
    ("status", "error"), [(401, Rejected), (400, Rejected), (404, Rejected), (429, Throttled), (503, Unavailable)]
)
async def test_refusals_are_parleys_errors(request_for, status, error):
    async with peer(status=status) as provider:
        with pytest.raises(error):
            await run(provider, request_for())


@pytest.mark.outside
async def test_a_server_that_is_not_there(request_for):
    provider = OpenAiProvider(api_key="", base_url="http://127.0.0.1:9/v1", default_model="m", connect_s=1)
    with pytest.raises(ParleyError):
        await run(provider, request_for())
    await provider.close()


def test_the_prompt_carries_history_tools_and_interruptions(request_for):
    request = request_for(
        history=(ChatMessage("caller", "hi"), ChatMessage("agent", "Hello, I", "Hello, I am", interrupted=True)),
        turn_tools=(ToolOutcome("t1-1", "find_slots", X, "OK", '{"free":true}'),),
        knowledge=("We open at nine.",),
        said="Let me look.",
    )
    roles = [message["role"] for message in messages(request)]
    assert roles == ["system", "user", "assistant", "user", "assistant", "tool"]
    assert "interrupted you here" in str(messages(request)[2]["content"])
    system = system_prompt(request)
    assert "We open at nine." in system
    assert "already said" in system
    assert "book_appointment" in system
    assert len(tool_definitions(request)) == 2


def pieces(text: str, length: int) -> list[str]:
    """A stream that says a text in pieces of so many characters."""
    return said(*(text[at : at + length] for at in range(0, len(text), length)))


@pytest.mark.parametrize("length", [1, 2, 3, 7, 1000])
@pytest.mark.parametrize(
    "content",
    [
        pytest.param("<think>The caller wants hours.</think>\n\nWe open at nine.", id="before the answer"),
        pytest.param("We open <think>hm, at eight? no</think>at nine.", id="in the middle"),
        pytest.param("We open at nine.<think>I should stop here", id="behind it, without an end"),
        pytest.param("<think></think>We open at nine.", id="empty"),
        pytest.param("<THINK>shouted</Think> We open at nine.", id="in capitals"),
        pytest.param("<thinking>a <b> c < d</thinking>We open at nine.", id="with other brackets"),
        pytest.param("<thought>x</thought><think>y</think>We open at nine.", id="twice"),
        pytest.param("[THINK]x[/THINK]We open at nine.", id="in brackets"),
        pytest.param("◁think▷x◁/think▷We open at nine.", id="in triangles"),
        pytest.param('<tool_call>{"name": "find_slots"}</tool_call>We open at nine.', id="a raw tool call"),
        pytest.param(
            "<|channel|>analysis<|message|>x<|end|><|start|>assistant<|channel|>final<|message|>"
            "We open at nine.<|return|>",
            id="in the template's channels",
        ),
        pytest.param("We open at nine.</s>", id="a mark of the template"),
        pytest.param("We open at nine.<|end|>", id="another mark of the template"),
    ],
)
@pytest.mark.outside
async def test_thoughts_are_never_spoken(request_for, content, length):
    async with peer(*pieces(content, length)) as provider:
        for _ in range(2):
            text, calls, _ = await run(provider, request_for())
            assert (text.strip(), calls) == ("We open at nine.", [])


@pytest.mark.outside
async def test_brackets_of_ordinary_text_are_spoken(request_for):
    text = "3 < 5, <b>bold</b> [sic] </p> and <thin"
    async with peer(*pieces(text, 1)) as provider:
        assert (await run(provider, request_for()))[0] == text


@pytest.mark.outside
async def test_thoughts_without_a_beginning_are_kept_back_from_the_second_answer_on(request_for):
    chat = ChatPeer(said("The caller wants hours.", "</thi", "nk>We open ", "at nine."))
    async with served(chat) as provider:
        await run(provider, request_for())
        assert (await run(provider, request_for()))[0] == "We open at nine."
        chat.lines = said("No thoughts ", "this time.")
        assert (await run(provider, request_for()))[0] == "No thoughts this time."


@pytest.mark.outside
async def test_a_model_that_is_known_to_think_is_not_heard_before_it_has_thought(request_for):
    chat = ChatPeer(said("The caller wants hours.</think>We open at nine."))
    async with served(chat) as provider:
        request = replace(request_for(), model="deepseek-r1:8b")
        assert (await run(provider, request))[0] == "We open at nine."
        # The server gives the thoughts apart: the text needs no waiting for.
        chat.lines = [chunk({"reasoning_content": "hm"}), chunk({"content": "We open "}), *said("at nine.")]
        events = [event async for event in provider.stream(request)]
    assert [event.text for event in events if isinstance(event, TextDelta)] == ["We open ", "at nine."]


@pytest.mark.parametrize(
    ("refused", "left"),
    [
        ({"max_tokens"}, {"max_completion_tokens", "temperature", "stream_options"}),
        ({"max_tokens", "temperature"}, {"max_completion_tokens", "stream_options"}),
        ({"max_tokens", "max_completion_tokens"}, {"temperature", "stream_options"}),
        ({"stream_options"}, {"max_tokens", "temperature"}),
        ({"temperature"}, {"max_tokens", "stream_options"}),
    ],
)
@pytest.mark.outside
async def test_what_a_model_does_not_take_is_left_out_and_remembered(request_for, refused, left):
    chat = ChatPeer(said("Yes."), refuse=frozenset(refused))
    async with served(chat) as provider:
        for _ in range(2):
            assert (await run(provider, request_for()))[0] == "Yes."
    assert len(chat.seen) == len(refused) + 2
    optional = {"max_tokens", "max_completion_tokens", "temperature", "stream_options"}
    assert optional & set(chat.seen[-1]) == left
    assert chat.seen[-1].get("max_completion_tokens", 300) == 300


@pytest.mark.outside
async def test_what_one_model_does_not_take_another_one_gets(request_for):
    chat = ChatPeer(said("Yes."), refuse=frozenset({"max_tokens"}))
    async with served(chat) as provider:
        await run(provider, replace(request_for(), model="new"))
        chat.refuse = frozenset()
        await run(provider, replace(request_for(), model="old"))
    assert "max_tokens" in chat.seen[-1]


@pytest.mark.parametrize(
    "message",
    [
        "max_tokens is too large: 300. This model supports at most 100 completion tokens.",
        "This model does not support tools.",
        "Bad request.",
    ],
)
@pytest.mark.outside
async def test_other_refusals_are_not_tried_again(request_for, message):
    chat = ChatPeer(status=400, error=message)
    async with served(chat) as provider:
        with pytest.raises(Rejected):
            await run(provider, request_for())
    assert len(chat.seen) == 1


HALF = chunk({"content": "We open at"})


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param([HALF], id="no reason and nothing behind it"),
        pytest.param([HALF, DONE], id="no reason but the end mark"),
        pytest.param([chunk({"content": "We open at"}, usage=USAGE), DONE], id="usage on every chunk"),
        pytest.param([chunk(tools(call(0, "a", "find_slots", '{"when": "x'))), DONE], id="half a tool call"),
        pytest.param([HALF, chunk({}, "error")], id="the reason is an error"),
        pytest.param([HALF, 'data: {"error": {"message": "x"}}\n\n'], id="an error event"),
        pytest.param([HALF, "data: {\n\n"], id="half an event"),
    ],
)
@pytest.mark.outside
async def test_a_stream_that_is_not_whole_is_a_failure(request_for, lines):
    async with peer(*lines) as provider:
        with pytest.raises(Unavailable):
            await run(provider, request_for())


@pytest.mark.outside
async def test_a_connection_that_is_cut_is_a_failure(request_for):
    async with peer(HALF, breaks_off=True) as provider:
        with pytest.raises(Unavailable):
            await run(provider, request_for())


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

    async def complete_json(self, system, text, *, model=""):
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
        answer = await provider.complete_json("s", "t", model="big")
    assert (answer.content, answer.model, answer.input_tokens, answer.output_tokens) == ({"a": 1}, "big", 11, 7)


@pytest.mark.parametrize("kind", BAD_BODIES)
@pytest.mark.outside
async def test_no_json_object_is_a_failure(kind):
    async with served(BAD_BODIES[kind]) as provider:
        with pytest.raises(BadReply):
            await provider.complete_json("s", "t")
