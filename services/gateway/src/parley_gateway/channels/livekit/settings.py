"""The LiveKit channel's slice of the settings."""

from parley_core.settings import Slice
from pydantic import Field


class LiveKitSettings(Slice, prefix="livekit_"):
    url: str = Field(
        "",
        pattern="^(|wss?://.+)$",
        description="LiveKit server (ws:// or wss://); empty: the channel is disabled",
    )
    api_key: str = Field("", description="API key of the LiveKit server, for the agents' room tokens")
    api_secret: str = Field("", description="Secret of that API key")
