"""Settings of the tools service: calendars, tenants' rules, and the bounds on a call."""

from typing import ClassVar

from parley_core.settings import ServiceSettings, constants
from pydantic import Field


class ToolsSettings(ServiceSettings, service="tools"):
    """Fields read PARLEY_TOOLS_<FIELD>."""

    calendars: str = Field(
        "examples",
        description="Calendar of all agents (YAML file), or a folder with <tenant>/<agent>/calendar.yaml or "
        "<agent>/calendar.yaml",
    )
    policy: str = Field("", description="Tenants' rules (YAML file); empty: every tenant may use every tool")
    calls_per_minute: int = Field(
        240, ge=1, le=100_000, description="Tool calls per tenant and minute, unless the tenant's rules name a rate"
    )
    region: str = Field("US", pattern="^[A-Z]{2}$", description="Country of phone numbers without a country code")
    area_code: str = Field(
        "212", pattern="^[0-9]{0,5}$", description="Area code of local numbers of seven digits; empty: they are refused"
    )
    keys: str = Field(
        "",
        description="File of the master keys that encrypt tenants' secrets (base64, one a line, the newest first); "
        "made where it is missing. Empty: no secrets are stored",
    )
    keep_results_days: int = Field(30, ge=1, le=3650, description="Retention of results by idempotency key (days)")

    removed: ClassVar = constants("attempts", "backoff_s", "breaker_failures", "breaker_rest_s")
