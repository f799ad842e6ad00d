"""Who is better not asked: providers that failed several times in a row rest, and one that refuses is left alone.

`Attempts` keeps one `ProviderHealth` for a process. A *rest* puts a provider behind the others for a while; a *refusal*
(no credit, a key that is not valid, a model that does not exist) means that asking is of no use until a person has
changed something, so that it is not asked at all, and every process of the fleet may know it (`news`).
"""

import logging
from dataclasses import dataclass

from parley_core import clock
from parley_core.errors import ParleyError, Rejected, Unavailable
from parley_core.providers.failures import Extent, refused_for

log = logging.getLogger(__name__)

REST_AFTER = 3  # failures in a row
REST_S = 10.0  # doubles with each failure after a rest
LONGEST_REST_S = 120.0
PROBE_S = 5.0  # after a rest one request finds out; the others keep away for so long
REFUSED_S = 60.0  # then one request finds out whether a refusal still stands; doubles with each that it does
LONGEST_REFUSED_S = 900.0


@dataclass(frozen=True, slots=True)
class Refused:
    """A refusal that holds for more than one request. `model` is empty where it holds for the whole account."""

    provider: str
    model: str
    status: str  # the vendor's; empty: it stands no longer


@dataclass(slots=True)
class _State:
    failures: int = 0  # in a row
    rest_s: float = REST_S
    resting_until: float = 0.0  # 0: it does not rest
    refused: str = ""  # status of a refusal that stands
    refused_s: float = REFUSED_S


class ProviderHealth:
    def __init__(self) -> None:
        self._states: dict[tuple[str, str], _State] = {}

    def begun(self, provider: str, model: str) -> None:
        """Somebody is asked. After a rest it finds out for all."""
        now = clock.current().monotonic()
        for key in _keys(provider, model):
            state = self._states.get(key)
            if state is not None and state.resting_until:
                state.resting_until = max(state.resting_until, now + PROBE_S)

    def succeeded(self, provider: str, model: str) -> tuple[Refused, ...]:
        """Returns the refusals that stood and stand no longer."""
        states = [(key, self._states.pop(key, None)) for key in _keys(provider, model)]
        return tuple(Refused(*key, "") for key, state in states if state is not None and state.refused)

    def failed(self, provider: str, model: str, error: BaseException) -> Refused | None:
        """Returns a refusal that is news."""
        extent = refused_for(error)
        if extent is not None and isinstance(error, Rejected) and (model or extent is Extent.ACCOUNT):
            refused = Refused(provider, model if extent is Extent.MODEL else "", error.status)
            return refused if self.refuse(refused) else None
        state = self._states.setdefault((provider, model), _State())
        state.failures += 1
        wanted_s = error.retry_after_s if isinstance(error, Unavailable) else 0.0
        if wanted_s:
            self._rest(provider, state, wanted_s)
        elif state.failures >= REST_AFTER:
            self._rest(provider, state, state.rest_s)
            state.rest_s = min(2 * state.rest_s, LONGEST_REST_S)
        return None

    def refuse(self, refused: Refused) -> bool:
        """A refusal was met, here or by another process; whether it was not known. An empty status takes it back."""
        key = (refused.provider, refused.model)
        if not refused.status:
            return self._states.pop(key, None) is not None
        state = self._states.setdefault(key, _State())
        news = not state.refused
        if not news:
            state.refused_s = min(2 * state.refused_s, LONGEST_REFUSED_S)
        state.refused = refused.status
        state.resting_until = clock.current().monotonic() + state.refused_s
        log.warning(
            "provider refuses all requests",
            extra={"provider": refused.provider, "model": refused.model, "status": refused.status},
        )
        return news

    def refusal(self, provider: str, model: str = "") -> ParleyError | None:
        """The error that asking would give, while that is known."""
        for key in _keys(provider, model):
            state = self._states.get(key)
            if state is not None and state.refused and clock.current().monotonic() < state.resting_until:
                return Rejected(provider, state.refused, "known from an earlier request")
        return None

    def rests(self, provider: str, model: str = "") -> bool:
        now = clock.current().monotonic()
        states = (self._states.get(key) for key in _keys(provider, model))
        return any(state is not None and now < state.resting_until for state in states)

    def _rest(self, provider: str, state: _State, seconds: float) -> None:
        state.resting_until = clock.current().monotonic() + seconds
        log.warning("provider paused after failures", extra={"provider": provider, "seconds": seconds})


def _keys(provider: str, model: str) -> tuple[tuple[str, str], ...]:
    return ((provider, ""), (provider, model)) if model else ((provider, ""),)
