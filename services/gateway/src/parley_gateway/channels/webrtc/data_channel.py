"""What is spoken on a peer's data channel. A channel gives its peers one kind: Parley's own JSON, below, or RTVI's."""

import json
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Protocol

from parley_core.errors import BadInput
from parley_core.reasons import EndReason, RefusalReason

from parley_gateway.admission.faults import ClientFault
from parley_gateway.admission.frame_limits import MAX_JSON_BYTES
from parley_gateway.call.call import Call
from parley_gateway.call_events import CallEvent, Refusal
from parley_gateway.channels import client_json, event_json
from parley_gateway.channels.base import ChannelContext

_MAX_PROBLEMS = 5  # wrong messages that are answered before the caller is let go


class DataChannelOwner(Protocol):
    """What a channel may do with its caller."""

    context: ChannelContext
    call: Call | None  # once it stands

    def send_text(self, text: str) -> None:
        """Send a message; what is sent before the channel is open waits, the oldest first dropped."""
        ...

    def gone(self, reason: EndReason, detail: str = "") -> None:
        """The caller wants, or has, to end: hang up."""
        ...

    def vanished(self, reason: EndReason) -> None:
        """The client is gone and may come back: its call waits for it."""
        ...

    def fail(self, fault: ClientFault, detail: str) -> None:
        """The client broke a rule: `DataChannel.problem` reports it, then its call ends."""
        ...


class DataChannel(ABC):
    """Made with its peer, before the data channel opens, and kept when the client reconnects."""

    def __init__(self, owner: DataChannelOwner) -> None:
        self.owner = owner

    @abstractmethod
    def text(self, message: str) -> None:
        """A message of the client's, at most 64 KiB."""

    @abstractmethod
    def event(self, event: CallEvent) -> None:
        """An event of the call."""

    @abstractmethod
    def refused(self, reason: RefusalReason, detail: str) -> None:
        """There is no call; the connection is closed after it."""

    @abstractmethod
    def problem(self, fault: ClientFault, detail: str) -> None:
        """A message was wrong."""

    def cleared(self) -> None:  # noqa: B027 - not every protocol has a message for it
        """Agent audio that the client has not played is to be dropped."""

    def opened(self) -> None:  # noqa: B027 - most have nothing to do
        """The data channel is open, for the first time or again."""


MakeDataChannel = Callable[[DataChannelOwner], DataChannel]


class ParleyDataChannel(DataChannel):
    """The WebSocket channel's JSON messages, each a text message, but for `start`, whose place the offer takes."""

    def __init__(self, owner: DataChannelOwner) -> None:
        super().__init__(owner)
        self._problems = 0

    def text(self, message: str) -> None:
        if len(message) > MAX_JSON_BYTES:
            self.owner.fail(ClientFault.MESSAGE_SIZE, f"messages have at most {MAX_JSON_BYTES} bytes")
            return
        try:
            told = client_json.parse_message(message.encode())
        except BadInput as error:
            self._wrong(str(error))
            return
        call = self.owner.call
        match told:
            case client_json.PingMessage():
                self._send(event_json.PONG)
            case client_json.HangUpMessage():
                self.owner.gone(EndReason.CALLER_HUNG_UP)
            case client_json.StartMessage():
                self._wrong("the offer started the call")
            case _ if call is None:
                self._wrong("the call has not started")
            case client_json.DigitsMessage():
                call.caller.digits(told.digits)
            case client_json.TextMessage():
                call.caller.typed(told.text)

    def event(self, event: CallEvent) -> None:
        self._send(event_json.to_json(event))

    def cleared(self) -> None:
        self._send(event_json.CLEAR)

    def refused(self, reason: RefusalReason, detail: str) -> None:
        self.event(Refusal(reason, detail))

    def problem(self, fault: ClientFault, detail: str) -> None:
        self._send(event_json.problem(fault, detail))

    def _send(self, message: event_json.Json) -> None:
        self.owner.send_text(json.dumps(message, separators=(",", ":")))

    def _wrong(self, detail: str) -> None:
        self._problems += 1
        if self._problems > _MAX_PROBLEMS:
            self.owner.fail(ClientFault.BAD_MESSAGE, detail)
        else:
            self.problem(ClientFault.BAD_MESSAGE, detail)
