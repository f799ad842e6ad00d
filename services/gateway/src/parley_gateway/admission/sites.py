"""Which sites' pages may reach the gateway, and under which names it may be asked for.

`web.guard` asks it before every HTTP request, `channels.sockets` before every WebSocket. What a program sends passes:
only browsers name the site whose page asks.
"""

import time
from collections.abc import Collection, Mapping
from contextlib import suppress
from urllib.parse import SplitResult, urlsplit

from parley_core.errors import NotAllowed
from parley_core.http.browsers import denied_host, foreign, is_local
from parley_core.reasons import RefusalReason

from parley_gateway.addresses import WebSettings
from parley_gateway.admission.api_key import is_loopback
from parley_gateway.admission.tokens import Tokens

WORDS = {
    RefusalReason.FOREIGN_ORIGIN: "Pages of this site may not call here: PARLEY_GATEWAY_ALLOWED_ORIGINS or the token's "
    "origins must name it.",
    RefusalReason.HOST_DENIED: "On this machine the gateway is asked as localhost or by its address; other names must "
    "be in PARLEY_GATEWAY_PUBLIC_URL or PARLEY_GATEWAY_WS_PUBLIC_URL.",
}


class Sites:
    def __init__(self, web: WebSettings, tokens: Tokens) -> None:
        self.allowed = frozenset(one.strip().rstrip("/") for one in web.allowed_origins.split(",") if one.strip())
        self.http_port = web.http_port  # the port that was bound, where any may be
        public = [_http(url) for url in (web.public_http, web.public_ws) if url]
        self._own = self.allowed | {f"{url.scheme}://{url.netloc}".lower() for url in public}
        named = [*public, *(urlsplit(one) for one in self.allowed - {"*"})]
        self._names = frozenset(url.hostname for url in named if url.hostname)
        self._loopback = is_loopback(web.http_host)
        self._tokens = tokens

    def refuses_request(self, headers: Mapping[str, str], sockname: object, *, for_all: bool) -> RefusalReason | None:
        """An HTTP request. `for_all`: pages of every site may load it."""
        host = headers.get("Host", "")
        if denied_host(host, local=is_local(sockname), known=self._names) is not None:
            return RefusalReason.HOST_DENIED
        return None if for_all else _foreign(host, headers, self._own)

    def refuses_socket(self, headers: Mapping[str, str], token: str) -> RefusalReason | None:
        """A WebSocket. `token`: what it shows, which may name the sites of its pages."""
        host = headers.get("Host", "")
        if denied_host(host, local=self._loopback, known=self._names) is not None:
            return RefusalReason.HOST_DENIED
        refused = _foreign(host, headers, self._own | self._page_of(host))
        return _foreign(host, headers, self._origins_of(token)) if refused is not None and token else refused

    def _page_of(self, host: str) -> frozenset[str]:
        """The call page's origins: it is on the HTTP port of the host whose WebSocket port is asked."""
        with suppress(ValueError):
            name = urlsplit(f"//{host}").hostname or ""
            place = f"{f'[{name}]' if ':' in name else name}:{self.http_port}"
            return frozenset({f"http://{place}", f"https://{place}"})
        return frozenset()

    def _origins_of(self, token: str) -> Collection[str]:
        with suppress(NotAllowed):
            return self._tokens.read(token, time.time()).origins
        return ()


def _foreign(host: str, headers: Mapping[str, str], own: Collection[str]) -> RefusalReason | None:
    return RefusalReason.FOREIGN_ORIGIN if foreign(host, headers, own=own) is not None else None


def _http(url: str) -> SplitResult:
    """The address as a page's origin has it: a WebSocket's is that of the page beside it."""
    return urlsplit(f"http{url[2:]}" if url.startswith("ws") else url)
