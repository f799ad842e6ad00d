"""Asks an OpenAI-compatible endpoint and makes the events of its answer. What cannot be used as an answer is an error,
raised before the first event where that is possible, so that the next model can be asked."""

import re
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import aclosing
from types import SimpleNamespace
from typing import Any

import httpx
import openai
from openai import AsyncOpenAI
from openai.types.chat import ChatCompletion
from parley.v1 import events_pb2
from parley_core.agents import AgentDocument, ModelChoice
from parley_core.errors import BadReply, NotFound, ParleyError, TimedOut, Unavailable
from parley_core.providers import refusal
from parley_core.text import TextPieces, load_json, well_formed
from parley_core.vendors import Endpoint

from parley_llm.prompt import messages, tool_definitions
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
from parley_llm.providers.chat_forms import alternating, json_object, with_short_ids
from parley_llm.providers.openai_compatible.parameters import Parameters
from parley_llm.providers.openai_compatible.servers import Server, server_of
from parley_llm.providers.openai_compatible.thoughts import SpokenText
from parley_llm.providers.openai_compatible.tool_calls import ToolCalls

NAME = "openai"
CONNECT_S = 5.0  # a server that does not answer by then: the next model is asked
READ_S = 60.0  # the router's own deadlines are shorter; this frees a connection whose server died silently
MOST_CHANGES = 4  # requests beside the first in which a model's parameters are found out
_THINKERS = re.compile(r"(?<![a-z0-9])(r1|qwq|thinking|reasoner|magistral)(?![a-z0-9])", re.IGNORECASE)
# What the SDK lets through for a body that is not what it says it is.
_MALFORMED = (ValueError, TypeError, AttributeError, KeyError)
_SDK_KNOWS = frozenset(
    {"temperature", "top_p", "max_tokens", "max_completion_tokens", "reasoning_effort", "seed", "stop"}
)

Endpoints = Callable[[str], Endpoint | None]


def _no_endpoints(name: str) -> Endpoint | None:
    return None


