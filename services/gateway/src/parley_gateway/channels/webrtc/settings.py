"""The WebRTC channel's slice of the settings."""

from parley_core.settings import Slice
from pydantic import Field


class WebRtcSettings(Slice, prefix="webrtc_"):
    enabled: bool = Field(True, description="Enable the WebRTC channel")
    address: str = Field(
        "",
        max_length=200,
        description="Addresses for media, comma-separated; empty: http_host; 0.0.0.0: all",
    )
    lag_ms: int = Field(
        50, ge=5, le=5000, description="Mean timer lateness above which no new WebRTC caller is taken (ms)"
    )
    stun_url: str = Field("", max_length=200, description="STUN server for gateways behind NAT (stun:host:port)")
    turn_url: str = Field("", max_length=200, description="TURN server (turn:host:port?transport=udp)")
    turn_user: str = Field(
        "", max_length=200, description="User name at the TURN server; empty: `turn_password` is a shared secret"
    )
    turn_password: str = Field(
        "",
        max_length=200,
        description="Password at the TURN server, which callers receive too; or the secret that the server shares "
        "(coturn: static-auth-secret), of which callers get credentials for four hours",
    )

    @property
    def has_ice_servers(self) -> bool:
        return bool(self.stun_url or self.turn_url)
