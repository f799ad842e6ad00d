import os
from pathlib import Path

import pytest
from parley_core.errors import BadInput
from parley_local.plan import GROUPS, Plan, Ports, make_plan, port_offset


def planned(workers: int = 2, **overrides: str) -> Plan:
    return make_plan(Path("var"), examples=Path("examples"), workers=workers, overrides=overrides)


def ports_of(plan: Plan) -> list[int]:
    return [port for program in plan.programs for port in program.listens]


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_no_two_programs_listen_on_one_port(workers: int) -> None:
    ports = ports_of(planned(workers))
    assert len(ports) == len(set(ports))


def test_every_claimed_role_has_as_many_workers_as_were_asked_for() -> None:
    names = [program.name for program in planned(3).programs]
    assert len(names) == len(set(names))
    assert {"asr-1", "asr-2", "asr-3", "llm-3", "tts-3", "gateway", "nats"} <= set(names)


def test_every_program_belongs_to_a_group_that_is_stopped_in_turn() -> None:
    plan = planned()
    assert {program.group for program in plan.programs} == set(GROUPS)
    assert plan.program("gateway").group == GROUPS[0]
    assert plan.program("nats").group == GROUPS[-1]


def test_an_offset_moves_every_port_and_every_address() -> None:
    here, moved = planned(), planned(PARLEY_PORT_OFFSET="2000")
    assert ports_of(moved) == [port + 2000 for port in ports_of(here)]
    assert moved.environment["PARLEY_RAG_ADDRESS"] == "127.0.0.1:52051"
    assert moved.environment["PARLEY_NATS_URL"] == "nats://127.0.0.1:6222"
    assert not set(ports_of(here)) & set(ports_of(moved))


@pytest.mark.parametrize("offset", ["60000", "-8080"])
def test_an_offset_that_moves_a_port_out_of_range_is_refused(offset: str) -> None:
    with pytest.raises(BadInput, match="PARLEY_PORT_OFFSET"):
        planned(PARLEY_PORT_OFFSET=offset)


def test_an_offset_that_is_no_number_is_refused_and_an_empty_one_is_none() -> None:
    with pytest.raises(BadInput, match="'some' is not a whole number"):
        port_offset({"PARLEY_PORT_OFFSET": "some"})
    assert port_offset({"PARLEY_PORT_OFFSET": ""}) == port_offset({}) == 0


def test_what_a_person_sets_goes_before_what_is_planned() -> None:
    plan = planned(PARLEY_NATS_URL="nats://elsewhere:4222", PARLEY_ASR_DECODERS="3", OTEL_TRACES_SAMPLER="always_off")
    for program in plan.programs:
        assert program.environment["PARLEY_NATS_URL"] == "nats://elsewhere:4222"
        assert program.environment["OTEL_TRACES_SAMPLER"] == "always_off"
    assert plan.program("asr-1").environment["PARLEY_ASR_DECODERS"] == "3"
    assert plan.environment["PARLEY_NATS_URL"] == "nats://elsewhere:4222"


def test_nothing_else_of_a_persons_environment_is_passed_on_in_the_plan() -> None:
    assert "SECRET_OF_MINE" not in planned(SECRET_OF_MINE="x").program("llm-1").environment


def test_each_process_has_a_health_port_of_its_own_whatever_is_set_for_all() -> None:
    plan = planned(PARLEY_HEALTH_PORT="9999")
    services = [program for program in plan.programs if program.health_url.endswith("/readyz")]
    ports = [program.environment["PARLEY_HEALTH_PORT"] for program in services]
    assert len(set(ports)) == len(ports)
    assert all(f":{port}/" in program.health_url for port, program in zip(ports, services, strict=True))


def test_files_stay_under_var_wherever_the_stack_is_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    plan = planned()
    assert plan.var == tmp_path / "var"
    places = [plan.environment["PARLEY_OBJECTS_URL"], plan.program("rag").environment["PARLEY_RAG_STORE_PATH"]]
    assert all(place.startswith(f"{tmp_path / 'var'}{os.sep}") for place in places)


def test_ports_that_are_not_moved_are_the_documented_ones() -> None:
    assert Ports().gateway_http == 8080
    assert Ports().moved(0) == Ports()
