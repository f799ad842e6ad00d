"""What the biller needs of the world: calls' logs and a ledger."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from parley_billing.rating import Line, Rate, Subject
from parley_billing.usage import CallUsage, Usage


@dataclass(frozen=True, slots=True)
class UsageOf:
    """One usage and whose it is."""

    tenant: str
    call: str
    usage: Usage


@dataclass(frozen=True, slots=True)
class Invoice:
    """A rated call."""

    currency: str
    started_us: int
    duration_ms: int
    usage_events: int
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Known:
    """What the ledger holds of a call."""

    invoice: Invoice | None
    usage: Sequence[Usage]

    @property
    def agreed(self) -> dict[Subject, Rate]:
        return {line.subject: line.rate for line in self.invoice.lines} if self.invoice else {}


Decision: TypeAlias = Callable[[Known], tuple[Invoice, bool]]


class Logs(Protocol):
    async def usage(self, tenant: str, call: str) -> CallUsage:
        """Fold the call's whole log. Raises NotFound when there is none."""
        ...


class Ledger(Protocol):
    async def add(self, usage: Iterable[UsageOf]) -> int:
        """Keep usage, each event once; returns how many were new. Raises Unavailable."""
        ...

    async def find(self, tenant: str, call: str) -> Invoice | None: ...

    async def settle(self, tenant: str, call: str, usage: Sequence[Usage], decide: Decision) -> Invoice:
        """In one transaction that no other settling of the call overlaps: keep `usage`, ask `decide` with all that is
        known of the call, and store the invoice where it says so."""
        ...
