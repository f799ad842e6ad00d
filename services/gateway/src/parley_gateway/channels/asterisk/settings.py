"""The Asterisk channel's slice of the settings."""

from parley_core.settings import Slice
from pydantic import Field


class AsteriskSettings(Slice, prefix="asterisk_"):
    user: str = Field("asterisk", max_length=100, description="`username` in Asterisk's websocket_client.conf")
    password: str = Field("", max_length=200, description="`password` there; empty: the Asterisk channel is disabled")
