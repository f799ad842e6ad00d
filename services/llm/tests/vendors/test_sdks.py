"""Anthropic and Google through their SDKs, before local peers that follow the vendors' documents."""

import base64
import json
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest
from parley.v1 import events_pb2
from parley_core.agents import ModelChoice
from parley_core.errors import BadReply, Rejected, Throttled, Unavailable
from parley_core.providers.failures import Extent, refused_for
from parley_core.vendors import Endpoint
from parley_llm.providers.anthropic import AnthropicProvider
from parley_llm.providers.base import (
    ChatMessage,
    Finished,
    ModelRequest,
    TextDelta,
    ToolCallRequest,
    ToolOutcome,
    ToolSpec,
)
from parley_llm.providers.google import NO_SIGNATURE, GoogleProvider
from parley_testing.vendors.models import ModelPeer, claude, gemini, model_server

pytestmark = pytest.mark.outside

NOW = datetime(2026, 11, 21, 14, 0, tzinfo=UTC)
X = '{"when": "x"}'
KINDS = ("anthropic", "google")


def said(kind, *pieces, **given):
    if kind == "anthropic":
        return claude({"text": "|".join(pieces)}, **given)
    return gemini(*({"text": piece} for piece in pieces), **given)


def called(kind, name, arguments, **extra):
    if kind == "anthropic":
        return claude({"name": name, "input": arguments}, stop="tool_use")
    return gemini({"functionCall": {"name": name, "args": json.loads(arguments)}, **extra})


@asynccontextmanager
async def served(kind, peer):
    async with model_server(peer) as address:
        made = {"anthropic": AnthropicProvider, "google": GoogleProvider}[kind](Endpoint("k", address, "m"))
        yield made
        await made.close()


@pytest.fixture
def ask_for(clinic):
    def make(**given):
        spec = ToolSpec("find_slots", "look", '{"type":"object","properties":{"when":{"type":"string"}}}')
        return ModelRequest("t", "c", 1, clinic, "hello", NOW, tools=(spec,), **given)

    return make


async def run(provider, request):
    events = [event async for event in provider.stream(request)]
    text = "".join(event.text for event in events if isinstance(event, TextDelta))
    calls = [(event.name, json.loads(event.arguments_json)) for event in events if isinstance(event, ToolCallRequest)]
    assert isinstance(events[-1], Finished)
    return text, calls, events[-1]


@pytest.mark.parametrize("kind", KINDS)
class TestBoth:
    async def test_words_and_what_they_cost(self, kind, ask_for):
        async with served(kind, ModelPeer(said(kind, "We open ", "at nine."))) as provider:
            text, calls, end = await run(provider, ask_for())
        assert (text, calls) == ("We open at nine.", [])
        assert (end.finish, end.input_tokens, end.output_tokens) == ("stop", 11, 7)

    async def test_a_call_of_a_tool(self, kind, ask_for):
        peer = ModelPeer(called(kind, "find_slots", X))
        async with served(kind, peer) as provider:
            text, calls, end = await run(provider, ask_for())
        assert (text, calls, end.finish) == ("", [("find_slots", {"when": "x"})], "tool_calls")
        assert peer.keys == ["k"]

    async def test_the_end_of_the_call_is_no_tool(self, kind, ask_for):
        async with served(kind, ModelPeer(called(kind, "end_call", "{}"))) as provider:
            _, calls, end = await run(provider, ask_for())
        assert (calls, end.then, end.finish) == ([], events_pb2.AFTER_REPLY_HANG_UP, "stop")

    async def test_the_conversation_goes_as_the_vendor_wants_it(self, kind, ask_for):
        outcome = ToolOutcome("t1-1", "find_slots", X, "OK", '{"free": true}')
        history = (ChatMessage("agent", "Hello, this is the clinic."), ChatMessage("caller", "are you open"))
        peer = ModelPeer(said(kind, "Yes."))
        async with served(kind, peer) as provider:
            await run(provider, ask_for(history=history, turn_tools=(outcome,)))
        (body,) = peer.seen
        turns = body["messages"] if kind == "anthropic" else body["contents"]
        roles = [turn["role"] for turn in turns]
        other = "assistant" if kind == "anthropic" else "model"
        assert roles == ["user", other, "user", other, "user"]  # the user first and last, and in turn
        text = json.dumps(turns[-2:])
        assert "find_slots" in text
        assert "free" in text

    @pytest.mark.parametrize(
        ("status", "error", "retry", "extent"),
        [
            (401, Rejected, 0, Extent.ACCOUNT),
            (403, Rejected, 0, Extent.MODEL),
            (404, Rejected, 0, Extent.MODEL),
            (400, Rejected, 0, None),
            (429, Throttled, 7, None),
            (500, Unavailable, 7, None),
            (503, Unavailable, 7, None),
        ],
    )
    async def test_refusals_are_parleys(self, kind, ask_for, status, error, retry, extent):
        peer = ModelPeer(status=status, error={"code": status, "message": "no"}, headers={"Retry-After": "7"})
        async with served(kind, peer) as provider:
            with pytest.raises(error) as caught:
                await run(provider, ask_for())
        assert refused_for(caught.value) is extent
        assert getattr(caught.value, "retry_after_s", 0) == retry
        assert len(peer.seen) == 1  # the router retries, not the SDK

    async def test_a_stream_that_is_cut_is_a_failure(self, kind, ask_for):
        peer = ModelPeer(said(kind, "We open ", "at nine.")[:-2], breaks_off=True)
        async with served(kind, peer) as provider:
            with pytest.raises(Unavailable):
                await run(provider, ask_for())

    async def test_a_filtered_answer_is_a_failure(self, kind, ask_for):
        stream = (
            claude({"text": "I"}, stop="refusal") if kind == "anthropic" else gemini({"text": "I"}, finish="SAFETY")
        )
        async with served(kind, ModelPeer(stream)) as provider:
            with pytest.raises(BadReply):
                await run(provider, ask_for())

    async def test_no_words_and_no_call_is_a_failure(self, kind, ask_for):
        async with served(kind, ModelPeer(said(kind, " \n"))) as provider:
            with pytest.raises(BadReply):
                await run(provider, ask_for())

    async def test_one_answer_as_json(self, kind):
        text = 'Here: ```json\n{"a": 1}\n```'
        usage = {"input_tokens": 11, "output_tokens": 7}
        message = {"id": "m", "type": "message", "role": "assistant", "model": "m", "usage": usage}
        whole = {**message, "content": [{"type": "text", "text": text}], "stop_reason": "end_turn"}
        if kind == "google":
            whole = {
                "candidates": [{"content": {"role": "model", "parts": [{"text": text}]}, "finishReason": "STOP"}],
                "usageMetadata": {"promptTokenCount": 11, "candidatesTokenCount": 7},
            }
        async with served(kind, ModelPeer(whole=whole)) as provider:
            answer = await provider.complete_json("s", "t", ModelChoice(provider=kind, model="big"))
        assert (answer.content, answer.model, answer.input_tokens, answer.output_tokens) == ({"a": 1}, "big", 11, 7)


