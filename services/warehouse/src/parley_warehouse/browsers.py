"""Keeps web pages out: a page that is open on this machine can send requests to loopback, but not hide that.

A browser says which site asks (`Origin`, `Sec-Fetch-Site`) and which name it looked up (`Host`). A foreign site is
refused, and on loopback a name that is not this machine's, which is what a rebound DNS name looks like. `http` mounts
it in front of everything; programs send none of these headers, or a plain `Host`.
"""

import ipaddress
from collections.abc import Mapping
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.typedefs import Handler

_LOCAL_NAMES = frozenset({"localhost", "localhost.localdomain"})


@web.middleware
async def refuse_foreign_pages(request: web.Request, handler: Handler) -> web.StreamResponse:
    reason = why_refused(request.headers.get("Host", ""), request.headers, local=_local(request))
    if reason:
        return web.Response(status=403, text=f"{reason}\n")
    return await handler(request)


def why_refused(host: str, headers: Mapping[str, str], *, local: bool) -> str:
    """The reason, or "". `local`: the connection came in on a loopback address."""
    if headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin"):
        return "Pages of other sites may not ask this server."
    origin = headers.get("Origin", "")
    if origin and urlsplit(origin).netloc.lower() != host.lower():
        return "Pages of other sites may not ask this server."
    if local and not is_local_name(host):
        return "This server is asked as localhost or by its address."
    return ""


def is_local_name(host: str) -> bool:
    """Whether a `Host` header is an address or localhost; browsers always send one, so without it this is no page."""
    if not host:
        return True
    name = urlsplit(f"//{host}").hostname or ""
    if name in _LOCAL_NAMES:
        return True
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _local(request: web.Request) -> bool:
    address = request.transport.get_extra_info("sockname") if request.transport is not None else None
    return address is not None and ipaddress.ip_address(address[0]).is_loopback
