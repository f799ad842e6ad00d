"""How a call closes that turn-taking ends: after its last words, with a transfer, or at once. `turn_commands` begins
it, `agent_side` reports that the last words were heard."""

from parley_core.reasons import EndReason

from parley_gateway.call.reconnect import ReconnectWindow
from parley_gateway.call.scope import CallScope
from parley_gateway.call.transfer import TRANSFER_S, Transfer
from parley_gateway.language.call_language import CallLanguage
from parley_gateway.turns import commands as cmd

_NOTICE_S = 10.0  # a last word that is not heard by then is not waited for


class Goodbye:
    def __init__(
        self, scope: CallScope, language: CallLanguage, reconnect: ReconnectWindow, transfer: Transfer
    ) -> None:
        self._scheduler = scope.scheduler
        self._turns = scope.turns
        self._end = scope.end
        self._language = language
        self._reconnect = reconnect
        self._transfer = transfer
        self._reason: EndReason | None = None  # why the call ends once its last words were heard

    def begin(self, command: cmd.HangUp) -> str | None:
        """Close the call; returns the last words, which the caller of this has spoken. None: there are none."""
        self._reason = reason = command.reason
        words = command.say or self._words_for(reason)
        if reason is EndReason.HANDED_OFF and not words and not self._reconnect.disconnected:
            self._transfer.start()
            return None
        if words is None or self._reconnect.resting:
            self._end.hang_up(reason)
            return None
        self._turns.limit(self._scheduler.time() + _NOTICE_S, self._end.hang_up, reason, "goodbye not heard")
        goodbye = "" if reason is EndReason.HANDED_OFF else self._language.agent.goodbye
        return f"{words} {goodbye}".strip()

    def heard(self) -> bool:
        """The agent's words were heard to their end; returns whether they were the last."""
        if not self._turns.state.closing or self._reason is None:
            return False
        if self._reason is EndReason.HANDED_OFF:
            self._turns.limit(self._scheduler.time() + TRANSFER_S + 1, self._end.hang_up, EndReason.HANDED_OFF)
            self._transfer.start()
        else:
            self._end.hang_up(self._reason)
        return True

    def _words_for(self, reason: EndReason) -> str | None:
        """What is said before the agent's goodbye; None: the call ends without words."""
        known = {
            EndReason.SILENCE: "",
            EndReason.TIME_LIMIT: self._language.notice("time_limit"),
            EndReason.HAND_OFF_FAILED: self._language.agent.handoff.failed,
        }
        return known.get(reason)
