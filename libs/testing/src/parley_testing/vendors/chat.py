"""A server of OpenAI's chat completions, whole and streamed, for llm's tests. It says what a test gives it to say."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web

DONE = "data: [DONE]\n\n"
USAGE = {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18}
EVENT_STREAM = "text/event-stream"


@dataclass
class ChatPeer:
    """Answers every request alike: with `status`, or with `lines` (chunks of a stream, or a whole body)."""

    lines: Sequence[str] = ()
    status: int = 200
    error: str = "no"
    media: str = EVENT_STREAM
    hangs: bool = False  # before the first line
    breaks_off: bool = False  # the connection is cut behind the last line
    refuse: frozenset[str] = frozenset()  # parameters that are answered with 400
    seen: list[dict[str, object]] = field(default_factory=list)  # bodies of requests
    keys: list[str] = field(default_factory=list)
    gone: asyncio.Event = field(default_factory=asyncio.Event)  # a client went away in the middle

    async def complete(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        self.seen.append(body)
        self.keys.append(request.headers.get("Authorization", ""))
        if refused := sorted(self.refuse & set(body)):
            return unsupported(refused[0])
        if self.status != 200:
            return web.json_response({"error": {"message": self.error, "type": "x"}}, status=self.status)
        if self.hangs:
            await asyncio.Event().wait()
        response = web.StreamResponse(headers={"Content-Type": self.media})
        await response.prepare(request)
        try:
            for line in self.lines:
                await response.write(line.encode())
                await asyncio.sleep(0)
        except ConnectionError:
            self.gone.set()
        if self.breaks_off and request.transport is not None:
            request.transport.abort()
        return response


def unsupported(parameter: str) -> web.Response:
    message = f"Unsupported parameter: '{parameter}' is not supported with this model."
    if parameter == "max_tokens":
        message += " Use 'max_completion_tokens' instead."
    error = {
        "message": message,
        "type": "invalid_request_error",
        "param": parameter,
        "code": "unsupported_parameter",
    }
    return web.json_response({"error": error}, status=400)


def chunk(delta: dict[str, object] | None = None, finish: str | None = None, **extra: object) -> str:
    """One event of a stream; without a delta it has no choices."""
    body = {
        "id": "c1",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "m",
        "choices": [] if delta is None else [{"index": 0, "delta": delta, "finish_reason": finish}],
        **extra,
    }
    return f"data: {json.dumps(body)}\n\n"


def said(*texts: str) -> list[str]:
    """A whole stream that says these pieces."""
    return [*(chunk({"content": text}) for text in texts), chunk({}, "stop"), chunk(None, usage=USAGE), DONE]


def whole(content: str | None, **extra: object) -> str:
    """The body of an answer that is not streamed."""
    message = {"role": "assistant", "content": content}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    body = {"id": "c1", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice], "usage": USAGE}
    return json.dumps({**body, **extra})


@asynccontextmanager
async def chat_server(peer: ChatPeer) -> AsyncIterator[str]:
    """Serve the peer; yields its address, as PARLEY_VENDORS takes it."""
    app = web.Application()
    app.router.add_post("/v1/chat/completions", peer.complete)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
    finally:
        await runner.cleanup()
