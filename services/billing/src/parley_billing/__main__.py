"""Starts billing: `python -m parley_billing`."""

from parley_core.runtime import main

from parley_billing.app import NAME, app
from parley_billing.settings import BillingSettings

if __name__ == "__main__":
    main(NAME, BillingSettings, app)
