"""Who was heard of when, judged by the bus's own life: while nothing comes through, it is the bus that is silent.

A process that beats hears its own beats come back. While they do not, nobody is taken for dead, and everybody has a
new start when the first one comes through again. `claims` and the gateways' watch over each other use it.
"""

QUIET_S = 1.2  # own beats come every 0.5 s; two may be lost


class Beats:
    """`own`: this process's name; without one every silence counts."""

    def __init__(self, own: str = "") -> None:
        self._own = own
        self._own_seen: float | None = None
        self._back = float("-inf")
        self._seen: dict[str, float] = {}

    def __contains__(self, name: str) -> bool:
        return name in self._seen

    def names(self) -> list[str]:
        return list(self._seen)

    def heard(self, name: str, now: float) -> None:
        self._seen[name] = now
        if name and name == self._own:
            if self.frozen(now):
                self._back = now
            self._own_seen = now

    def forget(self, name: str) -> None:
        self._seen.pop(name, None)

    def frozen(self, now: float) -> bool:
        """Whether nothing comes through."""
        return self._own_seen is not None and now - self._own_seen > QUIET_S

    def silent_s(self, name: str, now: float, *, since: float | None = None) -> float:
        """For how long nothing was heard of it although the bus works. `since`: for one never heard of; else 0."""
        if self.frozen(now):
            return 0.0
        return max(0.0, now - max(self._seen.get(name, now if since is None else since), self._back))