class OpenAiProvider:
    """See `base.ModelProvider` and `base.JsonModel`. Retries are the router's, so the SDK's own are off."""

    name = NAME
    replays = False
    wants_knowledge = True

    def __init__(
        self,
        *,
        api_key: str,
        base_url: str,
        default_model: str,
        connect_s: float = CONNECT_S,
        endpoints: Endpoints = _no_endpoints,
    ) -> None:
        """The arguments say who is asked where a document names no endpoint; `endpoints` knows the others."""
        self._connect_s = connect_s
        self._endpoints = endpoints
        own = Endpoint(api_key, base_url, default_model) if api_key or base_url else None
        self._doors: dict[str, _Door] = {} if own is None else {"": _Door(own, connect_s)}

    def takes_tools(self, agent: AgentDocument) -> bool:
        """See `base.ToolModel`. A model that refuses them answers that one turn without."""
        chosen = next((one for one in agent.models if one.provider == NAME), None)
        door = self._doors.get(chosen.endpoint) if chosen is not None else None
        if chosen is None or door is None:  # nothing was asked yet, so nothing refused
            return True
        return not door.parameters.leaves_out(chosen.model or door.model, "tools")

    async def start(self) -> None:
        """Nothing: connections are made by the first request."""

    async def stream(self, request: ModelRequest) -> AsyncIterator[ModelEvent]:
        door = self._door(request.endpoint)
        model = request.model or door.model
        server = server_of(request.endpoint, request.server)
        chat = messages(request)
        if server.alternates:
            chat = alternating(chat)
        if server.tool_id_chars:
            chat = with_short_ids(chat, server.tool_id_chars)
        body: dict[str, object] = {
            "model": model,
            "messages": chat,
            "temperature": request.temperature,
            "max_tokens": request.max_tokens,
            "stream": True,
            "stream_options": {"include_usage": True},
            "tools": tool_definitions(request),
        }
        thinks = model in door.thinks_unannounced or bool(_THINKERS.search(model))
        answer = _Answer(SpokenText(begins_with_thoughts=thinks))
        async with aclosing(self._chunks(door, _fitted(body, server, request.parameters))) as chunks:
            async for chunk in chunks:
                if text := answer.take(chunk):
                    yield TextDelta(text)
                elif answer.calls.calls:
                    yield ToolCallPart()
        if text := answer.end():
            yield TextDelta(text)
        if answer.text.unannounced:
            door.thinks_unannounced.add(model)
        answer.check(may_be_empty=bool(request.said and request.turn_tools))
        for call in answer.calls.wanted:
            if call.name != END_CALL:
                yield ToolCallRequest(well_formed(call.name), well_formed(call.arguments) or "{}")
        yield answer.finished()

    async def complete_json(self, system: str, text: str, choice: ModelChoice) -> JsonAnswer:
        """See `base.JsonModel`."""
        door = self._door(choice.endpoint)
        model = choice.model or door.model
        body: dict[str, object] = {
            "model": model,
            "messages": [{"role": "system", "content": system}, {"role": "user", "content": text}],
            "temperature": 0,
            "response_format": {"type": "json_object"},
        }
        try:
            answer = await self._create(
                door, _fitted(body, server_of(choice.endpoint, choice.server), choice.parameters)
            )
            choices = answer.choices
            content = _text(choices[0].message.content) if choices else ""
            usage = answer.usage
        except openai.OpenAIError as error:
            raise translated(error) from None
        except httpx.HTTPError as error:
            raise Unavailable(NAME, type(error).__name__) from None
        except _MALFORMED as error:
            raise BadReply(NAME, f"the body is no completion ({type(error).__name__})") from None
        spoken = SpokenText()
        return JsonAnswer(
            json_object(spoken.feed(content) + spoken.flush(), NAME),
            model,
            usage.prompt_tokens if usage else 0,
            usage.completion_tokens if usage else 0,
        )

    def has_endpoint(self, name: str) -> bool:
        """See `base.HasEndpoints`."""
        return name in self._doors or self._endpoints(name) is not None

    def _door(self, endpoint: str) -> "_Door":
        """Raises NotFound for an endpoint that this process has neither a key nor an address for."""
        if endpoint not in self._doors:
            known = self._endpoints(endpoint)
            if known is None:
                raise NotFound("endpoint of models", endpoint or NAME)
            self._doors[endpoint] = _Door(known, self._connect_s, server_of(endpoint, "").url)
        return self._doors[endpoint]

    async def close(self) -> None:
        for door in self._doors.values():
            await door.client.close()

    async def _chunks(self, door: "_Door", body: dict[str, object]) -> AsyncGenerator[Any, None]:
        """The chunks of a stream. A server that does not stream gives the completion as the only one."""
        try:
            raw = await self._create(door, body, raw=True)
            response: httpx.Response = raw.http_response
            media = response.headers.get("content-type", "").partition(";")[0].strip().lower()
            try:
                if media == "text/html":
                    raise BadReply(NAME, "a page instead of an answer")
                if media == "application/json":
                    completion: Any = load_json(await response.aread())
                    yield ChatCompletion.construct(**completion)
                    return
                async for chunk in raw.parse():
                    yield chunk
            finally:
                await response.aclose()
        except openai.OpenAIError as error:
            raise translated(error) from None
        except httpx.TimeoutException:
            raise TimedOut(f"model {NAME}", READ_S) from None
        except httpx.HTTPError as error:
            raise Unavailable(NAME, type(error).__name__) from None
        except _MALFORMED as error:
            raise BadReply(NAME, f"the body is no stream ({type(error).__name__})") from None

    async def _create(self, door: "_Door", body: dict[str, object], *, raw: bool = False) -> Any:
        """Send a request; again without what the model does not take."""
        completions = door.client.chat.completions
        create: Any = completions.with_raw_response.create if raw else completions.create
        model = str(body["model"])
        for left in reversed(range(MOST_CHANGES + 1)):
            fitted = door.parameters.fit(model, body)
            try:
                return await create(**fitted)
            except openai.APIStatusError as error:
                if not left or not door.parameters.learn(model, fitted, error):
                    raise
        raise AssertionError("the last request returns or raises")


class _Door:
    """An endpoint, and what was found out of its models."""

    def __init__(self, endpoint: Endpoint, connect_s: float, usual_url: str = "") -> None:
        self.model = endpoint.model
        self.parameters = Parameters()
        self.thinks_unannounced: set[str] = set()  # models
        self.client = AsyncOpenAI(
            api_key=endpoint.key or "none",  # local servers ask for none, the SDK does
            base_url=endpoint.url or usual_url or None,
            max_retries=0,
            timeout=openai.Timeout(READ_S, connect=connect_s),
        )


