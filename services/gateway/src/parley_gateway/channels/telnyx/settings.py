"""The Telnyx channel's slice of the settings."""

from parley_core.settings import Slice
from pydantic import Field


class TelnyxSettings(Slice, prefix="telnyx_"):
    api_key: str = Field("", max_length=200, description="API key of Telnyx; empty: the Telnyx channel is disabled")
    public_key: str = Field(
        "", max_length=100, description="Public key of the Telnyx portal, base64: verifies the webhooks' signatures"
    )
    way: str = Field(
        "media",
        pattern="^(media|relay)$",
        description="Call handling: media streams, or relay with Telnyx's recognition and voice",
    )
    relay_voice: str = Field("", max_length=200, description="Telnyx's voice in a relay; empty: its default")
    codec: str = Field("PCMU", pattern="^(PCMU|PCMA|L16)$", description="Codec of the media stream; L16 has 16 kHz")
    l16_big_endian: bool = Field(False, description="Byte order of L16; not documented: try both on a live line")
    caller: str = Field("", max_length=20, description="Caller id of outbound Telnyx calls (+15550100)")
    connection_id: str = Field("", max_length=50, description="Call control application for outbound calls")
    api_url: str = Field("https://api.telnyx.com", max_length=500, description="Address of Telnyx's REST API")
