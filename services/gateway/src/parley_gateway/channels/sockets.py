"""The WebSocket port that the channels share: one picows server, which hands each connection to the channel of its
path."""

import json
import logging
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from urllib.parse import parse_qs, urlsplit

from parley_core.errors import Unavailable
from parley_core.reasons import RefusalReason
from picows import (
    WSListener,
    WSUpgradeRequest,
    WSUpgradeResponse,
    WSUpgradeResponseWithListener,
    ws_create_server,
)

from parley_gateway.admission.sites import WORDS
from parley_gateway.channels.base import KEY_PROTOCOL, Accept, Channel, ChannelContext, Upgrade

log = logging.getLogger(__name__)

HANDSHAKE_S = 5.0
IDLE_S = 20.0
MAX_WIRE_BYTES = 256 * 1024  # a frame past it is not read at all; channels refuse smaller ones with words


def _upgrade(request: WSUpgradeRequest) -> Upgrade:
    """Raises ValueError for a hostile address."""
    target = urlsplit(request.path.decode("latin-1"))
    return Upgrade(request, target.path, {name: values[0] for name, values in parse_qs(target.query).items()})


def _route(paths: Mapping[str, Accept], upgrade: Upgrade) -> WSListener | WSUpgradeResponseWithListener | None:
    accept = paths.get(upgrade.path)
    if accept is None:
        folders = [path for path in paths if path.endswith("/") and upgrade.path.startswith(path)]
        accept = paths[max(folders, key=len)] if folders else None
    return accept(upgrade) if accept is not None else None


def _shown_token(upgrade: Upgrade) -> str:
    """The caller's token: in the query, as a subprotocol (pages can set no header), or as a header."""
    offered = (one.strip() for one in upgrade.header("Sec-WebSocket-Protocol").split(","))
    keys = (one.removeprefix(KEY_PROTOCOL) for one in offered if one.startswith(KEY_PROTOCOL))
    bearer = upgrade.header("Authorization").removeprefix("Bearer ")
    return upgrade.query.get("token", "") or next(keys, "") or bearer


def _refused(context: ChannelContext, upgrade: Upgrade, reason: RefusalReason) -> WSUpgradeResponseWithListener:
    log.info("page refused", extra={"reason": reason, "path": upgrade.path})
    context.gateway.metrics.refused.add(1, {"reason": reason})
    body = json.dumps({"reason": reason, "detail": WORDS[reason]}).encode()
    answer = WSUpgradeResponse.create_error_response(403, body, {"Content-Type": "application/json"})
    return WSUpgradeResponseWithListener(answer, None)


@asynccontextmanager
async def serve_websockets(context: ChannelContext, channels: Iterable[Channel]) -> AsyncIterator[int]:
    """Serve until the context is left; yields the port. Raises Unavailable when the port cannot be had."""
    host, port = context.web.http_host, context.web.ws_port
    paths = {path: accept for channel in channels for path, accept in channel.websockets().items()}

    def accept(request: WSUpgradeRequest) -> WSListener | WSUpgradeResponseWithListener | None:
        try:
            upgrade = _upgrade(request)
            reason = context.sites.refuses_socket(request.headers, _shown_token(upgrade))
            return _refused(context, upgrade, reason) if reason is not None else _route(paths, upgrade)
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
