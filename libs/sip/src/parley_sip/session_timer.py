"""Session timers (RFC 4028): a call whose peer died without a word ends by itself."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from parley_sip.scheduling import Scheduler, TimerHandle

MIN_S = 90  # §4: shorter ones are refused with 422


@dataclass(frozen=True, slots=True)
class Expires:
    """A Session-Expires header."""

    seconds: int
    refresher: str = ""  # uac, uas, or not said

    @classmethod
    def parse(cls, value: str) -> "Expires | None":
        """None for what is none."""
        number, *parameters = (part.strip() for part in value.split(";"))
        if not (number.isascii() and number.isdigit()) or len(number) > 9:
            return None
        named = [one.partition("=")[2].strip().lower() for one in parameters if one.lower().startswith("refresher")]
        refresher = named[0] if named and named[0] in ("uac", "uas") else ""
        return cls(int(number), refresher)

    def __str__(self) -> str:
        return f"{self.seconds};refresher={self.refresher}" if self.refresher else str(self.seconds)


def answer_to(asked: Expires | None, supported: Sequence[str], default_s: int) -> Expires | None:
    """What a 200 to an INVITE or UPDATE says; None where the peer keeps no timer. The peer refreshes, if it may."""
    if "timer" not in supported:
        return None
    if asked is None:
        return Expires(default_s, "uac")
    return Expires(max(MIN_S, asked.seconds), asked.refresher or "uac")


class SessionTimer:
    def __init__(self, scheduler: Scheduler, *, refresh: Callable[[], object], expired: Callable[[], object]) -> None:
        self._scheduler = scheduler
        self._refresh = refresh
        self._expired = expired
        self._timers: list[TimerHandle] = []

    def agree(self, expires: Expires | None, *, ours: bool) -> None:
        """Run anew as agreed; `ours`: we refresh, at half of the interval (§7.4). Unrefreshed, it ends (§10)."""
        self.close()
        if expires is None or expires.seconds <= 0:
            return
        now = self._scheduler.time()
        if ours:
            self._timers.append(self._scheduler.call_at(now + expires.seconds / 2, self._refresh))
        self._timers.append(
            self._scheduler.call_at(now + expires.seconds - min(32.0, expires.seconds / 3), self._expired)
        )

    def close(self) -> None:
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()
