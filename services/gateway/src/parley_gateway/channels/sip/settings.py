"""The SIP channel's slice of the settings."""

from parley_core.settings import Slice
from pydantic import Field


class SipSettings(Slice, prefix="sip_"):
    host: str = Field("127.0.0.1", description="Bind address of SIP and RTP; 0.0.0.0: all interfaces")
    port: int = Field(0, ge=0, le=65535, description="SIP port, UDP and TCP; 0: the SIP channel is disabled")
    tls_port: int = Field(0, ge=0, le=65535, description="SIP port for TLS; 0: none")
    tls_cert: str = Field("", description="Certificate chain for TLS (PEM file)")
    tls_key: str = Field("", description="Private key for TLS (PEM file)")
    tls_ca: str = Field("", description="CA that signs the trunk's certificate (PEM file); empty: the system's")
    public_address: str = Field(
        "", max_length=253, description="Address in SIP and SDP for gateways behind NAT; empty: the local one"
    )
    allow: str = Field(
        "127.0.0.1 ::1",
        max_length=4000,
        description="Addresses and networks that may call without a password; all others get a digest challenge",
    )
    user: str = Field("", max_length=100, description="User name for digest authentication of incoming calls")
    password: str = Field("", max_length=200, description="Password of that user; empty: only `sip_allow` may call")
    codecs: str = Field("opus G722 PCMA PCMU", max_length=100, description="Codecs offered and accepted")
    rtp_ports: str = Field("20000-29999", pattern=r"^\d{4,5}-\d{4,5}$", description="UDP ports for RTP, two per call")
    trunk: str = Field(
        "", max_length=300, description="SIP trunk for outbound calls (udp:host:port, tcp:… or tls:…); empty: none"
    )
    caller: str = Field("", max_length=200, description="Caller id of outbound SIP calls (+15550100 or sip:…)")
    trunk_user: str = Field("", max_length=100, description="User name at the trunk")
    trunk_password: str = Field("", max_length=200, description="Password at the trunk")
