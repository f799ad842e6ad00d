"""What lets a client come back to its call, at any gateway: `admission.tokens` makes and reads it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Ticket:
    """What a resume token allows: to take up this call."""

    tenant: str
    call: str
    session: str
