"""From usage to invoice lines: one line for each meter, provider, model and wastedness, each rounded once.

Pure; the biller calls it. The order of the usage changes nothing, and the total is the sum of the lines.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from parley_core.errors import LimitReached

from parley_billing.errors import PriceMissing
from parley_billing.money import LARGEST, cost_micros
from parley_billing.prices import Prices
from parley_billing.usage import Usage


@dataclass(frozen=True, slots=True, order=True)
class Subject:
    """What a line is about."""

    meter: str
    provider: str
    model: str
    wasted: bool


@dataclass(frozen=True, slots=True)
class Rate:
    unit_price_micros: int
    per_quantity: int


@dataclass(frozen=True, slots=True)
class Line:
    subject: Subject
    quantity: int  # in thousandths of the meter's unit
    rate: Rate
    cost_micros: int


def rate(
    usage: Iterable[Usage], prices: Prices, *, tenant: str, at_us: int, agreed: Mapping[Subject, Rate] | None = None
) -> list[Line]:
    """Lines ordered by what they are about. `agreed` are rates that an earlier rating of the call gave.

    Raises PriceMissing naming the first usage without a price: nothing is ever rated as 0 for want of one.
    """
    quantities: defaultdict[Subject, int] = defaultdict(int)
    for used in usage:
        quantities[Subject(used.meter, used.provider, used.model, used.wasted)] += used.quantity
    lines = []
    for subject, quantity in sorted(quantities.items()):
        found = (agreed or {}).get(subject) or _rate_of(subject, prices, tenant, at_us)
        cost = cost_micros(quantity, found.unit_price_micros, found.per_quantity)
        if max(cost, quantity) > LARGEST:
            raise LimitReached(f"the line of {subject.meter}", LARGEST)
        lines.append(Line(subject, quantity, found, cost))
    if total(lines) > LARGEST:
        raise LimitReached("the total of an invoice", LARGEST)
    return lines


def total(lines: Iterable[Line]) -> int:
    return sum(line.cost_micros for line in lines)


def _rate_of(subject: Subject, prices: Prices, tenant: str, at_us: int) -> Rate:
    entry = prices.find(tenant, subject.meter, subject.provider, subject.model, at_us=at_us)
    if entry is None:
        raise PriceMissing(subject.meter, subject.provider, subject.model)
    return Rate(entry.unit_price_micros, entry.per)