class TestAnthropic:
    async def test_what_stays_the_same_is_marked_for_the_cache_and_its_use_is_counted(self, ask_for):
        stream = claude({"text": "Yes."}, cache_read_input_tokens=90, cache_creation_input_tokens=9)
        peer = ModelPeer(stream)
        async with served("anthropic", peer) as provider:
            _, _, end = await run(provider, ask_for())
            await run(provider, ask_for(knowledge=("We open at nine.",)))
        first, second = (body["system"] for body in peer.seen)
        assert first[0] == second[0]
        assert first[0]["cache_control"] == {"type": "ephemeral"}
        assert "cache_control" not in first[1]
        assert (end.input_tokens, end.cached_tokens) == (110, 90)

    async def test_an_error_inside_a_stream_says_what_it_is(self, ask_for):
        start = claude({"text": "We "})[:4]
        error = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
        async with served("anthropic", ModelPeer([*start, error])) as provider:
            with pytest.raises(Unavailable):
                await run(provider, ask_for())

    async def test_an_account_without_credit_is_refused_for_good(self, ask_for):
        error = {"type": "invalid_request_error", "message": "Your credit balance is too low to access the API."}
        async with served("anthropic", ModelPeer(status=400, error=error)) as provider:
            with pytest.raises(Rejected) as caught:
                await run(provider, ask_for())
        assert refused_for(caught.value) is Extent.ACCOUNT

    async def test_arguments_that_are_no_json_are_a_failure(self, ask_for):
        async with served("anthropic", ModelPeer(called("anthropic", "find_slots", '{"when": "x'))) as provider:
            with pytest.raises(BadReply):
                await run(provider, ask_for())


class TestGoogle:
    async def test_a_calls_signature_goes_back_with_it(self, ask_for):
        peer = ModelPeer(called("google", "find_slots", X, thoughtSignature="c2lnbmVk"))
        outcome = ToolOutcome("t1-1", "find_slots", X, "OK", "{}")
        async with served("google", peer) as provider:
            await run(provider, ask_for())
            await run(provider, ask_for(turn_tools=(outcome,)))
        signatures = [
            part["thoughtSignature"]
            for turn in peer.seen[1]["contents"]
            for part in turn["parts"]
            if "functionCall" in part
        ]
        assert signatures == ["c2lnbmVk"]

    async def test_a_call_that_another_worker_made_has_the_vendors_stand_in(self, ask_for):
        peer = ModelPeer(said("google", "Yes."))
        outcome = ToolOutcome("t1-1", "find_slots", X, "OK", "{}")
        async with served("google", peer) as provider:
            await run(provider, ask_for(turn_tools=(outcome,)))
        parts = [part for turn in peer.seen[0]["contents"] for part in turn["parts"] if "functionCall" in part]
        assert [base64.urlsafe_b64decode(part["thoughtSignature"] + "==") for part in parts] == [NO_SIGNATURE]

    async def test_thoughts_are_not_said_and_the_cache_is_counted(self, ask_for):
        stream = gemini({"text": "Hm, hours.", "thought": True}, {"text": "We open at nine."}, cached=5)
        async with served("google", ModelPeer(stream)) as provider:
            text, _, end = await run(provider, ask_for())
        assert (text, end.cached_tokens) == ("We open at nine.", 5)

    async def test_a_key_that_is_not_valid_is_refused_for_good(self, ask_for):
        details = [{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID"}]
        error = {"code": 400, "status": "INVALID_ARGUMENT", "message": "API key not valid.", "details": details}
        async with served("google", ModelPeer(status=400, error=error)) as provider:
            with pytest.raises(Rejected) as caught:
                await run(provider, ask_for())
        assert refused_for(caught.value) is Extent.ACCOUNT

    async def test_a_malformed_call_is_a_failure(self, ask_for):
        async with served("google", ModelPeer(gemini(finish="MALFORMED_FUNCTION_CALL"))) as provider:
            with pytest.raises(BadReply):
                await run(provider, ask_for())
