from typing import ClassVar

import pytest
from parley_core.errors import BadInput
from parley_core.settings import JsonPart, ServiceSettings, Slice, constants, load
from pydantic import Field


class Pace(JsonPart):
    first_ms: int = Field(50, ge=0, le=1000)


class LobeSettings(Slice, prefix="lobe_"):
    rings: int = Field(1, ge=0, le=9)
    gold: bool = True


class EarSettings(ServiceSettings, service="ear"):
    pause_ms: int = Field(200, ge=100, le=5000)
    lobe: LobeSettings = LobeSettings()
    pace: Pace = Pace()

    removed: ClassVar = {**constants("wax_ms"), "ring": "set PARLEY_EAR_LOBE_RINGS"}


def test_a_service_reads_its_own_before_the_shared_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARLEY_NATS_URL", "nats://shared:1")
    monkeypatch.setenv("PARLEY_LOG_LEVEL", "debug")
    monkeypatch.setenv("PARLEY_EAR_NATS_URL", "nats://own:2")
    monkeypatch.setenv("PARLEY_EAR_PAUSE_MS", "300")
    settings = load(EarSettings)
    assert (settings.nats_url, settings.log_level, settings.pause_ms) == ("nats://own:2", "debug", 300)


def test_an_own_field_does_not_read_the_shared_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARLEY_PAUSE_MS", "300")
    assert load(EarSettings).pause_ms == 200


def test_an_empty_variable_counts_as_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARLEY_EAR_PAUSE_MS", "")
    assert load(EarSettings).pause_ms == 200


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("PARLEY_EAR_PAUSE_MS", "20", "PARLEY_EAR_PAUSE_MS: Input should be greater than or equal to 100"),
        ("PARLEY_EAR_PAUSE_MS", "soon", "PARLEY_EAR_PAUSE_MS: Input should be a valid integer"),
        ("PARLEY_GRPC_PORT", "70000", "PARLEY_GRPC_PORT: Input should be less than"),
        ("PARLEY_EAR_LOBE_RINGS", "10", "PARLEY_EAR_LOBE_RINGS: Input should be less than"),
        ("PARLEY_EAR_LOBE", "1", "PARLEY_EAR_LOBE: is not a setting"),
        ("PARLEY_EAR_RINGS", "1", "PARLEY_EAR_RINGS: is not a setting"),
        ("PARLEY_EAR_PACE", '{"first_ms": -1}', "PARLEY_EAR_PACE: Input should be greater"),
        ("PARLEY_EAR_PACE", "soon", "PARLEY_EAR_PACE: "),
        ("PARLEY_EAR_PAUSE", "200", "PARLEY_EAR_PAUSE: is not a setting"),
    ],
)
def test_a_wrong_variable_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str, problem: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(BadInput, match=problem):
        load(EarSettings)


def test_a_slice_reads_its_variables_by_its_prefix(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARLEY_EAR_LOBE_RINGS", "3")
    monkeypatch.setenv("PARLEY_EAR_PACE", '{"first_ms": 7}')
    settings = load(EarSettings)
    assert (settings.lobe, settings.pace) == (LobeSettings(rings=3), Pace(first_ms=7))


def test_settings_are_made_by_the_names_of_their_variables() -> None:
    settings = EarSettings.of(lobe_rings=2, nats_url="nats://x:1")
    assert (settings.lobe.rings, settings.lobe.gold, settings.nats_url) == (2, True, "nats://x:1")
    with pytest.raises(BadInput, match="rings"):
        EarSettings.of(rings=2)


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("PARLEY_EAR_WAX_MS", "was removed: it is a constant now"),
        ("PARLEY_EAR_RING", "was removed: set PARLEY_EAR_LOBE_RINGS"),
        ("PARLEY_GRPC_HOST", "was removed: set PARLEY_BIND_HOST"),
        ("PARLEY_EAR_HEALTH_HOST", "was removed: set PARLEY_BIND_HOST"),
    ],
)
def test_a_removed_variable_stops_the_start_and_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, name: str, hint: str
) -> None:
    monkeypatch.setenv(name, "1")
    with pytest.raises(BadInput, match=f"{name}: {hint}"):
        load(EarSettings)
