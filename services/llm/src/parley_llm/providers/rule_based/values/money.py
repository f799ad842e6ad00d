"""Amounts of money as callers say them: "twelve dollars fifty", "doce con cincuenta euros". Pure."""

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from parley_core.languages.answers import folded
from parley_core.languages.pack import Pack
from parley_core.languages.registry import ENGLISH

from parley_llm.providers.rule_based.values.numbers import figures_plain, number_in
from parley_llm.providers.rule_based.values.phrase import Span, hold
from parley_llm.providers.rule_based.words import plain

_HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True)
class Money:
    """`text` is the amount with two decimals and, where it was said, the currency: "12.50 EUR"; "" for none."""

    text: str = ""
    sure: bool = True

    def __bool__(self) -> bool:
        return bool(self.text)


@dataclass(frozen=True, slots=True)
class _Amount:
    value: Decimal
    currency: str
    clear: bool


def read_money(text: str, *, also: frozenset[str] = frozenset(), words: Pack = ENGLISH) -> Money:
    """`also`: words that say nothing of the amount."""
    said = folded(plain(figures_plain(_without_signs(text, words), words))).split()
    spans = _spans(said, words)
    held = hold(said, spans, also=also, words=words.carriers)
    amounts = {(span.value.value, span.value.currency) for span in held.spans}
    if len(amounts) != 1:
        return Money(sure=not spans)
    amount = held.spans[0].value
    bounded = bool(set(said) & words.details.bounds)
    return Money(
        written(amount.value, amount.currency),
        held.sure and not bounded and all(span.value.clear for span in held.spans),
    )


def written(value: Decimal, currency: str) -> str:
    return f"{value:.2f} {currency}".strip()


def is_money(text: str) -> bool:
    return re.fullmatch(r"\d{1,12}\.\d{2}(?: [A-Z]{3})?", text) is not None


def say_money(text: str, words: Pack = ENGLISH) -> str:
    """The written amount as it is said; figures stay figures."""
    value, _, currency = text.partition(" ")
    units, _, rest = value.partition(".")
    one, more = words.details.money.get(currency, (currency, currency))
    said = f"{units} {one if units == '1' else more}".strip()
    if rest == "00":
        return said
    if not currency:
        return value
    part = words.details.hundredth[0 if int(rest) == 1 else 1]
    joined = words.talk.joined[0]
    return f"{int(rest)} {part}" if units == "0" else f"{said} {joined} {int(rest)} {part}"


def _without_signs(text: str, words: Pack) -> str:
    """Signs of currencies as words behind their figures: "$12.50" as "12.50 usd"."""
    signs = {sign: code for sign, code in words.details.currencies.items() if not sign.isalpha()}
    if not signs:
        return text
    which = "".join(map(re.escape, signs))
    behind = re.sub(rf"([{which}])\s*(\d[\d.,]*\d|\d)", lambda hit: f"{hit[2]} {signs[hit[1]].lower()} ", text)
    return re.sub(rf"(\d)\s*([{which}])", lambda hit: f"{hit[1]} {signs[hit[2]].lower()} ", behind)


def _spans(said: list[str], words: Pack) -> list[Span[_Amount]]:
    spans: list[Span[_Amount]] = []
    at = 0
    while at < len(said):
        found = _amount(said, at, words)
        if found is None:
            at += 1
            continue
        amount, length = found
        if spans and spans[-1].end == at:
            # "Twelve fifty" is either of two amounts.
            amount = _Amount(amount.value, amount.currency, clear=False)
        spans.append(Span(at, at + length, amount))
        at += length
    return spans


def _amount(said: list[str], at: int, words: Pack) -> tuple[_Amount, int] | None:
    details = words.details
    before = details.currencies.get(said[at], "") if said[at].isalpha() and len(said[at]) == 3 else ""
    start = at + 1 if before else at
    value, length = _number(said, start, words)
    if value is None:
        return None
    end = start + length
    unit = said[end] if end < len(said) else ""
    if unit in details.hundredths:
        return _Amount(value / _HUNDRED, before, clear=value < _HUNDRED), end + 1 - at
    currency = before or details.currencies.get(unit, "")
    named = unit in details.currencies
    end += 1 if named else 0
    rest, more = _rest(said, end, words, behind_unit=bool(currency)) if value == int(value) else (None, 0)
    if rest is None:
        joined = _joined_rest(said, end, words) if not currency and value == int(value) else None
        if joined is not None:
            part, code, more = joined
            return _Amount(value + part / _HUNDRED, code, clear=True), end + more - at
        exact = value * _HUNDRED == int(value * _HUNDRED)
        return _Amount(value, currency, clear=exact), end - at
    part, clear = rest
    return _Amount(value + part / _HUNDRED, currency, clear=clear), end + more - at


def _rest(said: list[str], at: int, words: Pack, *, behind_unit: bool) -> tuple[tuple[Decimal, bool] | None, int]:
    """The hundredths behind the units, whether they are clear, and how many words they take."""
    if not behind_unit:
        return None, 0
    join = 1 if at < len(said) and said[at] in words.details.joins else 0
    value, length = _number(said, at + join, words)
    if value is None or value != int(value) or not 0 <= value < _HUNDRED:
        return None, 0
    end = at + join + length
    if end < len(said) and said[end] in words.details.currencies:
        return None, 0  # an amount of its own
    if end < len(said) and said[end] in words.details.hundredths:
        return (value, True), end + 1 - at
    # "Twelve dollars five" may be five cents or fifty.
    return (value, value >= 10), end - at


def _joined_rest(said: list[str], at: int, words: Pack) -> tuple[Decimal, str, int] | None:
    """ "Doce con cincuenta euros": the unit stands behind both."""
    strong = words.details.joins - {words.talk.joined[0]}
    if at >= len(said) or said[at] not in strong:
        return None
    value, length = _number(said, at + 1, words)
    end = at + 1 + length
    if value is None or not 10 <= value < _HUNDRED or end >= len(said) or said[end] not in words.details.currencies:
        return None
    return value, words.details.currencies[said[end]], end + 1 - at


def _number(said: list[str], at: int, words: Pack) -> tuple[Decimal | None, int]:
    if at >= len(said):
        return None, 0
    value, length = number_in(said, at, words)
    if not length or (at > 0 and said[at - 1] in words.numbers.minus):
        return None, 0
    try:
        return Decimal(value), length
    except InvalidOperation:
        return None, 0
