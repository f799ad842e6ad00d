"""Servers of the one protocol that differ: what each is sent, and what is taken from each. One row, one difference."""

import json
from dataclasses import replace

import pytest
from parley_core.agents import AgentDocument, ModelChoice
from parley_core.errors import BadInput, NotFound
from parley_core.providers import Attempts, Registry
from parley_core.providers.choices import Server
from parley_core.vendors import Endpoint, Vendors
from parley_llm.metrics import LlmMetrics
from parley_llm.providers.base import ChatMessage, ToolOutcome
from parley_llm.providers.openai_compatible.provider import OpenAiProvider
from parley_llm.providers.openai_compatible.servers import SERVERS
from parley_llm.providers.registry import build_registry
from parley_llm.providers.router import Router
from parley_llm.providers.rule_based.brain import RuleBasedProvider
from parley_llm.settings import LlmSettings
from parley_testing.conversation import FakeKnowledge
from parley_testing.vendors.chat import DONE, USAGE, ChatPeer, chat_server, chunk, said
from pydantic import ValidationError

from .serving import X, call, run, tools

NAMES = tuple(SERVERS)
# What a request has for each server, beside what all have; None: it is not sent.
SENT = {
    "": {"max_tokens": 300, "max_completion_tokens": None, "stream_options": {"include_usage": True}},
    "openai": {"max_tokens": None, "max_completion_tokens": 300},
    "azure": {"max_tokens": None, "max_completion_tokens": 300},
    "vllm": {"max_tokens": 300},
    "sglang": {"max_tokens": 300},
    "tgi": {"max_tokens": 300},
    "tensorrt_llm": {"max_tokens": 300},
    "nim": {"max_tokens": 300},
    "ollama": {"max_tokens": 300},
    "lm_studio": {"max_tokens": 300},
    "llama_cpp": {"max_tokens": 300, "cache_prompt": True},
    "groq": {"max_tokens": None, "max_completion_tokens": 300},
    "cerebras": {"max_tokens": None, "max_completion_tokens": 300},
    "mistral": {"max_tokens": 300, "stream_options": None},
    "openrouter": {"usage": {"include": True}},
    "together": {"max_tokens": 300},
    "fireworks": {"max_tokens": 300},
    "deepseek": {"max_tokens": 300},
}
HISTORY = (ChatMessage("agent", "This is the clinic."), ChatMessage("caller", "hello"), ChatMessage("caller", "hello"))


async def asked(chat: ChatPeer, request, **given):
    async with chat_server(chat) as address:
        provider = OpenAiProvider(
            api_key="", base_url="", default_model="", endpoints=lambda name: Endpoint(f"key-{name}", address, "m")
        )
        answer = await run(provider, replace(request, endpoint="named", **given))
        await provider.close()
    return answer


def test_the_table_has_every_server_that_a_document_may_name():
    assert set(SENT) == set(NAMES) == set(Server.__args__)


@pytest.mark.outside
@pytest.mark.parametrize("server", NAMES)
async def test_each_server_gets_what_it_takes(request_for, server):
    chat = ChatPeer(said("We open at nine."))
    text, _, end = await asked(chat, request_for(), server=server)
    assert (text, end.input_tokens) == ("We open at nine.", 11)
    (body,) = chat.seen
    assert {name: body.get(name) for name in SENT[server]} == SENT[server]
    assert (body["model"], body["stream"]) == ("m", True)
    assert chat.keys == ["Bearer key-named"]


@pytest.mark.outside
@pytest.mark.parametrize("server", [name for name, one in SERVERS.items() if one.alternates])
async def test_strict_templates_get_the_caller_first_and_then_turn_by_turn(request_for, server):
    chat = ChatPeer(said("Yes."))
    await asked(chat, request_for(history=HISTORY), server=server)
    roles = [message["role"] for message in chat.seen[0]["messages"]]
    assert roles == ["system", "user", "assistant", "user"]


@pytest.mark.outside
async def test_mistral_gets_ids_of_nine_characters_that_fit_together(request_for):
    chat = ChatPeer(said("Yes."))
    await asked(chat, request_for(turn_tools=(ToolOutcome("t1-1", "find_slots", X, "OK"),)), server="mistral")
    *_, wanted, result = chat.seen[0]["messages"]
    (one,) = wanted["tool_calls"]
    assert one["id"] == result["tool_call_id"]
    assert len(one["id"]) == 9
    assert one["id"].isalnum()


