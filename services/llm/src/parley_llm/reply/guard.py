"""The agent's guardrails in one turn: each rule that trips goes to the log once. Used by `reply` and `speech`."""

from parley.v1 import events_pb2

from parley_llm import guardrails
from parley_llm.guardrails import Tripped
from parley_llm.reply.context import TurnContext


class Guard:
    def __init__(self, turn: TurnContext) -> None:
        self._turn = turn

    def check_caller(self) -> Tripped | None:
        return self._logged(guardrails.check_caller(self._turn.agent, self._turn.known.text))

    def check_sentence(self, sentence: str) -> Tripped | None:
        return self._logged(guardrails.check_sentence(self._turn.agent, sentence))

    def _logged(self, tripped: Tripped | None) -> Tripped | None:
        if tripped is not None and not self._on_log(tripped):
            self._turn.output.append(
                events_pb2.GuardrailTripped(
                    turn=self._turn.number, rule=tripped.rule, side=tripped.side, action=tripped.action
                )
            )
        return tripped

    def _on_log(self, tripped: Tripped) -> bool:
        known = self._turn.memory.conversation.guardrails
        return any(
            one.turn == self._turn.number and one.rule == tripped.rule and one.side == tripped.side for one in known
        )
