import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from parley_billing.errors import PriceMissing
from parley_billing.money import cost_micros
from parley_billing.prices import Prices, load_prices
from parley_billing.rating import Rate, Subject, rate, total
from parley_billing.usage import Usage
from parley_core.errors import LimitReached

METERS = ["call_seconds", "asr_seconds", "tts_characters", "llm_input_tokens", "llm_output_tokens", "tool_calls", "sms"]
PACKAGED = load_prices()

usages = st.lists(
    st.builds(
        Usage,
        event=st.uuids().map(str),
        meter=st.sampled_from(METERS),
        provider=st.sampled_from(["", "local", "openai", "espeak"]),
        model=st.sampled_from(["", "small"]),
        quantity=st.integers(0, 10**12),
        wasted=st.booleans(),
        time_us=st.just(0),
    ),
    max_size=40,
)


@given(usages, st.randoms())
def test_order_is_irrelevant(used: list[Usage], chance: random.Random) -> None:
    shuffled = list(used)
    chance.shuffle(shuffled)
    assert rate(used, PACKAGED, tenant="t", at_us=0) == rate(shuffled, PACKAGED, tenant="t", at_us=0)


@given(usages)
def test_lines_hold_all_usage_and_add_up(used: list[Usage]) -> None:
    lines = rate(used, PACKAGED, tenant="t", at_us=0)
    assert sum(line.quantity for line in lines) == sum(one.quantity for one in used)
    assert total(lines) == sum(line.cost_micros for line in lines)
    assert len({line.subject for line in lines}) == len(lines)
    for line in lines:
        assert isinstance(line.cost_micros, int)
        assert line.cost_micros == cost_micros(line.quantity, line.rate.unit_price_micros, line.rate.per_quantity)


@given(usages)
def test_rating_again_with_the_agreed_rates_is_the_same(used: list[Usage]) -> None:
    lines = rate(used, PACKAGED, tenant="t", at_us=0)
    assert rate(used, PACKAGED, tenant="t", at_us=0, agreed={line.subject: line.rate for line in lines}) == lines


@given(usages, st.integers(0, 40))
def test_splitting_a_quantity_costs_the_same(used: list[Usage], at: int) -> None:
    """Rounding happens once per line, so many small measurements cost what one large one does."""
    parts = list(used)
    if parts:
        whole = parts[at % len(parts)]
        half = replace(whole, quantity=whole.quantity // 2)
        parts += [replace(half, event="second")]
        parts[at % len(used)] = replace(whole, quantity=whole.quantity - half.quantity)
    assert rate(parts, PACKAGED, tenant="t", at_us=0) == rate(used, PACKAGED, tenant="t", at_us=0)


def used(meter: str, quantity: int, *, wasted: bool = False) -> Usage:
    return Usage(f"e{quantity}{wasted}", meter, "", "", quantity, wasted, 0)


def test_wasted_usage_is_a_line_of_its_own_at_the_same_price(prices: Prices) -> None:
    lines = rate([used("call_seconds", 60_000), used("call_seconds", 30_000, wasted=True)], prices, tenant="t", at_us=0)
    assert [(line.subject.wasted, line.cost_micros) for line in lines] == [(False, 6000), (True, 3000)]


def test_usage_without_a_price_is_named_and_never_free(prices: Prices) -> None:
    with pytest.raises(PriceMissing, match="no price for meter 'unheard_of', provider '', model ''"):
        rate([used("call_seconds", 1000), used("unheard_of", 1000)], prices, tenant="t", at_us=0)


def test_a_price_of_zero_is_a_line_of_zero(prices: Prices) -> None:
    (line,) = rate([used("free", 1000)], prices, tenant="t", at_us=0)
    assert line.cost_micros == 0
    assert line.quantity == 1000


def test_agreed_rates_come_before_the_table(prices: Prices) -> None:
    agreed = {Subject("call_seconds", "", "", False): Rate(60, 60)}
    (line,) = rate([used("call_seconds", 60_000)], prices, tenant="t", at_us=0, agreed=agreed)
    assert line.cost_micros == 60


def test_an_amount_that_cannot_be_stored_is_refused(prices: Prices) -> None:
    with pytest.raises(LimitReached):
        rate([used("sms", 2**62), used("sms", 2**62)], prices, tenant="t", at_us=0)
