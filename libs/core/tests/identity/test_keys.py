import stat
from pathlib import Path

import pytest
from parley_core.errors import BadInput
from parley_core.identity import SERVICES, load, make_keys


def test_each_service_has_a_key_of_its_own_and_keeps_it(tmp_path: Path) -> None:
    public = make_keys(tmp_path)
    assert set(SERVICES) < set(public)
    assert len(set(public.values())) == len(public)
    assert make_keys(tmp_path) == public
    assert load(tmp_path / "asr.nk").service == "asr"


def test_a_seed_is_its_owners_alone_and_is_never_shown(tmp_path: Path) -> None:
    make_keys(tmp_path)
    path = tmp_path / "llm.nk"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.read_text().strip() not in repr(load(path))


def test_two_installations_share_no_key(tmp_path: Path) -> None:
    assert not set(make_keys(tmp_path / "one").values()) & set(make_keys(tmp_path / "other").values())


@pytest.mark.parametrize(
    "content",
    ["", "not a key", "SUAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "ä" * 58, "S" * 10_000],
)
def test_a_file_without_a_key_is_named(tmp_path: Path, content: str) -> None:
    make_keys(tmp_path)
    (tmp_path / "asr.nk").write_text(content)
    with pytest.raises(BadInput, match=r"PARLEY_IDENTITY.*asr\.nk"):
        load(tmp_path / "asr.nk")


def test_a_key_of_another_installation_is_refused(tmp_path: Path) -> None:
    make_keys(tmp_path / "one")
    make_keys(tmp_path / "other")
    (tmp_path / "other" / "asr.nk").write_bytes((tmp_path / "one" / "asr.nk").read_bytes())
    with pytest.raises(BadInput, match="not listed"):
        load(tmp_path / "other" / "asr.nk")
