"""Keeps web pages out: a page that is open on this machine can send requests to loopback, but not hide that.

A browser says which site asks (`Origin`, `Sec-Fetch-Site`) and which name it looked up (`Host`). A foreign site is
refused, and on loopback a name that is not this machine's, which is what a rebound DNS name looks like. The warehouse
and the gateway ask it in front of everything; programs send none of these headers, or a plain `Host`.
"""

import ipaddress
from collections.abc import Collection, Mapping
from enum import StrEnum
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.typedefs import Handler

_LOCAL_NAMES = frozenset({"localhost", "localhost.localdomain"})
_OWN = ("none", "same-origin")


class PageRefusal(StrEnum):
    """Why a page's request is not answered; `words` are for who sent it."""

    FOREIGN_ORIGIN = "foreign_origin"
    HOST_DENIED = "host_denied"

    @property
    def words(self) -> str:
        return _WORDS[self]


_WORDS = {
    PageRefusal.FOREIGN_ORIGIN: "Pages of other sites may not ask this server.",
    PageRefusal.HOST_DENIED: "This server is asked as localhost or by its address.",
}


@web.middleware
async def refuse_foreign_pages(request: web.Request, handler: Handler) -> web.StreamResponse:
    """For servers that no other site's page may ask."""
    host = request.headers.get("Host", "")
    refused = denied_host(host, local=is_local(request.get_extra_info("sockname"))) or foreign(host, request.headers)
    if refused is not None:
        return web.Response(status=403, text=f"{refused.words}\n")
    return await handler(request)


def foreign(host: str, headers: Mapping[str, str], *, own: Collection[str] = ()) -> PageRefusal | None:
    """Refused: the request of another site's page. `own`: further origins that may ask; "*": all."""
    origin = headers.get("Origin", "")
    if origin and ("*" in own or origin.rstrip("/") in own):
        return None
    if origin and _place(origin) != host.lower():
        return PageRefusal.FOREIGN_ORIGIN
    return None if headers.get("Sec-Fetch-Site", "none") in _OWN else PageRefusal.FOREIGN_ORIGIN


def denied_host(host: str, *, local: bool, known: Collection[str] = ()) -> PageRefusal | None:
    """Refused: a name that is not this machine's. `local`: the connection came in on a loopback address, where only a
    browser that was told a wrong address comes under another name. `known`: names that a proxy in front may pass on.
    """
    if not local or is_local_name(host) or _name(host) in known:
        return None
    return PageRefusal.HOST_DENIED


def is_local_name(host: str) -> bool:
    """Whether a `Host` header is an address or localhost; browsers always send one, so without it this is no page."""
    if not host:
        return True
    name = _name(host)
    if name in _LOCAL_NAMES:
        return True
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def is_local(sockname: object) -> bool:
    """Whether a socket's own address is a loopback one."""
    return isinstance(sockname, tuple) and bool(sockname) and ipaddress.ip_address(str(sockname[0])).is_loopback


def _place(origin: str) -> str:
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return ""


def _name(host: str) -> str:
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""
