"""Where the gateway listens, and the addresses at which clients reach it: its slice of the settings."""

from parley_core.settings import Slice
from pydantic import Field

_CALL = "/v1/call"  # `ws_public_url` may end in it


class WebSettings(Slice):
    http_host: str = Field(
        "127.0.0.1", description="Bind address of the HTTP and WebSocket ports; beyond loopback the API needs `api_key`"
    )
    http_port: int = Field(8080, ge=0, le=65535, description="HTTP port: pages, tokens, webhooks; 0: any free port")
    ws_port: int = Field(8081, ge=0, le=65535, description="WebSocket port: media of all channels; 0: any free")
    public_url: str = Field(
        "", max_length=500, description="Address at which carriers call the HTTP port (https://voice.example.com)"
    )
    ws_public_url: str = Field(
        "",
        max_length=500,
        description="Address at which clients and carriers reach the WebSocket port (wss://voice.example.com); "
        "empty: that of public_url, or this host and ws_port",
    )
    allowed_origins: str = Field(
        "", description="Origins whose pages may embed calls (https://example.com), comma-separated; *: any"
    )

    @property
    def public_http(self) -> str:
        return self.public_url.rstrip("/")

    @property
    def public_ws(self) -> str:
        """Without a path; empty where neither address is set."""
        if self.ws_public_url:
            return self.ws_public_url.rstrip("/").removesuffix(_CALL)
        scheme, separator, place = self.public_http.partition("://")
        return f"{'ws' if scheme == 'http' else 'wss'}://{place}" if separator else ""
