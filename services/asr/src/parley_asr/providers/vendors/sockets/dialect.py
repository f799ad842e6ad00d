"""What one vendor's socket says and is told. `session` drives it; a vendor's file has one class of it for each vendor.

A dialect does no I/O and has no deadline: it turns what Parley wants into messages, and messages into events. One
object serves one connection, so it may keep what its protocol counts (items, turns, sequence numbers).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from parley_core.errors import ParleyError, Unavailable

UNKNOWN_CONFIDENCE = 1.0  # of words whose vendor gives none: nothing speaks against them


@dataclass(frozen=True, slots=True)
class Address:
    """Where a connection is opened. Query values that are lists are sent as repeated keys."""

    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    query: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """A word, a piece of one, or several words whose times the vendor does not give (None). Milliseconds count from the
    connection's first sample. `glued`: it goes on with the part before, without a space."""

    text: str
    start_ms: float | None = None
    end_ms: float | None = None
    confidence: float = UNKNOWN_CONFIDENCE
    language: str = ""
    glued: bool = False


@dataclass(frozen=True, slots=True)
class Ready:
    """The connection takes audio now."""


@dataclass(frozen=True, slots=True)
class Recognised:
    """Settled parts add up; the others replace each other until the next settled ones."""

    parts: tuple[Part, ...]
    settled: bool


@dataclass(frozen=True, slots=True)
class Flushed:
    """One flush (or one discard) is answered: all of its audio is settled."""


@dataclass(frozen=True, slots=True)
class Alive:
    """The vendor listens, also where it has no words."""


class TurnSign(StrEnum):
    LIKELY_OVER = "likely over"  # a reply may be prepared
    RESUMED = "resumed"  # it was not over
    OVER = "over"


@dataclass(frozen=True, slots=True)
class Turn:
    """What the vendor's own end-of-turn model says; confidence 0 to 1."""

    sign: TurnSign
    confidence: float


@dataclass(frozen=True, slots=True)
class Failed:
    """The vendor reports an error after which the connection is of no use."""

    error: ParleyError


Event = Ready | Recognised | Flushed | Alive | Turn | Failed
Message = str | bytes


class Dialect(Protocol):
    """A vendor's class derives from it and leaves out what its protocol does not have."""

    name: str
    waits_for_ready: bool = False  # whether the vendor says when it takes audio
    shortest_ms: int = 0  # of audio in one message

    def address(self) -> Address: ...

    def hello(self) -> Sequence[Message]:
        """What is said first."""
        return ()

    def begin(self) -> Sequence[Message]:
        """What is said before the audio of each utterance."""
        return ()

    def audio(self, pcm: bytes) -> Message:
        """PCM16 mono 16 kHz."""
        return pcm

    def flush(self, sent_ms: float) -> Sequence[Message]:
        """What makes the vendor settle all that it was sent. `sent_ms`: of audio, on this connection."""
        ...

    def discard(self, sent_ms: float) -> Sequence[Message]:
        """The same for an utterance whose text is not wanted; answered by `Flushed`, too."""
        return self.flush(sent_ms)

    def keep_alive(self) -> Message | None:
        """Said every few seconds; None where the protocol has nothing for it."""
        return None

    def goodbye(self) -> Sequence[Message]:
        return ()

    def read(self, message: Message) -> Iterable[Event]:
        """Raises BadReply for what nothing can be made of; unknown kinds of messages are no events."""
        ...

    def closed(self, code: int) -> ParleyError:
        """What a closing handshake of the vendor means."""
        return Unavailable(self.name, f"the socket was closed with {code}")


def socket_url(url: str, path: str) -> str:
    """The address under a vendor's host, as http or ws."""
    scheme, mark, rest = url.rstrip("/").partition("://")
    return f"{ {'http': 'ws', 'https': 'wss'}.get(scheme, scheme) }{mark}{rest}{path}"
