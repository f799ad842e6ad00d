import pytest
from parley_core.errors import BadInput
from parley_core.settings import ServiceSettings, load
from pydantic import Field


class EarSettings(ServiceSettings, service="ear"):
    pause_ms: int = Field(200, ge=100, le=5000)


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
        ("PARLEY_EAR_PAUSE", "200", "PARLEY_EAR_PAUSE: is not a setting"),
    ],
)
def test_a_wrong_variable_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str, problem: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(BadInput, match=problem):
        load(EarSettings)