ANSWERS = {
    "vllm: usage on every chunk": [
        chunk({"content": "We open "}, usage={**USAGE, "completion_tokens": 1}),
        chunk({"content": "at nine."}, usage=USAGE),
        chunk({}, "stop", usage=USAGE),
        DONE,
    ],
    "vllm: thoughts apart": [
        chunk({"reasoning_content": "Hm."}),
        chunk({"content": None}),
        *said("We open at nine."),
    ],
    "tgi: no role and no end mark": [
        chunk({"content": "We open at nine."}),
        chunk({"content": ""}, "eos_token", usage=USAGE),
    ],
    "groq: usage elsewhere": [
        chunk({"content": "We open at nine."}),
        chunk({}, "stop", x_groq={"id": "r", "usage": USAGE}),
        DONE,
    ],
    "openrouter: comments": [": OPENROUTER PROCESSING\n\n", *said("We open at nine.")],
    "azure: a first chunk without choices": [
        chunk(None, prompt_filter_results=[]),
        *said("We open at nine."),
    ],
    "sglang: the role on every chunk": [
        chunk({"role": "assistant", "content": "We open "}),
        chunk({"role": "assistant", "content": "at nine."}),
        chunk({}, "stop"),
        chunk(None, usage=USAGE),
        DONE,
    ],
    "openai: padding": [chunk({"content": "We open at nine."}, obfuscation="xx"), *said()],
}


@pytest.mark.outside
@pytest.mark.parametrize("kind", ANSWERS)
async def test_each_servers_answer_is_taken(request_for, kind):
    text, calls, end = await asked(ChatPeer(ANSWERS[kind]), request_for())
    assert (text, calls) == ("We open at nine.", [])
    assert (end.input_tokens, end.output_tokens) == (11, 7)


CALLS = {
    "whole in one chunk (ollama)": [tools(call(0, "c1", "find_slots", X))],
    "without an index (older ollama)": [tools(call(None, "c1", "find_slots", X))],
    "an empty id on what follows (vllm)": [
        tools(call(0, "c1", "find_slots", "")),
        tools(call(0, "", None, X[:4])),
        tools(call(0, "", None, X[4:])),
    ],
    "without an id (vllm)": [tools(call(0, None, "find_slots", X))],
    "arguments as an object (lm studio)": [tools(call(0, "c1", "find_slots", json.loads(X)))],
}


@pytest.mark.outside
@pytest.mark.parametrize("finish", ["tool_calls", "stop"])
@pytest.mark.parametrize("kind", CALLS)
async def test_each_servers_calls_are_taken(request_for, kind, finish):
    lines = [*(chunk(delta) for delta in CALLS[kind]), chunk({}, finish), DONE]
    _, calls, end = await asked(ChatPeer(lines), request_for())
    assert (calls, end.finish) == ([("find_slots", json.loads(X))], "tool_calls")


@pytest.mark.outside
async def test_a_document_adds_parameters_and_leaves_some_out(request_for):
    chat = ChatPeer(said("Yes."))
    given = {"temperature": None, "reasoning_effort": "minimal", "chat_template_kwargs": {"enable_thinking": False}}
    await asked(chat, request_for(), parameters=given)
    (body,) = chat.seen
    assert "temperature" not in body
    assert body["reasoning_effort"] == "minimal"
    assert body["chat_template_kwargs"] == {"enable_thinking": False}


@pytest.mark.parametrize("name", ["messages", "model", "tools", "stream"])
def test_what_is_the_conversations_is_not_the_documents(name):
    with pytest.raises(ValidationError, match="conversation"):
        ModelChoice(provider="openai", parameters={name: []})


async def test_an_endpoint_that_is_not_set_up_is_not_asked(request_for):
    vendors = Vendors.model_validate({"groq": {"key": "k"}})
    rules = RuleBasedProvider(FakeKnowledge())
    provider = build_registry(LlmSettings(vendors=vendors), rules).peek("openai")
    router = Router(Registry("model", [provider, rules]), Attempts(LlmMetrics().providers), token_gap_s=5)
    choices = [ModelChoice(provider="openai"), ModelChoice(provider="rule_based")]
    document = request_for().agent.model_copy(update={"models": choices})
    assert router.first(document) is rules
    reached = document.model_copy(update={"models": [ModelChoice(provider="openai", endpoint="groq")]})
    assert router.first(reached) is provider
    for endpoint in ("", "cerebras"):
        with pytest.raises(NotFound):
            await anext(provider.stream(request_for(endpoint=endpoint)))
    await provider.close()


def test_a_document_names_no_address_and_no_key(clinic):
    dumped = clinic.model_dump()
    for field in ("url", "key", "base_url", "api_key"):
        with pytest.raises((ValidationError, BadInput)):
            AgentDocument.model_validate({**dumped, "models": [{"provider": "openai", field: "http://x"}]})
