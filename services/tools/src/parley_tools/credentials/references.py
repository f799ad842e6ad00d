"""Secrets by reference. Rules and descriptions of tools name a secret; it is read when a request is made with it, and
stands in no prompt, log line, event or error.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from parley_core.errors import BadInput, NotFound, Unreachable
from parley_core.vendors import resolved

_ENV, _FILE, _STORED = "env:", "file:", "stored:"

Stored = Callable[[str, str], Awaitable[str]]  # tenant, name


@dataclass(frozen=True, slots=True)
class Secret:
    """One tenant's secret. Its text is the reference; a literal secret is refused, since rules are shown and shared."""

    tenant: str
    reference: str
    stored: Stored | None = None

    async def reveal(self) -> str:
        """Raises Unreachable where the reference leads nowhere, BadInput for what is no reference."""
        reference = self.reference
        if not reference:
            return ""
        if reference.startswith((_ENV, _FILE)):
            found = resolved(reference)
        elif reference.startswith(_STORED) and self.stored is not None:
            try:
                found = await self.stored(self.tenant, reference.removeprefix(_STORED))
            except NotFound:
                found = ""
        else:
            raise BadInput("key", "must be a reference: env:NAME, file:/path or stored:name")
        if not found:
            raise Unreachable(f"the secret {reference}", "there is none")
        return found
