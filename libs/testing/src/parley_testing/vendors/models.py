"""Servers of Anthropic's Messages API and of Google's Gemini API, for llm's tests, after the vendors' documents.

Both say what a test gives them to say. https://docs.anthropic.com/en/api/messages-streaming and
https://ai.google.dev/api/generate-content. Neither adapter has met the live service.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web

Body = dict[str, object]


@dataclass
class ModelPeer:
    """Answers every request alike: with `status`, or with `events`."""

    events: Sequence[Body] = ()
    status: int = 200
    error: Mapping[str, object] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    hangs: bool = False
    breaks_off: bool = False
    whole: Body = field(default_factory=dict)  # the answer to a request that is not streamed
    seen: list[Body] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)

    async def complete(self, request: web.Request) -> web.StreamResponse:
        body: Body = await request.json()
        self.seen.append(body)
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        self.keys.append(given or request.headers.get("x-goog-api-key", ""))
        self.paths.append(request.path)
        if self.status != 200:
            return web.json_response({"error": self.error}, status=self.status, headers=self.headers)
        if self.hangs:
            await asyncio.Event().wait()
        if self.whole:
            return web.json_response(self.whole)
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        for event in self.events:
            name = f"event: {event['type']}\n" if "type" in event else ""
            await response.write(f"{name}data: {json.dumps(event)}\n\n".encode())
            await asyncio.sleep(0)
        if self.breaks_off and request.transport is not None:
            request.transport.abort()
        return response


def claude(*blocks: Body, stop: str = "end_turn", **usage: int) -> list[Body]:
    """A stream of Anthropic's. A block is {"text": …}, or {"name": …, "input": …} with the input as text."""
    used = {"input_tokens": 11, "output_tokens": 1, **usage}
    message: Body = {"id": "m1", "type": "message", "role": "assistant", "content": [], "model": "m", "usage": used}
    events: list[Body] = [
        {"type": "message_start", "message": {**message, "stop_reason": None, "stop_sequence": None}},
        {"type": "ping"},
    ]
    for index, block in enumerate(blocks):
        if "text" in block:
            events.append(_block(index, {"type": "text", "text": ""}))
            events += [_delta(index, {"type": "text_delta", "text": one}) for one in str(block["text"]).split("|")]
        else:
            events.append(
                _block(index, {"type": "tool_use", "id": f"toolu_{index}", "name": block["name"], "input": {}})
            )
            text = str(block["input"])
            for piece in (text[: len(text) // 2], text[len(text) // 2 :]):
                events.append(_delta(index, {"type": "input_json_delta", "partial_json": piece}))
        events.append({"type": "content_block_stop", "index": index})
    delta = {"stop_reason": stop, "stop_sequence": None}
    return [
        *events,
        {"type": "message_delta", "delta": delta, "usage": {"output_tokens": 7}},
        {"type": "message_stop"},
    ]


def _block(index: int, block: Body) -> Body:
    return {"type": "content_block_start", "index": index, "content_block": block}


def _delta(index: int, delta: Body) -> Body:
    return {"type": "content_block_delta", "index": index, "delta": delta}


def gemini(*parts: Body, finish: str = "STOP", cached: int = 0) -> list[Body]:
    """A stream of Google's: each part in a chunk of its own, the usage on each."""
    usage = {
        "promptTokenCount": 11,
        "candidatesTokenCount": 7,
        "totalTokenCount": 18,
        "cachedContentTokenCount": cached,
    }
    chunks: list[Body] = []
    for part in parts:
        candidate = {"content": {"role": "model", "parts": [part]}, "index": 0}
        chunks.append({"candidates": [candidate], "usageMetadata": usage, "modelVersion": "m"})
    end = {"content": {"role": "model", "parts": [{"text": ""}]}, "finishReason": finish, "index": 0}
    return [*chunks, {"candidates": [end], "usageMetadata": usage, "modelVersion": "m"}]


@asynccontextmanager
async def model_server(peer: ModelPeer) -> AsyncIterator[str]:
    """Serve the peer under any path; yields its address."""
    app = web.Application()
    app.router.add_post("/{path:.*}", peer.complete)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()
