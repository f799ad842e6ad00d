"""The Twilio channel's slice of the settings."""

from parley_core.settings import Slice
from pydantic import Field


class TwilioSettings(Slice, prefix="twilio_"):
    auth_token: str = Field(
        "", max_length=200, description="Auth token of the Twilio account; empty: the Twilio channel is disabled"
    )
    account_sid: str = Field("", max_length=34, description="Account that may call in (AC…)")
    way: str = Field(
        "media",
        pattern="^(media|relay)$",
        description="Call handling of /twilio/voice: media streams, or relay with Twilio's recognition and voice",
    )
    relay_voice: str = Field("", max_length=100, description="Twilio's voice in a relay; empty: its default")
    signing_secret: str = Field(
        "", max_length=200, description="Shared key that signs webhooks with HMAC-SHA256; empty: the auth token signs"
    )
    caller: str = Field("", max_length=20, description="Caller id of outbound Twilio calls (+15550100)")
    api_url: str = Field("https://api.twilio.com", max_length=500, description="Address of Twilio's REST API")
