"""Which requests are a foreign site's page's, and which names on loopback a rebound one's."""

import pytest
from parley_core.http.browsers import denied_host, foreign, is_local


@pytest.mark.parametrize(
    ("host", "headers", "local", "served"),
    [
        ("127.0.0.1:8123", {}, True, True),
        ("localhost:8123", {}, True, True),
        ("[::1]:8123", {}, True, True),
        ("", {}, True, True),
        ("rebound.example", {}, True, False),
        ("rebound.example:8123", {}, True, False),
        ("[::1", {}, True, False),
        ("127.0.0.1:8123", {"Origin": "http://[::1"}, True, False),
        ("", {"Origin": "https://evil.example"}, True, False),
        ("localhost.evil.example", {}, True, False),
        ("warehouse.parley.svc:8123", {}, False, True),
        ("127.0.0.1:8123", {"Origin": "http://127.0.0.1:8123"}, True, True),
        ("127.0.0.1:8123", {"Origin": "http://127.0.0.1:8080"}, True, False),
        ("127.0.0.1:8123", {"Origin": "https://evil.example"}, True, False),
        ("127.0.0.1:8123", {"Origin": "null"}, True, False),
        ("warehouse:8123", {"Origin": "https://evil.example"}, False, False),
        ("127.0.0.1:8123", {"Sec-Fetch-Site": "cross-site"}, True, False),
        ("127.0.0.1:8123", {"Sec-Fetch-Site": "same-site"}, True, False),
        ("127.0.0.1:8123", {"Sec-Fetch-Site": "none"}, True, True),
        ("127.0.0.1:8123", {"Sec-Fetch-Site": "same-origin"}, True, True),
    ],
)
def test_which_pages_are_served(host: str, headers: dict[str, str], local: bool, served: bool) -> None:
    refused = denied_host(host, local=local) or foreign(host, headers)
    assert (refused is None) is served


@pytest.mark.parametrize(
    ("origin", "own", "served"),
    [
        ("https://shop.example", {"https://shop.example"}, True),
        ("https://shop.example/", {"https://shop.example"}, True),
        ("http://shop.example", {"https://shop.example"}, False),
        ("https://shop.example.evil.example", {"https://shop.example"}, False),
        ("https://anything.example", {"*"}, True),
        ("null", {"https://shop.example"}, False),
    ],
)
def test_a_site_that_is_allowed_is_served_across_sites(origin: str, own: set[str], served: bool) -> None:
    headers = {"Origin": origin, "Sec-Fetch-Site": "cross-site"}
    assert (foreign("127.0.0.1:8080", headers, own=own) is None) is served


def test_a_name_that_a_proxy_passes_on_is_served() -> None:
    assert denied_host("voice.example:443", local=True, known={"voice.example"}) is None
    assert denied_host("rebound.example", local=True, known={"voice.example"}) is not None


@pytest.mark.parametrize(
    ("address", "local"), [(("127.0.0.1", 1), True), (("::1", 1, 0, 0), True), (("10.0.0.1", 1), False), (None, False)]
)
def test_loopback_is_told_by_the_sockets_own_address(address: object, local: bool) -> None:
    assert is_local(address) is local
