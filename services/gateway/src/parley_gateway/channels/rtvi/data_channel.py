"""RTVI on a WebRTC peer's data channel, as Pipecat's small WebRTC transport speaks it (client 1.10).

Beside RTVI's messages it carries `ping: <ms>` once a second, which is only a sign of life, and the transport's own
signalling of muted tracks, which is ignored: their silence says the same.
"""

import json

from parley_core.reasons import EndReason, RefusalReason
from parley_core.text import load_json

from parley_gateway.admission.faults import ClientFault
from parley_gateway.call.call import Call
from parley_gateway.call_events import CallEvent, Ended
from parley_gateway.channels.rtvi.conversation import RtviConversation
from parley_gateway.channels.rtvi.translate import error
from parley_gateway.channels.webrtc.data_channel import DataChannel, DataChannelOwner

_PING = "ping"
_PEER_LEFT = json.dumps({"type": "signalling", "message": {"type": "peerLeft"}}, separators=(",", ":"))


class RtviDataChannel(DataChannel):
    def __init__(self, owner: DataChannelOwner) -> None:
        super().__init__(owner)
        self._conversation = RtviConversation(self)

    # DataChannel

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
        return self.owner.call

    def send_message(self, text: str) -> None:
        self.owner.send_text(text)

    def gone(self, reason: EndReason, detail: str = "") -> None:
        self.owner.gone(reason, detail)

    def fail(self, fault: ClientFault, detail: str) -> None:
        self.owner.fail(fault, detail)


def _is_signalling(message: str) -> bool:
    if '"signalling"' not in message[:200]:
        return False
    try:
        told = load_json(message)
    except ValueError:
        return False
    return isinstance(told, dict) and told.get("type") == "signalling"
