"""The channels of this gateway, by its settings: the only list of them."""

from typing import Protocol

from parley_gateway.channels.asterisk.channel import AsteriskChannel
from parley_gateway.channels.asterisk.settings import AsteriskSettings
from parley_gateway.channels.base import Channel, ChannelContext
from parley_gateway.channels.livekit.channel import LiveKitChannel
from parley_gateway.channels.livekit.settings import LiveKitSettings
from parley_gateway.channels.outbound.api import Dialer, OutboundChannel
from parley_gateway.channels.realtime.channel import RealtimeChannel
from parley_gateway.channels.relay.channel import RelayChannel
from parley_gateway.channels.rtvi.channel import RtviChannel
from parley_gateway.channels.sip.channel import SipChannel
from parley_gateway.channels.sip.settings import SipSettings
from parley_gateway.channels.telnyx.channel import TelnyxChannel
from parley_gateway.channels.telnyx.settings import TelnyxSettings
from parley_gateway.channels.twilio.channel import TwilioChannel
from parley_gateway.channels.twilio.settings import TwilioSettings
from parley_gateway.channels.webrtc.channel import WebRtcChannel
from parley_gateway.channels.webrtc.settings import WebRtcSettings
from parley_gateway.channels.websocket.channel import WebSocketChannel


class ChannelSettings(Protocol):
    """The slices of the channels; `GatewaySettings` has them."""

    @property
    def asterisk(self) -> AsteriskSettings: ...

    @property
    def livekit(self) -> LiveKitSettings: ...

    @property
    def sip(self) -> SipSettings: ...

    @property
    def telnyx(self) -> TelnyxSettings: ...

    @property
    def twilio(self) -> TwilioSettings: ...

    @property
    def webrtc(self) -> WebRtcSettings: ...


def open_channels(context: ChannelContext, settings: ChannelSettings) -> list[Channel]:
    channels: list[Channel] = [
        WebSocketChannel(context),
        RealtimeChannel(context),
        RtviChannel(context, settings.webrtc),
        RelayChannel(context),
    ]
    if settings.asterisk.password:
        channels.append(AsteriskChannel(context, settings.asterisk))
    if settings.webrtc.enabled:
        channels.append(WebRtcChannel(context, settings.webrtc))
    if settings.sip.port:
        channels.append(SipChannel(context, settings.sip))
    if settings.twilio.auth_token:
        channels.append(TwilioChannel(context, settings.twilio))
    if settings.telnyx.api_key:
        channels.append(TelnyxChannel(context, settings.telnyx))
    if settings.livekit.url:
        channels.append(LiveKitChannel(context, settings.livekit))
    no_way_out = "" if settings.sip.trunk else SipChannel.name
    dialers = [channel for channel in channels if isinstance(channel, Dialer) and channel.name != no_way_out]
    if dialers:
        channels.append(OutboundChannel(context, dialers))
    return channels
