"""Any OpenAI-compatible chat-completions endpoint (OpenAI, vLLM, Ollama, Groq, sglang, …) through the openai SDK.

Servers differ in how they stream tool calls (whole or in pieces, with or without ids and indexes), usage and extra
fields; `_ToolCalls` takes whatever comes. Retries are the router's, so the SDK's own are off.
"""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import openai
from openai import AsyncOpenAI
from openai.types.chat import ChatCompletionChunk
from parley.v1 import events_pb2
from parley_core.errors import BadReply, ParleyError, TimedOut, Unavailable
from parley_core.providers import refusal

from parley_llm.prompt import messages, tool_definitions
from parley_llm.providers.base import Finished, JsonAnswer, ModelEvent, ModelRequest, TextDelta, ToolCallRequest

END_CALL = "end_call"
READ_S = 60.0  # the router's own deadlines are shorter; this frees a connection whose server died silently


@dataclass(slots=True)
class _Call:
    id: str
    name: str = ""
    arguments: str = ""


@dataclass(slots=True)
class _ToolCalls:
    """Gathers tool calls from deltas, whatever the server leaves out or repeats."""

    calls: list[_Call] = field(default_factory=list)
    by_index: dict[int, _Call] = field(default_factory=dict)

    def take(self, delta: Any) -> None:
        """One element of `delta.tool_calls`. Its fields may be missing or of other types than the SDK says."""
        function = getattr(delta, "function", None)
        name = getattr(function, "name", None) or ""
        arguments = getattr(function, "arguments", None)
        piece = arguments if isinstance(arguments, str) else "" if arguments is None else json.dumps(arguments)
        index = getattr(delta, "index", None)
        given = str(getattr(delta, "id", None) or "")
        call = self._known(index, given, name)
        if call is None:
            call = _Call(given)
            self.calls.append(call)
        if isinstance(index, int):
            self.by_index[index] = call
        call.name = call.name or name
        call.arguments += piece

    def _known(self, index: object, given: str, name: str) -> _Call | None:
        """The call that this delta continues; None where it opens one."""
        current = self.by_index.get(index) if isinstance(index, int) else (self.calls[-1] if self.calls else None)
        if current is None:
            return None
        if given and current.id and given != current.id:
            return None  # the same index with another id is another call
        if name and current.name and not given and _complete(current.arguments):
            return None  # a name again, behind a complete call: a server that gives neither ids nor indexes
        return current


def _complete(arguments: str) -> bool:
    try:
        json.loads(arguments)
    except ValueError:
        return False
    return True


class OpenAiProvider:
    """See `base.ModelProvider`."""

    name = "openai"
    replays = False
    wants_knowledge = True

    def __init__(self, *, api_key: str, base_url: str, default_model: str, connect_s: float) -> None:
        self._default_model = default_model
        self._client = AsyncOpenAI(
            api_key=api_key or "none",  # local servers ask for none, the SDK does
            base_url=base_url or None,
            max_retries=0,
            timeout=openai.Timeout(READ_S, connect=connect_s),
        )

    async def start(self) -> None:
        """Nothing: connections are made by the first request."""

    async def stream(self, request: ModelRequest) -> AsyncIterator[ModelEvent]:
        tools = tool_definitions(request)
        body: dict[str, Any] = {
            "model": request.model or self._default_model,
            "messages": messages(request),
            "temperature": request.temperature,
            "max_tokens": request.max_tokens,
            "stream": True,
            "stream_options": {"include_usage": True},
            "tools": tools,
        }
        calls = _ToolCalls()
        finish, usage = "stop", (0, 0)
        try:
            async with await self._client.chat.completions.create(**body) as chunks:
                async for chunk in chunks:
                    usage = _usage(chunk) or usage
                    for choice in chunk.choices or []:
                        finish = choice.finish_reason or finish
                        delta = choice.delta
                        if delta is None:
                            continue
                        if delta.content:
                            yield TextDelta(delta.content)
                        for call in delta.tool_calls or []:
                            calls.take(call)
        except openai.OpenAIError as error:
            raise translated(error) from None
        then = events_pb2.AFTER_REPLY_LISTEN
        wanted = [call for call in calls.calls if call.name]
        for call in wanted:
            if call.name == END_CALL:
                then = events_pb2.AFTER_REPLY_HANG_UP
            else:
                yield ToolCallRequest(call.name, call.arguments or "{}")
        if any(call.name != END_CALL for call in wanted):
            finish = "tool_calls"  # servers that say "stop" after a tool call mean the same
        elif finish == "tool_calls":
            finish = "stop"
        yield Finished(finish, input_tokens=usage[0], output_tokens=usage[1], then=then)

    async def complete_json(self, system: str, text: str, *, model: str = "") -> JsonAnswer:
        """See `base.JsonModel`."""
        model = model or self._default_model
        try:
            answer = await self._client.chat.completions.create(
                model=model,
                messages=[{"role": "system", "content": system}, {"role": "user", "content": text}],
                temperature=0,
                response_format={"type": "json_object"},
            )
        except openai.OpenAIError as error:
            raise translated(error) from None
        content = (answer.choices[0].message.content if answer.choices else "") or ""
        try:
            found = json.loads(content.strip().removeprefix("```json").removesuffix("```"))
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise BadReply(self.name, "not a JSON object")
        usage = answer.usage
        return JsonAnswer(found, model, usage.prompt_tokens if usage else 0, usage.completion_tokens if usage else 0)

    async def close(self) -> None:
        await self._client.close()


def translated(error: openai.OpenAIError) -> ParleyError:
    """The vendor's error as one of Parley's."""
    if isinstance(error, openai.APITimeoutError):
        return TimedOut("model openai", READ_S)
    if isinstance(error, openai.APIStatusError):
        return refusal("openai", error.status_code)
    return Unavailable("openai", type(error).__name__)


def _usage(chunk: ChatCompletionChunk) -> tuple[int, int] | None:
    """Tokens in and out so far; some servers put them on every chunk, some on the last one, beside choices or alone."""
    if chunk.usage is None:
        return None
    return chunk.usage.prompt_tokens or 0, chunk.usage.completion_tokens or 0
