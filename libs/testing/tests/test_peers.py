"""A test whose outside client is missing is skipped, and where it is required it fails."""

import pytest
from _pytest.outcomes import Failed, Skipped
from parley_testing import peers


def test_a_missing_client_skips_its_test_and_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(peers.REQUIRED, raising=False)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(Skipped, match=r"sipp is not installed .*sip-tester"):
        peers.require("sipp")


def test_where_it_is_required_nothing_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(peers.REQUIRED, "1")
    monkeypatch.setenv("PATH", "")
    with pytest.raises(Failed, match="sipp is not installed"):
        peers.require("sipp")


def test_what_is_there_is_found() -> None:
    assert peers.require("sh").endswith("/sh")
