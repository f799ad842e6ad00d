"""A server of chat completions that goes wrong in one way, as models and their servers do. `FAULTS` has the ways.

Each is the whole of what one request gets. A fault `before` the first sentence leaves nothing that could be said;
`behind` it, the caller has heard SENTENCE.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web

from parley_testing.vendors.chat import DONE, chunk, said

SENTENCE = "I am glad that you ask me about that. "  # states no fact, so it needs no source
STALL = "stall"  # in `lines`: nothing comes any more
DRIP_S = 0.35  # between the letters of one that dribbles


@dataclass(frozen=True, slots=True)
class Fault:
    lines: Sequence[str] = ()
    status: int = 200
    error: Mapping[str, object] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    drips: bool = False
    cut: bool = False  # the connection is cut behind the last line


def _text(*pieces: str, finish: str = "stop") -> list[str]:
    return [*(chunk({"content": piece}) for piece in pieces), chunk({}, finish), DONE]


def _call(arguments: str) -> list[str]:
    function = {"name": "find_slots", "arguments": arguments}
    delta: dict[str, object] = {"tool_calls": [{"index": 0, "id": "c1", "type": "function", "function": function}]}
    return [chunk(delta), chunk({}, "tool_calls"), DONE]


def _letters(text: str) -> list[str]:
    return [chunk({"content": letter}) for letter in text]


_HALF = chunk({"content": "We are open on Sat"})
_WHOLE = chunk({"content": SENTENCE})
_UNKNOWN = {"message": "The model does not exist", "code": "model_not_found"}
_POOR = {"message": "You exceeded your current quota", "type": "insufficient_quota", "code": "insufficient_quota"}

REFUSALS = {
    "401": Fault(status=401, error={"message": "Incorrect API key provided", "code": "invalid_api_key"}),
    "402": Fault(status=402, error={"message": "Payment required"}),
    "quota as 429": Fault(status=429, error=_POOR),
    "unknown model": Fault(status=404, error=_UNKNOWN),
}
FAULTS = {
    **REFUSALS,
    "429": Fault(status=429, error={"message": "slow down"}, headers={"Retry-After": "7"}),
    "500": Fault(status=500, error={"message": "oops"}),
    "stalls before a word": Fault([STALL]),
    "stalls in a sentence": Fault([_HALF, STALL]),
    "stalls behind a sentence": Fault([_WHOLE, STALL]),
    "dribbles": Fault(_letters(SENTENCE * 3), drips=True),
    "is cut in mid-sentence": Fault([_HALF], cut=True),
    "is cut in the second sentence": Fault([_WHOLE, _HALF], cut=True),
    "ends without an end": Fault([_WHOLE, _HALF]),
    "repeats a sentence": Fault(_text(*[SENTENCE] * 60)),
    "repeats itself without an end": Fault(_text(*["and we are open on Saturday "] * 60)),
    "is filtered": Fault(_text("We are open on Sat", finish="content_filter")),
    "refuses without a word": Fault(_text("", finish="content_filter")),
    "breaks its JSON": Fault(_call('{"when": "2026-11-2')),
    "says nothing": Fault(_text("")),
    "writes data": Fault(_text('{"answer": "We are ', 'open."}')),
    "thinks and says nothing": Fault(said("<think>The caller asks for hours.</think>")),
}


@dataclass
class MisbehavingServer:
    fault: Fault
    requests: list[dict[str, object]] = field(default_factory=list)

    async def complete(self, request: web.Request) -> web.StreamResponse:
        self.requests.append(await request.json())
        fault = self.fault
        if fault.status != 200:
            body = json.dumps({"error": fault.error})
            return web.Response(text=body, status=fault.status, headers=fault.headers, content_type="application/json")
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        for line in fault.lines:
            if line == STALL:
                await asyncio.Event().wait()
            await response.write(line.encode())
            await asyncio.sleep(DRIP_S if fault.drips else 0)
        if fault.cut and request.transport is not None:
            request.transport.abort()
        return response


@asynccontextmanager
async def misbehaving_server(fault: Fault) -> AsyncIterator[tuple[str, MisbehavingServer]]:
    """Yields its address, as PARLEY_VENDORS takes it, and the server."""
    server = MisbehavingServer(fault)
    app = web.Application()
    app.router.add_post("/v1/chat/completions", server.complete)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/v1", server
    finally:
        await runner.cleanup()
