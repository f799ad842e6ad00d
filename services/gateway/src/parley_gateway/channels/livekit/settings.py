"""Settings of the LiveKit channel: part of the gateway's."""

from parley_core.settings import ServiceSettings
from pydantic import Field


class LiveKitSettings(ServiceSettings):
    livekit_url: str = Field(
        "", pattern="^(|wss?://.+)$", description="A LiveKit server, ws:// or wss://; empty: the channel is shut"
    )
    livekit_api_key: str = Field("", description="The key with which agents' room tokens are made")
    livekit_api_secret: str = Field("", description="The secret that goes with it")
    livekit_wait_s: float = Field(
        30.0, gt=0, le=3600, description="How long an agent waits alone in a room for somebody's audio, in seconds"
    )
