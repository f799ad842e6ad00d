"""Settings of the Telnyx channel: part of the gateway's."""

from parley_core.settings import ServiceSettings
from pydantic import Field


class TelnyxSettings(ServiceSettings):
    telnyx_api_key: str = Field("", max_length=200, description="Opens the Telnyx channel. Empty: the channel is shut")
    telnyx_public_key: str = Field(
        "", max_length=100, description="The portal's public key, base64: webhooks are signed with its other half"
    )
    telnyx_stream_url: str = Field(
        "", max_length=500, description="Where Telnyx opens the stream: wss://voice.example.com/telnyx/media"
    )
    telnyx_way: str = Field(
        "media",
        pattern="^(media|relay)$",
        description="How calls are taken: media streams, or relay: Telnyx recognises and speaks",
    )
    telnyx_relay_url: str = Field(
        "", max_length=500, description="Where Telnyx opens its relay: wss://voice.example.com/relay"
    )
    telnyx_relay_voice: str = Field("", max_length=200, description="Telnyx's voice in a relay; empty: its default")
    telnyx_routes: str = Field(
        "", max_length=20_000, description="+15550100=tenant/agent, …: whom called numbers reach; others the default"
    )
    telnyx_codec: str = Field("PCMU", pattern="^(PCMU|PCMA|L16)$", description="Of the stream, both ways")
    telnyx_rate_hz: int = Field(16_000, ge=8000, le=48_000, description="Of L16; PCMU and PCMA have 8000")
    telnyx_l16_big_endian: bool = Field(False, description="Byte order of L16: try both on a live line")
    telnyx_caller: str = Field("", max_length=20, description="+15550100: the number that calls of our own show")
    telnyx_connection_id: str = Field("", max_length=50, description="The call control application that places them")
    telnyx_api_url: str = Field("https://api.telnyx.com", max_length=500, description="Telnyx's REST API")
    telnyx_resumes: int = Field(3, ge=0, le=20, description="How often one call is taken up after a lost stream")
    telnyx_ring_s: int = Field(20, ge=5, le=600, description="How long a transfer rings, in seconds")
