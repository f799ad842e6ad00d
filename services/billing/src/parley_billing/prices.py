"""The price table: a YAML document, checked when it is read, and how a price is chosen from it.

`app` loads it, `rating` asks it. A tenant's own prices precede the general ones. Within one list the most specific
entry wins (a named model before a named provider before "*"), then the one that began latest. A price of zero must be
written down.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from importlib import resources
from pathlib import Path
from typing import Annotated, Final

import yaml
from parley_core.errors import BadInput
from parley_core.ids import TOKEN
from parley_core.providers import canonical
from pydantic import BaseModel, ConfigDict, Field, StrictInt, ValidationError, field_validator, model_validator

ANY: Final = "*"
_DAY_US: Final = 86_400_000_000
_EPOCH: Final = date(1970, 1, 1).toordinal()

Name = Annotated[str, Field(min_length=1, max_length=200)]


class PriceEntry(BaseModel):
    """One price, as the document writes it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    meter: Name
    provider: Name = ANY
    model: Name = ANY
    unit_price_micros: Annotated[StrictInt, Field(ge=0, le=10**15)]  # for each `per` whole units of the meter
    per: Annotated[StrictInt, Field(ge=1, le=10**12)] = 1
    valid_from: date | None = None  # the first day (UTC) of the price; none: always
    valid_until: date | None = None  # the first day on which it is no price any more; none: never

    @field_validator("provider")
    @classmethod
    def _canonical(cls, value: str) -> str:
        return canonical(value)

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> "PriceEntry":
        if self.valid_from and self.valid_until and self.valid_until <= self.valid_from:
            raise ValueError(f"price of {self.label}: valid_until must be after valid_from")
        return self

    @property
    def label(self) -> str:
        return f"{self.meter}/{self.provider}/{self.model}"

    @property
    def begins(self) -> date:
        return self.valid_from or date.min

    def in_force(self, day: date) -> bool:
        return self.begins <= day and (self.valid_until is None or day < self.valid_until)

    def covers(self, meter: str, provider: str, model: str) -> bool:
        """Whether it is for this usage, or for all that an entry with such names is for."""
        return self.meter == meter and self.provider in (ANY, provider) and self.model in (ANY, model)

    @property
    def rank(self) -> tuple[bool, bool, date]:
        return (self.model != ANY, self.provider != ANY, self.begins)


class TenantPrices(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    prices: list[PriceEntry]


class PriceDocument(BaseModel):
    """The whole document. Two prices of one list that are equally good on one day are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    currency: Annotated[str, Field(pattern="^[A-Z]{3}$")]
    prices: list[PriceEntry]
    tenants: dict[str, TenantPrices] = {}

    @model_validator(mode="after")
    def _is_clear(self) -> "PriceDocument":
        _check_clear("prices", self.prices)
        for tenant, own in self.tenants.items():
            if not TOKEN.fullmatch(tenant):
                raise ValueError(f"tenants: {tenant!r} is no name of a tenant")
            _check_clear(f"tenants.{tenant}", own.prices)
        return self


def _check_clear(where: str, entries: Sequence[PriceEntry]) -> None:
    seen: set[tuple[str, date]] = set()
    for entry in entries:
        key = (entry.label, entry.begins)
        if key in seen:
            raise ValueError(f"{where}: two prices of {entry.label} begin on the same day")
        seen.add(key)


@dataclass(frozen=True, slots=True)
class Prices:
    """What services ask; made of a checked document."""

    document: PriceDocument

    @property
    def currency(self) -> str:
        return self.document.currency

    def find(self, tenant: str, meter: str, provider: str, model: str, *, at_us: int) -> PriceEntry | None:
        """The price of a usage for a call that began at `at_us`; None where the document has none."""
        day, provider = day_of(at_us), canonical(provider)
        for entries in self._lists(tenant):
            fitting = [e for e in entries if e.in_force(day) and e.covers(meter, provider, model)]
            if fitting:
                return max(fitting, key=lambda entry: entry.rank)
        return None

    def in_force(self, tenant: str, *, at_us: int) -> list[PriceEntry]:
        """Every price that some usage of the tenant would get at that time, by meter."""
        day = day_of(at_us)
        shown: list[PriceEntry] = []
        own: list[PriceEntry] = []
        for entries in self._lists(tenant):
            newest = _newest(entry for entry in entries if entry.in_force(day))
            # A tenant's price for "*" hides everyone's price for a named model.
            shown += [e for e in newest if not any(o.covers(e.meter, e.provider, e.model) for o in own)]
            own = newest
        return sorted(shown, key=lambda entry: (entry.meter, entry.provider, entry.model))

    def _lists(self, tenant: str) -> list[list[PriceEntry]]:
        own = self.document.tenants.get(tenant)
        return [own.prices, self.document.prices] if own else [self.document.prices]


def _newest(entries: Iterable[PriceEntry]) -> list[PriceEntry]:
    best: dict[str, PriceEntry] = {}
    for entry in entries:
        if entry.label not in best or entry.begins > best[entry.label].begins:
            best[entry.label] = entry
    return list(best.values())


def day_of(time_us: int) -> date:
    """The UTC day of a Unix time in microseconds."""
    return date.fromordinal(_EPOCH + time_us // _DAY_US)


def load_prices(path: str = "") -> Prices:
    """Read the document at `path`, or the packaged one. Raises BadInput with the place of the first mistake."""
    where = path or "the packaged prices.yaml"
    try:
        if path:
            text = Path(path).read_text(encoding="utf-8")
        else:
            text = resources.files("parley_billing").joinpath("prices.yaml").read_text(encoding="utf-8")
    except OSError as error:
        raise BadInput(where, f"cannot be read: {error.strerror}") from None
    try:
        return Prices(PriceDocument.model_validate(yaml.safe_load(text)))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise BadInput(where, f"is not YAML{f' at line {mark.line + 1}' if mark else ''}") from None
    except ValidationError as error:
        first = error.errors()[0]
        raise BadInput(f"{where}: {'.'.join(map(str, first['loc']))}", first["msg"]) from None
