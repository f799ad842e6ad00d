"""The platform's own words in a call: prompts after silence, apologies, the last goodbye.

They go the way of the agent's sentences, numbered past any reply's, and are said again when a speech service is lost.
"""

from collections.abc import Callable

from parley.v1 import events_pb2, live_pb2
from parley_core.bus import subjects
from parley_core.bus.log import CallLog
from parley_core.conversation import FIRST_NOTICE


class Notices:
    def __init__(self, post: Callable[[str, bytes], None], call_log: CallLog, first: int = FIRST_NOTICE) -> None:
        self._post = post
        self._log = call_log
        self._subject = subjects.live_say(call_log.tenant, call_log.call)
        self._next = first
        self._unheard: dict[int, live_pb2.Say] = {}

    def say(self, turn: int, text: str, kind: "events_pb2.SayKind.ValueType", language: str = "") -> live_pb2.Say:
        """Put a sentence on the log and on its way to the speech service; returns it as it was said."""
        number, self._next = self._next, self._next + 1
        say = self._unheard[number] = live_pb2.Say(turn=turn, sentence=number, text=text, kind=kind, language=language)
        self._log.append(events_pb2.SentenceSaid(turn=turn, sentence=number, text=text, kind=kind, language=language))
        self._post(self._subject, say.SerializeToString())
        return say

    def heard(self, number: int) -> None:
        self._unheard.pop(number, None)

    def say_again(self) -> None:
        """Say again what was not heard, to a speech service that took over."""
        for say in self._unheard.values():
            say.take += 1
            self._post(self._subject, say.SerializeToString())

    def clear(self) -> None:
        self._unheard.clear()
