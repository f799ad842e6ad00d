"""One RTVI client's conversation, whichever transport carries its messages: handshake, wishes, answers."""

import logging
from collections import deque
from typing import Protocol

from parley_core.errors import BadInput, NotAllowed
from parley_core.reasons import EndReason, RefusalReason

from parley_gateway.admission.faults import ClientFault
from parley_gateway.call.call import Call
from parley_gateway.call.client_tools import parse_tools
from parley_gateway.call_events import CallEvent, Ready, Refusal
from parley_gateway.channels.rtvi import messages as m
from parley_gateway.channels.rtvi.translate import Translator, error, message

log = logging.getLogger(__name__)

_MAX_WAITING = 64  # messages before the client is ready
_MAX_PROBLEMS = 50  # wrong messages, then the client is let go
CONFIGURE = "parley-configure"


class RtviTransport(Protocol):
    """What is needed of the transport."""

    @property
    def call(self) -> Call | None: ...

    def send_message(self, text: str) -> None: ...

    def gone(self, reason: EndReason, detail: str = "") -> None: ...

    def fail(self, fault: ClientFault, detail: str) -> None: ...


class RtviConversation:
    def __init__(self, transport: RtviTransport) -> None:
        self._transport = transport
        self._translator = Translator()
        self._waiting: deque[str] = deque(maxlen=_MAX_WAITING)
        self._client_ready: str | None = None  # the id of its message
        self._call_ready = False
        self._problems = 0

    def event(self, event: CallEvent) -> None:
        """An event of the call's."""
        match event:
            case Ready():
                self._call_ready = True
                self._greet()
            case Refusal(reason, detail):
                self.refused(reason, detail)  # nothing that would be waited for comes any more
                return
        for told in self._translator.told(event):
            self._send(told)

    def refused(self, reason: RefusalReason, detail: str) -> None:
        self._transport.send_message(error(f"{reason}: {detail}", fatal=True))

    def text(self, text: str) -> "m.ClientMessage | None":
        """Take a message of the client's; None for one that was wrong."""
        try:
            told = m.parse_message(text)
            self._handle(told)
        except m.InvalidMessage as wrong:
            self._problem(wrong.id, str(wrong))
            return None
        return told

    def _handle(self, told: m.ClientMessage) -> None:
        call = self._transport.call
        match told:
            case m.ClientReady():
                self._client_ready = told.id
                self._greet()
            case m.DisconnectBot():
                self._transport.gone(EndReason.CALLER_HUNG_UP)
            case _ if call is None or not self._call_ready:
                raise m.InvalidMessage("message", "the call does not stand yet", told.id)
            case m.SendText():
                call.caller.typed(told.text)
            case m.Dtmf():
                call.caller.digits(told.digits)
            case m.FunctionResult():
                self._result(call, told)
            case m.Request():
                self._request(call, told)

    def _result(self, call: Call, told: m.FunctionResult) -> None:
        try:
            waited = call.client.tool_result(told.call, told.result)
        except BadInput as wrong:
            raise m.InvalidMessage(wrong.where, wrong.problem, told.id) from None
        if not waited:
            raise m.InvalidMessage("tool_call_id", "no function call waits for this result", told.id)

    def _request(self, call: Call, told: m.Request) -> None:
        if told.kind != CONFIGURE:
            raise m.InvalidMessage("t", f"only {CONFIGURE} is known here", told.id)
        instructions = told.data.get("instructions", "")
        if not isinstance(instructions, str):
            raise m.InvalidMessage("instructions", "must be a text", told.id)
        try:
            tools = parse_tools(told.data.get("tools", []))
            call.client.configure(instructions, tools)
        except (BadInput, NotAllowed) as wrong:
            raise m.InvalidMessage("d", str(wrong), told.id) from None
        answer = {"t": CONFIGURE, "d": {"tools": [tool.name for tool in tools]}}
        self._transport.send_message(message("server-response", answer, told.id))

    def _greet(self) -> None:
        if self._client_ready is None or not self._call_ready:
            return
        self._transport.send_message(self._translator.ready(self._client_ready))
        while self._waiting:
            self._transport.send_message(self._waiting.popleft())

    def _send(self, told: str) -> None:
        if self._client_ready is None or not self._call_ready:
            self._waiting.append(told)
        else:
            self._transport.send_message(told)

    def _problem(self, id_: str, detail: str) -> None:
        self._problems += 1
        if self._problems > _MAX_PROBLEMS:
            self._transport.fail(ClientFault.BAD_MESSAGE, detail)
        else:
            self._transport.send_message(message("error-response", {"error": detail}, id_))
