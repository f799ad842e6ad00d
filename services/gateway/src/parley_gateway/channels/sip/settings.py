"""Settings of the SIP channel: part of the gateway's."""

from parley_core.settings import ServiceSettings
from pydantic import Field


class SipSettings(ServiceSettings):
    sip_host: str = Field("127.0.0.1", description="Where SIP and RTP listen; 0.0.0.0: everywhere")
    sip_port: int = Field(
        0, ge=0, le=65535, description="SIP over UDP and TCP; opens the SIP channel. 0: the channel is shut"
    )
    sip_tls_port: int = Field(0, ge=0, le=65535, description="SIP over TLS; 0: none")
    sip_tls_cert: str = Field("", description="PEM file of the certificate chain for TLS")
    sip_tls_key: str = Field("", description="PEM file of its private key")
    sip_tls_ca: str = Field(
        "", description="PEM file that the trunk's certificate is checked with; empty: the system's"
    )
    sip_public_address: str = Field(
        "", max_length=253, description="The address that peers reach this gateway at, behind NAT; empty: the local one"
    )
    sip_allow: str = Field(
        "127.0.0.1 ::1",
        max_length=4000,
        description="Addresses and networks that may call without a password; all others answer a digest challenge",
    )
    sip_user: str = Field("", max_length=100, description="User that callers from elsewhere authenticate as")
    sip_password: str = Field("", max_length=200, description="Its password; empty: nobody from elsewhere may call")
    sip_realm: str = Field("parley", max_length=100, description="Realm of the digest challenge")
    sip_routes: str = Field(
        "",
        max_length=16_000,
        description="Called user or number to agent: `100=clinic +4930*=berlin/reception`; `*` ends a prefix",
    )
    sip_default_agent: str = Field(
        "", max_length=130, description="Agent, or tenant/agent, of all other numbers; empty: they get 404"
    )
    sip_codecs: str = Field(
        "opus G722 PCMA PCMU", max_length=100, description="Codecs that are spoken; the caller's order decides"
    )
    sip_rtp_ports: str = Field(
        "20000-29999", pattern=r"^\d{4,5}-\d{4,5}$", description="UDP ports of the calls' audio, two each"
    )
    sip_rtp_timeout_s: float = Field(
        20.0,
        gt=1,
        le=600,
        description="End a call after this many seconds with neither RTP nor RTCP; not while on hold",
    )
    sip_hold_s: float = Field(600.0, gt=1, le=86_400, description="How long a call may be on hold, in seconds")
    sip_session_expires_s: int = Field(
        1800, ge=90, le=86_400, description="Session timer (RFC 4028) with peers that keep one, in seconds"
    )
    sip_trunk: str = Field(
        "", max_length=300, description="Where calls are placed: `udp:host:port`, `tcp:…` or `tls:…`; empty: nowhere"
    )
    sip_caller: str = Field("", max_length=200, description="+15550100 or sip:…: the number that calls of our own show")
    sip_trunk_user: str = Field("", max_length=100, description="User at the trunk")
    sip_trunk_password: str = Field("", max_length=200, description="Its password")
