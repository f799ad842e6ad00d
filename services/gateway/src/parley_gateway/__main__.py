"""Start the gateway: `python -m parley_gateway`."""

from parley_core.runtime import main

from parley_gateway.app import app
from parley_gateway.settings import GatewaySettings

if __name__ == "__main__":
    main("gateway", GatewaySettings, app)
