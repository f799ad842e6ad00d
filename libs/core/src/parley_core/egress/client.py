"""An HTTP client that keeps to an `EgressPolicy`: addresses resolved once and pinned, redirects checked, sizes bounded.

rag fetches web pages with it, tools call what users configure. One session each; every request has a deadline.
"""

import asyncio
import ipaddress
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import TracebackType
from urllib.parse import urljoin, urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver

from parley_core.egress.policy import EgressPolicy
from parley_core.errors import BadInput, BadReply, NotAllowed, ParleyError, TimedOut, Unavailable, Unreachable

MAX_REDIRECTS = 5
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PIECE = 65536
_KEPT = frozenset({"accept", "accept-language", "user-agent"})  # headers that may follow a redirect to another host


@dataclass(frozen=True, slots=True)
class Fetched:
    """An answer, whatever its status."""

    url: str  # behind redirects
    status: int
    content: bytes
    headers: Mapping[str, str] = field(default_factory=dict)  # names in lower case

    @property
    def media_type(self) -> str:
        return self.headers.get("content-type", "").split(";")[0].strip().lower()


class EgressClient:
    """Use as a context manager."""

    def __init__(self, policy: EgressPolicy, *, max_bytes: int, timeout_s: float) -> None:
        self.policy = policy
        self._max_bytes = max_bytes
        self._timeout_s = timeout_s
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> "EgressClient":
        # The connection goes to an address that the policy has seen: a name that changes its address between the
        # check and the request (DNS rebinding) gains nothing.
        connector = aiohttp.TCPConnector(resolver=_PolicyResolver(self.policy), use_dns_cache=False, limit=16)
        self._session = aiohttp.ClientSession(connector=connector, trust_env=False, cookie_jar=aiohttp.DummyCookieJar())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()

    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        follow: bool = True,
    ) -> Fetched:
        """Raises BadInput and NotAllowed for a URL that may not be asked, Unreachable where no connection was made;
        Unavailable, TimedOut, BadReply (too large) where the request may have arrived.

        A redirect to another host loses the headers that could carry credentials; 307 and 308 keep the body only on
        the same host.
        """
        try:
            async with asyncio.timeout(self._timeout_s):
                return await self._followed(method, url, dict(headers or {}), body, follow=follow)
        except TimeoutError:
            raise TimedOut(f"the server of {_host(url)}", self._timeout_s) from None

    async def _followed(
        self, method: str, url: str, headers: dict[str, str], body: bytes | None, *, follow: bool
    ) -> Fetched:
        for _ in range(MAX_REDIRECTS + 1):
            self.policy.check_url(url)
            fetched = await self._once(method, url, headers, body)
            target = fetched.headers.get("location")
            if not follow or fetched.status not in _REDIRECTS or not target:
                return fetched
            then = urljoin(url, target)
            if _host(then) != _host(url):
                headers = {name: value for name, value in headers.items() if name.lower() in _KEPT}
                if body is not None and fetched.status in (307, 308):
                    raise NotAllowed(f"a redirect to {_host(then)}", "it would take the request's content elsewhere")
            if fetched.status in (301, 302, 303) and method not in ("GET", "HEAD"):
                method, body = "GET", None
            url = then
        raise BadReply(_host(url), f"more than {MAX_REDIRECTS} redirects")

    async def _once(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None) -> Fetched:
        assert self._session is not None, "use it as a context manager"  # noqa: S101
        try:
            async with self._session.request(method, url, headers=headers, data=body, allow_redirects=False) as answer:
                content = bytearray()
                async for piece in answer.content.iter_chunked(_PIECE):
                    content += piece
                    if len(content) > self._max_bytes:
                        raise BadReply(_host(url), f"more than {self._max_bytes} bytes")
                named = {name.lower(): value for name, value in answer.headers.items()}
                return Fetched(url, answer.status, bytes(content), named)
        except aiohttp.ClientConnectorError as error:
            refused = error.os_error
            if isinstance(refused, _Refused):
                raise refused.reason from None
            raise Unreachable(_host(url), type(error).__name__) from None
        except (aiohttp.InvalidURL, ValueError):
            raise BadInput("url", "is no URL") from None
        except (aiohttp.ClientError, OSError) as error:
            raise Unavailable(_host(url), type(error).__name__) from None


class _Refused(OSError):
    """Carries the policy's reason through aiohttp's connector."""

    def __init__(self, reason: ParleyError) -> None:
        super().__init__(str(reason))
        self.reason = reason


class _PolicyResolver(AbstractResolver):
    def __init__(self, policy: EgressPolicy) -> None:
        self._policy = policy
        self._resolver = ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """One address that is not allowed refuses the name: which of them is asked would be chance."""
        found = await self._resolver.resolve(host, port, family)
        for one in found:
            try:
                self._policy.check_address(host, ipaddress.ip_address(one["host"].partition("%")[0]))
            except NotAllowed as error:
                raise _Refused(error) from None
        return found

    async def close(self) -> None:
        await self._resolver.close()


def _host(url: str) -> str:
    """Without user, password, path and query: those may hold secrets."""
    try:
        return urlsplit(url).hostname or "an unnamed host"
    except ValueError:
        return "an unnamed host"
