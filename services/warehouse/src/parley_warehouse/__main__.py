"""`python -m parley_warehouse`: settings, logging, then `app.run` until a signal."""

import asyncio
import logging
import sys

from parley_warehouse.app import run
from parley_warehouse.errors import StartRefused
from parley_warehouse.settings import WarehouseSettings


def main() -> int:
    try:
        settings = WarehouseSettings.load()
        logging.basicConfig(
            level=settings.log_level.upper(), format="%(asctime)s %(levelname)s %(name)s %(message)s", stream=sys.stderr
        )
        asyncio.run(run(settings))
    except StartRefused as refusal:
        sys.stderr.write(f"warehouse: {refusal}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
