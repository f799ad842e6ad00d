"""What billing is told beside the shared settings."""

from parley_core.settings import ServiceSettings
from pydantic import Field


class BillingSettings(ServiceSettings, service="billing"):
    """Fields read PARLEY_BILLING_<FIELD>."""

    prices: str = Field("", description="YAML file of prices; empty: the table in the package (prices.yaml)")
