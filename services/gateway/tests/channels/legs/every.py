"""One leg of every channel."""

from .bench import OpenBench
from .carriers import telnyx, twilio
from .rooms import livekit, webrtc
from .sip import sip
from .sockets import asterisk, realtime, relay, rtvi, websocket

ALL: dict[str, OpenBench] = {
    "websocket": websocket,
    "webrtc": webrtc,
    "livekit": livekit,
    "rtvi": rtvi,
    "realtime": realtime,
    "relay": relay,
    "twilio": twilio,
    "telnyx": telnyx,
    "asterisk": asterisk,
    "sip": sip,
}
