from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from parley_billing.money import cost_micros, divide_half_up, per_minute_micros


@pytest.mark.parametrize(
    ("numerator", "denominator", "expected"), [(0, 3, 0), (1, 2, 1), (1, 3, 0), (2, 3, 1), (3, 2, 2)]
)
def test_halves_go_up(numerator: int, denominator: int, expected: int) -> None:
    assert divide_half_up(numerator, denominator) == expected


@given(st.integers(0, 2**80), st.integers(1, 2**60))
def test_rounding_is_never_off_by_more_than_half(numerator: int, denominator: int) -> None:
    error = divide_half_up(numerator, denominator) - Fraction(numerator, denominator)
    assert Fraction(-1, 2) < error <= Fraction(1, 2)


def test_price_is_for_whole_units_and_quantity_in_thousandths() -> None:
    assert cost_micros(90_000, 6000, 60) == 9000  # 90 s at 0.006 a minute
    assert cost_micros(1, 500, 1) == 1  # half a micro-unit
    assert cost_micros(1, 499, 1) == 0


def test_per_minute() -> None:
    assert per_minute_micros(9000, 90_000) == 6000
    assert per_minute_micros(1, 120_000) == 1
    assert per_minute_micros(9000, 0) == 0
