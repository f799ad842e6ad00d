"""What tools read of a call's log."""

from collections.abc import Sequence

from parley_core.bus.log import read_log
from parley_core.bus.port import Bus
from parley_core.conversation import Event
from parley_core.errors import NotFound


async def events_of(bus: Bus, tenant: str, call: str) -> Sequence[Event]:
    """Empty for what belongs to no call."""
    if not call:
        return []
    try:
        return await read_log(bus, tenant, call)
    except NotFound:
        return []


def language_of(events: Sequence[Event]) -> str:
    return next((event.call_started.session.language for event in events if event.HasField("call_started")), "")
