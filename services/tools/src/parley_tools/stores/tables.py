"""The service's tables. Times are Unix microseconds; every table has its tenant and every read filters by it."""

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, MetaData, String, Table, Text, UniqueConstraint

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)

# One row for each idempotency key: what was asked, and how it came out.
calls = Table(
    "tools_calls",
    metadata,
    Column("tenant", String(64), primary_key=True),
    Column("idempotency_key", String(200), primary_key=True),
    Column("call", String(64), nullable=False),
    Column("agent", String(64), nullable=False),
    Column("user", String(200), nullable=False),
    Column("turn", Integer, nullable=False),
    Column("tool_call", String(200), nullable=False),
    Column("tool", String(64), nullable=False),
    Column("fingerprint", String(64), nullable=False),  # of the tool and its arguments
    Column("state", String(16), nullable=False),  # see `stores.calls`
    Column("arguments_json", Text, nullable=False),  # only until it is done
    Column("status", Integer, nullable=False),  # a ToolStatus
    Column("result_json", Text, nullable=False),
    Column("error", Text, nullable=False),
    Column("decided_by", String(200), nullable=False),
    Column("note", Text, nullable=False),
    Column("updated_us", BigInteger, nullable=False),
    Column("reminders", Integer, nullable=False, server_default="0"),  # of those who decide
    Column("told", String(16), nullable=False, server_default="told"),  # of the decision, see `stores.approvals`
    Index(None, "updated_us"),
)

appointments = Table(
    "tools_appointments",
    metadata,
    Column("appointment_id", String(64), primary_key=True),
    Column("tenant", String(64), nullable=False),
    Column("calendar", String(64), nullable=False),
    Column("doctor", String(64), nullable=False),  # id in the calendar
    Column("starts_us", BigInteger, nullable=False),
    Column("minutes", Integer, nullable=False),
    Column("local_time", String(16), nullable=False),  # as booked, for example 2026-11-24T10:30
    Column("timezone", String(64), nullable=False),
    Column("doctor_name", String(200), nullable=False),
    Column("name", String(200), nullable=False),
    Column("phone", String(32), nullable=False),
    Column("reason", Text, nullable=False),
    Column("call", String(64), nullable=False),
    Column("created_us", BigInteger, nullable=False),
    UniqueConstraint("tenant", "calendar", "doctor", "starts_us"),
    Index(None, "tenant", "phone"),
)

# What happened to appointments, never changed: booked, moved, cancelled.
appointment_changes = Table(
    "tools_appointment_changes",
    metadata,
    Column("change_id", Integer, primary_key=True, autoincrement=True),
    Column("tenant", String(64), nullable=False),
    Column("appointment_id", String(64), nullable=False),
    Column("change", String(16), nullable=False),
    Column("local_before", String(16), nullable=False),
    Column("local_after", String(16), nullable=False),
    Column("call", String(64), nullable=False),
    Column("at_us", BigInteger, nullable=False),
    Index(None, "tenant", "appointment_id"),
)

# Messages and what became of them, oldest first. The row is the intent, `attempts` and `receipt` say what was tried and
# what the sender's server answered.
outbox = Table(
    "tools_outbox",
    metadata,
    Column("message_id", String(64), primary_key=True),
    Column("tenant", String(64), nullable=False),
    Column("channel", String(16), nullable=False, server_default="sms"),  # "sms" or "email"
    Column("recipient", String(320), nullable=False),  # E.164, or an e-mail address
    Column("subject", Text, nullable=False, server_default=""),
    Column("text", Text, nullable=False),
    Column("state", String(16), nullable=False),  # see `outgoing.outbox`
    Column("call", String(64), nullable=False),
    Column("created_us", BigInteger, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("next_us", BigInteger, nullable=False, server_default="0"),  # not before; while sending: given up then
    Column("sender", String(64), nullable=False, server_default=""),
    Column("receipt", String(200), nullable=False, server_default=""),  # the sender's own id of it
    Column("error", Text, nullable=False, server_default=""),  # of the last attempt
    Column("sent_us", BigInteger, nullable=False, server_default="0"),
    Index(None, "state", "created_us"),
)

# Attempts at calls that other systems carry out. A row is written before the request leaves.
attempts = Table(
    "tools_attempts",
    metadata,
    Column("attempt_id", Integer, primary_key=True, autoincrement=True),
    Column("tenant", String(64), nullable=False),
    Column("idempotency_key", String(200), nullable=False),
    Column("tool", String(64), nullable=False),
    Column("started_us", BigInteger, nullable=False),
    Column("until_us", BigInteger, nullable=False),  # when its process counts as dead
    Column("ended_us", BigInteger, nullable=False),  # 0: it runs, or its process died
    Column("outcome", String(16), nullable=False),  # "done", "refused", "not done", "unknown"
    Column("error", Text, nullable=False),
    Index(None, "tenant", "idempotency_key"),
)

# Tenants' secrets. Nothing in a row opens without a master key, see `credentials.vault`.
credentials = Table(
    "tools_credentials",
    metadata,
    Column("tenant", String(64), primary_key=True),
    Column("name", String(64), primary_key=True),
    Column("key_id", String(16), nullable=False),  # the master key that wraps the data key
    Column("wrapped", LargeBinary, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("updated_us", BigInteger, nullable=False),
)

# One-time codes of calls, see `stores.verifications`.
verifications = Table(
    "tools_verifications",
    metadata,
    Column("tenant", String(64), primary_key=True),
    Column("call", String(64), primary_key=True),
    Column("contact", String(320), primary_key=True),  # E.164, or an e-mail address in lower case
    Column("salt", String(32), nullable=False),
    Column("code_hash", String(64), nullable=False),
    Column("codes", Integer, nullable=False),  # that were sent
    Column("tries", Integer, nullable=False),  # of the last one
    Column("sent_us", BigInteger, nullable=False),
    Column("verified_us", BigInteger, nullable=False),  # 0: not yet
)

handoffs = Table(
    "tools_handoffs",
    metadata,
    Column("handoff_id", String(64), primary_key=True),
    Column("tenant", String(64), nullable=False),
    Column("call", String(64), nullable=False),
    Column("target", String(200), nullable=False),
    Column("reason", Text, nullable=False),
    Column("summary", Text, nullable=False),
    Column("created_us", BigInteger, nullable=False),
    Index(None, "tenant", "created_us"),
)
