"""What stands before every HTTP request: who may make it, how many, and which other sites' pages may.

Cross-origin pages reach only what a widget needs. Tokens and lists of agents are for a site's own server: their
answers carry no CORS headers.
"""

import logging
from collections.abc import Collection

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware
from opentelemetry.metrics import Counter
from parley_core.reasons import RefusalReason

from parley_gateway.admission.clients import ClientAddresses
from parley_gateway.admission.sites import WORDS, Sites
from parley_gateway.channels.http_refusal import refusal

log = logging.getLogger(__name__)

_PRIVATE = ("/v1/tokens", "/v1/agents")


def guard(addresses: ClientAddresses, sites: Sites, refused: Counter, *, open_paths: Collection[str]) -> Middleware:
    """`open_paths`: what pages of every site may load."""

    @web.middleware
    async def guarded(request: web.Request, handler: Handler) -> web.StreamResponse:
        address = addresses.client(request.remote or "", request.headers.get("X-Forwarded-For", ""))
        if not addresses.rules.permit(address):
            return refusal(RefusalReason.ADDRESS_DENIED, "This address may not connect.")
        if not await addresses.asks(address):
            return refusal(RefusalReason.ADDRESS_RATE, "Too many requests from one address.")
        for_all = request.path in open_paths and request.method in ("GET", "HEAD")
        reason = sites.refuses_request(request.headers, request.get_extra_info("sockname"), for_all=for_all)
        if reason is not None:
            log.info("page refused", extra={"reason": reason, "path": request.path})
            refused.add(1, {"reason": reason})
            return refusal(reason, WORDS[reason])
        headers = _cors(request, sites.allowed)
        if request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers:
            return web.Response(status=204 if headers else 403, headers=headers)
        answer = await handler(request)
        answer.headers.update(headers)
        return answer

    return guarded


def _cors(request: web.Request, allowed: Collection[str]) -> dict[str, str]:
    origin = request.headers.get("Origin", "")
    if not origin or request.path in _PRIVATE or not {"*", origin}.intersection(allowed):
        return {}
    return {
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Allow-Methods": "GET, POST, PATCH, DELETE",
        "Access-Control-Allow-Headers": "Authorization, Content-Type",
        "Access-Control-Max-Age": "600",
        "Vary": "Origin",
    }
