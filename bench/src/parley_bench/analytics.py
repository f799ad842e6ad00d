"""How long the named queries take on a warehouse full of synthetic calls; the engine as on one machine, in a process of
its own."""

import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import clickhouse_connect
from parley_analytics.queries import named_queries, parameters
from parley_analytics.synthetic import statements
from parley_postcall.stores.clickhouse import clickhouse
from parley_testing.servers import free_port, wait_for_port

from parley_bench.measure import Row

CALLS: Final = 1_000_000
DAYS: Final = 365
UNTIL: Final = datetime(2026, 1, 1, tzinfo=UTC)
TENANT: Final = "synthetic"
REPEATS: Final = 3
TIMEOUT_S: Final = 300
PERIODS: Final = {"month": 30, "year": DAYS}


def named_query_times(calls: int, tell: Callable[[str], None]) -> list[Row]:
    """The median of each named query over a month and a year of the calls, the slowest as a row of its own."""
    with tempfile.TemporaryDirectory(prefix="parley-bench-") as folder, _warehouse(Path(folder)) as url:
        asyncio.run(_prepare(url))
        client = clickhouse_connect.get_client(dsn=url, send_receive_timeout=TIMEOUT_S)
        common: dict[str, object] = {"tenant": TENANT, "seed": 1, "days": DAYS, "until": UNTIL}
        for done, sql, more in statements(calls):
            client.command(sql, parameters=common | more)
            tell(f"making calls: {done} of {calls}")
        rows: list[Row] = []
        for period, days in PERIODS.items():
            since = UNTIL - timedelta(days=days)
            conditions = f"{calls} calls of a year, a {period} of them asked, median of {REPEATS}"
            times = []
            for query in named_queries().values():
                tell(f"{period}: {query.name}")
                taken = [_seconds(client, query.sql, parameters(TENANT, since, UNTIL)) for _ in range(REPEATS)]
                times.append(Row(f"analytics.{period}.{query.name}", statistics.median(taken), "s", conditions))
            slowest = max(times, key=lambda row: row.value)
            rows += [Row(f"analytics.{period}.slowest", slowest.value, "s", f"{slowest.name}; {conditions}"), *times]
        client.close()
    return rows


def _seconds(client: "clickhouse_connect.driver.client.Client", sql: str, given: dict[str, object]) -> float:
    started = time.perf_counter()
    client.query(sql, parameters=given)
    return time.perf_counter() - started


async def _prepare(url: str) -> None:
    async with clickhouse(url, timeout_s=TIMEOUT_S) as store:
        await store.prepare()


@contextmanager
def _warehouse(folder: Path) -> Iterator[str]:
    port = free_port()
    environment = {"PARLEY_WAREHOUSE_PORT": str(port), "PARLEY_WAREHOUSE_DATA_DIR": str(folder / "data")}
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "parley_warehouse"], stdout=log, stderr=log, env={**os.environ, **environment}
        )
    try:
        wait_for_port(port, process, 60)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(30)
