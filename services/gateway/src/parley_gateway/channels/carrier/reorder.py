"""Puts media back in order by its chunk numbers. A carrier may deliver a few messages late; none is waited for long."""

_MOST_EARLY = 3  # messages behind a missing one: 60 ms


class Reorder:
    def __init__(self) -> None:
        self._next: int | None = None
        self._early: dict[int, bytes] = {}
        self.late = 0  # came after it was given up

    def push(self, chunk: int, payload: bytes) -> list[bytes]:
        """Take one message; gives those that are now in order."""
        if self._next is None:
            self._next = chunk
        if chunk < self._next or chunk in self._early:
            self.late += 1
            return []
        self._early[chunk] = payload
        if chunk > self._next and len(self._early) > _MOST_EARLY:
            self._next = min(self._early)
        ready: list[bytes] = []
        while (found := self._early.pop(self._next, None)) is not None:
            ready.append(found)
            self._next += 1
        return ready
