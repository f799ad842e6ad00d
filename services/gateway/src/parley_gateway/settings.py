"""The gateway's settings. Read once at the start; every field from PARLEY_GATEWAY_<FIELD>."""

from pydantic import Field

from parley_gateway.channels.asterisk.settings import AsteriskSettings
from parley_gateway.channels.livekit.settings import LiveKitSettings
from parley_gateway.channels.sip.settings import SipSettings
from parley_gateway.channels.telnyx.settings import TelnyxSettings
from parley_gateway.channels.twilio.settings import TwilioSettings
from parley_gateway.channels.webrtc.settings import WebRtcSettings


class GatewaySettings(
    AsteriskSettings,
    LiveKitSettings,
    SipSettings,
    TelnyxSettings,
    TwilioSettings,
    WebRtcSettings,
    service="gateway",
):
    http_host: str = Field("127.0.0.1", description="Call page and tokens; beyond loopback tokens need `api_key`")
    http_port: int = Field(8080, ge=0, le=65535, description="0: any free port")
    ws_host: str = Field("127.0.0.1", description="The WebSocket channel")
    ws_port: int = Field(8081, ge=0, le=65535, description="0: any free port")
    ws_public_url: str = Field("", description="What pages are told to connect to; empty: this host and ws_port")
    default_tenant: str = Field("local", description="Tenant of tokens that ask for none")
    default_agent: str = Field("clinic", description="Agent that the call page offers first")
    token_secret: str = Field(
        "", description="Signs callers' tokens, 16 bytes or more; empty: one that the gateways of the bus share"
    )
    token_ttl_s: int = Field(300, ge=10, le=86_400, description="How long a token opens calls, in seconds")
    api_key: str = Field("", description="Bearer key for POST /v1/tokens; empty: only on loopback, without a key")

    allowed_origins: str = Field(
        "", description="Sites whose pages may embed calls, separated by commas (https://example.com); *: any"
    )
    trusted_proxies: str = Field("", description="Networks whose X-Forwarded-For is believed, separated by commas")

    tenant_calls: int = Field(0, ge=0, le=100_000, description="Calls of one tenant at the same time; 0: any number")
    tenant_calls_per_minute: int = Field(0, ge=0, le=100_000, description="Calls a tenant may begin; 0: any number")
    address_calls: int = Field(20, ge=0, le=10_000, description="Calls from one address; 0: any number")
    address_connections: int = Field(50, ge=0, le=10_000, description="Connections from one address; 0: any number")
    address_per_minute: int = Field(
        600, ge=0, le=100_000, description="Requests and connections from one address; 0: any number"
    )
    limit_text: str = Field(
        "I am sorry, no further call can be taken from you right now. Please try again later. Goodbye.",
        max_length=500,
        description="Heard by callers above a limit",
    )
    capacity: int = Field(100, ge=1, le=10_000, description="Calls at the same time in this process")
    claim_wait_s: float = Field(3.0, gt=0, le=60, description="How long a new call looks for its workers, in seconds")
    resume_wait_s: float = Field(15.0, gt=0, le=120, description="The same for a lost worker's replacement, in seconds")
    start_timeout_s: float = Field(5.0, gt=0, le=60, description="From connecting to the start message, in seconds")
    gone_after_s: float = Field(10.0, gt=0, le=300, description="A client silent for so long is gone, in seconds")
    reconnect_window_s: float = Field(
        15.0, ge=0, le=120, description="How long a call waits for a client that was lost, in seconds; 0: not at all"
    )
    ahead_s: float = Field(2.0, gt=0, le=30, description="Audio may run ahead of real time by so much, in seconds")
    unread_bytes: int = Field(
        65_536, ge=4096, le=4_194_304, description="Bytes a client may leave unread, then it ends"
    )
    busy_text: str = Field(
        "All of our lines are busy right now. Please call again in a few minutes. Goodbye.",
        max_length=500,
        description="Heard by callers for whom nobody is free",
    )
    time_warning_s: float = Field(
        30.0, ge=0, le=600, description="How long before the time limit, in seconds; 0: not at all"
    )
    heard_timeout_s: float = Field(4.0, gt=0.2, le=60, description="Final text overdue: another asr, in seconds")
    reply_timeout_s: float = Field(12.0, gt=0.5, le=120, description="Reply overdue: another worker, in seconds")
    max_utterance_s: float = Field(30.0, ge=5, le=120, description="Longest utterance in one piece, in seconds")
    digits_wait_s: float = Field(2.0, ge=0.2, le=20, description="Silence that ends keyed digits, in seconds")
    client_tool_s: float = Field(8.0, gt=0, le=10, description="A client's own tool overdue: an error, in seconds")
    playout_lead_ms: int = Field(60, ge=0, le=400, description="How far sent audio may be ahead of the ear")
    record: bool = Field(True, description="Whether calls are recorded")
