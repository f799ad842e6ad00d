"""What a call does when a worker takes a role, is lost, is replaced, or cannot be replaced. Used by `workers`."""

from parley.v1 import live_pb2
from parley_core.reasons import EndReason, RefusalReason, call_refused

from parley_gateway import call_events
from parley_gateway.call.agent_side import AgentSide
from parley_gateway.call.caller_side import CallerSide
from parley_gateway.call.scope import CallScope
from parley_gateway.language.call_language import CallLanguage
from parley_gateway.turns import events as ev


class WorkerChanges:
    """See `workers.WorkerListener`."""

    def __init__(self, scope: CallScope, caller: CallerSide, agent: AgentSide, language: CallLanguage) -> None:
        self._scope = scope
        self._caller = caller
        self._agent = agent
        self._language = language

    def worker_claimed(self, role: str, claimed: live_pb2.Claimed) -> None:
        if role == "asr":
            self._language.recognised(claimed.languages)

    def worker_lost(self, role: str) -> None:
        self._scope.gateway.metrics.workers_lost.add(1, {"role": role})
        self._scope.line.send_event(call_events.WorkerFailover(role))
        self._scope.turns.advance(ev.WorkerLost(role))
        if role == "tts":
            self._agent.playout.speech_lost()

    def hands_over(self, role: str) -> bool:
        return role == "tts" and not self._agent.quiet.is_set()

    async def worker_ready(self, role: str) -> None:
        if role == "asr":
            self._caller.hearing.replay()
        elif role == "tts":
            # What was heard must be on the log before the conversation is asked to say the rest.
            await self._agent.quiet.wait()

    def worker_replaced(self, role: str) -> None:
        self._scope.turns.advance(ev.WorkerReplaced(role))
        if role == "tts":
            self._agent.say_notices_again()

    def worker_missing(self, role: str) -> None:
        self._scope.log.append(call_refused(RefusalReason.NOBODY_FREE, "none took over", role=role))
        self._agent.stop()
        self._scope.line.send_event(call_events.CallFailed(EndReason.NOBODY_FREE, self._scope.end.busy_text()))
        self._scope.end.with_busy_message(role)

    def fence(self) -> int:
        return self._agent.playout.fence
