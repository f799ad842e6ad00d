"""The channels of this gateway, by its settings: the only list of them."""

from parley_gateway.channels.asterisk.channel import AsteriskChannel
from parley_gateway.channels.base import Channel, ChannelContext
from parley_gateway.channels.livekit.channel import LiveKitChannel
from parley_gateway.channels.outbound.api import Dialer, OutboundChannel
from parley_gateway.channels.realtime.channel import RealtimeChannel
from parley_gateway.channels.relay.channel import RelayChannel
from parley_gateway.channels.rtvi.channel import RtviChannel
from parley_gateway.channels.sip.channel import SipChannel
from parley_gateway.channels.telnyx.channel import TelnyxChannel
from parley_gateway.channels.twilio.channel import TwilioChannel
from parley_gateway.channels.webrtc.channel import WebRtcChannel
from parley_gateway.channels.websocket.channel import WebSocketChannel


def open_channels(context: ChannelContext) -> list[Channel]:
    settings = context.gateway.settings
    channels: list[Channel] = [
        WebSocketChannel(context),
        RealtimeChannel(context),
        RtviChannel(context),
        RelayChannel(context),
    ]
    if settings.asterisk_password:
        channels.append(AsteriskChannel(context))
    if settings.webrtc:
        channels.append(WebRtcChannel(context))
    if settings.sip_port:
        channels.append(SipChannel(context))
    if settings.twilio_auth_token:
        channels.append(TwilioChannel(context))
    if settings.telnyx_api_key:
        channels.append(TelnyxChannel(context))
    if settings.livekit_url:
        channels.append(LiveKitChannel(context))
    no_way_out = "" if settings.sip_trunk else SipChannel.name
    dialers = [channel for channel in channels if isinstance(channel, Dialer) and channel.name != no_way_out]
    if dialers:
        channels.append(OutboundChannel(context, dialers))
    return channels
