"""What a call needs from above it: the caller's leg, the playout of its kind, and what is known of calls that Parley
placed."""

from typing import Protocol

from parley.v1 import live_pb2
from parley_core.reasons import Reason

from parley_gateway.call_events import CallEvent
from parley_gateway.caller import Caller


class Playing(Protocol):
    """The agent's words on their way to the caller: `playout.Playout` of audio, `text_playout.TextPlayout` of text."""

    dropped: int

    @property
    def speaking(self) -> bool: ...

    @property
    def fence(self) -> int: ...

    def waits_for_audio(self) -> bool: ...

    def expect(self, say: live_pb2.Say) -> None: ...

    def end(self, turn: int, sentences: int, then: int) -> None: ...

    def add(self, audio: live_pb2.AudioOut) -> None: ...

    def hold(self, turn: int) -> None: ...

    def release(self) -> None: ...

    def drop_held(self) -> None: ...

    def duck(self, *, down: bool) -> None: ...

    def halt(self) -> None: ...

    def go_on(self) -> None: ...

    def recent_text(self, since: float) -> str: ...

    def cut(self, turn: int) -> None: ...

    def speech_lost(self) -> None: ...

    def close(self) -> None: ...


class Leg(Protocol):
    """The way to one caller. Sending never waits; a caller who does not take what is sent is hung up by the channel."""

    last_seen: float  # when the client was last heard of, on the monotonic clock
    ear_delay_s: float  # how much later than it is sent the caller hears what is sent on time; 0.0 where unknown

    def send_audio(self, frame: bytes | memoryview) -> None:
        """Send up to 20 ms of PCM16 mono 16 kHz."""
        ...

    def clear_audio(self) -> None:
        """Drop agent audio that was sent and not heard yet."""
        ...

    def send_event(self, event: CallEvent) -> None: ...

    async def transfer(self, address: str, summary: str) -> None:
        """Have the caller's line go to `address` (`tel:+…`, `sip:…`); `summary` is for the person there.

        The only thing here that waits; `transfer` has the deadline. Raises a ParleyError when it did not work,
        NotAllowed where the line cannot be moved at all. The call is closed with `handed_off` after it.
        """
        ...

    def close(self, reason: Reason, detail: str = "") -> None:
        """End the connection, telling the caller why. Does nothing on one that is gone."""
        ...


class PlacedCalls(Protocol):
    """The calls that Parley itself places; the channel for outgoing calls keeps them."""

    async def complete(self, caller: Caller) -> Caller:
        """Add what was ordered to the callee of such a call; other callers stay as they are."""
        ...
