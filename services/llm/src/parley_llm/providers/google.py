"""Google's Gemini API through its SDK (google-genai): streamed text and function calls, usage, errors as Parley's.

Prompts are cached by the vendor itself where their beginning is the same; `system_parts` keeps it so. Models from
Gemini 3 on want the signature of a function call back with it: it is kept for the turn, and where another worker made
the call, the vendor's own word for a call without one is sent.
"""

import json
from collections import OrderedDict
from collections.abc import AsyncIterator
from typing import Any

import httpx
from google import genai
from google.genai import errors, types
from parley.v1 import events_pb2
from parley_core.agents import AgentDocument, ModelChoice
from parley_core.errors import BadReply, ParleyError, TimedOut, Unavailable
from parley_core.providers import refusal
from parley_core.text import load_json, well_formed
from parley_core.vendors import Endpoint

from parley_llm.prompt import messages, system_prompt, tool_definitions
from parley_llm.providers.base import (
    END_CALL,
    Finished,
    JsonAnswer,
    ModelEvent,
    ModelRequest,
    TextDelta,
    ToolCallRequest,
)
from parley_llm.providers.chat_forms import Called, Step, Words, by_turns, json_object, steps

NAME = "google"
MODEL = "gemini-2.5-flash"
READ_MS = 60_000  # the router's own deadlines are shorter
MOST_SIGNATURES = 2000
NO_SIGNATURE = b"skip_thought_signature_validator"
_FILTERED = frozenset({"SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "LANGUAGE", "IMAGE_SAFETY"})
_BROKEN = frozenset({"MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL", "TOO_MANY_TOOL_CALLS"})

_Key = tuple[str, int, str, str]


class GoogleProvider:
    """See `base.ModelProvider` and `base.JsonModel`."""

    name = NAME
    replays = False
    wants_knowledge = True

    def __init__(self, endpoint: Endpoint) -> None:
        self._default_model = endpoint.model or MODEL
        self._signatures: OrderedDict[_Key, bytes] = OrderedDict()
        # httpx, although the SDK would prefer aiohttp: it closes a stream that is left in the middle.
        options = types.HttpOptions(
            base_url=endpoint.url or None, timeout=READ_MS, httpx_async_client=httpx.AsyncClient(timeout=READ_MS / 1000)
        )
        self._client = genai.Client(api_key=endpoint.key or "none", http_options=options, vertexai=False)

    def takes_tools(self, agent: AgentDocument) -> bool:
        """See `base.ToolModel`."""
        return True

    async def start(self) -> None:
        """Nothing: connections are made by the first request."""

    async def stream(self, request: ModelRequest) -> AsyncIterator[ModelEvent]:
        model = request.model or self._default_model
        answer = _Answer()
        try:
            chunks: Any = await self._client.aio.models.generate_content_stream(
                model=model, contents=self._contents(request), config=_config(request)
            )
            try:
                async for chunk in chunks:
                    for text in answer.take(chunk):
                        yield TextDelta(text)
            finally:
                await chunks.aclose()
        except ParleyError:
            raise
        except Exception as error:
            raise translated(error) from error
        for name, arguments, signature in answer.whole(may_be_empty=bool(request.said and request.turn_tools)):
            if signature:
                self._keep(request, name, arguments, signature)
            if name != END_CALL:
                yield ToolCallRequest(name, arguments)
        yield answer.finished()

    async def complete_json(self, system: str, text: str, choice: ModelChoice) -> JsonAnswer:
        """See `base.JsonModel`."""
        model = choice.model or self._default_model
        config = types.GenerateContentConfig(
            system_instruction=system, temperature=0, response_mime_type="application/json"
        )
        try:
            answer = await self._client.aio.models.generate_content(model=model, contents=text, config=config)
            content = answer.text or ""
        except Exception as error:
            raise translated(error) from error
        usage = answer.usage_metadata
        return JsonAnswer(
            json_object(content, NAME),
            model,
            (usage.prompt_token_count or 0) if usage else 0,
            (usage.candidates_token_count or 0) if usage else 0,
        )

    async def close(self) -> None:
        await self._client.aio.aclose()

    def _contents(self, request: ModelRequest) -> list[types.Content]:
        return [
            types.Content(
                role="model" if role == "assistant" else "user", parts=[self._part(step, request) for step in turn]
            )
            for role, turn in by_turns(steps(messages(request)))
        ]

    def _part(self, step: Step, request: ModelRequest) -> types.Part:
        if isinstance(step, Words):
            return types.Part(text=step.text)
        if isinstance(step, Called):
            key = (request.call, request.turn, step.name, json.dumps(step.arguments, sort_keys=True))
            return types.Part(
                function_call=types.FunctionCall(name=step.name, args=step.arguments),
                thought_signature=self._signatures.get(key, NO_SIGNATURE),
            )
        return types.Part(
            function_response=types.FunctionResponse(name=step.name, response={"result": step.content}),
        )

    def _keep(self, request: ModelRequest, name: str, arguments: str, signature: bytes) -> None:
        key = (request.call, request.turn, name, json.dumps(load_json(arguments), sort_keys=True))
        self._signatures[key] = signature
        while len(self._signatures) > MOST_SIGNATURES:
            self._signatures.popitem(last=False)


class _Answer:
    """One answer as it comes in. Function calls come whole."""

    def __init__(self) -> None:
        self._calls: list[tuple[str, str, bytes]] = []
        self._finish = ""
        self._blocked = ""
        self._usage: Any = None
        self._spoke = False

    def take(self, chunk: types.GenerateContentResponse) -> list[str]:
        """What may be said of a chunk; thoughts are left out."""
        self._usage = chunk.usage_metadata or self._usage
        feedback = chunk.prompt_feedback
        if feedback is not None and feedback.block_reason is not None:
            self._blocked = str(feedback.block_reason.value)
        said = []
        for candidate in chunk.candidates or []:
            if candidate.finish_reason is not None:
                self._finish = str(candidate.finish_reason.value)
            for part in (candidate.content.parts if candidate.content is not None else None) or []:
                call = part.function_call
                if call is not None and call.name:
                    arguments = json.dumps(call.args or {}, ensure_ascii=False)
                    self._calls.append((well_formed(call.name), well_formed(arguments), part.thought_signature or b""))
                elif part.text and not part.thought:
                    said.append(well_formed(part.text if self._spoke else part.text.lstrip()))
                    self._spoke = self._spoke or bool(part.text.strip())
        return [text for text in said if text]

    def whole(self, *, may_be_empty: bool) -> list[tuple[str, str, bytes]]:
        """The calls. Raises where this is no whole answer."""
        if self._blocked or self._finish in _FILTERED:
            raise BadReply(NAME, "the vendor's filter cut the answer off")
        if self._finish in _BROKEN:
            raise BadReply(NAME, "the arguments of a tool call are no JSON")
        if not self._finish:
            raise Unavailable(NAME, "the stream broke off")
        if not (self._spoke or self._calls or may_be_empty):
            raise BadReply(NAME, f"an answer without content ({self._finish})")
        return self._calls

    def finished(self) -> Finished:
        names = {name for name, _, _ in self._calls}
        finish = "tool_calls" if names - {END_CALL} else "length" if self._finish == "MAX_TOKENS" else "stop"
        then = events_pb2.AFTER_REPLY_HANG_UP if END_CALL in names else events_pb2.AFTER_REPLY_LISTEN
        usage = self._usage
        if usage is None:
            return Finished(finish, then=then)
        return Finished(
            finish,
            usage.prompt_token_count or 0,
            (usage.candidates_token_count or 0) + (usage.thoughts_token_count or 0),  # both are billed as output
            then,
            cached_tokens=usage.cached_content_token_count or 0,
        )


def _config(request: ModelRequest) -> types.GenerateContentConfig:
    functions = []
    for one in tool_definitions(request):
        function: Any = one["function"]
        functions.append(
            types.FunctionDeclaration(
                name=function["name"],
                description=function["description"],
                parameters_json_schema=function["parameters"],
            )
        )
    return types.GenerateContentConfig(
        system_instruction=system_prompt(request),
        temperature=request.temperature,
        max_output_tokens=request.max_tokens,
        tools=[types.Tool(function_declarations=functions)],
        automatic_function_calling=types.AutomaticFunctionCallingConfig(disable=True),
    )


def translated(error: Exception) -> ParleyError:
    """The SDK's error as one of Parley's. A key that is not valid is a 400 with a reason of its own."""
    if isinstance(error, errors.APIError):
        status, code = int(error.code or 500), f"{error.status} {error.message}"
        if status == 400 and "API_KEY_INVALID" in json.dumps(error.details, default=str):
            status = 401
        response: Any = error.response
        return refusal(NAME, status, code=code, headers=getattr(response, "headers", None))
    if isinstance(error, httpx.TimeoutException | TimeoutError):
        return TimedOut(f"model {NAME}", READ_MS / 1000)
    if isinstance(error, ValueError | TypeError | KeyError | errors.UnknownApiResponseError):
        return BadReply(NAME, f"the body is no stream ({type(error).__name__})")
    return Unavailable(NAME, type(error).__name__)
