"""What a call needs from the outside: the caller's leg, and time with timers."""

from collections.abc import Callable, Mapping
from typing import Protocol


class TimerHandle(Protocol):
    def cancel(self) -> None: ...


class Scheduler(Protocol):
    """Time and timers; an asyncio event loop is one, tests have one whose time they move."""

    def time(self) -> float: ...

    def call_at(self, when: float, callback: Callable[..., object], *args: object) -> TimerHandle: ...


class Leg(Protocol):
    """The way to one caller. Sending never waits; a caller who does not take what is sent is hung up by the door."""

    last_sign: float  # when the client was last heard of, on the monotonic clock
    ear_delay_s: float  # how much later than it is sent the caller hears what is sent on time; 0.0 where unknown

    def send_audio(self, frame: bytes | memoryview) -> None:
        """Send up to 20 ms of PCM16 mono 16 kHz."""
        ...

    def clear_audio(self) -> None:
        """Drop agent audio that was sent and not heard yet."""
        ...

    def send_event(self, event: Mapping[str, object]) -> None: ...

    async def transfer(self, address: str, summary: str) -> None:
        """Have the caller's line go to `address` (`tel:+…`, `sip:…`); `summary` is for the person there.

        The only thing here that waits; `handing_over` has the deadline. Raises a ParleyError when it did not work,
        NotAllowed where the line cannot be moved at all. The call is closed with `handed_off` after it.
        """
        ...

    def close(self, reason: str, detail: str = "") -> None:
        """End the connection, telling the caller why. Does nothing on one that is gone."""
        ...
