"""What stands before every HTTP request: how many an address may make, and which other sites' pages may make them.

Cross-origin pages reach only what a widget needs. Tokens and lists of agents are for a site's own server: their
answers carry no CORS headers.
"""

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from parley_gateway.admission.clients import ClientAddresses
from parley_gateway.call.registry import Refused

_TRY_AGAIN = ("busy", "nobody_free", "unavailable", "draining")
_PRIVATE = ("/v1/tokens", "/v1/agents")
_RETRY_S = 10


def refusal(refused: Refused) -> web.Response:
    """The answer of a channel that is asked for a call by HTTP and gets none."""
    limited = refused.reason.endswith(("_limit", "_rate"))
    status = 429 if limited else 503 if refused.reason in _TRY_AGAIN else 403
    headers = {"Retry-After": str(_RETRY_S)} if status != 403 else {}
    return web.json_response({"reason": refused.reason, "detail": refused.detail}, status=status, headers=headers)


def guard(addresses: ClientAddresses, allowed_origins: str) -> Middleware:
    """`allowed_origins`: separated by commas; "*": any."""
    allowed = {one.strip().rstrip("/") for one in allowed_origins.split(",") if one.strip()}

    @web.middleware
    async def guarded(request: web.Request, handler: Handler) -> web.StreamResponse:
        address = addresses.client(request.remote or "", request.headers.get("X-Forwarded-For", ""))
        if not addresses.asks(address):
            problem = {"reason": "address_rate", "detail": "Too many requests from one address."}
            return web.json_response(problem, status=429, headers={"Retry-After": str(_RETRY_S)})
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
