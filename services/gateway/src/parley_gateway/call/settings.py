"""Calls: their slice of the settings."""

from parley_core.settings import Slice
from pydantic import Field


class CallSettings(Slice):
    capacity: int = Field(100, ge=1, le=10_000, description="Concurrent calls of this process")
    reconnect_window_s: float = Field(
        15.0, ge=0, le=120, description="Time a call waits for a disconnected client (s); 0: the call ends at once"
    )
    record: bool = Field(True, description="Record calls")
