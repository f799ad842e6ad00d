"""Where the gateway listens, and the addresses at which clients reach it: its slice of the settings."""

from parley_core.settings import Slice
from pydantic import Field


class WebSettings(Slice):
    http_host: str = Field(
        "127.0.0.1", description="Bind address of the HTTP port; beyond loopback POST /v1/tokens needs `api_key`"
    )
    http_port: int = Field(8080, ge=0, le=65535, description="HTTP port: pages, tokens, webhooks; 0: any free port")
    ws_host: str = Field("127.0.0.1", description="Bind address of the WebSocket port")
    ws_port: int = Field(8081, ge=0, le=65535, description="WebSocket port: media of all channels; 0: any free")
    ws_public_url: str = Field("", description="WebSocket address given to pages; empty: this host and ws_port")
    allowed_origins: str = Field(
        "", description="Origins whose pages may embed calls (https://example.com), comma-separated; *: any"
    )
