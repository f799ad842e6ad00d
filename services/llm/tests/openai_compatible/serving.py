"""An openai provider before a local peer that speaks server-sent events to the letter, for the tests beside this."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from parley_llm.providers.base import (
    Finished,
    ModelRequest,
    TextDelta,
    ToolCallRequest,
)
from parley_llm.providers.openai_compatible.provider import OpenAiProvider
from parley_testing.vendors.chat import ChatPeer, chat_server

NOW = datetime(2026, 11, 21, 14, 0, tzinfo=UTC)
X, Y = '{"when":"x"}', '{"when":"y"}'  # arguments of calls


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


async def run(provider: OpenAiProvider, request: ModelRequest):
    events = [event async for event in provider.stream(request)]
    text = "".join(event.text for event in events if isinstance(event, TextDelta))
    calls = [(event.name, json.loads(event.arguments_json)) for event in events if isinstance(event, ToolCallRequest)]
    assert isinstance(events[-1], Finished)
    return text, calls, events[-1]
