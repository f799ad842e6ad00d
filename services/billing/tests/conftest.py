"""A price table to count with, a ledger in a fresh file, and usage events."""

import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import yaml
from parley.v1 import events_pb2
from parley_billing.app import MIGRATIONS
from parley_billing.prices import PriceDocument, Prices
from parley_billing.stores.ledger import SqlLedger
from parley_core.bus.log import CallLog
from parley_core.ids import new_id
from parley_store.engine import engine
from parley_store.migrate import migrate
from sqlalchemy import text

POSTGRES = os.environ.get("PARLEY_TEST_POSTGRES_URL", "")

PRICES = """
currency: EUR
prices:
  - { meter: call_seconds, unit_price_micros: 6000, per: 60 }
  - { meter: llm_input_tokens, unit_price_micros: 1000000, per: 1000000 }
  - { meter: llm_input_tokens, provider: openai, unit_price_micros: 2000000, per: 1000000 }
  - { meter: llm_input_tokens, model: small, unit_price_micros: 3000000, per: 1000000 }
  - { meter: llm_input_tokens, provider: openai, model: small, unit_price_micros: 4000000, per: 1000000 }
  - { meter: sms, unit_price_micros: 100, valid_until: 2026-07-01 }
  - { meter: sms, unit_price_micros: 200, valid_from: 2026-03-01, valid_until: 2026-07-01 }
  - { meter: free, unit_price_micros: 0 }
tenants:
  loyal:
    prices:
      - { meter: llm_input_tokens, unit_price_micros: 500000, per: 1000000 }
      - { meter: sms, unit_price_micros: 50, valid_from: 2026-05-01 }
"""


class StillClock:
    def monotonic(self) -> float:
        return 0.0

    def time_us(self) -> int:
        return 1_770_000_000_000_000


@pytest.fixture
def clock() -> StillClock:
    return StillClock()


@pytest.fixture(scope="session")
def prices() -> Prices:
    return Prices(PriceDocument.model_validate(yaml.safe_load(PRICES)))


@pytest.fixture
async def url(tmp_path: Path) -> AsyncIterator[str]:
    """An empty database: SQLite, or one of its own on the PostgreSQL server of PARLEY_TEST_POSTGRES_URL."""
    if not POSTGRES:
        yield f"sqlite+aiosqlite:///{tmp_path}/billing.db"
        return
    name = new_id("parley_test_")
    server = engine(POSTGRES).execution_options(isolation_level="AUTOCOMMIT")
    try:
        async with server.connect() as connection:
            await connection.execute(text(f"CREATE DATABASE {name}"))
        yield server.url.set(database=name).render_as_string(hide_password=False)
        async with server.connect() as connection:
            await connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    finally:
        await server.dispose()


@pytest.fixture
async def ledger(url: str, clock: StillClock) -> AsyncIterator[SqlLedger]:
    await migrate(url, MIGRATIONS, "billing")
    database = engine(url)
    yield SqlLedger(database, clock)
    await database.dispose()


@pytest.fixture
def spoken() -> Callable[[CallLog], None]:
    """Writes a short call of 90 seconds onto a log."""

    def write(log: CallLog) -> None:
        log.append(events_pb2.CallStarted())
        measured = events_pb2.UsageMeasured
        log.append(measured(meter="llm_input_tokens", provider="local", model="local", quantity=1_500_000))
        log.append(measured(meter="llm_input_tokens", provider="local", model="local", quantity=500_000))
        log.append(measured(meter="llm_input_tokens", provider="local", model="local", quantity=250_000, wasted=True))
        log.append(measured(meter="call_seconds", quantity=90_000))
        log.append(events_pb2.CallEnded(reason="caller_hung_up", duration_ms=90_000))

    return write
