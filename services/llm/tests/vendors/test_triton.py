"""A language model on Triton, before a local peer that speaks its gRPC."""

import json
from contextlib import asynccontextmanager

import pytest
from parley_core.errors import BadReply
from parley_core.vendors import Endpoint
from parley_llm.providers.base import Finished, ModelRequest, TextDelta, ToolCallRequest, ToolOutcome, ToolSpec
from parley_llm.providers.triton import TEMPLATES, TritonProvider
from parley_llm.providers.watch import StreamWatch
from parley_testing.vendors.text_model import VLLM, TextModelPeer, text_model_server

from .test_sdks import NOW, X

pytestmark = pytest.mark.outside


@asynccontextmanager
async def served(peer):
    async with text_model_server(peer) as address:
        provider = TritonProvider(Endpoint("", address, "m"))
        yield provider
        await provider.close()


@pytest.fixture
def request_(clinic):
    spec = ToolSpec("find_slots", "look", '{"type":"object","properties":{"when":{"type":"string"}}}')
    outcome = ToolOutcome("t1-1", "find_slots", X, "OK", '{"free": true}')
    return ModelRequest("t", "c", 1, clinic, "hello", NOW, tools=(spec,), turn_tools=(outcome,))


async def answer(peer, request):
    async with served(peer) as provider:
        return [event async for event in provider.stream(request)]


async def test_the_conversation_goes_as_one_text_and_comes_in_pieces(request_):
    peer = TextModelPeer(["We open ", "at n", "ine.<|im_", "end|>"])
    events = await answer(peer, request_)
    assert "".join(event.text for event in events if isinstance(event, TextDelta)) == "We open at nine."
    assert isinstance(events[-1], Finished)
    (prompt,) = peer.prompts
    assert prompt.startswith("<|im_start|>system\n")
    assert prompt.endswith("<|im_start|>assistant\n")
    assert "find_slots" in prompt
    assert "free" in prompt


@pytest.mark.parametrize("template", TEMPLATES)
async def test_every_template_ends_where_the_answer_begins(request_, template):
    peer = TextModelPeer(["Yes."])
    async with served(peer) as provider:
        request = ModelRequest("t", "c", 1, request_.agent, "hello", NOW, parameters={"template": template})
        assert [event async for event in provider.stream(request)]
    assert peer.prompts[0].endswith(TEMPLATES[template][2])


@pytest.mark.parametrize("inputs", [None, VLLM], ids=["ensemble", "vllm"])
async def test_a_model_gets_the_inputs_that_it_has_and_that_are_known(request_, inputs):
    peer = TextModelPeer(["Yes."], **({"inputs": inputs} if inputs else {}))
    await answer(peer, request_)
    assert peer.given == [set(peer.inputs) - {"bad_words"}]


async def test_a_character_that_is_cut_in_two_is_whole(request_):
    whole = "Schön, bis später.".encode()
    events = await answer(TextModelPeer([whole[:4], whole[4:13], whole[13:]]), request_)
    assert "".join(event.text for event in events if isinstance(event, TextDelta)) == whole.decode()


async def test_a_call_that_it_writes_is_one(request_):
    written = json.dumps({"name": "find_slots", "arguments": {"when": "x"}})
    events = await answer(TextModelPeer([written[:9], written[9:]]), request_)
    watch = StreamWatch("triton", request_, gap_s=3)
    passed = [one for event in events for one in watch.take(event, 0)]
    assert [type(one) for one in passed] == [ToolCallRequest, Finished]


async def test_no_text_is_no_answer(request_):
    with pytest.raises(BadReply):
        await answer(TextModelPeer([""]), request_)
