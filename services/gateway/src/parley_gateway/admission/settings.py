"""Who may call, and how much: the admission room's slice of the settings."""

from parley_core.settings import Slice
from pydantic import Field

from parley_gateway.admission.destinations import OutgoingPolicy


class AdmissionSettings(Slice):
    default_tenant: str = Field("local", description="Tenant of requests that name none")
    default_agent: str = Field("clinic", description="Agent of requests that name none; the call page offers it first")
    routes: str = Field(
        "",
        max_length=20_000,
        description="Called number to agent: `+15550100=clinic +4930*=berlin/reception *=clinic`; "
        "empty: every number reaches the default agent",
    )
    api_key: str = Field("", description="Bearer key of the HTTP API; empty: the API is open on loopback only")
    token_secret: str = Field(
        "", description="Secret that signs callers' tokens, 32 bytes or more; empty: one shared by the bus's gateways"
    )
    token_keys: str = Field(
        "", description="Keys of those who sign callers' tokens themselves (JWK set file); empty: gateways alone"
    )
    token_ttl_s: int = Field(300, ge=10, le=86_400, description="Longest life of a token that the gateway issues (s)")
    allow_addresses: str = Field(
        "",
        max_length=20_000,
        description="Networks that may reach the channels (CIDR), separated by blanks or commas; empty: all",
    )
    deny_addresses: str = Field(
        "", max_length=20_000, description="Networks that may not; they go before `allow_addresses`"
    )
    trusted_proxies: str = Field("", description="Networks of proxies whose X-Forwarded-For is believed")
    tenant_calls: int = Field(0, ge=0, le=100_000, description="Concurrent calls per tenant; 0: no limit")
    tenant_calls_per_minute: int = Field(
        0, ge=0, le=100_000, description="New calls per tenant and minute; 0: no limit"
    )
    outgoing: OutgoingPolicy = Field(
        OutgoingPolicy(),
        description="Where outgoing calls and transfers may go, how many and for how much (JSON, see docs/outbound.md)",
    )
    address_calls: int = Field(20, ge=0, le=10_000, description="Concurrent calls per client address; 0: no limit")
    address_connections: int = Field(
        50, ge=0, le=10_000, description="Open connections per client address; 0: no limit"
    )
    address_per_minute: int = Field(
        600, ge=0, le=100_000, description="Requests and connections per client address and minute; 0: no limit"
    )
