"""What a model writes between thinking brackets is never spoken."""

from dataclasses import replace

import pytest
from parley_llm.providers.base import (
    TextDelta,
)
from parley_testing.vendors.chat import ChatPeer, chunk, said

from .serving import peer, run, served


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
