"""The service's tables. Every table has its tenant and every read filters by it. Amounts are integers."""

from sqlalchemy import BigInteger, Boolean, Column, Integer, MetaData, String, Table

metadata = MetaData(naming_convention={"pk": "pk_%(table_name)s"})

# Usage as it was measured, once per event.
usage = Table(
    "billing_usage",
    metadata,
    Column("tenant", String(64), primary_key=True),
    Column("call", String(64), primary_key=True),
    Column("event", String(200), primary_key=True),
    Column("meter", String(200), nullable=False),
    Column("provider", String(200), nullable=False),
    Column("model", String(200), nullable=False),
    Column("quantity", BigInteger, nullable=False),  # in thousandths of the meter's unit
    Column("wasted", Boolean, nullable=False),
    Column("time_us", BigInteger, nullable=False),
)

# One row per rated call.
invoices = Table(
    "billing_invoices",
    metadata,
    Column("tenant", String(64), primary_key=True),
    Column("call", String(64), primary_key=True),
    Column("currency", String(3), nullable=False),
    Column("started_us", BigInteger, nullable=False),
    Column("duration_ms", BigInteger, nullable=False),
    Column("usage_events", Integer, nullable=False),  # how many the lines are made of
    Column("rated_us", BigInteger, nullable=False),
)

lines = Table(
    "billing_lines",
    metadata,
    Column("tenant", String(64), primary_key=True),
    Column("call", String(64), primary_key=True),
    Column("meter", String(200), primary_key=True),
    Column("provider", String(200), primary_key=True),
    Column("model", String(200), primary_key=True),
    Column("wasted", Boolean, primary_key=True),
    Column("quantity", BigInteger, nullable=False),
    Column("unit_price_micros", BigInteger, nullable=False),
    Column("per_quantity", BigInteger, nullable=False),
    Column("cost_micros", BigInteger, nullable=False),
)
