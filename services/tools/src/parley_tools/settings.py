"""What the tools service is told: where calendars and tenants' rules are, and the bounds on a call."""

from parley_core.settings import ServiceSettings
from pydantic import Field


class ToolsSettings(ServiceSettings, service="tools"):
    """Fields read PARLEY_TOOLS_<FIELD>."""

    calendars: str = Field(
        "examples",
        description="A calendar's YAML file for everyone, or a folder with <tenant>/<agent>/calendar.yaml or "
        "<agent>/calendar.yaml in it",
    )
    policy: str = Field("", description="YAML file of tenants' rules; empty: every tenant may use every tool")
    calls_per_minute: int = Field(
        240, ge=1, le=100_000, description="Tool calls a minute of a tenant whose rules name no rate; per process"
    )
    attempts: int = Field(3, ge=1, le=10, description="Attempts at a call whose failure is transient")
    backoff_s: float = Field(0.1, ge=0, le=10, description="Wait before the second attempt, in seconds; then doubled")
    breaker_failures: int = Field(5, ge=1, le=1000, description="Failures in a row after which a tool rests")
    breaker_rest_s: float = Field(10.0, gt=0, le=3600, description="How long a tool rests, in seconds")
    region: str = Field("US", pattern="^[A-Z]{2}$", description="Country of phone numbers without a country code")
    area_code: str = Field(
        "212", pattern="^[0-9]{0,5}$", description="Put before local numbers of seven digits; empty: they are refused"
    )
    keep_results_days: int = Field(
        30, ge=1, le=3650, description="How long the result of a call can be had again by its idempotency key, in days"
    )