class _Answer:
    """One answer as it comes in."""

    def __init__(self, text: SpokenText) -> None:
        self.text = text
        self._pieces = TextPieces()
        self.calls = ToolCalls()
        self._finish = ""
        self._usage = (0, 0)
        self._cached = 0
        self._counted = False  # usage came by itself: the last that many servers send
        self._lead = ""  # blanks before the first word
        self._spoke = False

    def take(self, chunk: Any) -> str:
        """What may be said of a chunk."""
        choices = getattr(chunk, "choices", None) or []
        self._use(_usage(chunk), alone=not choices)
        said = ""
        for choice in choices:
            self._finish = getattr(choice, "finish_reason", None) or self._finish
            delta = getattr(choice, "delta", None) or getattr(choice, "message", None)
            if getattr(delta, "reasoning_content", None) or getattr(delta, "reasoning", None):
                self.text.waits_no_more()
            content = _text(getattr(delta, "content", None)) or _text(getattr(delta, "refusal", None))
            said += self.text.feed(self._pieces.feed(content))
            for call in getattr(delta, "tool_calls", None) or []:
                self.calls.take(call)
        return self._begun(said)

    def end(self) -> str:
        """What may be said of what was held back."""
        return self._begun(self.text.feed(self._pieces.flush()) + self.text.flush())

    def check(self, *, may_be_empty: bool) -> None:
        """Raise where this is no whole answer."""
        wanted = self.calls.wanted
        called = bool(wanted) and all(call.complete for call in wanted)
        if self._finish == "error" or not (self._finish or called or (self._counted and self._spoke)):
            if not self._spoke and not wanted:
                raise BadReply(NAME, "no answer in the body")
            raise Unavailable(NAME, "the stream broke off")
        if self._finish == "content_filter":
            raise BadReply(NAME, "the vendor's filter cut the answer off")
        if any(not call.complete for call in wanted):
            raise BadReply(NAME, "the arguments of a tool call are no JSON")
        if not self._spoke and not wanted and not may_be_empty:
            raise BadReply(NAME, f"an answer without content ({self._finish})")

    def finished(self) -> Finished:
        wanted = self.calls.wanted
        then, finish = events_pb2.AFTER_REPLY_LISTEN, self._finish or "stop"
        if any(call.name == END_CALL for call in wanted):
            then = events_pb2.AFTER_REPLY_HANG_UP
        if any(call.name != END_CALL for call in wanted):
            finish = "tool_calls"  # servers that say "stop" after a tool call mean the same
        elif finish in ("tool_calls", "function_call"):
            finish = "stop"
        return Finished(
            finish,
            input_tokens=self._usage[0],
            output_tokens=self._usage[1],
            then=then,
            cached_tokens=self._cached,
        )

    def _begun(self, said: str) -> str:
        """The text without blanks before its first word: an answer of blanks is none."""
        if self._spoke:
            return said
        self._lead += said
        if not self._lead.strip():
            return ""
        self._spoke = True
        return self._lead.lstrip()

    def _use(self, usage: Any, *, alone: bool) -> None:
        """Tokens in and out so far; some servers put them on every chunk, some on the last one, beside choices."""
        if usage is not None:
            self._usage = (getattr(usage, "prompt_tokens", 0) or 0, getattr(usage, "completion_tokens", 0) or 0)
            details = getattr(usage, "prompt_tokens_details", None)
            self._cached = getattr(details, "cached_tokens", 0) or 0
            self._counted = self._counted or alone


def translated(error: openai.OpenAIError) -> ParleyError:
    """The vendor's error as one of Parley's."""
    if isinstance(error, openai.APITimeoutError):
        return TimedOut(f"model {NAME}", READ_S)
    if isinstance(error, openai.APIResponseValidationError):
        return BadReply(NAME, type(error).__name__)
    if isinstance(error, openai.APIStatusError):
        code = f"{error.code or ''} {error.type or ''} {error.message}"
        return refusal(NAME, error.status_code, code=code, headers=error.response.headers)
    return Unavailable(NAME, type(error).__name__)


def _usage(chunk: Any) -> Any:
    """The usage of a chunk; Groq's streams have it elsewhere too."""
    usage = getattr(chunk, "usage", None)
    if usage is not None:
        return usage
    elsewhere = getattr(chunk, "x_groq", None)
    found = elsewhere.get("usage") if isinstance(elsewhere, dict) else getattr(elsewhere, "usage", None)
    return SimpleNamespace(**found) if isinstance(found, dict) else found


def _text(content: Any) -> str:
    """The text of a content, which is a string or, with some servers, a list of parts with thoughts among them."""
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return ""
    parts = [part if isinstance(part, dict) else getattr(part, "__dict__", {}) for part in content]
    return "".join(str(part.get("text") or "") for part in parts if part.get("type") in ("text", "output_text"))


def _fitted(body: dict[str, object], server: Server, parameters: Mapping[str, object]) -> dict[str, object]:
    """The request as the server takes it, with what the document adds and leaves out."""
    fitted = {}
    for name, value in body.items():
        other = server.names.get(name, name)
        if other and parameters.get(name, value) is not None and parameters.get(other, value) is not None:
            fitted[other] = value
    added = {**server.extra, **{name: value for name, value in parameters.items() if value is not None}}
    for name in [one for one in added if one in fitted or one in _SDK_KNOWS]:
        fitted[name] = added.pop(name)
    if added:
        fitted["extra_body"] = added
    return fitted
