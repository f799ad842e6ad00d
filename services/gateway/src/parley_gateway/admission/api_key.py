"""Who may use the gateway's HTTP API: holders of the API key, or, where there is none, this machine alone."""

import ipaddress
import secrets

from aiohttp import web

_NEEDED = "an API key is needed (Authorization: Bearer …); parley up keeps it in var/secrets/api_key"


class ApiKey:
    def __init__(self, key: str, *, bound_to: str) -> None:
        """`bound_to`: the address that the HTTP port binds; without a key the API is open on loopback alone."""
        self._key = key
        self._loopback = is_loopback(bound_to)

    def is_key(self, given: str) -> bool:
        """Whether `given` is the key; without a key nothing is."""
        return bool(self._key) and secrets.compare_digest(given.encode(), self._key.encode())

    def authorize(self, request: web.Request) -> None:
        """Raises 401 or 403."""
        if self._key:
            if not self.is_key(request.headers.get("Authorization", "").removeprefix("Bearer ")):
                raise web.HTTPUnauthorized(text=_NEEDED, headers={"WWW-Authenticate": "Bearer"})
        elif not self._loopback:
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
