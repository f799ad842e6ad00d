"""Parameters that a model does not take are left out; streams that are not whole are failures."""

from dataclasses import replace

import pytest
from parley_core.agents import ModelChoice
from parley_core.errors import Rejected, Unavailable
from parley_testing.vendors.chat import DONE, USAGE, ChatPeer, chunk, said

from .serving import call, peer, run, served, tools


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


@pytest.mark.outside
async def test_a_model_that_refuses_tools_is_asked_without_and_no_longer_counts_as_choosing_them(request_for):
    chat = ChatPeer(status=400, error="This model does not support tools.")
    async with served(chat) as provider:
        asked = request_for()
        agent = asked.agent.model_copy(update={"models": [ModelChoice(provider="openai", model=asked.model)]})
        assert provider.takes_tools(agent)
        with pytest.raises(Rejected):  # this peer goes on refusing
            await run(provider, asked)
        assert "tools" in chat.seen[0]
        assert "tools" not in chat.seen[-1]
        assert not provider.takes_tools(agent)


@pytest.mark.parametrize(
    "message",
    [
        "max_tokens is too large: 300. This model supports at most 100 completion tokens.",
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
