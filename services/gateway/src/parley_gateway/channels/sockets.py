"""The WebSocket port that the channels share: one picows server, which hands each connection to the channel of its
path."""

import logging
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from urllib.parse import parse_qs, urlsplit

from parley_core.errors import Unavailable
from picows import WSListener, WSUpgradeRequest, WSUpgradeResponseWithListener, ws_create_server

from parley_gateway.channels.base import Accept, Channel, Upgrade

log = logging.getLogger(__name__)

HANDSHAKE_S = 5.0
IDLE_S = 20.0
MAX_WIRE_BYTES = 256 * 1024  # a frame past it is not read at all; channels refuse smaller ones with words


def _route(paths: Mapping[str, Accept], request: WSUpgradeRequest) -> WSListener | WSUpgradeResponseWithListener | None:
    target = urlsplit(request.path.decode("latin-1"))
    accept = paths.get(target.path)
    if accept is None:
        folders = [path for path in paths if path.endswith("/") and target.path.startswith(path)]
        accept = paths[max(folders, key=len)] if folders else None
    if accept is None:
        return None
    query = {name: values[0] for name, values in parse_qs(target.query).items()}
    return accept(Upgrade(request, target.path, query))


@asynccontextmanager
async def serve_websockets(channels: Iterable[Channel], host: str, port: int) -> AsyncIterator[int]:
    """Serve until the context is left; yields the port. Raises Unavailable when the port cannot be had."""
    paths = {path: accept for channel in channels for path, accept in channel.websockets().items()}

    def accept(request: WSUpgradeRequest) -> WSListener | WSUpgradeResponseWithListener | None:
        try:
            return _route(paths, request)
        except ValueError:  # what urlsplit makes of a hostile address
            return None

    try:
        server = await ws_create_server(
            accept,
            host,
            port,
            max_frame_size=MAX_WIRE_BYTES,
            disconnect_on_exception=True,
            websocket_handshake_timeout=HANDSHAKE_S,
            # Whatever the channel: a peer that sends nothing and does not answer is gone.
            enable_auto_ping=True,
            auto_ping_idle_timeout=IDLE_S,
            auto_ping_reply_timeout=IDLE_S,
        )
    except OSError as error:
        raise Unavailable(f"port {port}", error.strerror or "cannot be listened on") from None
    try:
        yield int(server.sockets[0].getsockname()[1])
    finally:
        server.close()
