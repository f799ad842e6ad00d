"""Text, tools, usage and refusals, in each server's own way of streaming them."""

import pytest
from parley.v1 import events_pb2
from parley_core.errors import ParleyError, Rejected, Throttled, Unavailable
from parley_llm.prompt import messages, system_prompt, tool_definitions
from parley_llm.providers.base import (
    ChatMessage,
    ToolOutcome,
)
from parley_llm.providers.openai_compatible.provider import OpenAiProvider
from parley_testing.vendors.chat import DONE, USAGE, ChatPeer, chunk

from .serving import X, Y, call, peer, run, served, tools


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
