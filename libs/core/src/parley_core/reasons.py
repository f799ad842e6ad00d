"""Why a call ended and why there is none: the names that logs, clients and tables show, and what each one means.

The gateway gives the reasons; llm's summaries, the command line and the gateway's channels read what they mean instead
of comparing names. The numbers are in the contract (`EndReason`, `RefusalReason` of events.proto).
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from parley.v1 import events_pb2


class Party(StrEnum):
    """Whose doing, or whose fault, something is."""

    CALLER = "caller"  # the person who calls, or the client program
    CALLEE = "callee"  # who answered an outgoing call
    CARRIER = "carrier"  # the line or network between the caller and the platform
    BUSINESS = "business"  # the agent, its document and its limits
    PLATFORM = "platform"


@dataclass(frozen=True, slots=True)
class Meaning:
    """`resumable`: the call waits for its client to come back. `elsewhere`: the caller is served, or may at once be
    served, over another connection or by another gateway. `retry_after_s`: when a new call may succeed; None: not
    before something has changed. `line_gone`: the caller's line has ended or was moved, there is none to hang up."""

    whose: Party
    resumable: bool = False
    elsewhere: bool = False
    retry_after_s: int | None = None
    line_gone: bool = False


class Reason(StrEnum):
    """A name with its meaning; the kinds of reasons are its subclasses."""

    meaning: Meaning

    def __new__(cls, value: str, meaning: Meaning) -> Self:
        member = str.__new__(cls, value)
        member._value_ = value
        member.meaning = meaning
        return member

    @classmethod
    def named(cls, name: str) -> Self | None:
        """The reason of this name; None for one that is not known, as a newer program may write."""
        return next((reason for reason in cls if reason.value == name), None)


_TRY_SOON, _TRY_LATER = 5, 10


class EndReason(Reason):
    """Why a call ended, or one of its legs was closed."""

    CALLER_HUNG_UP = "caller_hung_up", Meaning(Party.CALLER, line_gone=True)
    AGENT_HUNG_UP = "agent_hung_up", Meaning(Party.BUSINESS)
    HANDED_OFF = "handed_off", Meaning(Party.BUSINESS, line_gone=True)
    HAND_OFF_FAILED = "hand_off_failed", Meaning(Party.BUSINESS)
    SILENCE = "silence", Meaning(Party.CALLER)
    TIME_LIMIT = "time_limit", Meaning(Party.BUSINESS)
    CONSENT_REFUSED = "consent_refused", Meaning(Party.CALLER)
    CALLEE_HUNG_UP = "callee_hung_up", Meaning(Party.CALLEE)
    MACHINE = "machine", Meaning(Party.CALLEE)
    VOICEMAIL_LEFT = "voicemail_left", Meaning(Party.CALLEE)
    IVR = "ivr", Meaning(Party.CALLEE)
    CLIENT_GONE = "client_gone", Meaning(Party.CARRIER, resumable=True)
    CLIENT_STALLED = "client_stalled", Meaning(Party.CALLER, resumable=True)
    CLIENT_ERROR = "client_error", Meaning(Party.CALLER)
    BAD_FRAME = "bad_frame", Meaning(Party.CALLER)
    NOBODY_FREE = "nobody_free", Meaning(Party.PLATFORM, retry_after_s=_TRY_SOON)
    AGENT_FAILED = "agent_failed", Meaning(Party.PLATFORM)
    GATEWAY_STOPPED = "gateway_stopped", Meaning(Party.PLATFORM, elsewhere=True, retry_after_s=_TRY_SOON)
    GATEWAY_LOST = "gateway_lost", Meaning(Party.PLATFORM)
    ERROR = "error", Meaning(Party.PLATFORM)
    REPLACED = "replaced", Meaning(Party.CALLER, elsewhere=True)
    HANDED_OVER = "handed_over", Meaning(Party.PLATFORM, elsewhere=True)

    @property
    def number(self) -> "events_pb2.EndReason.ValueType":
        return events_pb2.EndReason.Value(f"END_REASON_{self.name}")


class RefusalReason(Reason):
    """Why there is no call."""

    BUSY = "busy", Meaning(Party.PLATFORM, retry_after_s=_TRY_SOON)
    NOBODY_FREE = "nobody_free", Meaning(Party.PLATFORM, retry_after_s=_TRY_SOON)
    UNAVAILABLE = "unavailable", Meaning(Party.PLATFORM, elsewhere=True, retry_after_s=_TRY_SOON)
    DRAINING = "draining", Meaning(Party.PLATFORM, elsewhere=True, retry_after_s=_TRY_SOON)
    TENANT_LIMIT = "tenant_limit", Meaning(Party.BUSINESS, retry_after_s=_TRY_LATER)
    TENANT_RATE = "tenant_rate", Meaning(Party.BUSINESS, retry_after_s=_TRY_LATER)
    TOKEN_LIMIT = "token_limit", Meaning(Party.CALLER, retry_after_s=_TRY_LATER)
    ADDRESS_LIMIT = "address_limit", Meaning(Party.CALLER, retry_after_s=_TRY_LATER)
    ADDRESS_CONNECTIONS = "address_connections", Meaning(Party.CALLER, retry_after_s=_TRY_LATER)
    ADDRESS_RATE = "address_rate", Meaning(Party.CALLER, retry_after_s=_TRY_LATER)
    ADDRESS_DENIED = "address_denied", Meaning(Party.CALLER)
    BAD_TOKEN = "bad_token", Meaning(Party.CALLER)
    UNKNOWN_AGENT = "unknown_agent", Meaning(Party.BUSINESS)
    CALL_OVER = "call_over", Meaning(Party.CALLER)
    FOREIGN_ORIGIN = "foreign_origin", Meaning(Party.CALLER)
    HOST_DENIED = "host_denied", Meaning(Party.CALLER)
    TOKEN_USED = "token_used", Meaning(Party.CALLER)
    LOW_DISK = "low_disk", Meaning(Party.PLATFORM, retry_after_s=_TRY_LATER)

    @property
    def number(self) -> "events_pb2.RefusalReason.ValueType":
        return events_pb2.RefusalReason.Value(f"REFUSAL_REASON_{self.name}")


def call_ended(reason: EndReason, *, duration_ms: int, turns: int, detail: str = "") -> events_pb2.CallEnded:
    return events_pb2.CallEnded(reason=reason, cause=reason.number, duration_ms=duration_ms, turns=turns, detail=detail)


def call_refused(reason: RefusalReason, detail: str, *, role: str = "") -> events_pb2.CallRefused:
    return events_pb2.CallRefused(reason=reason, cause=reason.number, detail=detail, role=role)


def leg_lost(reason: EndReason, *, at_ms: int) -> events_pb2.LegLost:
    return events_pb2.LegLost(reason=reason, cause=reason.number, at_ms=at_ms)
