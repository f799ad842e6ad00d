"""Settings of the Asterisk channel: part of the gateway's."""

from parley_core.settings import ServiceSettings
from pydantic import Field


class AsteriskSettings(ServiceSettings):
    asterisk_user: str = Field("asterisk", max_length=100, description="`username` in Asterisk's websocket_client.conf")
    asterisk_password: str = Field(
        "", max_length=200, description="`password` there; opens the Asterisk channel. Empty: the channel is shut"
    )
