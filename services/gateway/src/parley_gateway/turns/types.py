"""The words that events, commands and the state share: phases, timers, sounds, reasons. See `machine`."""

from enum import IntEnum, StrEnum

from parley.v1 import events_pb2


class Phase(StrEnum):
    IDLE = "idle"  # nobody speaks
    LISTENING = "listening"  # the caller speaks
    PAUSING = "pausing"  # the caller is silent, the turn may be over
    COMMITTED = "committed"  # the turn is over, the agent has not begun
    SPEAKING = "speaking"  # the agent speaks


class Timer(StrEnum):
    """At most one of each runs; starting it again moves it."""

    PAUSE = "pause"  # the caller's silence ends the utterance
    BARGE_IN = "barge_in"  # the caller has spoken over the agent for so long that it is meant
    DUCK = "duck"  # voice over the agent in which no word was found for long
    HALT = "halt"  # the agent has fallen silent for a voice, and no word of it has come
    COMMIT = "commit"  # the turn may be committed now
    HEARD = "heard"  # the final text is overdue
    REPLY = "reply"  # the agent's answer, or the rest of it, is overdue
    SILENCE = "silence"  # nobody has said anything for long
    WARNING = "warning"  # the call is about to reach its limit
    LIMIT = "limit"  # the call has lasted as long as it may
    UTTERANCE = "utterance"  # one utterance has lasted as long as it may
    DIGITS = "digits"  # no further digit came


class Sound(StrEnum):
    """Whose voice an utterance is, by its sound beside the agent's."""

    UNKNOWN = "unknown"  # there is no sound to compare, or it shows neither
    ECHO = "echo"  # the agent's, that comes back
    CALLER = "caller"


class CommitReason(IntEnum):
    PAUSE = events_pb2.COMMIT_REASON_PAUSE
    COMPLETE = events_pb2.COMMIT_REASON_COMPLETE
    LIMIT = events_pb2.COMMIT_REASON_LIMIT
    DIGITS = events_pb2.COMMIT_REASON_DIGITS
    TYPED = events_pb2.COMMIT_REASON_TYPED
    RESUME = events_pb2.COMMIT_REASON_RESUME
    ASKED = events_pb2.COMMIT_REASON_ASKED

    @property
    def spoken(self) -> bool:
        return self in (CommitReason.PAUSE, CommitReason.COMPLETE, CommitReason.LIMIT, CommitReason.ASKED)


class Then(IntEnum):
    """What follows when the reply was heard to its end."""

    LISTEN = events_pb2.AFTER_REPLY_LISTEN
    HANG_UP = events_pb2.AFTER_REPLY_HANG_UP
    HAND_OFF = events_pb2.AFTER_REPLY_HAND_OFF
