"""What stands before every HTTP request: who may make it, how many, and which other sites' pages may.

Cross-origin pages reach only what a widget needs. Tokens and lists of agents are for a site's own server: their
answers carry no CORS headers.
"""

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware
from parley_core.reasons import RefusalReason

from parley_gateway.admission.clients import ClientAddresses
from parley_gateway.channels.http_refusal import refusal

_PRIVATE = ("/v1/tokens", "/v1/agents")


def guard(addresses: ClientAddresses, allowed_origins: str) -> Middleware:
    """`allowed_origins`: separated by commas; "*": any."""
    allowed = {one.strip().rstrip("/") for one in allowed_origins.split(",") if one.strip()}

    @web.middleware
    async def guarded(request: web.Request, handler: Handler) -> web.StreamResponse:
        address = addresses.client(request.remote or "", request.headers.get("X-Forwarded-For", ""))
        if not addresses.rules.permit(address):
            return refusal(RefusalReason.ADDRESS_DENIED, "This address may not connect.")
        if not await addresses.asks(address):
            return refusal(RefusalReason.ADDRESS_RATE, "Too many requests from one address.")
        headers = _cors(request, allowed)
        if request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers:
            return web.Response(status=204 if headers else 403, headers=headers)
        answer = await handler(request)
        answer.headers.update(headers)
        return answer

    return guarded


def _cors(request: web.Request, allowed: set[str]) -> dict[str, str]:
    origin = request.headers.get("Origin", "")
    if not origin or request.path in _PRIVATE or not ({"*", origin} & allowed):
        return {}
    return {
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Allow-Methods": "GET, POST, PATCH, DELETE",
        "Access-Control-Allow-Headers": "Authorization, Content-Type",
        "Access-Control-Max-Age": "600",
        "Vary": "Origin",
    }
