"""A message to a caller or a colleague, and what a sender is: the way to the server that takes it.

States: `waiting` (no sender is configured: a person sends it), `queued`, `sending`, `sent` (a server took it and gave a
receipt), `failed` (refused for good, or tried too often), `unknown` (the answer was lost, and the server cannot be
asked what came of it: a person looks).
"""

from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias

Channel: TypeAlias = Literal["sms", "email"]

WAITING, QUEUED, SENDING = "waiting", "queued", "sending"
SENT, FAILED, UNKNOWN = "sent", "failed", "unknown"


@dataclass(frozen=True, slots=True)
class Message:
    message_id: str
    tenant: str
    channel: Channel
    recipient: str
    text: str
    subject: str = ""
    state: str = QUEUED
    receipt: str = ""
    error: str = ""
    attempts: int = 0
    created_us: int = 0


class Sender(Protocol):
    """One tenant's way of sending. It makes one attempt; `delivery` alone tries again."""

    @property
    def name(self) -> str: ...

    async def send(self, message: Message) -> str:
        """Hand the message over; returns the server's receipt.

        Raises Unreachable or Throttled where the server has certainly not taken it, Rejected, BadInput or NotAllowed
        where it never will; any other ParleyError leaves that open.
        """
        ...

    async def find(self, message: Message) -> str | None:
        """The receipt of an attempt whose answer was lost. None: it may be sent again without reaching anybody twice,
        because the server has not taken it or knows the message by its id. Raises NotFound where nobody can tell."""
        ...
