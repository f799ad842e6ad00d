"""Who may use the gateway's HTTP API: whoever has the API key, or, where there is none, this machine alone."""

import ipaddress
import secrets

from aiohttp import web

from parley_gateway.settings import GatewaySettings


def authorize(request: web.Request, settings: GatewaySettings) -> None:
    """Raises 401 or 403."""
    key = settings.api_key
    if key:
        given = request.headers.get("Authorization", "")
        if not secrets.compare_digest(given.encode(), f"Bearer {key}".encode()):
            raise web.HTTPUnauthorized(text="an API key is needed", headers={"WWW-Authenticate": "Bearer"})
    elif not is_loopback(settings.http_host):
        raise web.HTTPForbidden(text="beyond loopback an API key must be set: PARLEY_GATEWAY_API_KEY")
    elif (origin := request.headers.get("Origin")) and origin.partition("://")[2] != request.host:
        # On loopback the browser is the channel: another site's page must not place calls.
        raise web.HTTPForbidden(text="another origin may not do this")


def is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
