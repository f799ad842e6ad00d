"""One call while nothing comes through the bus: what workers owe is not overdue, and the caller hears to hold on."""

import logging
from collections.abc import Callable

from parley_core.bus.claims import Claims
from parley_core.tasks import Tasks

from parley_gateway.ports import Leg
from parley_gateway.speaking.announcements import Announcement, Announcements

log = logging.getLogger(__name__)


class FrozenBus:
    """Asked by the turn driver when something is overdue: whether it counts."""

    def __init__(
        self,
        claims: Claims,
        announcements: Announcements,
        tasks: Tasks,
        *,
        leg: Callable[[], Leg],
        language: Callable[[], str],
    ) -> None:
        self._claims = claims
        self._announcements = announcements
        self._tasks = tasks
        self._leg = leg
        self._language = language
        self._said = False

    def __call__(self) -> bool:
        """Whether workers cannot be heard. The first time, the gateway itself tells the caller to hold on."""
        frozen = self._claims.frozen
        if frozen and not self._said:
            log.warning("bus frozen in a call")
            playing = self._announcements.play(self._leg(), Announcement.HOLD, self._language())
            self._tasks.spawn(playing, "hold message")
        self._said = frozen
        return frozen
