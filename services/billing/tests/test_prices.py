from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from parley_billing.prices import Prices, day_of, load_prices
from parley_core.errors import BadInput


def at(year: int, month: int, day: int) -> int:
    return int(datetime(year, month, day, tzinfo=UTC).timestamp()) * 1_000_000


@pytest.mark.parametrize(
    ("tenant", "provider", "model", "price"),
    [
        ("t", "anthropic", "big", 1_000_000),
        ("t", "", "", 1_000_000),
        ("t", "openai", "big", 2_000_000),
        ("t", "anthropic", "small", 3_000_000),
        ("t", "openai", "small", 4_000_000),
        ("loyal", "openai", "small", 500_000),  # a tenant's own price comes before any of everyone's
    ],
)
def test_the_most_specific_price_wins(prices: Prices, tenant: str, provider: str, model: str, price: int) -> None:
    found = prices.find(tenant, "llm_input_tokens", provider, model, at_us=at(2026, 1, 1))
    assert found is not None
    assert found.unit_price_micros == price


@pytest.mark.parametrize(
    ("tenant", "day", "price"),
    [
        ("t", (2026, 2, 28), 100),
        ("t", (2026, 3, 1), 200),  # the first day counts
        ("t", (2026, 6, 30), 200),
        ("t", (2026, 7, 1), None),  # the last day does not
        ("loyal", (2026, 4, 30), 200),
        ("loyal", (2026, 5, 1), 50),
        ("loyal", (2030, 1, 1), 50),
    ],
)
def test_prices_are_of_their_days(prices: Prices, tenant: str, day: tuple[int, int, int], price: int | None) -> None:
    found = prices.find(tenant, "sms", "twilio", "", at_us=at(*day))
    assert (found.unit_price_micros if found else None) == price


def test_an_unknown_meter_has_no_price(prices: Prices) -> None:
    assert prices.find("t", "unheard_of", "", "", at_us=at(2026, 1, 1)) is None


@pytest.mark.parametrize("written", ["local", "rule_based"])
@pytest.mark.parametrize("used", ["local", "rule_based"])
def test_a_renamed_provider_has_the_price_of_its_old_name(tmp_path: Path, written: str, used: str) -> None:
    path = tmp_path / "prices.yaml"
    path.write_text(
        "currency: EUR\nprices:\n- {meter: llm_input_tokens, unit_price_micros: 9}\n"
        f"- {{meter: llm_input_tokens, provider: {written}, unit_price_micros: 1}}\n"
    )
    found = load_prices(str(path)).find("t", "llm_input_tokens", used, "", at_us=at(2026, 1, 1))
    assert found is not None
    assert found.unit_price_micros == 1


def test_days_are_utc() -> None:
    assert day_of(at(2026, 3, 1)) == date(2026, 3, 1)
    assert day_of(at(2026, 3, 1) - 1) == date(2026, 2, 28)


def test_the_list_shows_what_is_in_force(prices: Prices) -> None:
    shown = {(e.meter, e.provider, e.model): e.unit_price_micros for e in prices.in_force("t", at_us=at(2026, 4, 1))}
    assert shown[("sms", "*", "*")] == 200
    assert shown[("llm_input_tokens", "openai", "small")] == 4_000_000
    own = {(e.meter, e.provider, e.model): e.unit_price_micros for e in prices.in_force("loyal", at_us=at(2026, 8, 1))}
    assert own == {
        ("call_seconds", "*", "*"): 6000,
        ("free", "*", "*"): 0,
        ("llm_input_tokens", "*", "*"): 500_000,
        ("sms", "*", "*"): 50,
    }


@pytest.mark.parametrize(
    "meter",
    [
        "call_seconds",
        "asr_seconds",
        "tts_characters",
        "tts_input_tokens",
        "tts_output_tokens",
        "llm_input_tokens",
        "llm_output_tokens",
        "tool_calls",
        "sms",
    ],
)
def test_the_packaged_table_prices_every_meter_of_any_provider(meter: str) -> None:
    found = load_prices().find("anybody", meter, "some-vendor", "some-model", at_us=at(2026, 1, 1))
    assert found is not None
    assert found.unit_price_micros > 0


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("currency: EUR\nprices: [{meter: a, unit_price_micros: 1.5}]", "integer"),
        ("currency: EUR\nprices: [{meter: a, unit_price_micros: -1}]", "greater than or equal to 0"),
        ("currency: EUR\nprices: [{meter: a, unit_price_micros: 1, per: 0}]", "greater than or equal to 1"),
        ("currency: euro\nprices: []", "pattern"),
        ("currency: EUR\nprices: [{meter: a, unit_price_micros: 1}, {meter: a, unit_price_micros: 2}]", "same day"),
        ("currency: EUR\nprices: [{meter: a, unit_price_micros: 1, unit: s}]", "Extra"),
        ("currency: EUR\nprices: []\ntenants: {'A.b': {prices: []}}", "no name of a tenant"),
        (
            "currency: EUR\nprices: [{meter: a, unit_price_micros: 1, valid_from: 2026-02-01, "
            "valid_until: 2026-01-01}]",
            "valid_until must be after",
        ),
        ("currency: [", "not YAML"),
    ],
)
def test_a_wrong_table_is_refused_with_its_reason(tmp_path: Path, text: str, problem: str) -> None:
    path = tmp_path / "prices.yaml"
    path.write_text(text)
    with pytest.raises(BadInput, match=problem):
        load_prices(str(path))


def test_a_table_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"nothing\.yaml"):
        load_prices(str(tmp_path / "nothing.yaml"))
