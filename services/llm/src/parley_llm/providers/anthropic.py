"""Anthropic's Messages API through its SDK: streamed text and tool calls, cached prompts, errors as Parley's.

The stable part of the prompt and the tools are marked for the vendor's cache; what changes with each turn stands behind
the mark. The SDK knows no temperature any more, so none is sent. Retries are the router's, so the SDK's own are off.
"""

import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Any

import anthropic
import httpx2
from parley.v1 import events_pb2
from parley_core.agents import AgentDocument, ModelChoice
from parley_core.errors import BadReply, ParleyError, TimedOut, Unavailable
from parley_core.providers import refusal
from parley_core.text import load_json, well_formed
from parley_core.vendors import Endpoint

from parley_llm.prompt import messages, system_parts, tool_definitions
from parley_llm.providers.base import (
    END_CALL,
    Finished,
    JsonAnswer,
    ModelEvent,
    ModelRequest,
    TextDelta,
    ToolCallPart,
    ToolCallRequest,
)
from parley_llm.providers.chat_forms import Called, Step, Words, by_turns, json_object, steps

NAME = "anthropic"
MODEL = "claude-haiku-4-5"
CONNECT_S = 5.0
READ_S = 60.0  # the router's own deadlines are shorter
JSON_TOKENS = 2000
_CACHED = {"type": "ephemeral"}
_FINISHES = {"end_turn": "stop", "stop_sequence": "stop", "tool_use": "tool_calls", "max_tokens": "length"}
_FINISHES["model_context_window_exceeded"] = "length"


class AnthropicProvider:
    """See `base.ModelProvider` and `base.JsonModel`."""

    name = NAME
    replays = False
    wants_knowledge = True

    def __init__(self, endpoint: Endpoint, *, connect_s: float = CONNECT_S) -> None:
        self._default_model = endpoint.model or MODEL
        self._client = anthropic.AsyncAnthropic(
            api_key=endpoint.key or "none",
            base_url=endpoint.url or None,
            max_retries=0,
            timeout=anthropic.Timeout(READ_S, connect=connect_s),
        )

    def takes_tools(self, agent: AgentDocument) -> bool:
        """See `base.ToolModel`."""
        return True

    async def start(self) -> None:
        """Nothing: connections are made by the first request."""

    async def stream(self, request: ModelRequest) -> AsyncIterator[ModelEvent]:
        answer = _Answer()
        async with aclosing(self._events(_body(request, request.model or self._default_model))) as events:
            async for event in events:
                found = answer.take(event)
                if found is not None:
                    yield found
        for call in answer.whole(may_be_empty=bool(request.said and request.turn_tools)):
            yield call
        yield answer.finished()

    async def complete_json(self, system: str, text: str, choice: ModelChoice) -> JsonAnswer:
        """See `base.JsonModel`."""
        model = choice.model or self._default_model
        body: dict[str, Any] = {
            "model": model,
            "max_tokens": JSON_TOKENS,
            "system": f"{system}\nAnswer with the JSON object alone.",
            "messages": [{"role": "user", "content": text}],
        }
        try:
            answer = await self._client.messages.create(**body)
        except anthropic.AnthropicError as error:
            raise translated(error) from None
        content = "".join(block.text for block in answer.content if block.type == "text")
        return JsonAnswer(json_object(content, NAME), model, answer.usage.input_tokens, answer.usage.output_tokens)

    async def close(self) -> None:
        await self._client.close()

    async def _events(self, body: dict[str, Any]) -> AsyncGenerator[Any, None]:
        try:
            async with await self._client.messages.create(**body, stream=True) as events:
                async for event in events:
                    yield event
        except anthropic.AnthropicError as error:
            raise translated(error) from None
        except httpx2.TimeoutException:
            raise TimedOut(f"model {NAME}", READ_S) from None
        except httpx2.HTTPError as error:  # in the middle of a stream the SDK lets these through
            raise Unavailable(NAME, type(error).__name__) from None
        except (ValueError, TypeError, AttributeError, KeyError) as error:
            raise BadReply(NAME, f"the body is no stream ({type(error).__name__})") from None


