"""What a call's speech needs of the world around it."""

from typing import Protocol

from google.protobuf.message import Message
from parley.v1 import live_pb2


class Output(Protocol):
    """Where audio and facts go. Neither method waits."""

    def audio(self, message: live_pb2.AudioOut) -> None: ...

    def record(self, body: Message) -> None:
        """Append to the call's log."""
        ...
