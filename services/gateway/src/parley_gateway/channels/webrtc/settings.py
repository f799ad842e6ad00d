"""Settings of the WebRTC channel: part of the gateway's."""

from parley_core.settings import ServiceSettings
from pydantic import Field


class WebRtcSettings(ServiceSettings):
    webrtc: bool = Field(True, description="Whether the WebRTC channel is open")
    webrtc_address: str = Field(
        "", max_length=200, description="Addresses for media, comma-separated; empty: http_host; 0.0.0.0: all there are"
    )
    webrtc_stun_url: str = Field("", max_length=200, description="stun:host:port, for gateways behind NAT; empty: none")
    webrtc_turn_url: str = Field("", max_length=200, description="turn:host:port?transport=udp; empty: none")
    webrtc_turn_user: str = Field("", max_length=200, description="User name at the TURN server")
    webrtc_turn_password: str = Field("", max_length=200, description="Password there; callers are told it, too")
    webrtc_connect_s: float = Field(15.0, gt=0, le=120, description="From offer to connection, in seconds")
    webrtc_pending: int = Field(64, ge=1, le=10_000, description="Offers that wait for their connection, at most")
    webrtc_lag_ms: int = Field(
        50, ge=5, le=5000, description="No new caller while its timers are this late on average, in ms"
    )
