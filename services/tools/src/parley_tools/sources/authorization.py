"""Puts a source's secret into a request, at the last moment. Used by the sources."""

from dataclasses import dataclass

from aiohttp import encode_basic_auth

from parley_tools.credentials.references import Secret
from parley_tools.sources.settings import Auth


@dataclass(frozen=True, slots=True)
class Authorized:
    headers: dict[str, str]
    query: dict[str, str]
    secrets: tuple[str, ...]  # what must not come back


class Authorizer:
    def __init__(self, auth: Auth | None, secret: Secret | None) -> None:
        self._auth = auth
        self._secret = secret

    async def authorized(self) -> Authorized:
        """Raises Unreachable where the secret cannot be had: nothing was asked then."""
        if self._auth is None or self._secret is None:
            return Authorized({}, {}, ())
        value = await self._secret.reveal()
        match self._auth.kind:
            case "bearer":
                return Authorized({"Authorization": f"Bearer {value}"}, {}, (value,))
            case "header":
                return Authorized({self._auth.name: value}, {}, (value,))
            case "query":
                return Authorized({}, {self._auth.name: value}, (value,))
            case "basic":
                basic = encode_basic_auth(self._auth.username, value)
                return Authorized({"Authorization": basic}, {}, (value, basic.removeprefix("Basic ")))
