"""Web pages and sitemaps from a real server on loopback, whose network the test allows."""

import gzip
from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from parley_core.egress.policy import EgressPolicy
from parley_core.errors import BadInput, BadReply, NotAllowed
from parley_rag.knowledge import Knowledge
from parley_rag.ports import Scope
from parley_rag.web import Site, Visit, learn
from parley_testing.servers import free_port

pytestmark = pytest.mark.outside

CLINIC = Scope("acme", "clinic")
PRIVATE = EgressPolicy.of(private=["127.0.0.1/32"]).private
PAGE = "<html><title>{0}</title><body><p>This is the page about {0}.</p></body></html>"


def urls(*locations: str, kind: str = "url") -> str:
    """A sitemap; of `kind` "sitemap", an index of sitemaps."""
    listed = "".join(f"<{kind}><loc> {location} </loc></{kind}>" for location in locations)
    outer = "urlset" if kind == "url" else "sitemapindex"
    return f'<?xml version="1.0"?><{outer} xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{listed}</{outer}>'


class Website:
    def __init__(self) -> None:
        self.url = f"http://127.0.0.1:{free_port()}"
        self.pages: dict[str, bytes | str] = {}

    async def answer(self, request: web.Request) -> web.Response:
        body = self.pages.get(request.path)
        if body is None:
            raise web.HTTPNotFound
        kind = "application/xml" if "sitemap" in request.path else "text/html"
        return web.Response(body=body.encode() if isinstance(body, str) else body, content_type=kind)


@pytest.fixture
async def site() -> AsyncIterator[Website]:
    made = Website()
    app = web.Application()
    app.router.add_get("/{path:.*}", made.answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", int(made.url.rpartition(":")[2])).start()
    yield made
    await runner.cleanup()


async def visits(knowledge: Knowledge, site: Site) -> list[Visit]:
    return [visit async for visit in learn(knowledge, CLINIC, site, PRIVATE)]


async def test_a_page_is_a_document_with_its_address_as_source(knowledge: Knowledge, site: Website) -> None:
    site.pages["/hours/"] = PAGE.format("hours")
    (visit,) = await visits(knowledge, Site(f"{site.url}/hours/", metadata={"language": "en"}))
    assert (visit.document, visit.error) == ("127.0.0.1/hours", "")
    (chunk,) = await knowledge.read(CLINIC, "127.0.0.1/hours")
    assert (chunk.source_uri, chunk.language) == (f"{site.url}/hours/", "en")
    assert "This is the page about hours." in chunk.text
    (again,) = await visits(knowledge, Site(f"{site.url}/hours/", metadata={"language": "en"}))
    assert again.result is not None
    assert again.result.unchanged


async def test_the_pages_of_a_sitemap_are_taken_and_a_missing_one_is_reported(
    knowledge: Knowledge, site: Website
) -> None:
    site.pages = {
        "/sitemap.xml": urls(f"{site.url}/sitemap-a.xml", f"{site.url}/sitemap-b.xml.gz", kind="sitemap"),
        "/sitemap-a.xml": urls(f"{site.url}/a", f"{site.url}/gone", "http://elsewhere.example/x", f"{site.url}/a"),
        "/sitemap-b.xml.gz": gzip.compress(urls(f"{site.url}/b").encode()),
        "/a": PAGE.format("a"),
        "/b": PAGE.format("b"),
    }
    seen = await visits(knowledge, Site(f"{site.url}/sitemap.xml"))
    assert [(visit.document, bool(visit.result)) for visit in seen] == [
        ("127.0.0.1/a", True),
        ("127.0.0.1/gone", False),
        ("127.0.0.1/b", True),
    ]
    assert "HTTP 404" in seen[1].error
    assert [one.sample.document for one in await knowledge.documents(CLINIC)] == ["127.0.0.1/a", "127.0.0.1/b"]


async def test_no_more_pages_are_taken_than_asked_for(knowledge: Knowledge, site: Website) -> None:
    site.pages = {f"/{at}": PAGE.format(at) for at in range(5)}
    site.pages["/sitemap.xml"] = urls(*(f"{site.url}/{at}" for at in range(5)))
    assert len(await visits(knowledge, Site(f"{site.url}/sitemap.xml", max_pages=2))) == 2


@pytest.mark.parametrize(
    ("url", "hosts", "kind"),
    [
        ("/hours", ["other.example"], NotAllowed),
        ("/missing", [], BadReply),
        ("/sitemap-empty.xml", [], BadInput),
        ("/sitemap-broken.xml", [], BadInput),
    ],
)
async def test_what_cannot_be_taken_is_refused(
    knowledge: Knowledge, site: Website, url: str, hosts: list[str], kind: type[Exception]
) -> None:
    site.pages = {
        "/hours": PAGE.format("hours"),
        "/sitemap-empty.xml": urls("http://elsewhere.example/"),
        "/sitemap-broken.xml": "<urlset><url>",
    }
    with pytest.raises(kind):
        await visits(knowledge, Site(site.url + url, hosts))


async def test_private_addresses_are_not_asked_without_leave(knowledge: Knowledge, site: Website) -> None:
    with pytest.raises(NotAllowed):
        _ = [visit async for visit in learn(knowledge, CLINIC, Site(f"{site.url}/hours"), ())]
