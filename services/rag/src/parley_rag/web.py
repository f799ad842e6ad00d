"""Web pages as documents: one URL, or the pages that a sitemap names, within a list of hosts. `rpc` calls it.

Sitemaps: https://www.sitemaps.org/protocol.html, with indexes of sitemaps and gzip.
"""

import zlib
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from lxml import etree  # type: ignore[import-untyped]
from parley_core.egress import EgressClient, EgressPolicy, Fetched
from parley_core.egress.policy import Network
from parley_core.errors import BadInput, BadReply, NotAllowed, ParleyError
from parley_core.media_types import EXTENSIONS

from parley_rag.knowledge import MAX_NAME_CHARS, Ingested, Knowledge, Upload
from parley_rag.parsing.formats import MEDIA_TYPES
from parley_rag.ports import Scope

MAX_PAGES = 500
DEFAULT_PAGES = 50
MAX_SITEMAPS = 20
MAX_SITEMAP_BYTES = 52_428_800  # as the protocol allows, unpacked
MAX_PAGE_BYTES = 32 * 1024 * 1024
FETCH_TIMEOUT_S = 20.0
_AGENT = {"User-Agent": "parley-knowledge/1.0", "Accept": "text/html,application/xhtml+xml,application/pdf,*/*;q=0.5"}


@dataclass(frozen=True, slots=True)
class Visit:
    """What came of one page: taken, or why not."""

    url: str
    document: str
    done: int
    pages: int
    result: Ingested | None = None
    error: str = ""


@dataclass(frozen=True, slots=True)
class Site:
    url: str
    hosts: Sequence[str] = ()  # empty: the URL's own
    max_pages: int = 0
    metadata: Mapping[str, str] = field(default_factory=dict)


async def learn(knowledge: Knowledge, scope: Scope, site: Site, private: tuple[Network, ...]) -> AsyncIterator[Visit]:
    """Each page in turn. A page that fails is reported and the next one asked. Raises BadInput, NotAllowed, and what
    the first request raises."""
    if site.max_pages < 0 or site.max_pages > MAX_PAGES:
        raise BadInput("max_pages", f"must be 1 to {MAX_PAGES}, or 0 for {DEFAULT_PAGES}")
    own = urlsplit(site.url).hostname if "://" in site.url else None
    if own is None:
        raise BadInput("url", "must be an absolute URL of https or http")
    hosts = tuple(host.lower() for host in site.hosts) or (own,)
    policy = EgressPolicy(hosts, private)
    async with EgressClient(policy, max_bytes=MAX_PAGE_BYTES, timeout_s=FETCH_TIMEOUT_S) as client:
        first = await _get(client, site.url)
        pages = [site.url]
        if _is_sitemap(first):
            pages = await _listed(client, first, site.max_pages or DEFAULT_PAGES)
            if not pages:
                raise BadInput("url", "is a sitemap that names no page of the allowed hosts")
        for done, url in enumerate(pages, 1):
            name = _name(url)
            try:
                fetched = first if url == site.url else await _get(client, url)
                upload = Upload(name, fetched.content, _media_type(fetched), {**site.metadata, "source_uri": url})
                yield Visit(url, name, done, len(pages), await knowledge.ingest(scope, upload))
            except ParleyError as error:
                yield Visit(url, name, done, len(pages), error=str(error))


async def _get(client: EgressClient, url: str) -> Fetched:
    fetched = await client.request("GET", url, headers=_AGENT)
    if fetched.status != 200:
        raise BadReply(urlsplit(url).hostname or "the host", f"HTTP {fetched.status}")
    return fetched


async def _listed(client: EgressClient, first: Fetched, limit: int) -> list[str]:
    """Pages of a sitemap and of the sitemaps that it names, in order, each once, those of allowed hosts."""
    pages: dict[str, None] = {}
    waiting, asked = [first], 0
    while waiting:
        sitemap = waiting.pop(0)
        root = _xml(sitemap)
        inner = etree.QName(root).localname == "sitemapindex"
        for location in root.iterfind(".//{*}loc"):
            url = (location.text or "").strip()
            try:
                client.policy.check_url(url)
            except (BadInput, NotAllowed):
                continue
            if not inner:
                pages.setdefault(url)
                if len(pages) >= limit:
                    return list(pages)
            elif asked < MAX_SITEMAPS:
                asked += 1
                waiting.append(await _get(client, url))
    return list(pages)


def _is_sitemap(fetched: Fetched) -> bool:
    start = _unpacked(fetched.content[:4096], 4096).lstrip(b"\xef\xbb\xbf \t\r\n")
    return start.startswith(b"<") and (b"<urlset" in start or b"<sitemapindex" in start)


def _xml(fetched: Fetched) -> "etree._Element":
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
    try:
        return etree.fromstring(_unpacked(fetched.content, MAX_SITEMAP_BYTES), parser)
    except etree.XMLSyntaxError:
        raise BadInput("url", f"is a sitemap that is no XML: {fetched.url}") from None


def _unpacked(content: bytes, limit: int) -> bytes:
    if not content.startswith(b"\x1f\x8b"):
        return content
    try:
        return zlib.decompressobj(wbits=31).decompress(content, limit)
    except zlib.error:
        return b""


def _media_type(fetched: Fetched) -> str:
    """As the server says, where it says something known; else by the ending of the path."""
    if fetched.media_type in MEDIA_TYPES:
        return fetched.media_type
    return EXTENSIONS.get(urlsplit(fetched.url).path.rpartition(".")[2].lower(), fetched.media_type)


def _name(url: str) -> str:
    """Host and path: the same page is the same document, whatever the scheme."""
    parts = urlsplit(url)
    query = f"?{parts.query}" if parts.query else ""
    return f"{parts.hostname}{parts.path.rstrip('/')}{query}"[:MAX_NAME_CHARS]
