"""Every installation has a key of its own, which only its owner can read."""

import stat
from pathlib import Path

from parley_local.keys import SETTING, api_key, key_file, known_api_key
from parley_local.plan import make_plan


def test_two_installations_have_different_keys_and_one_keeps_its_own(tmp_path: Path) -> None:
    one, other = api_key(tmp_path / "a"), api_key(tmp_path / "b")
    assert one != other
    assert len(one) >= 32
    assert api_key(tmp_path / "a") == one == known_api_key(tmp_path / "a")


def test_the_key_is_its_owners_alone(tmp_path: Path) -> None:
    api_key(tmp_path)
    path = key_file(tmp_path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    path.chmod(0o644)
    api_key(tmp_path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [one.name for one in path.parent.iterdir()] == ["api_key"]


def test_only_the_gateway_is_given_it(tmp_path: Path) -> None:
    plan = make_plan(tmp_path, examples=tmp_path, overrides={}, api_key="k" * 32)
    given = {program.name for program in plan.programs if SETTING in program.environment}
    assert given == {"gateway"}
    assert "k" * 32 not in repr(plan.environment)
