"""Keys and addresses of vendors, by reference."""

from pathlib import Path

import pytest
from parley_core.errors import BadInput
from parley_core.settings import ServiceSettings, load
from parley_core.vendors import Endpoint, Vendors


class MouthSettings(ServiceSettings, service="mouth"):
    """A service without settings of its own."""


def vendors(**entries: object) -> Vendors:
    return Vendors.model_validate(entries)


def test_a_key_is_found_where_its_reference_leads(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ACME", "from the environment")
    (tmp_path / "key").write_text("from a file\n")
    found = vendors(one={"key": "env:ACME"}, two={"key": f"file:{tmp_path}/key"}, three={"key": "literal"})
    keys = [at.key for name in ("one", "two", "three") if (at := found.endpoint(name, "asr"))]
    assert keys == ["from the environment", "from a file", "literal"]


def test_a_vendor_without_key_and_address_is_not_there(tmp_path: Path) -> None:
    found = vendors(one={"key": "env:NOT_SET_ANYWHERE"}, two={"key": f"file:{tmp_path}/none"}, three={"model": "m"})
    assert [found.endpoint(name, "asr") for name in ("one", "two", "three", "four")] == [None] * 4


def test_a_role_may_have_its_own_address_and_model() -> None:
    found = vendors(openai={"key": "k", "model": "m", "asr": {"url": "http://local/v1", "model": "small"}})
    assert found.endpoint("openai", "asr") == Endpoint("k", "http://local/v1", "small")
    assert found.endpoint("openai", "llm") == Endpoint("k", "", "m")


def test_an_address_for_one_role_makes_the_vendor_there_for_that_role_alone() -> None:
    found = vendors(openai={"tts": {"url": "http://local/v1"}})
    assert found.endpoint("openai", "llm") is None
    assert found.endpoint("openai", "tts") == Endpoint("", "http://local/v1", "")


@pytest.mark.parametrize("form", ["json", "yaml"])
def test_a_service_reads_an_object_or_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, form: str) -> None:
    path = tmp_path / "vendors.yaml"
    path.write_text("acme:\n  key: k\n")
    monkeypatch.setenv("PARLEY_VENDORS", '{"acme": {"key": "k"}}' if form == "json" else str(path))
    assert load(MouthSettings).vendors.endpoint("acme", "tts") == Endpoint("k", "", "")
    monkeypatch.setenv("PARLEY_MOUTH_VENDORS", "{}")
    assert load(MouthSettings).vendors.endpoint("acme", "tts") is None


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("/nowhere/vendors.yaml", "cannot be read"),
        ("{", "PARLEY_VENDORS"),
        ('{"acme": {"token": "k"}}', "Extra inputs"),
        ('{"acme": {"url": "acme.example"}}', "should match pattern"),
    ],
)
def test_what_cannot_be_read_stops_the_start(monkeypatch: pytest.MonkeyPatch, value: str, problem: str) -> None:
    monkeypatch.setenv("PARLEY_VENDORS", value)
    with pytest.raises(BadInput, match=problem):
        load(MouthSettings)


def test_no_key_is_shown() -> None:
    found = vendors(acme={"key": "very secret", "asr": {"key": "secret, too"}})
    shown = f"{found!r} {found} {found.endpoint('acme', 'asr')!r} {found.endpoint('acme', 'llm')}"
    assert "secret" not in shown