class _Answer:
    """One answer as it comes in: https://docs.anthropic.com/en/api/messages-streaming."""

    def __init__(self) -> None:
        self._calls: dict[int, tuple[str, list[str]]] = {}  # block to name and pieces of arguments
        self._stop = ""
        self._input = self._output = self._cached = 0
        self._lead = ""
        self._spoke = False

    def take(self, event: Any) -> ModelEvent | None:
        match event.type:
            case "message_start":
                self._use(event.message.usage)
            case "content_block_start" if event.content_block.type == "tool_use":
                self._calls[event.index] = (event.content_block.name, [])
                return ToolCallPart()
            case "content_block_delta" if event.delta.type == "text_delta":
                return self._text(event.delta.text)
            case "content_block_delta" if event.delta.type == "input_json_delta" and event.index in self._calls:
                self._calls[event.index][1].append(event.delta.partial_json)
                return ToolCallPart()
            case "message_delta":
                self._stop = event.delta.stop_reason or self._stop
                self._use(event.usage)
        return None

    def whole(self, *, may_be_empty: bool) -> list[ToolCallRequest]:
        """The calls. Raises where this is no whole answer."""
        if not self._stop:
            raise Unavailable(NAME, "the stream broke off")
        if self._stop == "refusal":
            raise BadReply(NAME, "the vendor's filter cut the answer off")
        found = []
        for name, pieces in self._calls.values():
            arguments = "".join(pieces) or "{}"  # without arguments no piece comes
            try:
                load_json(arguments)
            except ValueError:
                raise BadReply(NAME, "the arguments of a tool call are no JSON") from None
            if name != END_CALL:
                found.append(ToolCallRequest(well_formed(name), well_formed(arguments)))
        if not (self._spoke or self._calls or may_be_empty):
            raise BadReply(NAME, f"an answer without content ({self._stop})")
        return found

    def finished(self) -> Finished:
        names = {name for name, _ in self._calls.values()}
        finish = _FINISHES.get(self._stop, "stop")
        if finish == "tool_calls" and not names - {END_CALL}:
            finish = "stop"
        then = events_pb2.AFTER_REPLY_HANG_UP if END_CALL in names else events_pb2.AFTER_REPLY_LISTEN
        return Finished(finish, self._input, self._output, then, cached_tokens=self._cached)

    def _text(self, text: str) -> ModelEvent | None:
        if not self._spoke:
            self._lead += text
            text = self._lead.lstrip()
            if not text:
                return None
            self._spoke = True
        return TextDelta(well_formed(text)) if text else None

    def _use(self, usage: Any) -> None:
        """Figures are cumulative; those of the input may come first, last, or both times. What is read from the cache
        or written to it is apart from the rest of the input."""
        if usage is None:
            return
        if usage.input_tokens:
            self._cached = usage.cache_read_input_tokens or 0
            self._input = usage.input_tokens + self._cached + (usage.cache_creation_input_tokens or 0)
        self._output = usage.output_tokens or self._output


def _body(request: ModelRequest, model: str) -> dict[str, Any]:
    same, now = system_parts(request)
    tools: list[dict[str, Any]] = []
    for one in tool_definitions(request):
        function: Any = one["function"]
        tools.append(
            {
                "name": function["name"],
                "description": function["description"],
                "input_schema": {"type": "object", **function["parameters"]},
            }
        )
    return {
        "model": model,
        "max_tokens": request.max_tokens,
        "system": [
            {"type": "text", "text": same, "cache_control": _CACHED},
            {"type": "text", "text": now},
        ],
        "tools": tools,
        "messages": [
            {"role": role, "content": [_block(step) for step in turn]}
            for role, turn in by_turns(steps(messages(request)))
        ],
    }


def _block(step: Step) -> dict[str, Any]:
    if isinstance(step, Words):
        return {"type": "text", "text": step.text}
    if isinstance(step, Called):
        return {"type": "tool_use", "id": _id(step.id), "name": step.name, "input": step.arguments}
    return {"type": "tool_result", "tool_use_id": _id(step.id), "content": step.content}


def _id(given: str) -> str:
    """Ids are letters, digits, "_" and "-"."""
    return "".join(char if char.isalnum() and char.isascii() else "_" for char in given) or "_"


def translated(error: Exception) -> ParleyError:
    """The SDK's error as one of Parley's. An error inside a stream has a type and no status of its own."""
    if isinstance(error, anthropic.APITimeoutError):
        return TimedOut(f"model {NAME}", READ_S)
    if isinstance(error, anthropic.APIResponseValidationError):
        return BadReply(NAME, type(error).__name__)
    if isinstance(error, anthropic.APIStatusError):
        kind, message = _kind(error.body)
        status = error.status_code if error.status_code >= 400 else _STATUSES.get(kind, 500)
        return refusal(NAME, status, code=f"{kind} {message}", headers=error.response.headers)
    return Unavailable(NAME, type(error).__name__)


_STATUSES = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "billing_error": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "rate_limit_error": 429,
    "api_error": 500,
    "overloaded_error": 529,
}


def _kind(body: object) -> tuple[str, str]:
    error = body.get("error") if isinstance(body, dict) else None
    if not isinstance(error, dict):
        return "", json.dumps(body, default=str)[:500]
    return str(error.get("type", "")), str(error.get("message", ""))
