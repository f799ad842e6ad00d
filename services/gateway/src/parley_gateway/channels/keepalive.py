"""Connections whose clients may rightly be silent for long: they are asked whether they are there."""

from parley_core.reasons import EndReason
from picows import WSTransport

from parley_gateway.channels.connection import Connection

_PING_S = 3.0


class KeepAlive(Connection):
    """A connection whose call cannot be taken up again: a client that is lost has gone."""

    def lost(self, reason: EndReason) -> None:
        self.gone(reason)

    def on_ws_connected(self, transport: WSTransport) -> None:
        super().on_ws_connected(transport)
        self._ping_later()

    def _ping_later(self) -> None:
        scheduler = self.context.gateway.scheduler
        scheduler.call_at(scheduler.time() + _PING_S, self._ping)

    def _ping(self) -> None:
        if not self.closed and self._transport is not None:
            self._transport.send_ping()  # the answer is a sign of life
            self._ping_later()
