"""Whole-number money: micro-units, rounded half up, never a float. `rating` uses it once per line."""

from typing import Final

LARGEST: Final = 2**63 - 1  # what a stored or sent amount may be


def divide_half_up(numerator: int, denominator: int) -> int:
    """`numerator / denominator`, both not negative, rounded to the nearest whole number, halves upwards."""
    return (2 * numerator + denominator) // (2 * denominator)


def cost_micros(quantity_thousandths: int, unit_price_micros: int, per_quantity: int) -> int:
    """What a quantity costs at a price for each `per_quantity` whole units."""
    return divide_half_up(quantity_thousandths * unit_price_micros, 1000 * per_quantity)


def per_minute_micros(total_micros: int, duration_ms: int) -> int:
    """The total over the call's length; 0 for a call of no length."""
    return divide_half_up(total_micros * 60_000, duration_ms) if duration_ms > 0 else 0
