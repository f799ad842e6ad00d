"""Deadlines on what clients of our HTTP listeners send: connections without a request, bodies that do not come.

aiohttp has none for a head that is sent byte by byte, or never. Every listener runs `keep_deadlines` beside its server.
"""

import asyncio

from aiohttp import web

HEAD_S = 20.0  # from the connection, or the request before, to a whole head
BODY_S = 60.0  # from the head to the end of the body
_LOOK_S = 2.0


async def keep_deadlines(
    server: web.Server, *, head_s: float = HEAD_S, body_s: float = BODY_S, look_s: float = _LOOK_S
) -> None:
    """Close connections that are overdue, until cancelled. An answer may take as long as it takes."""
    waiting: dict[object, tuple[bool, float]] = {}  # by connection: whether it owes a body, and since when
    loop = asyncio.get_running_loop()
    while True:
        await asyncio.sleep(look_s)
        now = loop.time()
        seen: dict[object, tuple[bool, float]] = {}
        for connection in server.connections:
            # The request that is being answered; private, and the only way to know (aiohttp 3.14).
            request = connection._current_request
            if request is not None and request.content.is_eof():
                continue
            body, since = waiting.get(connection, (request is not None, now))
            if body is not (request is not None):
                body, since = request is not None, now
            seen[connection] = (body, since)
            if now - since > (body_s if body else head_s):
                connection.force_close()
        waiting = seen
