"""What drafts cost: kept until it is known whether they are heard. `call` reports what happens to a draft.

A draft that becomes real is used like any other speech; one that is dropped was wasted, and is measured as that.
"""

from parley.v1 import events_pb2, live_pb2

from parley_tts.ports import Output


class DraftUsage:
    def __init__(self, output: Output) -> None:
        self._output = output
        self._held: dict[tuple[int, int], list[events_pb2.UsageMeasured]] = {}  # by turn and draft
        self._real = (0, 0)  # turn and draft of the newest commit

    def measured(self, say: live_pb2.Say, usage: events_pb2.UsageMeasured) -> None:
        """Take what a sentence has used: it is put on the log now, or when its draft's end is known."""
        if not say.draft or self._real == (say.turn, say.draft):
            self._output.record(usage)
        else:
            self._held.setdefault((say.turn, say.draft), []).append(usage)

    def pending(self, say: live_pb2.Say) -> bool:
        """Whether the sentence may not be played yet."""
        return bool(say.draft) and self._real != (say.turn, say.draft)

    def committed(self, turn: int, draft: int) -> None:
        """The turn is committed with this draft, or (0) without one: older ones are never heard."""
        self._real = (turn, draft)
        for usage in self._held.pop(self._real, ()):
            self._output.record(usage)
        for key in [key for key in self._held if key[0] <= turn]:
            self._waste(key)

    def dropped(self, turn: int, draft: int) -> None:
        self._waste((turn, draft))

    def close(self) -> None:
        for key in list(self._held):
            self._waste(key)

    def _waste(self, key: tuple[int, int]) -> None:
        for usage in self._held.pop(key, ()):
            usage.wasted = True
            self._output.record(usage)
