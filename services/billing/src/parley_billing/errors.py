"""Billing's own error: usage that has no price."""

from parley_core.errors import Rejected


class PriceMissing(Rejected):
    """The price table has nothing for this usage. A FAILED_PRECONDITION over gRPC: add the price, ask again."""

    def __init__(self, meter: str, provider: str, model: str) -> None:
        detail = f"no price for meter {meter!r}, provider {provider!r}, model {model!r}"
        super().__init__("billing", "price_missing", detail)
        self.meter = meter
        self.model = model
