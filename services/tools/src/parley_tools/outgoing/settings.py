"""How a tenant sends: part of the tenants' rules (`policy`)."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Reference = Field("", repr=False, description="Password or key by reference: `env:NAME`, `file:/path`, `stored:name`")


class SmsSettings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    provider: Literal["twilio", "telnyx"]
    sender: str = Field(min_length=1, max_length=64, description="Number, or Twilio's messaging service (MG…)")
    account: str = Field("", pattern="^(|AC[0-9a-f]{32})$", description="Twilio's account; not for Telnyx")
    key: str = Reference
    url: str = Field("", pattern="^(|https?://.+)$", description="Address of the API; empty: the provider's own")


class EmailSettings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    host: str = Field(min_length=1, max_length=253, description="SMTP server (submission)")
    port: int = Field(587, ge=1, le=65535)
    security: Literal["tls", "starttls", "none"] = "starttls"
    sender: str = Field(pattern=r"^[^\s<>@]+@[^\s<>@]+$", max_length=254, description="Address that mail comes from")
    username: str = ""
    key: str = Reference
