"""Messages of a carrier that its channel cannot use: new kinds, and fields that its documents do not say.

A caller is on the line behind each: they are counted and the call goes on. Only a flood, which costs other calls their
time, ends it.
"""

import logging

from parley_core.telemetry import Counter

log = logging.getLogger(__name__)

MAX_IGNORED = 1000
_FORGIVEN_PER_S = 20.0


class IgnoredMessages:
    def __init__(self, channel: str, counter: Counter) -> None:
        self._channel = channel
        self._counter = counter
        self._level = 0.0
        self._at = 0.0

    def add(self, problem: str, now: float) -> bool:
        """Count a message; False for a flood. The first of a call is logged."""
        self._counter.add(1, {"channel": self._channel})
        if not self._at:
            log.info("carrier message ignored", extra={"channel": self._channel, "detail": problem[:200]})
        self._level = max(0.0, self._level - (now - self._at) * _FORGIVEN_PER_S) + 1
        self._at = now
        return self._level <= MAX_IGNORED
