"""RTVI on a WebRTC peer's data channel, as Pipecat's small WebRTC transport speaks it (client 1.10).

Beside RTVI's messages it carries `ping: <ms>` once a second, which is only a sign of life, and the transport's own
signalling, which tells which tracks are muted: silence tells as much.
"""

import json

from parley_core.reasons import EndReason, RefusalReason

from parley_gateway.admission.faults import ClientFault
from parley_gateway.call.call import Call
from parley_gateway.call_events import CallEvent, Ended
from parley_gateway.channels.rtvi.conversation import RtviConversation
from parley_gateway.channels.rtvi.translate import error
from parley_gateway.channels.webrtc.data_channel import Channel, Line

_PING = "ping"
_PEER_LEFT = json.dumps({"type": "signalling", "message": {"type": "peerLeft"}}, separators=(",", ":"))


class RtviDataChannel(Channel):
    def __init__(self, line: Line) -> None:
        super().__init__(line)
        self._conversation = RtviConversation(self)

    # Channel

    def text(self, message: str) -> None:
        if not message.startswith(_PING) and not _is_signalling(message):
            self._conversation.text(message)

    def event(self, event: CallEvent) -> None:
        self._conversation.event(event)
        if isinstance(event, Ended):
            self.send_message(_PEER_LEFT)

    def refused(self, reason: RefusalReason, detail: str) -> None:
        self._conversation.refused(reason, detail)

    def problem(self, fault: ClientFault, detail: str) -> None:
        self.send_message(error(f"{fault}: {detail}", fatal=True))

    # What the conversation needs

    @property
    def call(self) -> Call | None:
        return self.line.call

    def send_message(self, text: str) -> None:
        self.line.send_text(text)

    def gone(self, reason: EndReason, detail: str = "") -> None:
        self.line.gone(reason, detail)

    def fail(self, fault: ClientFault, detail: str) -> None:
        self.line.fail(fault, detail)


def _is_signalling(message: str) -> bool:
    if '"signalling"' not in message[:200]:
        return False
    try:
        told = json.loads(message)
    except (ValueError, RecursionError):
        return False
    return isinstance(told, dict) and told.get("type") == "signalling"
