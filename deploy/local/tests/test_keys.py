"""Every installation has a key of its own, which only its owner can read."""

import json
import stat
from pathlib import Path

import pytest
from parley_core import identity
from parley_local.keys import (
    SETTING,
    adopt_operator,
    api_key,
    bus_configuration,
    key_file,
    known_api_key,
    make_identities,
)
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


def test_each_program_is_given_its_services_key_and_the_bus_knows_all_of_them(tmp_path: Path) -> None:
    plan = make_plan(tmp_path, examples=tmp_path, overrides={})
    make_identities(tmp_path)
    for program in plan.programs:
        if (path := program.environment.get("PARLEY_IDENTITY")) is not None:
            assert program.name.startswith(identity.load(Path(path)).service)
    users = json.loads(bus_configuration(tmp_path).read_text())["authorization"]["users"]
    assert len(users) == len(identity.SERVICES) + 1
    assert str(bus_configuration(tmp_path)) in plan.program("nats").command


def test_the_command_line_acts_as_the_operator_of_the_installation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PARLEY_IDENTITY", raising=False)
    monkeypatch.setattr(identity.keys, "_PROCESS", identity.keys._Process())
    adopt_operator(tmp_path)
    assert identity.current() is None
    make_identities(tmp_path)
    adopt_operator(tmp_path)
    found = identity.current()
    assert found is not None
    assert found.service == identity.OPERATOR
