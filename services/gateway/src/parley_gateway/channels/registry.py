"""The doors of this gateway, by its settings: the only list of them."""

from parley_gateway.channels.asterisk.channel import AsteriskDoor
from parley_gateway.channels.base import Door, Entrance
from parley_gateway.channels.livekit.channel import LiveKitDoor
from parley_gateway.channels.outbound.api import Dialer, OutboundDoor
from parley_gateway.channels.realtime.channel import RealtimeDoor
from parley_gateway.channels.relay.channel import RelayDoor
from parley_gateway.channels.rtvi.channel import RtviDoor
from parley_gateway.channels.sip.channel import SipDoor
from parley_gateway.channels.telnyx.channel import TelnyxDoor
from parley_gateway.channels.twilio.channel import TwilioDoor
from parley_gateway.channels.webrtc.channel import WebRtcDoor
from parley_gateway.channels.websocket.channel import WebSocketDoor


def open_doors(entrance: Entrance) -> list[Door]:
    settings = entrance.platform.settings
    doors: list[Door] = [WebSocketDoor(entrance), RealtimeDoor(entrance), RtviDoor(entrance), RelayDoor(entrance)]
    if settings.asterisk_password:
        doors.append(AsteriskDoor(entrance))
    if settings.webrtc:
        doors.append(WebRtcDoor(entrance))
    if settings.sip_port:
        doors.append(SipDoor(entrance))
    if settings.twilio_auth_token:
        doors.append(TwilioDoor(entrance))
    if settings.telnyx_api_key:
        doors.append(TelnyxDoor(entrance))
    if settings.livekit_url:
        doors.append(LiveKitDoor(entrance))
    no_way_out = "" if settings.sip_trunk else SipDoor.name
    dialers = [door for door in doors if isinstance(door, Dialer) and door.name != no_way_out]
    if dialers:
        doors.append(OutboundDoor(entrance, dialers))
    return doors
