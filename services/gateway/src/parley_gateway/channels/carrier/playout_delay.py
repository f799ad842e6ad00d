"""How much later than it is sent a carrier's caller hears the agent, learned from the marks that come back.

A carrier buffers what it is sent and returns a mark when everything before it was played. `clear` returns every pending
mark at once, so a mark that comes after it proves nothing (PROTOCOLS: Twilio, Telnyx).
"""

MARK_EVERY_S = 1.0  # of audio
MAX_DELAY_S = 3.0
_MAX_PENDING = 120
_WEIGHT = 0.5  # of the newest mark


class PlayoutDelay:
    def __init__(self) -> None:
        self.delay_s = 0.0  # an upper bound: it has the mark's way back in it
        self._until = 0.0  # when the last of what was sent would be heard without delay
        self._unmarked_s = 0.0
        self._number = 0
        self._pending: dict[str, float] = {}  # by mark: when what is before it would be heard without delay

    def sent(self, seconds: float, now: float) -> str | None:
        """Count audio out; gives the name of a mark to send behind it, about one a second."""
        self._until = max(self._until, now) + seconds
        self._unmarked_s += seconds
        if self._unmarked_s < MARK_EVERY_S or len(self._pending) >= _MAX_PENDING:
            return None
        self._unmarked_s = 0.0
        self._number += 1
        name = f"m{self._number}"
        self._pending[name] = self._until
        return name

    def last_mark(self) -> str | None:
        """The name of a mark to send behind the last words; None where there are no unmarked ones."""
        if not self._unmarked_s:
            return None
        self._unmarked_s = 0.0
        self._number += 1
        self._pending[name := f"m{self._number}"] = self._until
        return name

    @property
    def all_heard(self) -> bool:
        """Whether everything that was sent has been heard, as far as marks show."""
        return not self._pending and not self._unmarked_s

    def marked(self, name: str, now: float) -> None:
        due = self._pending.pop(name, None)
        if due is None:
            return  # cleared meanwhile, or none of ours
        delay = min(max(0.0, now - due), MAX_DELAY_S)
        self.delay_s = delay if not self.delay_s else self.delay_s + _WEIGHT * (delay - self.delay_s)

    def cleared(self, now: float) -> None:
        self._pending.clear()
        self._unmarked_s = 0.0
        self._until = min(self._until, now)
