"""Every installation has secrets of its own, which only its owner can read."""

import json
import stat
from pathlib import Path

import pytest
from parley_core import identity
from parley_local.keys import (
    SECRETS,
    SETTING,
    adopt_operator,
    bus_configuration,
    known_secret,
    make_identities,
    secret,
    secret_file,
)
from parley_local.plan import make_plan


@pytest.mark.parametrize("name", SECRETS)
def test_two_installations_have_different_secrets_and_one_keeps_its_own(tmp_path: Path, name: str) -> None:
    one, other = secret(tmp_path / "a", name), secret(tmp_path / "b", name)
    assert one != other
    assert len(one) >= 32
    assert secret(tmp_path / "a", name) == one == known_secret(tmp_path / "a", name)


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_is_its_owners_alone(tmp_path: Path, name: str) -> None:
    secret(tmp_path, name)
    path = secret_file(tmp_path, name)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    path.chmod(0o644)
    secret(tmp_path, name)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [one.name for one in path.parent.iterdir()] == [name]


def test_only_the_gateway_is_given_the_key(tmp_path: Path) -> None:
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


def test_the_warehouse_asks_for_the_password_that_its_clients_bring(tmp_path: Path) -> None:
    plan = make_plan(tmp_path, examples=tmp_path, overrides={}, warehouse_password="p/w")
    assert plan.program("warehouse").environment["PARLEY_WAREHOUSE_PASSWORD"] == "p/w"
    port = plan.ports.clickhouse
    assert plan.program("postcall").environment["PARLEY_CLICKHOUSE_URL"] == f"http://default:p%2Fw@127.0.0.1:{port}"
    own = make_plan(
        tmp_path, examples=tmp_path, overrides={"PARLEY_WAREHOUSE_PASSWORD": "mine"}, warehouse_password="p"
    )
    assert own.program("warehouse").environment["PARLEY_WAREHOUSE_PASSWORD"] == "mine"
    assert own.environment["PARLEY_CLICKHOUSE_URL"] == f"http://default:mine@127.0.0.1:{port}"
