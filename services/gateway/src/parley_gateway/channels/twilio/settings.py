"""Settings of the Twilio channel: part of the gateway's."""

from parley_core.settings import ServiceSettings
from pydantic import Field


class TwilioSettings(ServiceSettings):
    twilio_auth_token: str = Field(
        "", max_length=200, description="The account's auth token; opens the Twilio channel. Empty: the channel is shut"
    )
    twilio_account_sid: str = Field("", max_length=34, description="AC…: the account that may call in")
    twilio_public_url: str = Field(
        "", max_length=500, description="What Twilio's webhooks call, as it calls it: https://voice.example.com"
    )
    twilio_stream_url: str = Field(
        "", max_length=500, description="The stream's wss:// address; empty: /twilio/media at the public URL"
    )
    twilio_way: str = Field(
        "media",
        pattern="^(media|relay)$",
        description="How `/twilio/voice` takes calls: media streams, or relay: Twilio recognises and speaks",
    )
    twilio_relay_url: str = Field(
        "", max_length=500, description="ConversationRelay's wss:// address; empty: /relay at the public URL"
    )
    twilio_relay_voice: str = Field("", max_length=100, description="Twilio's voice in a relay; empty: its default")
    twilio_signing_secret: str = Field(
        "", max_length=200, description="Secret of the shared key, where webhooks are signed with one (HMAC_SHA256)"
    )
    twilio_routes: str = Field(
        "", max_length=20_000, description="+15550100=tenant/agent, …: whom called numbers reach; others the default"
    )
    twilio_caller: str = Field("", max_length=20, description="+15550100: the number that calls of our own show")
    twilio_api_url: str = Field("https://api.twilio.com", max_length=500, description="Twilio's REST API")
    twilio_resumes: int = Field(3, ge=0, le=20, description="How often one call is taken up after a lost stream")
    twilio_dial_timeout_s: int = Field(20, ge=5, le=600, description="How long a transfer rings, in seconds")
