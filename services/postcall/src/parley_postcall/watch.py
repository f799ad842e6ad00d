"""Keeps the health of the bus and the warehouse current. The warehouse may be away: calls wait for it in Temporal."""

import asyncio
import logging
from typing import Final

from parley_core.bus.connection import NatsBus
from parley_core.errors import ParleyError
from parley_core.health import Health

from parley_postcall.ports import Warehouse

log = logging.getLogger(__name__)

BUS_EVERY_S: Final = 1.0
WAREHOUSE_EVERY_S: Final = 10.0
WAREHOUSE_AWAY_EVERY_S: Final = 1.0


async def watch_bus(health: Health, bus: NatsBus) -> None:
    while True:
        connected = bus.connected
        health.set("bus", connected, "" if connected else "reconnecting")
        await asyncio.sleep(BUS_EVERY_S)


async def watch_warehouse(health: Health, warehouse: Warehouse) -> None:
    """Prepare the tables as soon as the warehouse is there, then ask now and then whether it still is."""
    well = False
    while True:
        try:
            await warehouse.prepare()
            await warehouse.check()
        except ParleyError as error:
            if well or not error.permanent:
                log.warning("ClickHouse unreachable", extra={"error": str(error)})
            well = False
            health.set("warehouse", False, str(error))
        else:
            well = True
            health.set("warehouse", True)
        await asyncio.sleep(WAREHOUSE_EVERY_S if well else WAREHOUSE_AWAY_EVERY_S)
