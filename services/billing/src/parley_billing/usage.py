"""What a call used, taken from its log's events: the only place where billing reads protobuf events.

The consumer gives single events, the biller whole logs; both get the same records, known by (tenant, call, event id).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from parley.v1 import events_pb2
from parley_core.errors import BadInput

from parley_billing.money import LARGEST

MAX_NAME: Final = 200


@dataclass(frozen=True, slots=True)
class Usage:
    event: str  # the event's id, unique in its call
    meter: str
    provider: str
    model: str
    quantity: int  # in thousandths of the meter's unit
    wasted: bool  # work whose result nobody heard
    time_us: int


@dataclass(frozen=True, slots=True)
class CallUsage:
    """All that a call's log says to billing."""

    started_us: int  # Unix microseconds
    duration_ms: int  # 0 while the call goes on
    ended: bool
    usage: tuple[Usage, ...]


def usage_of(event: events_pb2.Event) -> Usage | None:
    """The usage in an event, None for any other event. Raises BadInput naming the field that cannot be billed."""
    if event.WhichOneof("body") != "usage_measured":
        return None
    measured = event.usage_measured
    for name, value in (("id", event.id), ("meter", measured.meter)):
        if not value:
            raise BadInput(f"usage {event.id or 'event'}: {name}", "is missing")
    for name, value in (
        ("id", event.id),
        ("meter", measured.meter),
        ("provider", measured.provider),
        ("model", measured.model),
    ):
        if len(value) > MAX_NAME:
            raise BadInput(f"usage event: {name}", f"has more than {MAX_NAME} characters")
    if not 0 <= measured.quantity <= LARGEST:
        raise BadInput(f"usage {event.id}: quantity", "is negative")
    return Usage(
        event.id,
        measured.meter,
        measured.provider,
        measured.model,
        measured.quantity,
        measured.wasted,
        event.time_us,
    )


def fold(events: Iterable[events_pb2.Event]) -> CallUsage:
    """Take a log apart; an event that the log has twice counts once. Raises BadInput as `usage_of` does."""
    used: dict[str, Usage] = {}
    times: list[int] = []
    started_us, duration_ms, ended = 0, 0, False
    for event in events:
        times.append(event.time_us)
        match event.WhichOneof("body"):
            case "call_started" if not started_us:
                started_us = event.time_us
            case "call_ended":
                ended = True
                duration_ms = max(duration_ms, event.call_ended.duration_ms)
            case "call_refused":
                ended = True
            case "usage_measured":
                if (found := usage_of(event)) is not None:
                    used.setdefault(found.event, found)
    return CallUsage(started_us or min(times, default=0), duration_ms, ended, tuple(used.values()))
